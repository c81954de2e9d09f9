// What a farm's parts cost by themselves, on one process without MPI.
//
//   farming runner 20000 1 true      starts and awaits tasks, so many at a time: beside ../spawn.c
//   farming journal 1000000 FILE     adds tasks to a journal, ends them, and reads it as --resume does

internal import Farm
internal import Foundation
internal import Glibc
internal import SPMD

/// Peak memory, in MB.
func peakMemory() -> Int {
  var usage = rusage()
  unsafe getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
  return usage.ru_maxrss / 1024
}

func report(_ what: String, _ seconds: Double, _ count: Int) {
  print(
    "\(what): \(seconds.formatted(digits: 3)) s, \((seconds / Double(count) * 1e3).formatted(digits: 4)) ms each, \(peakMemory()) MB"
  )
}

func runTasks(_ count: Int, slots: Int, _ line: String, withoutShell: Bool) throws {
  var options = TaskRunner.Options()
  options.startsProgramsDirectly = withoutShell
  let runner = try TaskRunner(options)
  var begun = 0
  var ended = 0
  let start = steadyTime()
  while ended < count {
    while runner.running < slots && begun < count {
      let task = FarmTask(index: begun, id: "\(begun + 1)", command: .shell(line))
      runner.start(task, attempt: 1)
      begun += 1
    }
    ended += runner.poll(timeout: 1).count
  }
  let how = withoutShell ? "directly where that is the same" : "by the shell"
  report("\(count) tasks, \(slots) at a time, \(how)", steadyTime() - start, count)
}

func keepTasks(_ count: Int, in path: String) throws {
  var start = steadyTime()
  let journal = try Journal.create(path)
  for first in stride(from: 0, to: count, by: 10_000) {
    try journal.add(
      (first..<min(count, first + 10_000)).map { index in
        FarmTask(
          index: index, id: "\(index + 1)",
          command: .shell("./simulate --seed \(index) --steps 1000"))
      })
  }
  report("added", steadyTime() - start, count)
  start = steadyTime()
  for first in stride(from: 0, to: count / 2, by: 4) {
    try journal.ended(
      (first..<min(count / 2, first + 4)).map { index in
        FarmOutcome(
          attempt: TaskAttempt(
            task: index, attempt: 1, rank: index % 4, host: "node17", start: 1.7e9, end: 1.7e9 + 1,
            ending: .exited(0), outputBytes: 40,
            tail: Array("energy -1.2345678 after 1000 steps\n".utf8)),
          isFinal: true)
      })
    try journal.tick()
  }
  try journal.close()
  report("ended, four at a time", steadyTime() - start, count / 2)
  start = steadyTime()
  let again = try Journal.resume(path)
  var left = 0
  try again.forEachTask { task, state, _ in if state == .waiting { left += task.index & 1 } }
  report("opened and read again", steadyTime() - start, count)
  try again.close()
}

let arguments = CommandLine.arguments
switch (arguments.dropFirst().first, arguments.count) {
case ("runner", 5):
  let (count, slots) = (Int(arguments[2]) ?? 1, Int(arguments[3]) ?? 1)
  try runTasks(count, slots: slots, arguments[4], withoutShell: true)
  try runTasks(count, slots: slots, arguments[4], withoutShell: false)
case ("journal", 4):
  try keepTasks(Int(arguments[2]) ?? 1, in: arguments[3])
default:
  print("farming runner TASKS SLOTS COMMAND, or farming journal TASKS FILE")
  exit(2)
}
