// What Swift cannot see of <mpi.h> by itself: communicators between groups, spawned processes, ports, attributes, error handlers, sessions, failed processes.

#ifndef CMPI_PROCESSES_H
#define CMPI_PROCESSES_H

#include <mpi.h>

#include "Constant.h"
#include "Features.h"

#pragma clang assume_nonnull begin

#pragma clang assume_nonnull end

#endif
