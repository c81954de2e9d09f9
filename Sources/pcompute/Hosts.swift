internal import Foundation
internal import Glibc
internal import MPI

/// A host, and the ranks on it.
struct HostRanks: Encodable {
  let host: String
  let ranks: [Int]
}

/// Which ranks are on which host, in the order of their first ranks; on rank 0, elsewhere empty.
///
/// **Collective**. One rank of each host speaks for it.
func hosts(of world: Communicator) throws -> [HostRanks] {
  let host = try world.split(by: .sharedMemory)
  let ranks = try host.gather(world.rank, to: 0)
  let record = try ranks.map {
    try JSONEncoder().encode(Described(host: processorName, ranks: $0.sorted()))
  }
  // A line of JSON from each speaker, and nothing from the others.
  let line = record.map { [UInt8]($0) + [newline] } ?? []
  guard let all = try world.gather(line, to: 0) else { return [] }
  return try all.split(separator: newline)
    .map { try JSONDecoder().decode(Described.self, from: Data($0)) }
    .map { HostRanks(host: $0.host, ranks: $0.ranks) }
    .sorted { ($0.ranks.first ?? 0) < ($1.ranks.first ?? 0) }
}

private struct Described: Codable {
  let host: String
  let ranks: [Int]
}

private let newline = UInt8(ascii: "\n")

/// What a process may use of its machine.
enum Machine {
  /// The processors that this process may run on; none where the system does not say.
  static var allowedProcessors: [Int] {
    // `Cpus_allowed_list:  0-3,8` (proc(5)).
    guard let list = field("Cpus_allowed_list:", of: "/proc/self/status") else { return [] }
    return list.split(separator: ",").flatMap { range -> [Int] in
      let bounds = range.split(separator: "-").compactMap { Int($0) }
      guard let first = bounds.first, let last = bounds.last, first <= last else { return [] }
      return Array(first...last)
    }
  }

  /// The processors of the machine that are running.
  static var processorCount: Int { sysconf(Int32(_SC_NPROCESSORS_ONLN)) }

  /// The machine's memory, in bytes.
  static var memory: Int { sysconf(Int32(_SC_PHYS_PAGES)) * sysconf(Int32(_SC_PAGESIZE)) }

  /// What is left of the memory for programs that start now, in bytes; `nil` where the system does
  /// not say.
  static var availableMemory: Int? {
    // `MemAvailable:   24012345 kB` (proc(5)).
    field("MemAvailable:", of: "/proc/meminfo").flatMap { Int($0) }.map { $0 * 1024 }
  }

  /// The first word behind a name in a file of the kernel's.
  private static func field(_ name: String, of path: String) -> String? {
    guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return nil }
    let line = text.split(separator: "\n").first { $0.hasPrefix(name) }
    return line?.dropFirst(name.count).split { $0 == " " || $0 == "\t" }.first.map(String.init)
  }
}

/// A variable of the environment, where it is set and not empty.
func environmentVariable(_ name: String) -> String? {
  guard let value = ProcessInfo.processInfo.environment[name], !value.isEmpty else { return nil }
  return value
}
