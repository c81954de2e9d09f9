// What Swift cannot see of <mpi.h> by itself: persistent collectives and partitioned messages, which an <mpi.h> before
// MPI 4.0 does not declare. There each function reports that it is not supported.

#ifndef CMPI_REQUESTS_H
#define CMPI_REQUESTS_H

#include <mpi.h>

#include "Constant.h"
#include "Features.h"

#if CMPI_HAS_PERSISTENT_COLLECTIVES
#define CMPI_PERSISTENT(...) return __VA_ARGS__
#else
#define CMPI_PERSISTENT(...) return *request = MPI_REQUEST_NULL, MPI_ERR_UNSUPPORTED_OPERATION
#endif

static inline int CMPI_Barrier_init(MPI_Comm comm, MPI_Info info, MPI_Request *request) {
  CMPI_PERSISTENT(MPI_Barrier_init(comm, info, request));
}

static inline int CMPI_Bcast_init(
    void *buffer, int count, MPI_Datatype type, int root, MPI_Comm comm, MPI_Info info,
    MPI_Request *request) {
  CMPI_PERSISTENT(MPI_Bcast_init(buffer, count, type, root, comm, info, request));
}

static inline int CMPI_Gather_init(
    const void *sent, int count, MPI_Datatype type, void *received, int root, MPI_Comm comm,
    MPI_Info info, MPI_Request *request) {
  CMPI_PERSISTENT(
      MPI_Gather_init(sent, count, type, received, count, type, root, comm, info, request));
}

static inline int CMPI_Gatherv_init(
    const void *sent, int count, MPI_Datatype type, void *received, const int *counts,
    const int *offsets, int root, MPI_Comm comm, MPI_Info info, MPI_Request *request) {
  CMPI_PERSISTENT(MPI_Gatherv_init(
      sent, count, type, received, counts, offsets, type, root, comm, info, request));
}

static inline int CMPI_Scatter_init(
    const void *sent, int count, MPI_Datatype type, void *received, int root, MPI_Comm comm,
    MPI_Info info, MPI_Request *request) {
  CMPI_PERSISTENT(
      MPI_Scatter_init(sent, count, type, received, count, type, root, comm, info, request));
}

static inline int CMPI_Scatterv_init(
    const void *sent, const int *counts, const int *offsets, MPI_Datatype type, void *received,
    int count, int root, MPI_Comm comm, MPI_Info info, MPI_Request *request) {
  CMPI_PERSISTENT(MPI_Scatterv_init(
      sent, counts, offsets, type, received, count, type, root, comm, info, request));
}

static inline int CMPI_Allgather_init(
    const void *sent, int count, MPI_Datatype type, void *received, MPI_Comm comm, MPI_Info info,
    MPI_Request *request) {
  CMPI_PERSISTENT(
      MPI_Allgather_init(sent, count, type, received, count, type, comm, info, request));
}

static inline int CMPI_Allgatherv_init(
    const void *sent, int count, MPI_Datatype type, void *received, const int *counts,
    const int *offsets, MPI_Comm comm, MPI_Info info, MPI_Request *request) {
  CMPI_PERSISTENT(MPI_Allgatherv_init(
      sent, count, type, received, counts, offsets, type, comm, info, request));
}

static inline int CMPI_Alltoall_init(
    const void *sent, int count, MPI_Datatype type, void *received, MPI_Comm comm, MPI_Info info,
    MPI_Request *request) {
  CMPI_PERSISTENT(
      MPI_Alltoall_init(sent, count, type, received, count, type, comm, info, request));
}

static inline int CMPI_Alltoallw_init(
    const void *sent, const int *sendCounts, const int *sendOffsets, const MPI_Datatype *sendTypes,
    void *received, const int *counts, const int *offsets, const MPI_Datatype *types,
    MPI_Comm comm, MPI_Info info, MPI_Request *request) {
  CMPI_PERSISTENT(MPI_Alltoallw_init(
      sent, sendCounts, sendOffsets, sendTypes, received, counts, offsets, types, comm, info,
      request));
}

static inline int CMPI_Reduce_init(
    const void *operands, void *results, int count, MPI_Datatype type, MPI_Op operation, int root,
    MPI_Comm comm, MPI_Info info, MPI_Request *request) {
  CMPI_PERSISTENT(
      MPI_Reduce_init(operands, results, count, type, operation, root, comm, info, request));
}

static inline int CMPI_Allreduce_init(
    const void *operands, void *results, int count, MPI_Datatype type, MPI_Op operation,
    MPI_Comm comm, MPI_Info info, MPI_Request *request) {
  CMPI_PERSISTENT(
      MPI_Allreduce_init(operands, results, count, type, operation, comm, info, request));
}

static inline int CMPI_Reduce_scatter_block_init(
    const void *operands, void *results, int count, MPI_Datatype type, MPI_Op operation,
    MPI_Comm comm, MPI_Info info, MPI_Request *request) {
  CMPI_PERSISTENT(MPI_Reduce_scatter_block_init(
      operands, results, count, type, operation, comm, info, request));
}

static inline int CMPI_Reduce_scatter_init(
    const void *operands, void *results, const int *counts, MPI_Datatype type, MPI_Op operation,
    MPI_Comm comm, MPI_Info info, MPI_Request *request) {
  CMPI_PERSISTENT(
      MPI_Reduce_scatter_init(operands, results, counts, type, operation, comm, info, request));
}

