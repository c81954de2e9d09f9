// The least that starting programs costs: posix_spawn and waitpid, one after the other, or so many at a time.
//
//   cc -O2 spawn.c -o spawn; ./spawn 20000 1 /bin/true

#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>

extern char **environ;

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

int main(int count, char **arguments) {
  if (count < 4) return 2;
  int tasks = atoi(arguments[1]), slots = atoi(arguments[2]), running = 0;
  double start = now();
  for (int begun = 0, ended = 0; ended < tasks;) {
    while (running < slots && begun < tasks) {
      pid_t pid;
      if (posix_spawn(&pid, arguments[3], NULL, NULL, arguments + 3, environ)) return 1;
      begun++, running++;
    }
    if (waitpid(-1, NULL, 0) > 0) ended++, running--;
  }
  double seconds = now() - start;
  printf("%d tasks, %d at a time: %.3f s, %.4f ms each\n", tasks, slots, seconds, seconds / tasks * 1e3);
  return 0;
}
