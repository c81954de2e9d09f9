internal import Foundation

/// A script for `sbatch`.
struct BatchScript {
  /// What starts the ranks.
  enum Launcher: Equatable {
    case srun(plugin: String)
    case mpirun(path: String)
  }

  /// The options of `sbatch`, each with its value: `--nodes=2`.
  var options: [String]
  /// What starts the ranks, and why that.
  var launcher: Launcher
  var reason: String
  /// Set for the job.
  var environment: [(name: String, value: String)] = []
  /// Of mpirun.
  var launcherOptions: [String] = []
  /// The program and its arguments.
  var command: [String]
  /// Whether `%a` in the arguments stands for the number of the array's task.
  var isArray = false
  /// The exit status with which the job is put back into the queue; `nil` for none.
  var requeueStatus: Int32?

  var text: String {
    var lines = ["#!/bin/bash"]
    lines += options.map { "#SBATCH \($0)" }
    lines += ["# Written by: pcompute submit", ""]
    lines += ["# \(reason)"]
    lines += environment.map { "export \($0.name)=\(quoted($0.value))" }
    let words = starter + command.map { isArray ? arrayQuoted($0) : quoted($0) }
    guard let requeueStatus else {
      return (lines + ["exec " + words.joined(separator: " ")]).joined(separator: "\n") + "\n"
    }
    lines += [
      words.joined(separator: " ") + " &",
      "job=$!",
      // A signal ends `wait`, not the job.
      "trap 'kill -USR1 \"$job\"' USR1",
      "trap 'kill -TERM \"$job\"' TERM",
      "status=0",
      "wait \"$job\" || status=$?",
      "while kill -0 \"$job\" 2>/dev/null; do status=0; wait \"$job\" || status=$?; done",
      "# Unfinished: Slurm runs this script again, and the command goes on where it was.",
      "if ((status == \(requeueStatus))); then scontrol requeue \"$SLURM_JOB_ID\"; fi",
      "exit \"$status\"",
    ]
    return lines.joined(separator: "\n") + "\n"
  }

  private var starter: [String] {
    switch launcher {
    // Standard input would go to every rank.
    case .srun(let plugin): ["srun", "--mpi=\(plugin)", "--input=none"]
    case .mpirun(let path): [quoted(path)] + launcherOptions
    }
  }
}

/// A word as the shell takes it.
func quoted(_ word: String) -> String {
  let plain = word.utf8.allSatisfy {
    ($0 | 0x20 >= UInt8(ascii: "a") && $0 | 0x20 <= UInt8(ascii: "z"))
      || ($0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9")) || "_-+=./:,@%".utf8.contains($0)
  }
  if plain && !word.isEmpty { return word }
  return "'" + word.replacingOccurrences(of: "'", with: "'\\''") + "'"
}

/// A word in which `%a` stands for the number of the array's task, and `%%` for `%`.
private func arrayQuoted(_ word: String) -> String {
  var result = ""
  var rest = Substring(word)
  while let place = rest.range(of: "%a") ?? rest.range(of: "%%") {
    let first =
      [rest.range(of: "%a"), rest.range(of: "%%")].compactMap { $0 }
      .min { $0.lowerBound < $1.lowerBound } ?? place
    let before = rest[..<first.lowerBound]
    if !before.isEmpty { result += quoted(String(before)) }
    result += rest[first] == "%a" ? "\"$SLURM_ARRAY_TASK_ID\"" : "%"
    rest = rest[first.upperBound...]
  }
  if !rest.isEmpty || result.isEmpty { result += quoted(String(rest)) }
  return result
}
