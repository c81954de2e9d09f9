internal import CProcess
internal import Glibc
internal import SPMD

/// The processes of one rank: starts tasks, reads what they print, ends them at their time limits,
/// all from one thread.
///
/// Each task leads a process group of its own. It is over when its first process is: what that has
/// left in its group is ended then, and what it has printed by then is its output.
///
/// There is one runner in a process: it learns of ends from the signal `SIGCHLD`.
package final class TaskRunner {
  /// How tasks are run.
  package struct Options: Sendable {
    /// The rank of this process, and its host's name, as attempts and tasks see them.
    package var rank = 0
    package var host = ""
    /// Whether attempts have all of the output.
    package var keepsOutput = false
    /// The most bytes that are kept of one output; the rest is counted.
    package var outputLimit = 256 << 20
    /// How much of the output's end every attempt has.
    package var tailBytes = 2048
    /// Where each task's outputs become files of their own, `ID.out` and `ID.err`.
    package var outputFolder: String?
    /// Seconds from SIGTERM to SIGKILL, for a task at its time limit and for what a task leaves.
    package var grace = 5.0
    /// Whether tasks see the variables by which an MPI program finds its job.
    package var keepsLauncherVariables = false
    /// Whether the shell is left out where it would only start one program.
    package var startsProgramsDirectly = true

    package init() {}
  }

  let options: Options
  let environment: TaskEnvironment
  private let shell: ShellCommands
  private var tasks: [RunningTask] = []
  /// What never ran.
  private var unstarted: [TaskAttempt] = []
  /// Groups whose first process is gone, and when the rest is killed.
  private var lingering: [(group: pid_t, killTime: Double)] = []
  /// A pipe that the signal handler writes to.
  private var notice: (reader: Int32, writer: Int32)
  /// What tasks read that have no input of their own.
  private let nullInput: Int32
  private var entries: [pollfd] = []
  private var buffer = [UInt8](repeating: 0, count: 1 << 16)

  package init(_ options: Options) throws {
    self.options = options
    environment = TaskEnvironment(
      rank: options.rank, keepsLauncherVariables: options.keepsLauncherVariables)
    shell = ShellCommands(
      path: environment["PATH"], isDirectAllowed: options.startsProgramsDirectly)
    if let folder = options.outputFolder { try OutputFiles.prepare(folder) }
    var ends: [Int32] = [-1, -1]
    let code = unsafe cprocess_pipe(&ends)
    guard code == 0 else { throw FarmError("a pipe: \(errorText(code))") }
    notice = (ends[0], ends[1])
    _ = fcntl(notice.writer, F_SETFL, O_NONBLOCK)
    nullInput = unsafe open("/dev/null", O_RDONLY | O_CLOEXEC)
    guard nullInput >= 0 else { throw FarmError("/dev/null: \(errorText(errno))") }
    cprocess_close_on_exec()
    _ = cprocess_notify_of_children(notice.writer)
  }

  deinit {
    killAll()
    _ = cprocess_notify_of_children(-1)
    for descriptor in [notice.reader, notice.writer, nullInput] { close(descriptor) }
  }

  /// How many tasks are running, or have an end that ``poll(timeout:watching:)`` has not told yet.
  package var running: Int { tasks.count + unstarted.count }

  /// Starts a task.
  ///
  /// One that cannot be started is an attempt of its own: the next ``poll(timeout:watching:)`` tells.
  ///
  /// - Parameters:
  ///   - attempt: 1 for the first run of the task.
  ///   - timeLimit: Seconds, which the task's own limit goes before; `nil` for none.
  package func start(_ task: FarmTask, attempt: Int, timeLimit: Double? = nil) {
    var running = RunningTask(task: task.index, attempt: attempt, start: wallTime())
    do {
      try launch(task, &running)
      let now = steadyTime()
      running.readTime = now + 0.005
      if let limit = task.timeLimit ?? timeLimit { running.deadline = now + limit }
      tasks.append(running)
    } catch {
      running.output.close()
      unstarted.append(attemptRecord(of: running, ending: .notStarted("\(error)")))
    }
  }

  private func launch(_ task: FarmTask, _ running: inout RunningTask) throws {
    let command = try shell.arguments(for: task, environment: environment)
    let input = try task.input.map { try memoryFile(Array($0.utf8)) } ?? nullInput
    defer { if input != nullInput { close(input) } }
    let variables = environment.variables(for: task, attempt: running.attempt)
    running.output = try TaskOutput(for: task, attempt: running.attempt, options: options)
    defer { running.output.closeWriters() }
    var code = spawn(
      &running.process, command.path, command.arguments, variables, task.directory, input,
      running.output)
    if code != 0, command.isDirect {
      // What was found in PATH once is gone, or is no program but a script without its first line.
      let arguments = ShellCommands.viaShell(command.line)
      code = spawn(
        &running.process, ShellCommands.shell, arguments, variables, task.directory, input,
        running.output)
    }
    guard code == 0 else {
      running.output.discardFiles()
      if let folder = task.directory, unsafe access(folder, X_OK) != 0 {
        throw FarmError("\(folder): \(errorText(errno))")
      }
      throw FarmError("\(command.path): \(errorText(code))")
    }
  }

  private func spawn(
    _ process: inout pid_t, _ path: String, _ arguments: [String],
    _ variables: TaskEnvironment.Variables, _ directory: String?, _ input: Int32,
    _ output: TaskOutput
  ) -> Int32 {
    unsafe withCStrings(CStrings(arguments)) { arguments in
      unsafe environment.withPointers(variables) { variables in
        unsafe cprocess_spawn(
          &process, path, arguments, variables, directory, input, output.writer, output.errorWriter)
      }
    }
  }

  /// Waits until a task ends, a descriptor that the caller watches can be read, a signal comes, or
  /// time is over; and does what is due: reads outputs, ends tasks at their limits.
  ///
  /// - Parameters:
  ///   - timeout: Seconds, to fractions of a millisecond; 0 looks and does not wait.
  ///   - watching: Descriptors of the caller's.
  /// - Returns: The tasks that have ended, in order of their ends.
  /// - Complexity: O(tasks that run).
  package func poll(timeout: Double, watching: [Int32] = []) -> [TaskAttempt] {
    var ended = unstarted
    unstarted = []
    let limit = steadyTime() + (ended.isEmpty ? max(0, timeout) : 0)
    while true {
      let now = steadyTime()
      enforceLimits(now)
      let isWatched = waitForEvents(until: limit, now: now, watching: watching)
      reap(into: &ended)
      if !ended.isEmpty || isWatched || steadyTime() >= limit { return ended }
    }
  }

  /// Waits once. Returns whether something that the caller watches can be read.
  private func waitForEvents(until limit: Double, now: Double, watching: [Int32]) -> Bool {
    entries.removeAll(keepingCapacity: true)
    entries.append(pollfd(fd: notice.reader, events: Int16(POLLIN), revents: 0))
    for descriptor in watching {
      entries.append(pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0))
    }
    let first = entries.count
    var until = limit
    for task in tasks {
      let isRead = task.readTime <= now
      // A negative descriptor, as of an output that is closed, is passed over.
      let descriptor = isRead ? task.output.reader : -1
      entries.append(pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0))
      until = min(until, task.nextDeadline, isRead ? .infinity : task.readTime)
    }
    // Were another part of the program to take SIGCHLD away, tasks would end half a second late.
    if !tasks.isEmpty { until = min(until, now + 0.5) }
    if !lingering.isEmpty { until = min(until, now + 0.01) }
    let count = unsafe cprocess_poll(&entries, Int32(entries.count), max(0, until - now))
    if count == 0 { return false }
    if count < 0 || entries[0].revents != 0 {
      // As much as a pipe holds.
      _ = unsafe read(notice.reader, &buffer, buffer.count)
    }
    // A signal has come: the caller may want to know.
    if count < 0 { return true }
    for index in tasks.indices where entries[first + index].revents != 0 {
      tasks[index].output.read(&buffer, atMost: 1 << 20)
    }
    return entries[1..<first].contains { $0.revents != 0 }
  }

  private func reap(into ended: inout [TaskAttempt]) {
    var index = 0
    while index < tasks.count {
      var status: Int32 = 0
      let process = tasks[index].process
      guard unsafe waitpid(process, &status, WNOHANG) == process else {
        index += 1
        continue
      }
      // A group has its number as long as one of its processes is there, so that this meets none of another's.
      if kill(-process, SIGTERM) == 0 {
        lingering.append((process, steadyTime() + options.grace))
      }
      var task = tasks.remove(at: index)
      task.end = wallTime()
      task.output.finish(&buffer)
      ended.append(attemptRecord(of: task, ending: task.ending(status: status)))
    }
  }

  private func enforceLimits(_ now: Double) {
    for index in tasks.indices where tasks[index].nextDeadline <= now {
      let task = tasks[index]
      if task.killTime <= now {
        kill(-task.process, SIGKILL)
        tasks[index].killTime = .infinity
      } else if task.deadline <= now {
        kill(-task.process, SIGTERM)
        // A task that was stopped takes the signal when it goes on.
        kill(-task.process, SIGCONT)
        tasks[index].forcedEnding = .timedOut
        tasks[index].deadline = .infinity
        tasks[index].killTime = now + options.grace
      }
    }
    lingering.removeAll { group, killTime in
      if killTime <= now { kill(-group, SIGKILL) }
      return killTime <= now || kill(-group, 0) != 0
    }
  }

  /// Has all tasks end: by SIGTERM now, and by SIGKILL after a time. They count as not run.
  ///
  /// ``poll(timeout:watching:)`` tells their ends.
  ///
  /// - Parameter grace: Seconds between the two signals.
  package func endAll(grace: Double) {
    let now = steadyTime()
    for index in tasks.indices where tasks[index].forcedEnding == nil {
      kill(-tasks[index].process, SIGTERM)
      kill(-tasks[index].process, SIGCONT)
      tasks[index].forcedEnding = .interrupted
      tasks[index].deadline = .infinity
    }
    for index in tasks.indices { tasks[index].killTime = min(tasks[index].killTime, now + grace) }
    for index in lingering.indices {
      lingering[index].killTime = min(lingering[index].killTime, now + grace)
    }
  }

  /// Ends all that runs by SIGKILL, at once.
  package func killAll() {
    for task in tasks { kill(-task.process, SIGKILL) }
    for (group, _) in lingering { kill(-group, SIGKILL) }
    lingering = []
  }

  private func attemptRecord(of task: RunningTask, ending: TaskAttempt.Ending) -> TaskAttempt {
    TaskAttempt(
      task: task.task, attempt: task.attempt, rank: options.rank, host: options.host,
      start: task.start, end: task.end ?? task.start, ending: ending,
      outputBytes: task.output.byteCount, tail: task.output.tail,
      output: options.keepsOutput ? task.output.kept : nil)
  }
}
