// What Swift cannot see of <mpi.h> by itself: one-sided communication.

#ifndef CMPI_WINDOWS_H
#define CMPI_WINDOWS_H

#include <mpi.h>

#include "Constant.h"

#pragma clang assume_nonnull begin

CMPI_CONSTANT(MPI_Win, MPI_WIN_NULL)
CMPI_CONSTANT(MPI_Op, MPI_REPLACE)
CMPI_CONSTANT(MPI_Op, MPI_NO_OP)

// Enumerators in some libraries, macros in others.
CMPI_CONSTANT(int, MPI_WIN_BASE)
CMPI_CONSTANT(int, MPI_WIN_SIZE)
CMPI_CONSTANT(int, MPI_WIN_DISP_UNIT)
CMPI_CONSTANT(int, MPI_WIN_CREATE_FLAVOR)
CMPI_CONSTANT(int, MPI_WIN_MODEL)
CMPI_CONSTANT(int, MPI_WIN_FLAVOR_CREATE)
CMPI_CONSTANT(int, MPI_WIN_FLAVOR_ALLOCATE)
CMPI_CONSTANT(int, MPI_WIN_FLAVOR_DYNAMIC)
CMPI_CONSTANT(int, MPI_WIN_FLAVOR_SHARED)
CMPI_CONSTANT(int, MPI_WIN_UNIFIED)
CMPI_CONSTANT(int, MPI_LOCK_SHARED)
CMPI_CONSTANT(int, MPI_LOCK_EXCLUSIVE)
CMPI_CONSTANT(int, MPI_MODE_NOCHECK)
CMPI_CONSTANT(int, MPI_MODE_NOSTORE)
CMPI_CONSTANT(int, MPI_MODE_NOPUT)
CMPI_CONSTANT(int, MPI_MODE_NOPRECEDE)
CMPI_CONSTANT(int, MPI_MODE_NOSUCCEED)

// Has a function called when MPI_Finalize begins, while MPI can still be used (MPI 3.1 §8.7.1).
static inline int cmpi_at_finalize(MPI_Comm_delete_attr_function *function) {
  int key = MPI_KEYVAL_INVALID;
  int code = MPI_Comm_create_keyval(MPI_COMM_NULL_COPY_FN, function, &key, 0);
  if (code == MPI_SUCCESS) code = MPI_Comm_set_attr(MPI_COMM_SELF, key, 0);
  // The attribute keeps what it needs of its key.
  if (key != MPI_KEYVAL_INVALID) MPI_Comm_free_keyval(&key);
  return code;
}

#pragma clang assume_nonnull end

#endif
