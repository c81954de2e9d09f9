// The calls that Swift/ makes, in C, function by function: what any cost of the binding is measured
// against.
//
//     overhead time            time per operation, at one rank or two
//     overhead count BATCHES   BATCHES times 16 calls of each kind, for callgrind to count
//
// This is the leanest C there is: no return code is looked at, and no status asked for.

#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BATCH = 16, SAMPLES = 20 };

// ---- counting

// Each in a function of its own, which callgrind tells apart by its name. The length is unknown to
// the compiler, as in a real program. What is sent here is received in the next function, so that
// no call ever waits for a message.

enum { LENGTH = 8 };

#ifdef __clang__
#define APART __attribute__((noinline))
#else
#define APART __attribute__((noipa))
#endif

APART void count_send(const double *elements, int count, int peer) {
  for (int i = 0; i < BATCH; i++) MPI_Send(elements, count, MPI_DOUBLE, peer, 0, MPI_COMM_WORLD);
}

APART void count_receive(double *elements, int count, int peer) {
  for (int i = 0; i < BATCH; i++)
    MPI_Recv(elements, count, MPI_DOUBLE, peer, 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
}

// In Swift this one receives into an Array; here there is no difference.
APART void count_receiveArray(double *elements, int count, int peer) {
  for (int i = 0; i < BATCH; i++)
    MPI_Recv(elements, count, MPI_DOUBLE, peer, 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
}

APART void count_immediateSend(const double *elements, int count, int peer) {
  for (int i = 0; i < BATCH; i++) {
    MPI_Request sending;
    MPI_Isend(elements, count, MPI_DOUBLE, peer, 0, MPI_COMM_WORLD, &sending);
    MPI_Wait(&sending, MPI_STATUS_IGNORE);
  }
}

APART void count_immediateReceive(double *elements, int count, int peer) {
  for (int i = 0; i < BATCH; i++) {
    MPI_Request receiving;
    MPI_Irecv(elements, count, MPI_DOUBLE, peer, 0, MPI_COMM_WORLD, &receiving);
    MPI_Wait(&receiving, MPI_STATUS_IGNORE);
  }
}

APART void count_exchange(
    const double *outbox, double *inbox, int count, int peer) {
  for (int i = 0; i < BATCH; i++) {
    MPI_Request requests[2];
    MPI_Irecv(inbox, count, MPI_DOUBLE, peer, 0, MPI_COMM_WORLD, &requests[0]);
    MPI_Isend(outbox, count, MPI_DOUBLE, peer, 0, MPI_COMM_WORLD, &requests[1]);
    MPI_Waitall(2, requests, MPI_STATUSES_IGNORE);
  }
}

APART void count_persistent(MPI_Request *receiving, MPI_Request *sending) {
  for (int i = 0; i < BATCH; i++) {
    MPI_Start(receiving);
    MPI_Start(sending);
    MPI_Wait(sending, MPI_STATUS_IGNORE);
    MPI_Wait(receiving, MPI_STATUS_IGNORE);
  }
}

APART void count_persistentExchange(MPI_Request *requests, int count) {
  for (int i = 0; i < BATCH; i++) {
    MPI_Startall(count, requests);
    MPI_Waitall(count, requests, MPI_STATUSES_IGNORE);
  }
}

APART void count_sendReceive(
    const double *outbox, double *inbox, int count, int peer) {
  for (int i = 0; i < BATCH; i++)
    MPI_Sendrecv(
        outbox, count, MPI_DOUBLE, peer, 0, inbox, count, MPI_DOUBLE, peer, 0, MPI_COMM_WORLD,
        MPI_STATUS_IGNORE);
}

APART void count_allReduce(const double *elements, double *result, int count) {
  for (int i = 0; i < BATCH; i++)
    MPI_Allreduce(elements, result, count, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
}

APART double count_allReduceValue(double value) {
  for (int i = 0; i < BATCH; i++) {
    double sum;
    MPI_Allreduce(&value, &sum, 1, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
    value = sum;
  }
  return value;
}

APART void count_put(const double *elements, int count, int target, MPI_Win window) {
  for (int i = 0; i < BATCH; i++) {
    MPI_Put(elements, count, MPI_DOUBLE, target, 0, count, MPI_DOUBLE, window);
    MPI_Win_flush(target, window);
  }
}

APART void count_get(double *elements, int count, int target, MPI_Win window) {
  for (int i = 0; i < BATCH; i++) {
    MPI_Get(elements, count, MPI_DOUBLE, target, 0, count, MPI_DOUBLE, window);
    MPI_Win_flush_local(target, window);
  }
}

APART double count_fetchAndReduce(double value, int target, MPI_Win window) {
  double sum = 0;
  for (int i = 0; i < BATCH; i++) {
    double before;
    MPI_Fetch_and_op(&value, &before, MPI_DOUBLE, target, 0, MPI_SUM, window);
    MPI_Win_flush(target, window);
    sum += before;
  }
  return sum;
}

static void count(int batches, int length) {
  double *memory;
  MPI_Win window;
  MPI_Win_allocate(
      LENGTH * sizeof *memory, sizeof *memory, MPI_INFO_NULL, MPI_COMM_WORLD, &memory, &window);
  memset(memory, 0, LENGTH * sizeof *memory);
  MPI_Win_lock_all(0, window);
  double *outbox = calloc(LENGTH, sizeof *outbox);
  double *array = calloc(LENGTH, sizeof *array);
  double inbox[LENGTH] = {0};
  double value = 1;
  MPI_Request persistent[2], halo[2];
  MPI_Recv_init(inbox, length, MPI_DOUBLE, 0, 0, MPI_COMM_WORLD, &persistent[0]);
  MPI_Send_init(outbox, length, MPI_DOUBLE, 0, 0, MPI_COMM_WORLD, &persistent[1]);
  MPI_Recv_init(inbox, length, MPI_DOUBLE, 0, 0, MPI_COMM_WORLD, &halo[0]);
  MPI_Send_init(outbox, length, MPI_DOUBLE, 0, 0, MPI_COMM_WORLD, &halo[1]);
  for (int i = 0; i < batches; i++) {
    count_persistent(&persistent[0], &persistent[1]);
    count_persistentExchange(halo, 2);
    count_send(outbox, length, 0);
    count_receive(inbox, length, 0);
    count_send(outbox, length, 0);
    count_receiveArray(array, length, 0);
    count_immediateSend(outbox, length, 0);
    count_immediateReceive(inbox, length, 0);
    count_exchange(outbox, inbox, length, 0);
    count_sendReceive(outbox, inbox, length, 0);
    count_allReduce(outbox, inbox, length);
    value = count_allReduceValue(value);
    count_put(outbox, length, 0, window);
    count_get(inbox, length, 0, window);
    value += count_fetchAndReduce(1, 0, window);
  }
  MPI_Win_unlock_all(window);
  MPI_Win_free(&window);
  printf("%d batches, %g\n", batches, value + inbox[0] + array[0]);
  for (int i = 0; i < 2; i++) {
    MPI_Request_free(&persistent[i]);
    MPI_Request_free(&halo[i]);
  }
  free(array);
  free(outbox);
}

// ---- timing

static int rank, size;

static void pingPong(char *buffer, int count, int peer, int repetitions) {
  for (int i = 0; i < repetitions; i++) {
    if (rank == 0) {
      MPI_Send(buffer, count, MPI_UINT8_T, peer, 0, MPI_COMM_WORLD);
      MPI_Recv(buffer, count, MPI_UINT8_T, peer, 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
    } else {
      MPI_Recv(buffer, count, MPI_UINT8_T, peer, 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
      MPI_Send(buffer, count, MPI_UINT8_T, peer, 0, MPI_COMM_WORLD);
    }
  }
}

static void allReduce(const double *elements, double *result, int count, int repetitions) {
  for (int i = 0; i < repetitions; i++)
    MPI_Allreduce(elements, result, count, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
}

static void immediate(const char *outbox, char *inbox, int count, int peer, int repetitions) {
  for (int i = 0; i < repetitions; i++) {
    MPI_Request receiving, sending;
    MPI_Irecv(inbox, count, MPI_UINT8_T, peer, 0, MPI_COMM_WORLD, &receiving);
    MPI_Isend(outbox, count, MPI_UINT8_T, peer, 0, MPI_COMM_WORLD, &sending);
    MPI_Wait(&sending, MPI_STATUS_IGNORE);
    MPI_Wait(&receiving, MPI_STATUS_IGNORE);
  }
}

static void exchange(const char *outbox, char *inbox, int count, int peer, int repetitions) {
  for (int i = 0; i < repetitions; i++) {
    MPI_Request requests[2];
    MPI_Irecv(inbox, count, MPI_UINT8_T, peer, 0, MPI_COMM_WORLD, &requests[0]);
    MPI_Isend(outbox, count, MPI_UINT8_T, peer, 0, MPI_COMM_WORLD, &requests[1]);
    MPI_Waitall(2, requests, MPI_STATUSES_IGNORE);
  }
}

static void persistent(MPI_Request *receiving, MPI_Request *sending, int repetitions) {
  for (int i = 0; i < repetitions; i++) {
    MPI_Start(receiving);
    MPI_Start(sending);
    MPI_Wait(sending, MPI_STATUS_IGNORE);
    MPI_Wait(receiving, MPI_STATUS_IGNORE);
  }
}

// The target of one-sided calls does nothing meanwhile.
static void put(const char *elements, int count, int target, MPI_Win window, int repetitions) {
  for (int i = 0; i < repetitions; i++) {
    MPI_Put(elements, count, MPI_UINT8_T, target, 0, count, MPI_UINT8_T, window);
    MPI_Win_flush(target, window);
  }
}

static void get(char *elements, int count, int target, MPI_Win window, int repetitions) {
  for (int i = 0; i < repetitions; i++) {
    MPI_Get(elements, count, MPI_UINT8_T, target, 0, count, MPI_UINT8_T, window);
    MPI_Win_flush_local(target, window);
  }
}

static void sendReceive(const char *outbox, char *inbox, int count, int peer, int repetitions) {
  for (int i = 0; i < repetitions; i++)
    MPI_Sendrecv(
        outbox, count, MPI_UINT8_T, peer, 0, inbox, count, MPI_UINT8_T, peer, 0, MPI_COMM_WORLD,
        MPI_STATUS_IGNORE);
}

static int ascending(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

// Prints a line: kind, bytes, least and median nanoseconds of an operation.
static void report(const char *kind, int bytes, double *samples) {
  if (rank != 0) return;
  qsort(samples, SAMPLES, sizeof *samples, ascending);
  printf("%s %d %.2f %.2f\n", kind, bytes, samples[0] * 1e9, samples[SAMPLES / 2] * 1e9);
}

static int repetitions(int bytes) {
  int fit = (1 << 23) / bytes;
  return fit < 4 ? 4 : fit > 1000 ? 1000 : fit;
}

// How the kinds begin that are timed.
static const char *wanted = "";

// Times what `call` does, per repetition: once to warm up, then SAMPLES times.
#define TIME(kind, bytes, call)                      \
  do {                                               \
    if (strncmp(kind, wanted, strlen(wanted)) != 0) break; \
    int n = repetitions(bytes);                      \
    double samples[SAMPLES];                         \
    for (int sample = -1; sample < SAMPLES; sample++) { \
      MPI_Barrier(MPI_COMM_WORLD);                   \
      double start = MPI_Wtime();                    \
      call;                                          \
      double end = MPI_Wtime();                      \
      if (sample >= 0) samples[sample] = (end - start) / n; \
    }                                                \
    report(kind, bytes, samples);                    \
  } while (0)

static void timeAll(void) {
  static const int sizes[] = {1, 8, 64, 512, 4096, 32768, 262144, 1048576, 4194304};
  enum { SIZES = sizeof sizes / sizeof *sizes };
  int peer = size == 1 ? 0 : 1 - rank;
  for (int i = 0; i < SIZES; i++) {
    int bytes = sizes[i];
    if (size == 1 && bytes > 512) break;
    char *outbox = calloc(bytes, 1);
    char *inbox = calloc(bytes, 1);
    if (size == 2) TIME("pingPong", bytes, pingPong(outbox, bytes, peer, n));
    if (size == 1) TIME("sendReceive", bytes, sendReceive(outbox, inbox, bytes, peer, n));
    TIME("immediate", bytes, immediate(outbox, inbox, bytes, peer, n));
    TIME("exchange", bytes, exchange(outbox, inbox, bytes, peer, n));
    MPI_Request receiving, sending;
    MPI_Recv_init(inbox, bytes, MPI_UINT8_T, peer, 0, MPI_COMM_WORLD, &receiving);
    MPI_Send_init(outbox, bytes, MPI_UINT8_T, peer, 0, MPI_COMM_WORLD, &sending);
    TIME("persistent", bytes, persistent(&receiving, &sending, n));
    MPI_Request_free(&receiving);
    MPI_Request_free(&sending);
    char *memory;
    MPI_Win window;
    MPI_Win_allocate(bytes, 1, MPI_INFO_NULL, MPI_COMM_WORLD, &memory, &window);
    memset(memory, 0, bytes);
    MPI_Win_lock_all(0, window);
    TIME("put", bytes, if (rank == 0) put(outbox, bytes, peer, window, n));
    TIME("get", bytes, if (rank == 0) get(inbox, bytes, peer, window, n));
    // Into an Array, which C does not have.
    TIME("getIntoArray", bytes, if (rank == 0) get(inbox, bytes, peer, window, n));
    MPI_Win_unlock_all(window);
    MPI_Win_free(&window);
    free(inbox);
    free(outbox);
    if (bytes < 8 || bytes > 1048576) continue;
    int count = bytes / 8;
    double *elements = calloc(count, sizeof *elements);
    double *result = calloc(count, sizeof *result);
    TIME("allReduce", bytes, allReduce(elements, result, count, n));
    free(result);
    free(elements);
  }
}

int main(int argc, char **argv) {
  int provided;
  MPI_Init_thread(&argc, &argv, MPI_THREAD_MULTIPLE, &provided);
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  if (argc == 3 && strcmp(argv[1], "count") == 0 && size == 1) {
    count(atoi(argv[2]), argc == 3 ? LENGTH : 1);
  } else if ((argc == 2 || argc == 3) && strcmp(argv[1], "time") == 0 && size <= 2) {
    if (argc == 3) wanted = argv[2];
    timeAll();
  } else {
    fprintf(stderr, "usage: overhead time [KIND] (1 or 2 ranks) | overhead count BATCHES (1 rank)\n");
    MPI_Abort(MPI_COMM_WORLD, 2);
  }
  MPI_Finalize();
}
