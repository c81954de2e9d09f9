/// A table of parameters in CSV (RFC 4180): each record makes a task of a template.
///
/// The first record has the names. Blank lines are skipped.
package struct ParameterTable: TaskSource {
  private enum State { case start, unquoted, quoted, afterQuote }

  private let name: String
  private let templateText: String
  private let delimiter: UInt8
  private var template: TaskTemplate?
  private var columns = 0
  private var count = 0

  // The record that is not whole.
  private var state = State.start
  private var fields: [[UInt8]] = []
  private var field: [UInt8] = []
  /// The line that is read, and the one in which the record began.
  private var line = 1
  private var recordLine = 1

  /// - Parameters:
  ///   - name: What messages call the table.
  ///   - template: A shell command; see ``TaskTemplate``.
  package init(name: String, template: String, delimiter: UInt8 = UInt8(ascii: ",")) throws {
    self.name = name
    templateText = try text(template.utf8, at: "the template")
    self.delimiter = delimiter
  }

  package mutating func append(_ bytes: ArraySlice<UInt8>) throws -> [FarmTask] {
    var tasks: [FarmTask] = []
    for byte in bytes {
      switch (state, byte) {
      case (.quoted, UInt8(ascii: "\"")):
        state = .afterQuote
      case (.quoted, _):
        if byte == newline { line += 1 }
        field.append(byte)
      case (.start, UInt8(ascii: "\"")):
        state = .quoted
      case (.afterQuote, UInt8(ascii: "\"")):
        field.append(byte)
        state = .quoted
      case (_, delimiter):
        endField()
      case (_, newline):
        if let task = try endRecord() { tasks.append(task) }
        line += 1
        recordLine = line
      case (.afterQuote, UInt8(ascii: "\r")):
        break
      case (.afterQuote, _):
        throw FarmError("\(name):\(line): text behind the quote that ends a field")
      default:
        state = .unquoted
        field.append(byte)
      }
    }
    return tasks
  }

  package mutating func finish() throws -> [FarmTask] {
    if state == .quoted { throw FarmError("\(name):\(recordLine): a quote without its end") }
    let last = try endRecord()
    if template == nil { throw FarmError("\(name): no record with the names of the columns") }
    return last.map { [$0] } ?? []
  }

  private mutating func endField() {
    fields.append(field)
    field = []
    state = .start
  }

  private mutating func endRecord() throws -> FarmTask? {
    if state != .afterQuote, field.last == UInt8(ascii: "\r") { field.removeLast() }
    if fields.isEmpty && field.isEmpty && state != .afterQuote {
      state = .start
      return nil
    }
    endField()
    defer { fields = [] }
    if template == nil && fields[0].starts(with: [0xEF, 0xBB, 0xBF]) { fields[0].removeFirst(3) }
    let values = try fields.map { try text($0, at: "\(name):\(recordLine)") }
    guard let template else {
      template = try TaskTemplate(templateText, fields: values)
      columns = values.count
      return nil
    }
    guard values.count == columns else {
      throw FarmError(
        "\(name):\(recordLine): \(values.count) fields, and the first record has \(columns)")
    }
    count += 1
    return FarmTask(
      index: count - 1, id: "\(count)",
      command: .shell(template.command(number: count, values: values)))
  }
}
