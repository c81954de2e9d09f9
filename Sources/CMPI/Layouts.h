// What Swift cannot see of <mpi.h> by itself: derived datatypes, pack and unpack.

#ifndef CMPI_LAYOUTS_H
#define CMPI_LAYOUTS_H

#include <mpi.h>

#include "Constant.h"

#pragma clang assume_nonnull begin

// The kinds of constructors that a datatype tells: enumerations, of types that differ between libraries.
CMPI_CONSTANT(int, MPI_COMBINER_NAMED)
CMPI_CONSTANT(int, MPI_COMBINER_DUP)
CMPI_CONSTANT(int, MPI_COMBINER_CONTIGUOUS)
CMPI_CONSTANT(int, MPI_COMBINER_VECTOR)
CMPI_CONSTANT(int, MPI_COMBINER_HVECTOR)
CMPI_CONSTANT(int, MPI_COMBINER_INDEXED)
CMPI_CONSTANT(int, MPI_COMBINER_HINDEXED)
CMPI_CONSTANT(int, MPI_COMBINER_INDEXED_BLOCK)
CMPI_CONSTANT(int, MPI_COMBINER_HINDEXED_BLOCK)
CMPI_CONSTANT(int, MPI_COMBINER_STRUCT)
CMPI_CONSTANT(int, MPI_COMBINER_SUBARRAY)
CMPI_CONSTANT(int, MPI_COMBINER_DARRAY)
CMPI_CONSTANT(int, MPI_COMBINER_RESIZED)

CMPI_CONSTANT(int, MPI_ORDER_C)
CMPI_CONSTANT(int, MPI_ORDER_FORTRAN)
CMPI_CONSTANT(int, MPI_DISTRIBUTE_BLOCK)
CMPI_CONSTANT(int, MPI_DISTRIBUTE_CYCLIC)
CMPI_CONSTANT(int, MPI_DISTRIBUTE_NONE)
CMPI_CONSTANT(int, MPI_DISTRIBUTE_DFLT_DARG)

CMPI_CONSTANT(MPI_Datatype, MPI_PACKED)

// Whether MPI_Pack_external, and those that belong to it, take datatypes of one basic type only: MPICH's end the process
// with others (seen in 4.0.2 and 5.0.2), by the standard's interface, too, whose header names no library.
#ifdef OPEN_MPI
#define CMPI_EXTERNAL32_IS_UNIFORM 0
#else
#define CMPI_EXTERNAL32_IS_UNIFORM 1
#endif

// Whether one of the algorithms of MPI_Alltoall takes the sent elements for those of the receiving type: Open MPI's Bruck
// (seen in 4.1.4).
#ifdef OPEN_MPI
#define CMPI_ALLTOALL_MIXES_TYPES 1
#else
#define CMPI_ALLTOALL_MIXES_TYPES 0
#endif

#pragma clang assume_nonnull end

#endif
