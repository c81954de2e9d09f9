internal import Glibc

/// A process that outlives a rank which is killed, to end the tasks that it leaves behind: they would
/// run beside their repetitions otherwise.
///
/// It is a shell in a session of its own, that waits for the end of a pipe which the rank holds open,
/// and then ends all processes that have the rank's mark in their environment.
final class Guardian {
  private let pipe: Int32

  /// Marks all processes that this one will start, and begins to watch over them. Where it cannot,
  /// there is none.
  init?(mark: String) {
    setenv("PCOMPUTE_FARM_RANK", mark, 1)
    var ends: [Int32] = [-1, -1]
    guard unsafe pipe2(&ends, O_CLOEXEC) == 0 else { return nil }
    defer { close(ends[0]) }
    // grep takes the variables of /proc/PID/environ, which NULs separate, for one line each with -z.
    let script = """
      unset PCOMPUTE_FARM_RANK
      read -r line
      [ "$line" = over ] && exit
      for turn in 1 2 3; do
        left=
        for process in /proc/[0-9]*; do
          if grep -qzxsF "PCOMPUTE_FARM_RANK=\(mark)" "$process/environ"; then
            kill -KILL "${process#/proc/}" && left=1
          fi
        done
        [ "$left" ] || exit
      done
      """
    guard let started = spawn(script, input: ends[0]), started else {
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

/// Starts `/bin/sh` with a script, in a session of its own, without any of our files.
private func spawn(_ script: String, input: Int32) -> Bool? {
  var actions = unsafe posix_spawn_file_actions_t()
  unsafe posix_spawn_file_actions_init(&actions)
  defer { unsafe posix_spawn_file_actions_destroy(&actions) }
  unsafe posix_spawn_file_actions_adddup2(&actions, input, 0)
  unsafe posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
  unsafe posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
  unsafe posix_spawn_file_actions_addclosefrom_np(&actions, 3)
  var attributes = posix_spawnattr_t()
  unsafe posix_spawnattr_init(&attributes)
  defer { unsafe posix_spawnattr_destroy(&attributes) }
  unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSID))
  var arguments = unsafe ["sh", "-c", script].map { unsafe strdup($0) } + [nil]
  // Without the mark, so that it does not end itself, and without the launcher's variables.
  var environment = unsafe [unsafe strdup("PATH=/usr/bin:/bin"), nil]
  defer { unsafe (arguments + environment).forEach { unsafe free($0) } }
  var pid: pid_t = 0
  let code = unsafe posix_spawn(
    &pid, "/bin/sh", &actions, &attributes, &arguments, &environment)
  return code == 0
}
