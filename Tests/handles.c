// Preloaded by Tests/run-tests.sh into the tests: says which handles of MPI's were not freed when MPI_Finalize returns.
// The libraries' own reports leave most of them out: Open MPI 4.1.4 tells of windows, files and info objects only, and
// Debian's MPICH 4.0.2 of none. Not counted: requests that are not persistent, which Request and Exchange wait for.

#define _GNU_SOURCE
#include <execinfo.h>
#include <mpi.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum kind { comm, type, group, op, errhandler, info, win, file, request, comm_key, type_key, win_key };

struct entry {
  enum kind kind;
  uintptr_t handle;
  const char *maker;
  void *frames[16];
  int depth;
};

static struct entry *entries;
static size_t used, room;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

// Programs that the tests start are not looked at.
__attribute__((constructor)) static void begin(void) { unsetenv("LD_PRELOAD"); }

static void add(enum kind kind, uintptr_t handle, const char *maker) {
  pthread_mutex_lock(&lock);
  if (used == room) {
    struct entry *wider = realloc(entries, (room = room * 2 + 64) * sizeof *entries);
    if (!wider) abort();
    entries = wider;
  }
  entries[used] = (struct entry){kind, handle, maker, {0}, 0};
  entries[used].depth = backtrace(entries[used].frames, 16);
  used++;
  pthread_mutex_unlock(&lock);
}

static void take(enum kind kind, uintptr_t handle) {
  pthread_mutex_lock(&lock);
  for (size_t i = used; i-- > 0;) {
    if (entries[i].kind == kind && entries[i].handle == handle) {
      for (size_t j = i + 1; j < used; j++) entries[j - 1] = entries[j];
      used--;
      break;
    }
  }
  pthread_mutex_unlock(&lock);
}

static int is_predefined(MPI_Datatype t) {
  int integers, addresses, types, combiner = MPI_COMBINER_NAMED;
  PMPI_Type_get_envelope(t, &integers, &addresses, &types, &combiner);
  return combiner == MPI_COMBINER_NAMED;
}

int MPI_Finalize(void) {
  int code = PMPI_Finalize();
  // One of each maker is shown, with the number of all of its kind.
  for (size_t i = 0; i < used; i++) {
    int count = 1;
    if (!entries[i].maker) continue;
    for (size_t j = i + 1; j < used; j++) {
      if (entries[j].maker == entries[i].maker) count++, entries[j].maker = NULL;
    }
    fprintf(stderr, "WARNING: %d of %s still allocated in MPI_Finalize, the first one made by:\n", count, entries[i].maker);
    backtrace_symbols_fd(entries[i].frames + 1, entries[i].depth - 1, STDERR_FILENO);
  }
  return code;
}

