internal import ArgumentParser
internal import Foundation
internal import Glibc
internal import MPI
internal import SPMD

/// What this job runs on.
struct InfoCommand: Job {
  static let configuration = CommandConfiguration(
    commandName: "info",
    abstract: "Shows the MPI library, the allocation, and the host, cores and memory of each rank.",
    discussion: """
      Warns of what makes a job slow or wrong: more ranks than cores, ranks bound to one core, and a launcher that \
      does not belong to the MPI that this program was built with.
      """)

  @OptionGroup var outputOptions: OutputOptions

  func run(on world: Communicator, timings: Timings) throws {
    let own = RankInfo(
      rank: world.rank, host: processorName, cores: Machine.allowedProcessors.count,
      hostCores: Machine.processorCount, processors: Machine.allowedProcessors,
      memory: Machine.memory, availableMemory: Machine.availableMemory,
      pid: Int(getpid()))
    let line = [UInt8](try JSONEncoder().encode(own)) + [UInt8(ascii: "\n")]
    guard let lines = try world.gather(line, to: 0) else { return }
    let ranks = try lines.split(separator: UInt8(ascii: "\n"))
      .map { try JSONDecoder().decode(RankInfo.self, from: Data($0)) }

    let version = standardVersion
    let report = Report(
      library: libraryName,
      standard: "\(version.major).\(version.minor)", threading: "\(threading)",
      allocation: .current, ranks: ranks,
      warnings: warnings(about: ranks))
    switch outputOptions.format {
    case .json: try StandardOutput.write(json: report)
    case .text: try StandardOutput.write(report.text)
    }
  }
}

private struct Report: Encodable {
  let library: String
  let standard: String
  let threading: String
  let allocation: Allocation?
  let ranks: [RankInfo]
  let warnings: [String]

  var text: String {
    var lines = [
      "library    \(library)",
      "standard   MPI \(standard)",
      "threading  \(threading)",
    ]
    if let allocation { lines.append("allocation " + allocation.text) }
    lines.append("")
    let width = max(4, ranks.map(\.host.count).max() ?? 0)
    lines.append("rank  " + "host".padded(to: width) + "  cores  processors      memory  available")
    for rank in ranks {
      lines.append(
        "\(rank.rank)".padded(to: 4, onLeft: true) + "  " + rank.host.padded(to: width) + "  "
          + "\(rank.cores)".padded(to: 5, onLeft: true) + "  "
          + ranges(rank.processors).padded(to: 10) + "  "
          + gibibytes(rank.memory).padded(to: 10, onLeft: true) + "  "
          + (rank.availableMemory.map(gibibytes) ?? "?").padded(to: 9, onLeft: true))
    }
    if !warnings.isEmpty { lines.append("") }
    lines += warnings.map { "warning: \($0)" }
    return lines.joined(separator: "\n")
  }

  private func gibibytes(_ bytes: Int) -> String {
    "\((Double(bytes) / 1_073_741_824).formatted(digits: 1)) GiB"
  }
}

/// What is known of one rank. `cores` are those it may run on, `hostCores` those of its host.
struct RankInfo: Codable {
  let rank: Int
  let host: String
  let cores: Int
  let hostCores: Int
  let processors: [Int]
  let memory: Int
  let availableMemory: Int?
  let pid: Int
}

/// What is wrong with the way the ranks are laid out.
private func warnings(about ranks: [RankInfo]) -> [String] {
  var warnings: [String] = []
  if let mismatch = launcherMismatch { warnings.append(mismatch) }

  let hosts = Dictionary(grouping: ranks, by: \.host).sorted { $0.key < $1.key }
  for (host, ranks) in hosts {
    let usable = Set(ranks.flatMap(\.processors))
    if ranks.count > usable.count {
      warnings.append(
        "\(host) is oversubscribed: \(count(ranks.count, "rank")) on \(count(usable.count, "core"))"
      )
    }
    let bound = ranks.filter { $0.cores == 1 && $0.hostCores > 1 }
    let shared = Dictionary(grouping: bound, by: { $0.processors.first ?? 0 })
      .filter { $0.value.count > 1 }.sorted { $0.key < $1.key }
    for (processor, ranks) in shared {
      warnings.append(
        "ranks \(pcompute.ranges(ranks.map(\.rank))) on \(host) are all bound to processor "
          + "\(processor): start them with --bind-to none")
    }
    if !bound.isEmpty && shared.isEmpty {
      let who = bound.map(\.rank)
      let are = who.count == 1 ? "rank \(who[0]) is" : "ranks \(pcompute.ranges(who)) are"
      warnings.append(
        "\(are) bound to one core of \(host): threads gain nothing there "
          + "(--bind-to none lets them)")
    }
  }
  return warnings
}

extension String {
  /// The text with spaces up to a width.
  func padded(to width: Int, onLeft: Bool = false) -> String {
    let spaces = String(repeating: " ", count: max(0, width - count))
    return onLeft ? spaces + self : self + spaces
  }
}

/// The first line of what the library says of itself, in single spaces; MPICH goes on with its
/// build options.
private var libraryName: String {
  let line = libraryVersion.split(whereSeparator: \.isNewline).first ?? ""
  return line.split(whereSeparator: \.isWhitespace).joined(separator: " ")
}
