// What Swift cannot see of <mpi.h> by itself: persistent, partitioned and generalized requests.

#ifndef CMPI_REQUESTS_H
#define CMPI_REQUESTS_H

#include <mpi.h>

#include "Constant.h"
#include "Features.h"

#pragma clang assume_nonnull begin

#pragma clang assume_nonnull end

#endif
