// What Swift cannot see of <mpi.h> by itself: derived datatypes, pack and unpack.

#ifndef CMPI_LAYOUTS_H
#define CMPI_LAYOUTS_H

#include <mpi.h>

#include "Constant.h"

#pragma clang assume_nonnull begin

#pragma clang assume_nonnull end

#endif
