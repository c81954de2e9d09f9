internal import ArgumentParser
internal import Farm

/// The table of a journal's tasks.
struct FarmExportCommand: FarmQuery {
  static let configuration = CommandConfiguration(
    commandName: "export", abstract: "Prints all tasks and what became of them as a table.")

  /// What a table can be written as.
  enum Format: String, ExpressibleByArgument, CaseIterable {
    /// A record for each task, behind one with the names of the columns.
    case csv
    /// An array of objects.
    case json
  }

  @Argument(help: journalHelp) var journal: String

  @Option(help: "How it is written.")
  var format: Format = .csv

  func answer(from reader: JournalReader) throws {
    var text = format == .json ? "[" : ""
    var isFirst = true
    try reader.forEachRow { names, values in
      switch format {
      case .csv:
        if isFirst { text += names.joined(separator: ",") + "\n" }
        text += values.map(\.csv).joined(separator: ",") + "\n"
      case .json:
        let members = zip(names, values).map { "\(jsonQuoted($0)): \($1.json)" }
        text += (isFirst ? "\n" : ",\n") + "  {\(members.joined(separator: ", "))}"
      }
      isFirst = false
      if format == .csv && text.utf8.count > 1 << 16 {
        try StandardOutput.write(text)
        text = ""
      }
    }
    if format == .json { text += isFirst ? "]" : "\n]" }
    if !text.isEmpty { try StandardOutput.write(text) }
  }
}
