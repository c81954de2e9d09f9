// Which parts of the standard after MPI 3.1 this <mpi.h> declares: 1 or 0.

#ifndef CMPI_FEATURES_H
#define CMPI_FEATURES_H

#include <mpi.h>

// Open MPI 5.0 says that it is MPI 3.1, and has parts of MPI 4.0 all the same.
#if MPI_VERSION >= 4
#define CMPI_HAS_LARGE_COUNTS 1
#define CMPI_HAS_PERSISTENT_COLLECTIVES 1
#define CMPI_HAS_PARTITIONED 1
#define CMPI_HAS_SESSIONS 1
#elif defined(OMPI_MAJOR_VERSION) && OMPI_MAJOR_VERSION >= 5
#define CMPI_HAS_LARGE_COUNTS 0
#define CMPI_HAS_PERSISTENT_COLLECTIVES 1
#define CMPI_HAS_PARTITIONED 1
#define CMPI_HAS_SESSIONS 1
#else
#define CMPI_HAS_LARGE_COUNTS 0
#define CMPI_HAS_PERSISTENT_COLLECTIVES 0
#define CMPI_HAS_PARTITIONED 0
#define CMPI_HAS_SESSIONS 0
#endif

#if defined(OMPI_MAJOR_VERSION) && OMPI_MAJOR_VERSION >= 5
#define CMPI_HAS_FAULT_TOLERANCE 1
#else
#define CMPI_HAS_FAULT_TOLERANCE 0
#endif

#endif
