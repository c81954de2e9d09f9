/// Makes tasks of bytes that arrive in pieces.
package protocol TaskSource {
  /// Takes the next bytes.
  ///
  /// - Returns: The tasks that have become whole.
  /// - Throws: ``FarmError`` that names the list, the line, and what is wrong there.
  mutating func append(_ bytes: ArraySlice<UInt8>) throws -> [FarmTask]

  /// Takes the end of the list: a last line that no newline ends counts like any other.
  ///
  /// - Returns: The last tasks.
  mutating func finish() throws -> [FarmTask]
}

/// Cuts bytes that arrive in pieces into lines.
struct LineSplitter {
  /// What is left of the line that is not whole.
  private var rest: [UInt8] = []

  /// Calls `body` with each line that has become whole, without its end (`\n` or `\r\n`).
  mutating func append(
    _ bytes: ArraySlice<UInt8>, _ body: (ArraySlice<UInt8>) throws -> Void
  ) rethrows {
    var bytes = bytes
    while let end = bytes.firstIndex(of: newline) {
      if rest.isEmpty {
        try body(Self.withoutReturn(bytes[..<end]))
      } else {
        rest += bytes[..<end]
        let line = rest
        rest = []
        try body(Self.withoutReturn(line[...]))
      }
      bytes = bytes[(end + 1)...]
    }
    rest += bytes
  }

  /// The last line, where no newline ends it.
  mutating func finish() -> ArraySlice<UInt8>? {
    defer { rest = [] }
    return rest.isEmpty ? nil : Self.withoutReturn(rest[...])
  }

  private static func withoutReturn(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    line.last == UInt8(ascii: "\r") ? line.dropLast() : line
  }
}

let newline = UInt8(ascii: "\n")

func isBlank(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }

/// Text as it stands in a list: UTF-8 without null bytes, which no command can hold.
func text(_ bytes: some Collection<UInt8>, at place: @autoclosure () -> String) throws -> String {
  guard let text = String(validating: bytes, as: UTF8.self) else {
    throw FarmError("\(place()): is not UTF-8")
  }
  if bytes.contains(0) { throw FarmError("\(place()): holds a null byte") }
  return text
}
