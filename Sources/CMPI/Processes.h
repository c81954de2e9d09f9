// What Swift cannot see of <mpi.h> by itself: communicators between groups, spawned processes, ports, attributes, error
// handlers, sessions, failed processes.

#ifndef CMPI_PROCESSES_H
#define CMPI_PROCESSES_H

#include <mpi.h>
#include <stdbool.h>
#include <stdint.h>

#include "Constant.h"
#include "Features.h"

#if CMPI_HAS_FAULT_TOLERANCE
#include <mpi-ext.h>
#endif

#pragma clang assume_nonnull begin

CMPI_CONSTANT(MPI_Errhandler, MPI_ERRORS_ARE_FATAL)
CMPI_CONSTANT(MPI_Errhandler, MPI_ERRHANDLER_NULL)
CMPI_CONSTANT(int *_Nullable, MPI_ERRCODES_IGNORE)
CMPI_CONSTANT(char *_Nullable *_Nullable, MPI_ARGV_NULL)

// Whether routines may report success once they have called an error handler of the program's: MPICH 5.0 does (seen in
// 5.0.2), by its own interface and by the standard's, whose header names no library.
static inline bool cmpi_may_forget_handled_errors(void)
    __attribute__((swift_name("getter:CMPI_MAY_FORGET_HANDLED_ERRORS()")));
static inline bool cmpi_may_forget_handled_errors(void) {
#if defined(OMPI_MAJOR_VERSION) || (defined(MPICH_NUMVERSION) && MPICH_NUMVERSION < 50000000)
  return false;
#else
  return true;
#endif
}

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

#pragma clang assume_nonnull end

// Handles below may be null ones, which are pointers in some libraries.

// Functions in some libraries, macros in others.
// The standard ABI's library is without Fortran's functions; its integers are the same.
#ifdef MPI_ABI_VERSION
static inline int CMPI_Comm_c2f(MPI_Comm comm) { return MPI_Comm_toint(comm); }
static inline MPI_Comm CMPI_Comm_f2c(int comm) { return MPI_Comm_fromint(comm); }
#else
static inline int CMPI_Comm_c2f(MPI_Comm comm) { return (int)MPI_Comm_c2f(comm); }
static inline MPI_Comm CMPI_Comm_f2c(int comm) { return MPI_Comm_f2c(comm); }
#endif

// Sessions, which are MPI 4.0. A session is a number in some libraries and a pointer in others: a number here.
typedef struct {
  uintptr_t raw;
} CMPI_Session;

#if CMPI_HAS_SESSIONS

/// Hints need no session, so that the level of threads can be one of them.
static inline int CMPI_Session_init(const char *level, MPI_Info info, CMPI_Session *session) {
  MPI_Info all;
  int code = info == MPI_INFO_NULL ? MPI_Info_create(&all) : MPI_Info_dup(info, &all);
  if (code != MPI_SUCCESS) return code;
  code = MPI_Info_set(all, "thread_level", level);
  MPI_Session raw = MPI_SESSION_NULL;
  if (code == MPI_SUCCESS) code = MPI_Session_init(all, MPI_ERRORS_RETURN, &raw);
  session->raw = (uintptr_t)raw;
  MPI_Info_free(&all);
  return code;
}
static inline int CMPI_Session_finalize(CMPI_Session *session) {
  MPI_Session raw = (MPI_Session)session->raw;
  return MPI_Session_finalize(&raw);
}
static inline int CMPI_Session_get_info(CMPI_Session session, MPI_Info *info) {
  return MPI_Session_get_info((MPI_Session)session.raw, info);
}
static inline int CMPI_Session_get_num_psets(CMPI_Session session, int *count) {
  return MPI_Session_get_num_psets((MPI_Session)session.raw, MPI_INFO_NULL, count);
}
static inline int CMPI_Session_get_nth_pset(CMPI_Session session, int n, int *length, char *name) {
  return MPI_Session_get_nth_pset((MPI_Session)session.raw, MPI_INFO_NULL, n, length, name);
}
static inline int CMPI_Session_get_pset_info(CMPI_Session session, const char *name, MPI_Info *info) {
  return MPI_Session_get_pset_info((MPI_Session)session.raw, name, info);
}
static inline int CMPI_Group_from_session_pset(CMPI_Session session, const char *name, MPI_Group *group) {
  return MPI_Group_from_session_pset((MPI_Session)session.raw, name, group);
}
static inline int CMPI_Comm_create_from_group(MPI_Group group, const char *tag, MPI_Info info,
                                              MPI_Comm *result) {
  return MPI_Comm_create_from_group(group, tag, info, MPI_ERRORS_RETURN, result);
}
#else
static inline int CMPI_Session_init(const char *level, MPI_Info info, CMPI_Session *session) {
  return MPI_ERR_UNSUPPORTED_OPERATION;
}
static inline int CMPI_Session_finalize(CMPI_Session *session) { return MPI_ERR_UNSUPPORTED_OPERATION; }
static inline int CMPI_Session_get_info(CMPI_Session session, MPI_Info *info) {
  return MPI_ERR_UNSUPPORTED_OPERATION;
}
static inline int CMPI_Session_get_num_psets(CMPI_Session session, int *count) {
  return MPI_ERR_UNSUPPORTED_OPERATION;
}
static inline int CMPI_Session_get_nth_pset(CMPI_Session session, int n, int *length, char *name) {
  return MPI_ERR_UNSUPPORTED_OPERATION;
}
static inline int CMPI_Session_get_pset_info(CMPI_Session session, const char *name, MPI_Info *info) {
  return MPI_ERR_UNSUPPORTED_OPERATION;
}
static inline int CMPI_Group_from_session_pset(CMPI_Session session, const char *name, MPI_Group *group) {
  return MPI_ERR_UNSUPPORTED_OPERATION;
}
static inline int CMPI_Comm_create_from_group(MPI_Group group, const char *tag, MPI_Info info,
                                              MPI_Comm *result) {
  return MPI_ERR_UNSUPPORTED_OPERATION;
}
#endif

