// Writes a matrix whose rows are distributed over the processes of a communicator to an HDF5 file.

#ifndef CSTORE_H
#define CSTORE_H

#include <stdint.h>

// Collective. `communicator` is what MPI_Comm_c2f gives: a number, so that this header needs no <mpi.h>.
// Returns 0, or -1 where the library failed.
int store_rows(const char *path, int communicator, const double *rows, int64_t first, int64_t count,
               int64_t total, int64_t columns);

#endif
