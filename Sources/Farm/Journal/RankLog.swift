internal import Foundation

/// What the tasks of a rank other than 0 have come to, on disk beside the journal from the moment that the
/// rank knows of it: whoever is killed on the way to rank 0, nothing that has ended runs again.
///
/// There are two files, so that one can be emptied once rank 0 has all of it, while the other is written to.
/// Rank 0 takes in, or passes over, what is left of them: ``Journal/takeIn()``.
final class RankLog {
  /// Bytes after which the other file is written to.
  private static let limit = 1 << 16
  /// Longer outputs are written where rank 0 does not get them: they stand in the log of outputs a moment later.
  private static let longOutput = 1 << 16

  private struct Report {
    var number: Int
    var ended: [TaskAttempt]
    var isWritten = false
  }

  private let paths: [String]
  private var logs: [AttemptLog?] = [nil, nil]
  /// The file that is written to, and the last report in each.
  private var current = 0
  private var last = [0, 0]
  /// What rank 0 has not confirmed.
  private var reports: [Report] = []

  /// - Parameters:
  ///   - journal: `nil` for none: everything is kept in memory only.
  ///   - id: What the journal is known by; see ``Journal/id``.
  init(journal: String?, id: String?, rank: Int) {
    paths = journal.map { Self.paths(of: $0, id: id, rank: rank) } ?? []
  }

  var isEmpty: Bool { reports.isEmpty }

  /// Takes a report in. A disk that has no room for it leaves it in memory.
  func append(_ ended: [TaskAttempt], number: Int) {
    reports.append(Report(number: number, ended: ended))
    let isShort = ended.allSatisfy { ($0.output?.count ?? 0) <= Self.longOutput }
    if isShort { write(reports.count - 1) }
  }

  /// Writes what is in memory only.
  func writeRest() {
    for index in reports.indices where !reports[index].isWritten { write(index) }
  }

  private func write(_ index: Int) {
    guard !paths.isEmpty else { return }
    let isOtherFree = last[1 - current] == 0
    if isOtherFree, let log = logs[current], log.size > Self.limit { current = 1 - current }
    do {
      let log = try logs[current] ?? AttemptLog(at: paths[current])
      logs[current] = log
      try log.append(reports[index].ended.map { FarmOutcome(attempt: $0) })
      last[current] = reports[index].number
      reports[index].isWritten = true
    } catch {}
  }

  /// Forgets what rank 0 has: the reports up to this one.
  func confirm(upTo number: Int) {
    reports.removeAll { $0.number <= number }
    for index in logs.indices where last[index] != 0 && last[index] <= number {
      // A file system on a network is asked only now and then.
      guard let log = logs[index], index != current || log.size > Self.limit else { continue }
      do {
        try log.empty()
        last[index] = 0
      } catch {}
    }
  }

  /// Ends: nothing stays where rank 0 has everything.
  func close() {
    writeRest()
    if reports.isEmpty { for log in logs { log?.remove() } }
  }

  // MARK: - Names

  /// The names of a rank's two files. The journal's own is in them: a file of an earlier one with the same path, which has
  /// stayed on a host's own disk, is not taken for this one's.
  static func paths(of journal: String, id: String?, rank: Int) -> [String] {
    ["", "-2"].map { start(of: journal, id: id) + "\(rank)" + $0 }
  }

  private static func start(of journal: String, id: String?) -> String {
    "\(journal)\(id.map { "-" + $0 } ?? "")-rank"
  }

  /// The files of a journal that are there.
  static func paths(of journal: String, id: String?) -> [String] {
    let start = start(of: journal, id: id)
    return allPaths(of: journal).filter { $0.hasPrefix(start) }
  }

  /// The files that are there of all journals that have had this path.
  static func allPaths(of journal: String) -> [String] {
    let slash = journal.lastIndex(of: "/")
    let folder = slash.map { String(journal[...$0]) } ?? "./"
    let base = String(journal[(slash.map { journal.index(after: $0) } ?? journal.startIndex)...])
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return names.filter { isName($0, of: base) }.sorted()
      .map { (slash == nil ? "" : folder) + $0 }
  }

  private static func isName(_ name: String, of journal: String) -> Bool {
    guard name.hasPrefix(journal + "-") else { return false }
    var parts = name.dropFirst(journal.count + 1).split(
      separator: "-", omittingEmptySubsequences: false)
    if parts.last == "2" { parts.removeLast() }
    guard let rank = parts.popLast(), rank.hasPrefix("rank"), rank.count > 4,
      rank.dropFirst(4).allSatisfy(\.isWholeNumber)
    else { return false }
    return parts.isEmpty
      || parts.count == 1 && parts[0].count == 16 && parts[0].allSatisfy(\.isHexDigit)
  }
}
