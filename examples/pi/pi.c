// Pi.swift in C, to be read beside it:  mpicc -O2 pi.c -o pi-c && mpirun -n 4 ./pi-c

#include <math.h>
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv) {
  MPI_Init(&argc, &argv);
  long steps = argc > 1 ? atol(argv[1]) : 10000000;
  int rank, size;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &size);

  double width = 1 / (double)steps;
  double sum = 0;
  for (long step = rank; step < steps; step += size) {
    double x = (step + 0.5) * width;
    sum += 4 / (1 + x * x);
  }

  double part = sum * width, pi;
  MPI_Reduce(&part, &pi, 1, MPI_DOUBLE, MPI_SUM, 0, MPI_COMM_WORLD);
  if (rank == 0)
    printf("pi = %.17g, error %.3g, %ld steps on %d ranks\n", pi, pi - M_PI, steps, size);
  MPI_Finalize();
}
