internal import Foundation

/// What Slurm has given to the job that this process belongs to.
struct Allocation: Encodable {
  let job: String
  let name: String?
  let partition: String?
  /// In Slurm's form: `n[1-4]`.
  let nodeList: String?
  let nodes: Int?
  let tasks: Int?
  /// In Slurm's form: `8(x2),4`.
  let processorsPerNode: String?
  let arrayTask: Int?
  /// How often it was started again before.
  let restarts: Int
  /// When it will be ended, in seconds since 1970; `nil` where there is no limit, or none is known.
  let endTime: Double?

  /// Of this process; `nil` outside Slurm.
  ///
  /// Asks Slurm for the end, where the environment does not tell (before Slurm 23.02): for one rank.
  static var current: Allocation? {
    guard let job = environmentVariable("SLURM_JOB_ID") else { return nil }
    func number(_ name: String) -> Int? { environmentVariable(name).flatMap { Int($0) } }
    return Allocation(
      job: job, name: environmentVariable("SLURM_JOB_NAME"),
      partition: environmentVariable("SLURM_JOB_PARTITION"),
      nodeList: environmentVariable("SLURM_JOB_NODELIST"), nodes: number("SLURM_JOB_NUM_NODES"),
      tasks: number("SLURM_NTASKS"),
      processorsPerNode: environmentVariable("SLURM_JOB_CPUS_PER_NODE"),
      arrayTask: number("SLURM_ARRAY_TASK_ID"), restarts: number("SLURM_RESTART_COUNT") ?? 0,
      endTime: endTime(of: job))
  }

  /// When a job will be ended, in seconds since 1970.
  static func endTime(of job: String) -> Double? {
    if let text = environmentVariable("SLURM_JOB_END_TIME"), let seconds = Double(text) {
      return seconds
    }
    // The time that is left, which has no time zone: "[days-][[hours:]minutes:]seconds".
    let answer = Tool.output(of: "squeue", ["--noheader", "--jobs", job, "--format", "%L"])
    return answer.flatMap(seconds).map { Date().timeIntervalSince1970 + $0 }
  }

  /// Seconds from Slurm's "1-02:03:04", "02:03:04" or "03:04"; `nil` for "UNLIMITED", "INVALID", …
  static func seconds(_ text: String) -> Double? {
    let parts = text.split(separator: "-", omittingEmptySubsequences: false)
    guard let clock = parts.last, parts.count <= 2 else { return nil }
    let days = parts.count == 2 ? Double(parts[0]) : 0
    let fields = clock.split(separator: ":", omittingEmptySubsequences: false).map { Double($0) }
    guard let days, !fields.isEmpty, fields.count <= 3, !fields.contains(nil) else { return nil }
    return days * 86_400 + fields.reduce(0) { $0 * 60 + ($1 ?? 0) }
  }

  /// A line for people.
  var text: String {
    var parts = ["Slurm job \(job)"]
    if let arrayTask { parts[0] += ", array task \(arrayTask)" }
    if let partition { parts.append("partition \(partition)") }
    if let nodes { parts.append(count(nodes, "node") + (nodeList.map { " (\($0))" } ?? "")) }
    if let tasks { parts.append(count(tasks, "task")) }
    if let processorsPerNode { parts.append("processors a node: \(processorsPerNode)") }
    if let endTime {
      let left = max(0, endTime - Date().timeIntervalSince1970)
      parts.append("\(Int(left / 60)) min left")
    } else {
      parts.append("no time limit known")
    }
    if restarts > 0 { parts.append("started again \(count(restarts, "time"))") }
    return parts.joined(separator: ", ")
  }
}

/// Programs of the system that are asked for something.
enum Tool {
  /// The path of a program, from `PATH`.
  static func path(of name: String) -> String? {
    if name.contains("/") {
      return FileManager.default.isExecutableFile(atPath: name) ? name : nil
    }
    let folders = environmentVariable("PATH")?.split(separator: ":") ?? []
    return folders.lazy.map { "\($0)/\(name)" }
      .first { FileManager.default.isExecutableFile(atPath: $0) }
  }

  /// What a program prints, without white space around it; `nil` where it is missing or fails.
  static func output(of name: String, _ arguments: [String]) -> String? {
    guard let path = path(of: name), let result = try? run(path, arguments), result.status == 0
    else { return nil }
    return result.output
  }

  /// Runs a program, and waits for its end.
  ///
  /// - Returns: Its exit status, and what it has printed, without white space around it.
  static func run(
    _ path: String, _ arguments: [String], input: String = "", mergingErrors: Bool = false
  ) throws -> (status: Int32, output: String) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: path)
    process.arguments = arguments
    let (inlet, outlet) = (Pipe(), Pipe())
    process.standardInput = inlet
    process.standardOutput = outlet
    process.standardError = mergingErrors ? outlet : FileHandle.nullDevice
    try process.run()
    // Less than what a pipe holds: it does not block.
    try inlet.fileHandleForWriting.write(contentsOf: Data(input.utf8))
    try inlet.fileHandleForWriting.close()
    let output = try outlet.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    let text = String(decoding: output, as: UTF8.self)
    return (process.terminationStatus, text.trimmingCharacters(in: .whitespacesAndNewlines))
  }
}
