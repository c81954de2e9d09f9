import Foundation
import Glibc
import Synchronization
import Testing

@testable import Farm
@testable import MPI

/// Runs tasks one after the other, each to its end.
func run(
  _ tasks: [FarmTask], _ options: TaskRunner.Options = keeping(), timeLimit: Double? = nil
) throws -> [TaskAttempt] {
  let runner = try TaskRunner(options)
  return tasks.flatMap { task in
    runner.start(task, attempt: 1, timeLimit: timeLimit)
    return ended(runner)
  }
}

/// The ends of all that a runner runs.
func ended(_ runner: TaskRunner, within limit: Double = 30) -> [TaskAttempt] {
  let deadline = steadyTime() + limit
  var ended: [TaskAttempt] = []
  while runner.running > 0 && steadyTime() < deadline { ended += runner.poll(timeout: 1) }
  return ended
}

func keeping(_ change: (inout TaskRunner.Options) -> Void = { _ in }) -> TaskRunner.Options {
  var options = TaskRunner.Options()
  options.host = "here"
  options.keepsOutput = true
  change(&options)
  return options
}

func shell(_ line: String, index: Int = 0) -> FarmTask {
  FarmTask(index: index, id: "\(index + 1)", command: .shell(line))
}

extension TaskAttempt {
  var outputText: String { String(decoding: output ?? [], as: UTF8.self) }
}

/// The processes whose command line holds a text.
func processes(with mark: String) -> [String] {
  let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
  return names.filter { Int($0) != nil }.filter { name in
    // A zombie's is empty.
    let line = FileManager.default.contents(atPath: "/proc/\(name)/cmdline") ?? Data()
    return String(decoding: line, as: UTF8.self).contains(mark)
  }
}

/// Waits until a condition holds, for some seconds.
func holds(within limit: Double = 3, _ condition: () -> Bool) -> Bool {
  let deadline = steadyTime() + limit
  while steadyTime() < deadline {
    if condition() { return true }
    usleep(5000)
  }
  return condition()
}

