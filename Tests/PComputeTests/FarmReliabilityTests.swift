import Foundation
import Glibc
import Support
import Testing

/// The short form of what makes the figures of docs/Reliability.md: a farm for each kind of fault.
@Suite struct FarmReliabilityTests {
  /// What the script says of one kind.
  private struct Row: Decodable {
    var fault: String
    var runs: Int
    var faults: Int
    var lost: Int
    var intact: Int
  }

  private struct Report: Decodable {
    var broken: Int
    var faults: [Row]
  }

  private static let kinds = [
    "worker", "root", "mpirun", "term", "disk", "limit", "forks", "closes", "prints", "utf8",
  ]

  /// Not every root in a container may mount a disk.
  private static let mountsDisks: Bool = {
    let mount = "unshare -m sh -c 'mount -t tmpfs -o size=64k none /mnt'"
    return (try? Launcher.run("sh", ["-c", mount]).status) == 0
  }()

  /// The seeds are such that the fault comes while most of the list is left.
  private func check(_ kinds: [String], _ options: [String]) throws {
    // Without python3 this is an error, and no skip.
    let result = try Launcher.run(
      "python3",
      [
        Launcher.packageFolder + "/Benchmarks/reliability/faults.py", "--program",
        try Launcher.product("pcompute"), "--tasks", "60", "--format", "json", "--jobs",
        "2",
      ] + options + kinds.flatMap { ["--fault", $0] }, timeout: .seconds(300))
    #expect(result.status == 0, "\(result.standardError)")
    let report = try JSONDecoder().decode(Report.self, from: Data(result.standardOutput.utf8))
    #expect(report.broken == 0)
    // All of them came about.
    #expect(Set(report.faults.map(\.fault)) == Set(kinds))
    #expect(report.faults.allSatisfy { $0.faults >= 1 && $0.lost == 0 && $0.intact == $0.runs })
  }

  @Test func everyKindOfFault() throws {
    let kinds = Self.kinds.filter { $0 != "disk" }
    try check(kinds, ["--seed", "189", "--runs", "\(kinds.count)"])
  }

  @Test(.enabled(if: mountsDisks, "a disk of its own can be mounted by root only"))
  func aFullDisk() throws { try check(["disk"], ["--seed", "1", "--runs", "1"]) }

  @Test func lostRanks() throws {
    try check(
      ["worker", "root"], ["--seed", "24", "--runs", "2", "--tolerant", "--lost-after", "3"])
  }
}
