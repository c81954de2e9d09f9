#define _GNU_SOURCE
#include "CProcess.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#if defined(__GLIBC__) && __GLIBC_PREREQ(2, 34)
#define CLOSES_ALL 1
#endif

int cprocess_spawn(pid_t *pid, const char *path, char *const arguments[], char *const environment[],
                   const char *directory, int input, int output, int error) {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  int code = posix_spawn_file_actions_init(&actions);
  if (code) return code;
  code = posix_spawnattr_init(&attributes);
  if (code) {
    posix_spawn_file_actions_destroy(&actions);
    return code;
  }
  sigset_t none, all;
  sigemptyset(&none);
  sigfillset(&all);
  short flags = POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
  // The descriptors are above 2 all three: none is overwritten before it is duplicated.
  if ((code = posix_spawn_file_actions_adddup2(&actions, input, 0)) ||
      (code = posix_spawn_file_actions_adddup2(&actions, output, 1)) ||
      (code = posix_spawn_file_actions_adddup2(&actions, error, 2)) ||
#ifdef CLOSES_ALL
      (code = posix_spawn_file_actions_addclosefrom_np(&actions, 3)) ||
#endif
      (directory && (code = posix_spawn_file_actions_addchdir_np(&actions, directory))) ||
      (code = posix_spawnattr_setsigmask(&attributes, &none)) ||
      (code = posix_spawnattr_setsigdefault(&attributes, &all)) ||
      (code = posix_spawnattr_setpgroup(&attributes, 0)) ||
      (code = posix_spawnattr_setflags(&attributes, flags))) {
  } else {
    code = posix_spawn(pid, path, &actions, &attributes, arguments, environment);
  }
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
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
