/// A shell command with places for the fields of a record.
///
/// `{name}` stands for the field of that name, `{#}` for the number of the task, from 1. Values are
/// quoted as their place asks: they are single words to the shell, within quotes and outside,
/// whatever they hold. `{{` and `}}` stand for a brace, `${name}` is the shell's, and braces around
/// anything that is neither a word nor a field's name stay as they are.
package struct TaskTemplate: Sendable {
  /// The quotes of the shell around a place.
  private enum Quotes { case none, single, double }

  private enum Piece {
    case text([UInt8])
    case number
    case field(Int, Quotes)
  }

  private var pieces: [Piece] = []

  /// - Throws: ``FarmError`` that names the column of a name which no field has.
  package init(_ template: String, fields: [String]) throws {
    let bytes = Array(template.utf8)
    var text: [UInt8] = []
    var quotes = Quotes.none
    var position = 0
    let flush = { (pieces: inout [Piece], text: inout [UInt8]) in
      if !text.isEmpty { pieces.append(.text(text)) }
      text = []
    }
    while position < bytes.count {
      let byte = bytes[position]
      let following = position + 1 < bytes.count ? bytes[position + 1] : 0
      if byte == UInt8(ascii: "{") || byte == UInt8(ascii: "}"), following == byte {
        text.append(byte)
        position += 2
        continue
      }
      if byte == UInt8(ascii: "{"), position == 0 || bytes[position - 1] != UInt8(ascii: "$"),
        let end = bytes[position...].firstIndex(of: UInt8(ascii: "}"))
      {
        let name = String(decoding: bytes[(position + 1)..<end], as: UTF8.self)
        if name == "#" {
          flush(&pieces, &text)
          pieces.append(.number)
          position = end + 1
          continue
        }
        if let field = fields.firstIndex(of: name) {
          flush(&pieces, &text)
          pieces.append(.field(field, quotes))
          position = end + 1
          continue
        }
        if Self.isWord(name) {
          let column = String(decoding: bytes[..<position], as: UTF8.self).count + 1
          throw FarmError(
            "the template, column \(column): no column is named “\(name)”: "
              + fields.joined(separator: ", "))
        }
      }
      switch (byte, quotes) {
      case (UInt8(ascii: "'"), .none): quotes = .single
      case (UInt8(ascii: "'"), .single): quotes = .none
      case (UInt8(ascii: "\""), .none): quotes = .double
      case (UInt8(ascii: "\""), .double): quotes = .none
      case (UInt8(ascii: "\\"), .none), (UInt8(ascii: "\\"), .double):
        // What is behind it opens and closes nothing.
        text.append(byte)
        position += 1
        if position == bytes.count { continue }
      default: break
      }
      text.append(bytes[position])
      position += 1
    }
    flush(&pieces, &text)
  }

  /// Whether braces around it are meant as a name: the shell's own have blanks or commas in them.
  private static func isWord(_ name: String) -> Bool {
    !name.isEmpty && !name.contains("..")
      && name.allSatisfy { $0.isLetter || $0.isNumber || "_-.".contains($0) }
  }

  /// The command for a record.
  ///
  /// - Parameters:
  ///   - number: The number of the task, from 1.
  ///   - values: As many as there are fields.
  package func command(number: Int, values: [String]) -> String {
    var command: [UInt8] = []
    for piece in pieces {
      switch piece {
      case .text(let text): command += text
      case .number: command += "\(number)".utf8
      case .field(let field, let quotes):
        switch quotes {
        case .none: command += shellQuoted(values[field]).utf8
        case .single: Self.append(values[field], to: &command, escaping: "'", as: "'\\''")
        case .double:
          for byte in values[field].utf8 {
            if "\\\"$`".utf8.contains(byte) { command.append(UInt8(ascii: "\\")) }
            command.append(byte)
          }
        }
      }
    }
    return String(decoding: command, as: UTF8.self)
  }

  private static func append(
    _ value: String, to command: inout [UInt8], escaping sign: Unicode.Scalar, as escape: String
  ) {
    for byte in value.utf8 {
      if byte == UInt8(ascii: sign) { command += escape.utf8 } else { command.append(byte) }
    }
  }
}

/// A text as one word of the shell.
package func shellQuoted(_ text: String) -> String {
  let isSafe = text.utf8.allSatisfy { byte in
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    default: "_-./:,+@%=".utf8.contains(byte)
    }
  }
  if isSafe && !text.isEmpty { return text }
  return "'"
    + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''")
    + "'"
}