@Suite(.serialized) struct TaskRunnerTests {
  @Test func endings() throws {
    let lines = [
      "true", "false", "exit 7", "kill -9 $$", "kill -TERM $$", "no-such-program-at-all",
    ]
    let attempts = try run(lines.map { shell($0) })
    #expect(
      attempts.map(\.ending) == [
        .exited(0), .exited(1), .exited(7), .signalled(9), .signalled(15), .exited(127),
      ])
    #expect(attempts.allSatisfy { $0.host == "here" && $0.start > 1e9 && $0.end >= $0.start })
    #expect(attempts[5].outputText.contains("not found"))
  }

  @Test func programsWithoutAShell() throws {
    var missing = FarmTask(index: 3, id: "x", command: .arguments(["no-such-program-at-all"]))
    let printed = FarmTask(
      index: 4, id: "y", command: .arguments(["printf", "%s|", "a b", "$HOME"]))
    var nowhere = printed
    nowhere.directory = "/nowhere"
    let path = FarmTask(index: 5, id: "z", command: .arguments(["/etc/passwd"]))
    let attempts = try run([missing, printed, nowhere, path])
    #expect(attempts[0].ending == .notStarted("no-such-program-at-all: no such program in PATH"))
    #expect(attempts[1].outputText == "a b|$HOME|")
    #expect(attempts[2].ending == .notStarted("/nowhere: No such file or directory"))
    #expect(attempts[3].ending == .notStarted("/etc/passwd: Permission denied"))
    missing.environment["PATH"] = "/nowhere"
    #expect(try run([missing])[0].ending.name == "notStarted")
  }

  @Test func bothOutputsInTheirOrder() throws {
    let attempt = try run([shell("echo a; echo b >&2; printf c")])[0]
    #expect(attempt.outputText == "a\nb\nc")
    #expect(attempt.outputBytes == 5 && attempt.tail == attempt.output)
  }

  @Test func muchOutput() throws {
    // 100 MB, of which the end is known.
    let line = "head -c 100000000 /dev/zero; printf end"
    let whole = try run([shell(line)])[0]
    #expect(whole.ending == .exited(0))
    #expect(whole.outputBytes == 100_000_003 && whole.output?.count == 100_000_003)
    #expect(whole.tail.suffix(4) == [0] + Array("end".utf8))
    let limited = try run([shell(line)], keeping { $0.outputLimit = 1000 })[0]
    #expect(limited.outputBytes == 100_000_003 && limited.output?.count == 1000)
    #expect(limited.tail.count == 2048 && limited.tail.suffix(3) == Array("end".utf8)[...])
    let tail = try run([shell(line)], keeping { $0.keepsOutput = false })[0]
    #expect(tail.output == nil && tail.outputBytes == 100_000_003)
    #expect(tail.tail.count == 2048 && tail.tail.suffix(3) == Array("end".utf8)[...])
  }

  @Test func bytesThatAreNoText() throws {
    #expect(try run([shell(#"printf '\377\376\000\200a'"#)])[0].output == [255, 254, 0, 128, 97])
  }

  @Test func closedDescriptors() throws {
    let attempt = try run([shell("exec <&- >&- 2>&-; sleep 0.3; exit 4")])[0]
    #expect(attempt.ending == .exited(4))
    #expect(attempt.end - attempt.start >= 0.29)
  }

  /// Its end is the end of its first process, whoever holds its output.
  @Test func daemons() throws {
    let attempt = try run([shell("echo before; setsid sleep 4.321 & echo after; exit 2")])[0]
    #expect(attempt.ending == .exited(2))
    #expect(attempt.outputText == "before\nafter\n")
    #expect(attempt.end - attempt.start < 3)
    for process in processes(with: "4.321") { kill(pid_t(process) ?? 0, SIGKILL) }
  }

  @Test func whatIsLeftOfItsGroupIsEnded() throws {
    let runner = try TaskRunner(keeping { $0.grace = 0.2 })
    runner.start(
      shell("sh -c 'trap \"\" TERM; sleep 87.6543; sleep 87.6543' & sleep 0.2"), attempt: 1)
    #expect(ended(runner).map(\.ending) == [.exited(0)])
    #expect(
      holds {
        _ = runner.poll(timeout: 0.01)
        return processes(with: "87.6543").isEmpty
      })
  }

  @Test func timeLimits() throws {
    let runner = try TaskRunner(keeping { $0.grace = 0.3 })
    var limited = shell("echo begun; sleep 76.5432; echo never", index: 1)
    limited.timeLimit = 0.3
    var deaf = shell("trap '' TERM; echo deaf; sleep 76.5432; sleep 76.5432; echo never", index: 2)
    deaf.timeLimit = 0.3
    // It is ended, although it says that all is well.
    let polite = shell("trap 'exit 0' TERM; while :; do sleep 0.01; done", index: 3)
    // A task that waits to be continued.
    let stopped = shell("kill -STOP $$", index: 4)
    // None of them may hit this one (piscina 869).
    var other = shell("sleep 1; echo whole", index: 5)
    other.timeLimit = 60
    for task in [limited, deaf, polite, stopped, other] {
      runner.start(task, attempt: 1, timeLimit: 0.4)
    }
    let attempts = ended(runner).sorted { $0.task < $1.task }
    #expect(
      attempts.map(\.ending) == [.timedOut, .timedOut, .timedOut, .timedOut, .exited(0)])
    #expect(attempts[0].outputText == "begun\n" && attempts[1].outputText == "deaf\n")
    #expect(attempts[4].outputText == "whole\n")
    let seconds = attempts.map { $0.end - $0.start }
    #expect(seconds[0] > 0.29 && seconds[1] > 0.59 && seconds[1] < 5, "\(seconds)")
    #expect(holds { processes(with: "76.5432").isEmpty })
  }

  @Test func endedByTheFarm() throws {
    let runner = try TaskRunner(keeping())
    runner.start(shell("sleep 65.4321 | sleep 65.4321", index: 0), attempt: 1)
    runner.start(shell("trap '' TERM; sleep 65.4321; sleep 65.4321", index: 1), attempt: 1)
    #expect(runner.poll(timeout: 0.2).isEmpty && runner.running == 2)
    runner.endAll(grace: 0.2)
    #expect(ended(runner, within: 5).map(\.ending) == [.interrupted, .interrupted])
    #expect(holds { processes(with: "65.4321").isEmpty })
  }

  @Test func nothingIsLeftOfARunner() throws {
    var runner: TaskRunner? = try TaskRunner(keeping())
    runner?.start(shell("trap '' TERM; sleep 54.3219; sleep 54.3219"), attempt: 1)
    #expect(holds { !processes(with: "54.3219").isEmpty })
    runner = nil
    #expect(holds { processes(with: "54.3219").isEmpty })
  }

  @Test func input() throws {
    var reader = shell("cat; echo .")
    #expect(try run([reader])[0].outputText == ".\n")
    reader.input = String(repeating: "0123456789abcdef", count: 20_000)
    #expect(try run([reader])[0].outputText == (reader.input ?? "") + ".\n")
    // One that does not read it.
    var deaf = shell("true")
    deaf.input = reader.input
    #expect(try run([deaf])[0].succeeded)
  }

  @Test func whatATaskFinds() throws {
    unsafe setenv("OMPI_COMM_WORLD_RANK", "3", 1)
    unsafe setenv("PMIX_RANK", "3", 1)
    unsafe setenv("PMI_RANK", "3", 1)
    unsafe setenv("FARM_TEST", "outer", 1)
    let extra = unsafe open("/dev/null", O_RDONLY)
    signal(SIGPIPE, SIG_IGN)
    defer {
      signal(SIGPIPE, SIG_DFL)
      close(extra)
      for name in ["OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PMI_RANK", "FARM_TEST"] {
        unsafe unsetenv(name)
      }
    }
    var task = shell("env; pwd", index: 41)
    task.id = "my task"
    task.environment = ["FARM_TEST": "inner", "FARM_MORE": "x\ny"]
    task.directory = "/usr"
    let attempt = try run([task], keeping { $0.rank = 5 })[0]
    let lines = attempt.outputText.split(separator: "\n").map(String.init)
    for line in [
      "PCOMPUTE_TASK_ID=my task", "PCOMPUTE_TASK_INDEX=41", "PCOMPUTE_ATTEMPT=1", "PCOMPUTE_RANK=5",
      "FARM_TEST=inner", "FARM_MORE=x", "PWD=/usr",
    ] {
      #expect(lines.filter { $0 == line }.count == 1, "\(line)")
    }
    #expect(lines.last == "/usr")
    #expect(!lines.contains { $0.hasPrefix("OMPI_COMM") || $0.hasPrefix("PMI") })
    #expect(!lines.contains("FARM_TEST=outer"))
    let kept = try run([shell("env")], keeping { $0.keepsLauncherVariables = true })[0]
    #expect(kept.outputText.contains("PMIX_RANK=3"))

    let state = try run([
      shell("ls /proc/self/fd | tr '\\n' ' '"), shell("grep SigIgn /proc/self/status"),
      shell("grep SigBlk /proc/self/status"), shell("ps -o pgid= -p $$; echo $$"),
    ])
    // `ls` has its folder open.
    #expect(state[0].outputText == "0 1 2 3 ")
    // 32 and 33 are the C library's own, which it ignores in what it starts.
    let ignored = state[1].outputText.split(separator: "\t").last?.dropLast()
    #expect(ignored.flatMap { UInt64($0, radix: 16) }.map { $0 & ~0x1_8000_0000 } == 0)
    #expect(state[2].outputText == "SigBlk:\t0000000000000000\n")
    let numbers = state[3].outputText.split { !$0.isNumber }
    #expect(numbers.count == 2 && numbers[0] == numbers[1])
  }

  /// The shell is left out only where nobody can tell.
  @Test func sameAsTheShell() throws {
    try withFolder { folder in
      // The kernel cannot run it, the shell can.
      let script = folder + "/script"
      try "echo script \"$@\"".write(toFile: script, atomically: true, encoding: .utf8)
      unsafe chmod(script, 0o755)
      let lines = [
        "true", "false", "true --help", "env", "/usr/bin/env", "echo -n a", "echo a  b", "pwd",
        "ls -d /",
        "seq 3", " seq  3 ", "A=1 env", "test -d /", "printf a", "uname", "\(script) a b", "seq x",
        "seq 1 $((1+1))", "echo ~", "if true", "exit 3", "basename /a/b", "ls -d nowhere", ".",
        "time",
        "kill -l 9", "seq\t2", "/usr/bin/no-program", "/", "umask",
      ]
      let direct = try run(lines.map { shell($0) })
      let shelled = try run(lines.map { shell($0) }, keeping { $0.startsProgramsDirectly = false })
      for (line, (one, other)) in zip(lines, zip(direct, shelled)) {
        #expect(one.ending == other.ending, "\(line)")
        #expect(
          one.outputText.split(separator: "\n").sorted()
            == other.outputText.split(separator: "\n").sorted(), "\(line)")
      }
    }
  }

  /// The first `seq` is the one of the current folder.
  @Test func currentFolderInPath() throws {
    try withFolder { folder in
      try "#!/bin/sh\necho mine\n".write(toFile: folder + "/seq", atomically: true, encoding: .utf8)
      unsafe chmod(folder + "/seq", 0o755)
      let before = ProcessInfo.processInfo.environment["PATH"] ?? ""
      unsafe setenv("PATH", ":" + before, 1)
      defer { unsafe setenv("PATH", before, 1) }
      var programs = [
        shell("seq 3"), FarmTask(index: 1, id: "2", command: .arguments(["seq", "3"])),
      ]
      for index in programs.indices { programs[index].directory = folder }
      #expect(try run(programs).map(\.outputText) == ["mine\n", "mine\n"])
    }
  }

  @Test func outputsInFiles() throws {
    try withFolder { folder in
      let target = folder + "/outputs"
      let options = keeping {
        $0.outputFolder = target
        $0.tailBytes = 4
      }
      var odd = shell("echo out; echo err >&2; exit 1", index: 1)
      odd.id = "../a b/é"
      let attempts = try run([shell("printf 123456789"), odd], options)
      #expect(attempts.map(\.ending) == [.exited(0), .exited(1)])
      #expect(attempts.map(\.outputText) == ["123456789", "out\nerr\n"])
      #expect(attempts.map(\.outputBytes) == [9, 8])
      #expect(attempts[0].tail == Array("6789".utf8))
      #expect(attempts[1].tail == Array("err\n".utf8))
      let name = "%2E.%2Fa%20b%2F%C3%A9"
      #expect(
        try FileManager.default.contentsOfDirectory(atPath: target).sorted()
          == ["\(name).err", "\(name).out", "1.err", "1.out"].sorted())
      #expect(try String(contentsOfFile: "\(target)/\(name).err", encoding: .utf8) == "err\n")
      // A second run replaces them.
      _ = try run([shell("printf again")], options)
      #expect(try String(contentsOfFile: "\(target)/1.out", encoding: .utf8) == "again")

      #expect(
        refusal { _ = try run([], keeping { $0.outputFolder = "\(folder)/no/such" }) }
          == "\(folder)/no/such: No such file or directory")
      let file = folder + "/file"
      _ = FileManager.default.createFile(atPath: file, contents: nil)
      #expect(
        refusal { _ = try run([], keeping { $0.outputFolder = file }) }
          == "\(file): is not a directory")
    }
  }

  @Test func watchedDescriptors() throws {
    let runner = try TaskRunner(keeping())
    runner.start(shell("sleep 0.5"), attempt: 1)
    var ends: [Int32] = [0, 0]
    unsafe pipe(&ends)
    defer { for end in ends { close(end) } }
    let start = steadyTime()
    #expect(runner.poll(timeout: 0.1, watching: [ends[0]]).isEmpty)
    #expect(steadyTime() - start >= 0.1)
    unsafe write(ends[1], "x", 1)
    #expect(runner.poll(timeout: 5, watching: [ends[0]]).isEmpty)
    #expect(steadyTime() - start < 0.4)
    #expect(ended(runner).count == 1)
  }

  /// Each ends once, nothing is lost, and no descriptor is left.
  @Test func manyShortTasks() throws {
    let runner = try TaskRunner(keeping { $0.keepsOutput = false })
    let before = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count
    var next = 0
    var seen = Set<Int>()
    while seen.count < 1000 {
      while runner.running < 4 && next < 1000 {
        runner.start(shell(next % 2 == 0 ? "true" : "echo \(next)", index: next), attempt: 1)
        next += 1
      }
      for attempt in runner.poll(timeout: 5) {
        #expect(attempt.ending == .exited(0))
        #expect(seen.insert(attempt.task).inserted)
        if attempt.task % 2 == 1 { #expect(attempt.tail == Array("\(attempt.task)\n".utf8)) }
      }
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count == before)
    #expect(runner.running == 0 && runner.poll(timeout: 0).isEmpty)
  }

  /// What comes for the process group of the farm, as from a launcher that passes a signal on, is not for
  /// a task that is about to leave that group.
  @Test(.enabled(if: getpgrp() != getpid(), "needs a process group to go back to"))
  func signalsOfTheGroup() throws {
    let group = getpgrp()
    // From here on nobody else is met.
    try #require(setpgid(0, 0) == 0)
    defer { setpgid(0, group) }
    signal(SIGUSR2) { _ in }
    defer {
      // One that no thread has taken yet is dropped, and does not end this process.
      signal(SIGUSR2, SIG_IGN)
      signal(SIGUSR2, SIG_DFL)
    }
    let isOver = Flag()
    let join = try #require(
      startThread {
        while !isOver.value.load(ordering: .relaxed) {
          kill(0, SIGUSR2)
          usleep(20)
        }
      })
    defer {
      isOver.value.store(true, ordering: .relaxed)
      join()
    }
    let runner = try TaskRunner(keeping())
    for task in 0..<300 {
      runner.start(shell("true", index: task), attempt: 1)
      #expect(ended(runner).map(\.ending) == [.exited(0)])
    }
  }

  private final class Flag: Sendable { let value = Atomic(false) }
}
