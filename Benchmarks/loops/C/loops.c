// Loops over a field of doubles that is stored by rows, in C: what ../Swift/Loops.swift is held against.
//
//     loops-c LOOP SIZE SAMPLES      prints the least time of a sample in nanoseconds, and a checksum
//
// LOOP is stencil, change, seidel, sum or update; the field has SIZE rows and SIZE columns.

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

// Each in a function of its own, to which the compiler does not know the arguments.
#ifdef __clang__
#define APART __attribute__((noinline))
#else
#define APART __attribute__((noipa))
#endif

APART static void stencil(const double *old, double *new, int rows, int columns) {
  for (int i = 1; i < rows - 1; i++)
    for (int j = 1; j < columns - 1; j++)
      new[i * columns + j] =
        0.25 * (old[(i - 1) * columns + j] + old[(i + 1) * columns + j] + old[i * columns + j - 1]
                + old[i * columns + j + 1]);
}

APART static double change(const double *old, double *new, int rows, int columns) {
  double largest = 0;
  for (int i = 1; i < rows - 1; i++)
    for (int j = 1; j < columns - 1; j++) {
      double mean = 0.25 * (old[(i - 1) * columns + j] + old[(i + 1) * columns + j]
                                  + old[i * columns + j - 1] + old[i * columns + j + 1]);
      double difference = fabs(mean - old[i * columns + j]);
      if (difference > largest) largest = difference;
      new[i * columns + j] = mean;
    }
  return largest;
}

APART static void seidel(double *field, int rows, int columns) {
  for (int i = 1; i < rows - 1; i++)
    for (int j = 1; j < columns - 1; j++)
      field[i * columns + j] =
        0.25 * (field[(i - 1) * columns + j] + field[(i + 1) * columns + j]
            + field[i * columns + j - 1] + field[i * columns + j + 1]);
}

APART static double sum(const double *numbers, int count) {
  double sum = 0;
  for (int i = 0; i < count; i++) sum += numbers[i];
  return sum;
}

APART static void update(double factor, const double *x, double *y, int count) {
  for (int i = 0; i < count; i++) y[i] += factor * x[i];
}

// The processor's time of this thread: what else the machine has to do is not in it.
static double nanoseconds(void) {
  struct timespec time;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return 1e9 * (double)time.tv_sec + (double)time.tv_nsec;
}

int main(int argc, char **argv) {
  int size = argc == 4 ? atoi(argv[2]) : 0, samples = argc == 4 ? atoi(argv[3]) : 0;
  if (size < 3 || size > 30000 || samples < 1) {
    fprintf(stderr, "loops-c: needs LOOP SIZE SAMPLES\n");
    return 2;
  }
  const char *loop = argv[1];
  int count = size * size, repetitions = 1 + (1 << 22) / count;
  double *a = malloc(sizeof *a * (size_t)count), *b = malloc(sizeof *b * (size_t)count);
  if (!a || !b) return 1;
  for (int i = 0; i < count; i++) a[i] = b[i] = (double)(7919L * i % 1000) * 1e-3;

  double least = INFINITY, check = 0;
  for (int sample = 0; sample < samples; sample++) {
    double start = nanoseconds();
    for (int repetition = 0; repetition < repetitions; repetition++) {
      double *swapped = a;
      if (!strcmp(loop, "stencil")) {
        stencil(a, b, size, size);
        a = b, b = swapped;
      } else if (!strcmp(loop, "change")) {
        check += change(a, b, size, size);
        a = b, b = swapped;
      } else if (!strcmp(loop, "seidel")) {
        seidel(a, size, size);
      } else if (!strcmp(loop, "sum")) {
        check += sum(a, count);
      } else if (!strcmp(loop, "update")) {
        update(1e-9, b, a, count);
      } else {
        fprintf(stderr, "loops-c: there is no loop %s\n", loop);
        return 2;
      }
    }
    least = fmin(least, (nanoseconds() - start) / repetitions);
  }
  for (int i = 0; i < count; i++) check += a[i];
  printf("%.0f %.10g\n", least, check);
  free(a);
  free(b);
  return 0;
}
