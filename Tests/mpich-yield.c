// Preloaded by run.sh where MPICH has more ranks than cores: MPICH 4 never gives its core away while it waits, so that
// each message takes as long as the scheduler's slices. This gives it away when UCX, which MPICH asks for news, had none
// for a while.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <sched.h>

unsigned ucp_worker_progress(void *worker) {
  static unsigned (*progress)(void *);
  static _Thread_local int idle;
  if (!progress) progress = (unsigned (*)(void *))dlsym(RTLD_NEXT, "ucp_worker_progress");
  unsigned count = progress(worker);
  if (count) {
    idle = 0;
  } else if (++idle > 20) {
    idle = 0;
    sched_yield();
  }
  return count;
}
