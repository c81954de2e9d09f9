// What Swift cannot see of <mpi.h> by itself: one-sided communication.

#ifndef CMPI_WINDOWS_H
#define CMPI_WINDOWS_H

#include <mpi.h>

#include "Constant.h"

#pragma clang assume_nonnull begin

#pragma clang assume_nonnull end

#endif
