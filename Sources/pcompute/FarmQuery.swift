internal import ArgumentParser
internal import Farm
internal import Glibc

/// A command that asks the journal of a farm.
protocol FarmQuery: LocalCommand {
  var journal: String { get }

  /// Answers from the journal.
  func answer(from reader: JournalReader) throws
}

extension FarmQuery {
  func runAlone() throws -> Int32 {
    do {
      try answer(from: JournalReader(journal))
    } catch let error as FarmError {
      throw Failure(message: error.description)
    }
    return EXIT_SUCCESS
  }
}

/// The help of the argument that all of them have.
let journalHelp = ArgumentHelp("The journal of a farm.", valueName: "journal")

/// A time for people, in this place's zone: 2026-03-01 17:05:09.
func timeText(_ seconds: Double) -> String {
  var time = time_t(seconds)
  var parts = unsafe tm()
  unsafe localtime_r(&time, &parts)
  let two = { (number: Int32) in number < 10 ? "0\(number)" : "\(number)" }
  let day = unsafe [two(parts.tm_mon + 1), two(parts.tm_mday)]
  let clock = unsafe [two(parts.tm_hour), two(parts.tm_min), two(parts.tm_sec)]
  let year = unsafe Int(parts.tm_year) + 1900
  return "\(year)-\(day.joined(separator: "-")) \(clock.joined(separator: ":"))"
}

/// A text whose lines would be taken for others: control characters as blanks.
func oneLine(_ text: some StringProtocol) -> String {
  String(text.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7f ? " " : Character($0) })
}
