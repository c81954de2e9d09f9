// What Swift cannot see of <mpi.h> by itself: Cartesian and graph topologies.

#ifndef CMPI_TOPOLOGIES_H
#define CMPI_TOPOLOGIES_H

#include <mpi.h>

#include "Constant.h"

#pragma clang assume_nonnull begin

#pragma clang assume_nonnull end

#endif
