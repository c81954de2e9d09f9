// What Swift cannot see of <mpi.h> by itself: files.

#ifndef CMPI_FILES_H
#define CMPI_FILES_H

#include <mpi.h>
#include <stdbool.h>

#include "Constant.h"

#pragma clang assume_nonnull begin

// No pointer to anything, in MPICH.
CMPI_CONSTANT(MPI_File _Nullable, MPI_FILE_NULL)

// Whether waiting for an operation on a file that has failed takes the process down: it does in Open MPI 4.1.4, which
// looks for the error handler in a file that the request does not name.
static inline bool cmpi_failed_file_requests_crash(void)
    __attribute__((swift_name("getter:CMPI_FAILED_FILE_REQUESTS_CRASH()")));
static inline bool cmpi_failed_file_requests_crash(void) {
#ifdef OPEN_MPI
  return true;
#else
  return false;
#endif
}

// An enumeration in MPICH, macros elsewhere.
static inline bool cmpi_is_named(int combiner) { return combiner == MPI_COMBINER_NAMED; }

#pragma clang assume_nonnull end

#endif