static inline int CMPI_Scan_init(
    const void *operands, void *results, int count, MPI_Datatype type, MPI_Op operation,
    MPI_Comm comm, MPI_Info info, MPI_Request *request) {
  CMPI_PERSISTENT(MPI_Scan_init(operands, results, count, type, operation, comm, info, request));
}

static inline int CMPI_Exscan_init(
    const void *operands, void *results, int count, MPI_Datatype type, MPI_Op operation,
    MPI_Comm comm, MPI_Info info, MPI_Request *request) {
  CMPI_PERSISTENT(MPI_Exscan_init(operands, results, count, type, operation, comm, info, request));
}

#undef CMPI_PERSISTENT

#if CMPI_HAS_PARTITIONED
#define CMPI_PARTITIONED(...) return __VA_ARGS__
#else
#define CMPI_PARTITIONED(...) return MPI_ERR_UNSUPPORTED_OPERATION
#endif

static inline int CMPI_Psend_init(
    const void *buffer, int partitions, MPI_Count count, MPI_Datatype type, int peer, int tag,
    MPI_Comm comm, MPI_Info info, MPI_Request *request) {
  CMPI_PARTITIONED(
      MPI_Psend_init(buffer, partitions, count, type, peer, tag, comm, info, request));
}

static inline int CMPI_Precv_init(
    void *buffer, int partitions, MPI_Count count, MPI_Datatype type, int peer, int tag,
    MPI_Comm comm, MPI_Info info, MPI_Request *request) {
  CMPI_PARTITIONED(
      MPI_Precv_init(buffer, partitions, count, type, peer, tag, comm, info, request));
}

static inline int CMPI_Pready(int partition, MPI_Request request) {
  CMPI_PARTITIONED(MPI_Pready(partition, request));
}

static inline int CMPI_Pready_range(int first, int last, MPI_Request request) {
  CMPI_PARTITIONED(MPI_Pready_range(first, last, request));
}

static inline int CMPI_Pready_list(int length, const int *partitions, MPI_Request request) {
  CMPI_PARTITIONED(MPI_Pready_list(length, (int *)partitions, request));
}

static inline int CMPI_Parrived(MPI_Request request, int partition, int *flag) {
  CMPI_PARTITIONED(MPI_Parrived(request, partition, flag));
}

#undef CMPI_PARTITIONED

// Whether a persistent buffered send must be set up anew for each start: Open MPI sends other bytes from the second one
// on (open-mpi/ompi#12797, seen in 4.1.4).
#ifdef OMPI_MAJOR_VERSION
#define CMPI_RENEWS_BUFFERED_SENDS 1
#else
#define CMPI_RENEWS_BUFFERED_SENDS 0
#endif

// Whether persistent collectives of equal blocks do not work: in MPICH 4.0 gather sends what the buffer held when it was
// set up (pmodels/mpich#7078), scatter hangs or fails at the second start (pmodels/mpich#7550), and allgather's results
// are wrong on 2, 4, 8 … ranks (pmodels/mpich#6423). Those of varying blocks work, and so do all in MPICH 5.0.
static inline int CMPI_persistent_blocks_fail(void) {
#if defined(MPICH_NUMVERSION) && MPICH_NUMVERSION < 50000000
  return 1;
#else
  return 0;
#endif
}

// Waits for all requests. Open MPI's MPI_Waitall never returns where one of the operations had failed before the call
// (seen in 4.1.4), so that there each is waited for in its turn; all make progress while one is waited for. MPICH's leaves
// those behind one that has failed pending, and persistent ones active (seen in 5.0.2): they are waited for afterwards.
static inline int CMPI_Waitall(int count, MPI_Request *requests, MPI_Status *statuses) {
#if defined(OMPI_MAJOR_VERSION) && OMPI_MAJOR_VERSION < 5
  int result = MPI_SUCCESS;
  for (int i = 0; i < count; i++) {
    statuses[i].MPI_ERROR = MPI_Wait(&requests[i], &statuses[i]);
    if (statuses[i].MPI_ERROR != MPI_SUCCESS) result = MPI_ERR_IN_STATUS;
  }
  return result;
#else
  int result = MPI_Waitall(count, requests, statuses);
  for (int i = 0; result == MPI_ERR_IN_STATUS && i < count; i++) {
    if (statuses[i].MPI_ERROR == MPI_ERR_PENDING) statuses[i].MPI_ERROR = MPI_Wait(&requests[i], &statuses[i]);
  }
  return result;
#endif
}

// Ends one of several persistent operations, if one is complete. Open MPI's MPI_Testany does not say that a persistent
// operation has failed (open-mpi/ompi#13432, seen in 4.1.4); its MPI_Testsome does.
static inline int CMPI_Testany_persistent(
    int count, MPI_Request *requests, int *index, int *flag, MPI_Status *status) {
#ifdef OMPI_MAJOR_VERSION
  *index = MPI_UNDEFINED;
  *flag = 0;
  for (int i = 0; i < count; i++) {
    int ended = 0, first = 0;
    int code = MPI_Testsome(1, &requests[i], &ended, &first, status);
    if (ended == 0 || ended == MPI_UNDEFINED) {
      if (code != MPI_SUCCESS) return code;
      continue;
    }
    *index = i;
    *flag = 1;
    return code == MPI_ERR_IN_STATUS ? status->MPI_ERROR : code;
  }
  return MPI_SUCCESS;
#else
  return MPI_Testany(count, requests, index, flag, status);
#endif
}

// A status that the library is about to fill, as C leaves it: Swift would write zeros first, at each receive.
static inline MPI_Status CMPI_Status_unset(void) {
  MPI_Status status;
  return status;
}

#endif
