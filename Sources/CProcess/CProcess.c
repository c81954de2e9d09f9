#define _GNU_SOURCE
#include "CProcess.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#if defined(__GLIBC__) && __GLIBC_PREREQ(2, 34)
#define CLOSES_ALL 1
#endif

// What the new process does until it is another program. It shares our memory, and we stand still meanwhile: only calls
// into the system, and no signal handler may run. Returns the number of an error.
static int become(const char *path, char *const arguments[], char *const environment[], const char *directory,
                  const int descriptors[3]) {
  if (setpgid(0, 0)) return errno;
  // A signal that was meant for our group, before it had left that, is not for the program: to ignore it drops it.
  sigset_t pending, none;
  sigpending(&pending);
  struct sigaction ignored = {.sa_handler = SIG_IGN}, usual = {.sa_handler = SIG_DFL};
  // (The C library keeps two for itself, and refuses.)
  for (int number = 1; number < NSIG; number++) {
    if (sigismember(&pending, number) == 1) sigaction(number, &ignored, NULL);
    sigaction(number, &usual, NULL);
  }
  // The descriptors are above 2 all three: none is overwritten before it is duplicated.
  for (int standard = 0; standard < 3; standard++) {
    if (dup2(descriptors[standard], standard) < 0) return errno;
  }
#ifdef CLOSES_ALL
  closefrom(3);
#endif
  if (directory && chdir(directory)) return errno;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  execve(path, arguments, environment);
  return errno;
}

int cprocess_spawn(pid_t *pid, const char *path, char *const arguments[], char *const environment[],
                   const char *directory, int input, int output, int error) {
  const int descriptors[3] = {input, output, error};
  volatile int code = 0;
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  // Not posix_spawn(3), which ends the program by a signal that came for our group.
  pid_t child = vfork();
  if (child == 0) {
    code = become(path, arguments, environment, directory, descriptors);
    _exit(127);
  }
  if (child < 0) code = errno;
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  if (code && child > 0) {
    while (waitpid(child, NULL, 0) < 0 && errno == EINTR) {}
  }
  *pid = child;
  return code;
}

int cprocess_pipe(int ends[2]) {
  if (pipe2(ends, O_CLOEXEC)) return errno;
  // Only the reader: a program that writes waits until there is room.
  fcntl(ends[0], F_SETFL, O_NONBLOCK);
  return 0;
}

int cprocess_memory_file(void) { return memfd_create("pcompute", MFD_CLOEXEC); }

int cprocess_poll(struct pollfd *entries, int count, double seconds) {
  struct timespec limit = {.tv_sec = (time_t)seconds};
  limit.tv_nsec = (long)((seconds - (double)limit.tv_sec) * 1e9);
  return ppoll(entries, (nfds_t)count, seconds < 0 ? NULL : &limit, NULL);
}

void cprocess_close_on_exec(void) {
#ifndef CLOSES_ALL
  DIR *folder = opendir("/proc/self/fd");
  if (!folder) return;
  for (struct dirent *entry; (entry = readdir(folder));) {
    int descriptor = atoi(entry->d_name);
    if (descriptor > 2) fcntl(descriptor, F_SETFD, FD_CLOEXEC);
  }
  closedir(folder);
#endif
}

static volatile int notified = -1;

static void child_ended(int signal) {
  (void)signal;
  int code = errno, descriptor = notified;
  // A full pipe wakes its reader, too.
  if (descriptor >= 0 && write(descriptor, "", 1) < 0) {}
  errno = code;
}

int cprocess_notify_of_children(int descriptor) {
  notified = descriptor;
  struct sigaction action = {.sa_flags = SA_RESTART | SA_NOCLDSTOP};
  action.sa_handler = descriptor < 0 ? SIG_DFL : child_ended;
  sigemptyset(&action.sa_mask);
  return sigaction(SIGCHLD, &action, NULL) ? errno : 0;
}
