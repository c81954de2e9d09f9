internal import CProcess
internal import Glibc

/// A process that outlives a rank which is killed, to end the tasks that it leaves behind: they would
/// run beside their repetitions otherwise.
///
/// It is a shell that waits for the end of a pipe which the rank holds open, and then
/// ends all processes that have the rank's mark in their environment.
final class Guardian {
  private let pipe: Int32

  /// Marks all processes that this one will start, and begins to watch over them. Where it cannot,
  /// there is none.
  init?(mark: String) {
    unsafe setenv("PCOMPUTE_FARM_RANK", mark, 1)
    var ends: [Int32] = [-1, -1]
    guard unsafe Glibc.pipe(&ends) == 0 else { return nil }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    defer { close(ends[0]) }
    // grep takes the variables of /proc/PID/environ, which NULs separate, for one line each with -z. It looks at all
    // processes in one go: until the tasks are gone, a resumed farm may begin them again beside themselves.
    let script = """
      unset PCOMPUTE_FARM_RANK
      read -r line
      [ "$line" = over ] && exit
      for turn in 1 2 3; do
        left=$(grep -lzxsF "PCOMPUTE_FARM_RANK=\(mark)" /proc/[0-9]*/environ)
        [ "$left" ] || exit
        for process in $left; do
          process=${process%/environ}
          kill -KILL "${process#/proc/}"
        done
      done
      """
    guard begin(script, input: ends[0]) else {
      close(ends[1])
      return nil
    }
    pipe = ends[1]
  }

  /// Says that nothing is left to be ended.
  func dismiss() {
    _ = unsafe write(pipe, "over\n", 5)
    close(pipe)
  }
}

/// Starts `/bin/sh` with a script, in a process group of its own, which the launcher does not end.
private func begin(_ script: String, input: Int32) -> Bool {
  let null = unsafe open("/dev/null", O_WRONLY | O_CLOEXEC)
  defer { close(null) }
  // Without the mark, so that it does not end itself.
  return unsafe withCStrings(CStrings(["sh", "-c", script])) { arguments in
    unsafe withCStrings(CStrings(["PATH=/usr/bin:/bin"])) { environment in
      var process: pid_t = 0
      return unsafe cprocess_spawn(
        &process, "/bin/sh", arguments, environment, nil, input, null, null) == 0
    }
  }
}
