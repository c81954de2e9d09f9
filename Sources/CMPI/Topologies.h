// What Swift cannot see of <mpi.h> by itself: Cartesian and graph topologies.

#ifndef CMPI_TOPOLOGIES_H
#define CMPI_TOPOLOGIES_H

#include <mpi.h>

#include "Constant.h"

#pragma clang assume_nonnull begin

// Numbers in Open MPI, the cases of an enumeration in MPICH.
CMPI_CONSTANT(int, MPI_GRAPH)
CMPI_CONSTANT(int, MPI_CART)
CMPI_CONSTANT(int, MPI_DIST_GRAPH)

CMPI_CONSTANT(int *, MPI_UNWEIGHTED)
CMPI_CONSTANT(int *, MPI_WEIGHTS_EMPTY)

#pragma clang assume_nonnull end

#endif