// Failed processes: ULFM. Where the library does not know their errors, these have numbers that no error has.
#if CMPI_HAS_FAULT_TOLERANCE
enum {
  CMPI_ERR_PROC_FAILED = MPIX_ERR_PROC_FAILED,
  CMPI_ERR_PROC_FAILED_PENDING = MPIX_ERR_PROC_FAILED_PENDING,
  CMPI_ERR_REVOKED = MPIX_ERR_REVOKED
};
static inline int CMPI_Comm_revoke(MPI_Comm comm) { return MPIX_Comm_revoke(comm); }
static inline int CMPI_Comm_is_revoked(MPI_Comm comm, int *flag) { return MPIX_Comm_is_revoked(comm, flag); }
static inline int CMPI_Comm_shrink(MPI_Comm comm, MPI_Comm *result) { return MPIX_Comm_shrink(comm, result); }
static inline int CMPI_Comm_agree(MPI_Comm comm, int *flag) { return MPIX_Comm_agree(comm, flag); }
static inline int CMPI_Comm_iagree(MPI_Comm comm, int *flag, MPI_Request *request) {
  return MPIX_Comm_iagree(comm, flag, request);
}
static inline int CMPI_Comm_failure_ack(MPI_Comm comm) { return MPIX_Comm_failure_ack(comm); }
static inline int CMPI_Comm_failure_get_acked(MPI_Comm comm, MPI_Group *group) {
  return MPIX_Comm_failure_get_acked(comm, group);
}
#else
enum { CMPI_ERR_PROC_FAILED = -1001, CMPI_ERR_PROC_FAILED_PENDING = -1002, CMPI_ERR_REVOKED = -1003 };
static inline int CMPI_Comm_revoke(MPI_Comm comm) { return MPI_ERR_UNSUPPORTED_OPERATION; }
static inline int CMPI_Comm_is_revoked(MPI_Comm comm, int *flag) { return MPI_ERR_UNSUPPORTED_OPERATION; }
static inline int CMPI_Comm_shrink(MPI_Comm comm, MPI_Comm *result) { return MPI_ERR_UNSUPPORTED_OPERATION; }
static inline int CMPI_Comm_agree(MPI_Comm comm, int *flag) { return MPI_ERR_UNSUPPORTED_OPERATION; }
static inline int CMPI_Comm_iagree(MPI_Comm comm, int *flag, MPI_Request *request) {
  return MPI_ERR_UNSUPPORTED_OPERATION;
}
static inline int CMPI_Comm_failure_ack(MPI_Comm comm) { return MPI_ERR_UNSUPPORTED_OPERATION; }
static inline int CMPI_Comm_failure_get_acked(MPI_Comm comm, MPI_Group *group) {
  return MPI_ERR_UNSUPPORTED_OPERATION;
}
#endif

#endif
