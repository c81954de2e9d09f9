// What Swift cannot see of <mpi.h> by itself: communicators between groups, spawned processes, ports, attributes, error
// handlers, sessions, failed processes.

#ifndef CMPI_PROCESSES_H
#define CMPI_PROCESSES_H

#include <mpi.h>

#include "Constant.h"
#include "Features.h"

#if CMPI_HAS_FAULT_TOLERANCE
#include <mpi-ext.h>
#endif

#pragma clang assume_nonnull begin

CMPI_CONSTANT(MPI_Errhandler, MPI_ERRORS_ARE_FATAL)
CMPI_CONSTANT(MPI_Errhandler, MPI_ERRHANDLER_NULL)
CMPI_CONSTANT(MPI_Win, MPI_WIN_NULL)
CMPI_CONSTANT(MPI_File, MPI_FILE_NULL)
CMPI_CONSTANT(int *_Nullable, MPI_ERRCODES_IGNORE)
CMPI_CONSTANT(char *_Nullable *_Nullable, MPI_ARGV_NULL)

// C's error handlers take further arguments that nobody uses. Swift has no such functions; on the platforms where Swift
// runs, a function without them is called in the same way.

static inline int CMPI_Comm_create_errhandler(void (*handler)(MPI_Comm *_Nonnull, int *_Nonnull), MPI_Errhandler *result) {
  return MPI_Comm_create_errhandler((MPI_Comm_errhandler_function *)handler, result);
}

static inline int CMPI_Win_create_errhandler(void (*handler)(MPI_Win *_Nonnull, int *_Nonnull), MPI_Errhandler *result) {
  return MPI_Win_create_errhandler((MPI_Win_errhandler_function *)handler, result);
}

static inline int CMPI_File_create_errhandler(void (*handler)(MPI_File *_Nonnull, int *_Nonnull), MPI_Errhandler *result) {
  return MPI_File_create_errhandler((MPI_File_errhandler_function *)handler, result);
}

// Errors of failed processes, with numbers that no error has where the library does not know them.
#if CMPI_HAS_FAULT_TOLERANCE
enum {
  CMPI_ERR_PROC_FAILED = MPIX_ERR_PROC_FAILED,
  CMPI_ERR_PROC_FAILED_PENDING = MPIX_ERR_PROC_FAILED_PENDING,
  CMPI_ERR_REVOKED = MPIX_ERR_REVOKED
};
#else
enum { CMPI_ERR_PROC_FAILED = -1001, CMPI_ERR_PROC_FAILED_PENDING = -1002, CMPI_ERR_REVOKED = -1003 };
#endif

#pragma clang assume_nonnull end

#endif
