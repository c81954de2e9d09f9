// What Swift does not see of the C library: it hides what needs _GNU_SOURCE.

#ifndef CPROCESS_H
#define CPROCESS_H

#include <poll.h>
#include <sys/types.h>

/// Starts a program as the leader of a process group of its own: all signals as a shell would set them, no descriptor but
/// the three that are given.
///
/// - `directory`: the folder that it runs in, or NULL for this process' own
/// - returns 0, or the number of an error
int cprocess_spawn(pid_t *pid, const char *path, char *const arguments[], char *const environment[],
                   const char *directory, int input, int output, int error);

/// Makes a pipe that no program inherits and that is not waited for at its reading end; returns 0, or the number of an error.
int cprocess_pipe(int ends[2]);

/// Makes an open file in memory that no program inherits; returns its descriptor, or -1.
int cprocess_memory_file(void);

/// `poll(2)` with a timeout in seconds, parts of a millisecond included; a negative one waits without an end.
int cprocess_poll(struct pollfd *entries, int count, double seconds);

/// Marks all descriptors from 3 on as not to be inherited. Does nothing where `cprocess_spawn` closes them anyway.
void cprocess_close_on_exec(void);

/// Has each end of a child process write a byte to a descriptor that does not block; a negative one ends that.
/// Returns 0, or the number of an error.
int cprocess_notify_of_children(int descriptor);

#endif