#define MAKES(kind, counts, result, name, parameters, arguments)         \
  int name parameters {                                                \
    int code = P##name arguments;                                      \
    if (code == MPI_SUCCESS && (counts)) add(kind, (uintptr_t)*result, #name); \
    return code;                                                       \
  }
// The handle is looked at before: the library sets it to null.
#define FREES(kind, handle_type, name)                  \
  int name(handle_type *h) {                            \
    uintptr_t before = (uintptr_t)*h;                   \
    int code = P##name(h);                              \
    if (code == MPI_SUCCESS) take(kind, before);        \
    return code;                                        \
  }

#define COMM(name, parameters, arguments) MAKES(comm, *r != MPI_COMM_NULL, r, name, parameters, arguments)
COMM(MPI_Comm_dup, (MPI_Comm c, MPI_Comm *r), (c, r))
COMM(MPI_Comm_dup_with_info, (MPI_Comm c, MPI_Info i, MPI_Comm *r), (c, i, r))
COMM(MPI_Comm_create, (MPI_Comm c, MPI_Group g, MPI_Comm *r), (c, g, r))
COMM(MPI_Comm_create_group, (MPI_Comm c, MPI_Group g, int t, MPI_Comm *r), (c, g, t, r))
COMM(MPI_Comm_split, (MPI_Comm c, int color, int k, MPI_Comm *r), (c, color, k, r))
COMM(MPI_Comm_split_type, (MPI_Comm c, int t, int k, MPI_Info i, MPI_Comm *r), (c, t, k, i, r))
COMM(MPI_Intercomm_create, (MPI_Comm c, int l, MPI_Comm p, int o, int t, MPI_Comm *r), (c, l, p, o, t, r))
COMM(MPI_Intercomm_merge, (MPI_Comm c, int h, MPI_Comm *r), (c, h, r))
COMM(MPI_Cart_create, (MPI_Comm c, int n, const int *d, const int *p, int o, MPI_Comm *r), (c, n, d, p, o, r))
COMM(MPI_Cart_sub, (MPI_Comm c, const int *d, MPI_Comm *r), (c, d, r))
COMM(MPI_Graph_create, (MPI_Comm c, int n, const int *i, const int *e, int o, MPI_Comm *r), (c, n, i, e, o, r))
COMM(MPI_Dist_graph_create,
  (MPI_Comm c, int n, const int *s, const int *d, const int *t, const int *w, MPI_Info i, int o, MPI_Comm *r),
  (c, n, s, d, t, w, i, o, r))
COMM(MPI_Dist_graph_create_adjacent,
  (MPI_Comm c, int n, const int *s, const int *w, int m, const int *d, const int *v, MPI_Info i, int o, MPI_Comm *r),
  (c, n, s, w, m, d, v, i, o, r))
COMM(MPI_Comm_accept, (const char *p, MPI_Info i, int t, MPI_Comm c, MPI_Comm *r), (p, i, t, c, r))
COMM(MPI_Comm_connect, (const char *p, MPI_Info i, int t, MPI_Comm c, MPI_Comm *r), (p, i, t, c, r))
FREES(comm, MPI_Comm, MPI_Comm_free)
FREES(comm, MPI_Comm, MPI_Comm_disconnect)

// The handle is there at once, or when the request is complete, as the library likes.
int MPI_Comm_idup(MPI_Comm c, MPI_Comm *r, MPI_Request *q) {
  int code = PMPI_Comm_idup(c, r, q);
  if (code == MPI_SUCCESS && *r != MPI_COMM_NULL) add(comm, (uintptr_t)*r, "MPI_Comm_idup");
  return code;
}

#define TYPE(name, parameters, arguments) MAKES(type, *r != MPI_DATATYPE_NULL, r, name, parameters, arguments)
TYPE(MPI_Type_dup, (MPI_Datatype t, MPI_Datatype *r), (t, r))
TYPE(MPI_Type_contiguous, (int n, MPI_Datatype t, MPI_Datatype *r), (n, t, r))
TYPE(MPI_Type_vector, (int n, int l, int s, MPI_Datatype t, MPI_Datatype *r), (n, l, s, t, r))
TYPE(MPI_Type_create_hvector, (int n, int l, MPI_Aint s, MPI_Datatype t, MPI_Datatype *r), (n, l, s, t, r))
TYPE(MPI_Type_indexed, (int n, const int *l, const int *d, MPI_Datatype t, MPI_Datatype *r), (n, l, d, t, r))
TYPE(MPI_Type_create_hindexed,
  (int n, const int *l, const MPI_Aint *d, MPI_Datatype t, MPI_Datatype *r), (n, l, d, t, r))
TYPE(MPI_Type_create_indexed_block, (int n, int l, const int *d, MPI_Datatype t, MPI_Datatype *r), (n, l, d, t, r))
TYPE(MPI_Type_create_hindexed_block,
  (int n, int l, const MPI_Aint *d, MPI_Datatype t, MPI_Datatype *r), (n, l, d, t, r))
TYPE(MPI_Type_create_struct,
  (int n, const int *l, const MPI_Aint *d, const MPI_Datatype *t, MPI_Datatype *r), (n, l, d, t, r))
TYPE(MPI_Type_create_resized, (MPI_Datatype t, MPI_Aint l, MPI_Aint e, MPI_Datatype *r), (t, l, e, r))
TYPE(MPI_Type_create_subarray,
  (int n, const int *s, const int *u, const int *b, int o, MPI_Datatype t, MPI_Datatype *r), (n, s, u, b, o, t, r))
TYPE(MPI_Type_create_darray,
  (int s, int k, int n, const int *g, const int *d, const int *a, const int *p, int o, MPI_Datatype t, MPI_Datatype *r),
  (s, k, n, g, d, a, p, o, t, r))
FREES(type, MPI_Datatype, MPI_Type_free)

int MPI_Type_get_contents(MPI_Datatype t, int i, int a, int n, int *integers, MPI_Aint *addresses, MPI_Datatype *types) {
  int combiner, code = PMPI_Type_get_contents(t, i, a, n, integers, addresses, types);
  if (code != MPI_SUCCESS) return code;
  PMPI_Type_get_envelope(t, &i, &a, &n, &combiner);
  for (int k = 0; k < n; k++) {
    if (!is_predefined(types[k])) add(type, (uintptr_t)types[k], "MPI_Type_get_contents");
  }
  return code;
}

#define GROUP(name, parameters, arguments) \
  MAKES(group, *r != MPI_GROUP_NULL && *r != MPI_GROUP_EMPTY, r, name, parameters, arguments)
GROUP(MPI_Comm_group, (MPI_Comm c, MPI_Group *r), (c, r))
GROUP(MPI_Comm_remote_group, (MPI_Comm c, MPI_Group *r), (c, r))
GROUP(MPI_Win_get_group, (MPI_Win c, MPI_Group *r), (c, r))
GROUP(MPI_File_get_group, (MPI_File c, MPI_Group *r), (c, r))
GROUP(MPI_Group_union, (MPI_Group a, MPI_Group b, MPI_Group *r), (a, b, r))
GROUP(MPI_Group_intersection, (MPI_Group a, MPI_Group b, MPI_Group *r), (a, b, r))
GROUP(MPI_Group_difference, (MPI_Group a, MPI_Group b, MPI_Group *r), (a, b, r))
GROUP(MPI_Group_incl, (MPI_Group g, int n, const int *l, MPI_Group *r), (g, n, l, r))
GROUP(MPI_Group_excl, (MPI_Group g, int n, const int *l, MPI_Group *r), (g, n, l, r))
GROUP(MPI_Group_range_incl, (MPI_Group g, int n, int l[][3], MPI_Group *r), (g, n, l, r))
GROUP(MPI_Group_range_excl, (MPI_Group g, int n, int l[][3], MPI_Group *r), (g, n, l, r))
FREES(group, MPI_Group, MPI_Group_free)

MAKES(op, 1, r, MPI_Op_create, (MPI_User_function *f, int c, MPI_Op *r), (f, c, r))
FREES(op, MPI_Op, MPI_Op_free)

#define HANDLER(name, parameters, arguments)                                                               \
  MAKES(errhandler, *r != MPI_ERRHANDLER_NULL && *r != MPI_ERRORS_RETURN && *r != MPI_ERRORS_ARE_FATAL, r, \
    name, parameters, arguments)
HANDLER(MPI_Comm_create_errhandler, (MPI_Comm_errhandler_function *f, MPI_Errhandler *r), (f, r))
HANDLER(MPI_Win_create_errhandler, (MPI_Win_errhandler_function *f, MPI_Errhandler *r), (f, r))
HANDLER(MPI_File_create_errhandler, (MPI_File_errhandler_function *f, MPI_Errhandler *r), (f, r))
HANDLER(MPI_Comm_get_errhandler, (MPI_Comm c, MPI_Errhandler *r), (c, r))
HANDLER(MPI_Win_get_errhandler, (MPI_Win c, MPI_Errhandler *r), (c, r))
HANDLER(MPI_File_get_errhandler, (MPI_File c, MPI_Errhandler *r), (c, r))
FREES(errhandler, MPI_Errhandler, MPI_Errhandler_free)

#define INFO(name, parameters, arguments) MAKES(info, *r != MPI_INFO_NULL, r, name, parameters, arguments)
INFO(MPI_Info_create, (MPI_Info *r), (r))
INFO(MPI_Info_dup, (MPI_Info i, MPI_Info *r), (i, r))
INFO(MPI_Comm_get_info, (MPI_Comm c, MPI_Info *r), (c, r))
INFO(MPI_Win_get_info, (MPI_Win c, MPI_Info *r), (c, r))
INFO(MPI_File_get_info, (MPI_File c, MPI_Info *r), (c, r))
FREES(info, MPI_Info, MPI_Info_free)

#define WIN(name, parameters, arguments) MAKES(win, *r != MPI_WIN_NULL, r, name, parameters, arguments)
WIN(MPI_Win_create, (void *b, MPI_Aint s, int u, MPI_Info i, MPI_Comm c, MPI_Win *r), (b, s, u, i, c, r))
WIN(MPI_Win_allocate, (MPI_Aint s, int u, MPI_Info i, MPI_Comm c, void *b, MPI_Win *r), (s, u, i, c, b, r))
WIN(MPI_Win_allocate_shared, (MPI_Aint s, int u, MPI_Info i, MPI_Comm c, void *b, MPI_Win *r), (s, u, i, c, b, r))
WIN(MPI_Win_create_dynamic, (MPI_Info i, MPI_Comm c, MPI_Win *r), (i, c, r))
FREES(win, MPI_Win, MPI_Win_free)

MAKES(file, *r != MPI_FILE_NULL, r, MPI_File_open, (MPI_Comm c, const char *n, int m, MPI_Info i, MPI_File *r),
  (c, n, m, i, r))
FREES(file, MPI_File, MPI_File_close)

MAKES(comm_key, 1, r, MPI_Comm_create_keyval,
  (MPI_Comm_copy_attr_function *f, MPI_Comm_delete_attr_function *d, int *r, void *x), (f, d, r, x))
MAKES(type_key, 1, r, MPI_Type_create_keyval,
  (MPI_Type_copy_attr_function *f, MPI_Type_delete_attr_function *d, int *r, void *x), (f, d, r, x))
MAKES(win_key, 1, r, MPI_Win_create_keyval,
  (MPI_Win_copy_attr_function *f, MPI_Win_delete_attr_function *d, int *r, void *x), (f, d, r, x))
FREES(comm_key, int, MPI_Comm_free_keyval)
FREES(type_key, int, MPI_Type_free_keyval)
FREES(win_key, int, MPI_Win_free_keyval)

#define START(name)                                                                                      \
  MAKES(request, *r != MPI_REQUEST_NULL, r, name,                                                        \
    (const void *b, int n, MPI_Datatype t, int p, int g, MPI_Comm c, MPI_Request *r), (b, n, t, p, g, c, r))
START(MPI_Send_init)
START(MPI_Bsend_init)
START(MPI_Rsend_init)
START(MPI_Ssend_init)
MAKES(request, *r != MPI_REQUEST_NULL, r, MPI_Recv_init,
  (void *b, int n, MPI_Datatype t, int p, int g, MPI_Comm c, MPI_Request *r), (b, n, t, p, g, c, r))
FREES(request, MPI_Request, MPI_Request_free)

// Open MPI 4 frees a persistent request whose operation has failed (open-mpi/ompi#13432).
#define ENDS(name, parameters, arguments, n)                                                   \
  int name parameters {                                                                        \
    uintptr_t before[(n) > 0 ? (n) : 1];                                                       \
    for (int at = 0; at < (n); at++) before[at] = (uintptr_t)h[at];                                 \
    int code = P##name arguments;                                                              \
    for (int at = 0; at < (n); at++) {                                                         \
      if (h[at] == MPI_REQUEST_NULL && before[at] != (uintptr_t)h[at]) take(request, before[at]); \
    }                                                                                          \
    return code;                                                                               \
  }
ENDS(MPI_Wait, (MPI_Request *h, MPI_Status *s), (h, s), 1)
ENDS(MPI_Test, (MPI_Request *h, int *f, MPI_Status *s), (h, f, s), 1)
ENDS(MPI_Waitall, (int n, MPI_Request *h, MPI_Status *s), (n, h, s), n)
ENDS(MPI_Testall, (int n, MPI_Request *h, int *f, MPI_Status *s), (n, h, f, s), n)
ENDS(MPI_Waitany, (int n, MPI_Request *h, int *i, MPI_Status *s), (n, h, i, s), n)
ENDS(MPI_Testany, (int n, MPI_Request *h, int *i, int *f, MPI_Status *s), (n, h, i, f, s), n)
ENDS(MPI_Waitsome, (int n, MPI_Request *h, int *c, int *i, MPI_Status *s), (n, h, c, i, s), n)
ENDS(MPI_Testsome, (int n, MPI_Request *h, int *c, int *i, MPI_Status *s), (n, h, c, i, s), n)
