// What Swift cannot see of <mpi.h> by itself: files.

#ifndef CMPI_FILES_H
#define CMPI_FILES_H

#include <mpi.h>

#include "Constant.h"

#pragma clang assume_nonnull begin

#pragma clang assume_nonnull end

#endif
