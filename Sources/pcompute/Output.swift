internal import Foundation
internal import Glibc

/// A result that could not be written.
struct OutputError: Error, CustomStringConvertible {
  let code: Int32
  var description: String { "standard output: \(unsafe String(cString: strerror(code)))" }
}

/// Where results go.
enum StandardOutput {
  /// Writes a text and a newline, all of it or an error: `print` would say nothing of a full disk.
  static func write(_ text: String) throws(OutputError) {
    try writeAll(text.hasSuffix("\n") ? text : text + "\n", to: STDOUT_FILENO)
  }

  /// Writes bytes as they are.
  static func write(bytes: [UInt8]) throws(OutputError) {
    try writeAll(bytes[...], to: STDOUT_FILENO)
  }

  /// Writes a value as JSON, with its keys in alphabetical order.
  static func write(json value: some Encodable) throws { try write(jsonText(value)) }
}

/// Where diagnostics go.
enum StandardError {
  /// Writes a line. There is no place to say that it could not be written.
  static func write(_ line: String) {
    try? writeAll(line.hasSuffix("\n") ? line : line + "\n", to: STDERR_FILENO)
  }

  /// Writes a value as JSON, with its keys in alphabetical order.
  static func write(json value: some Encodable) throws { try write(jsonText(value)) }
}

private func jsonText(_ value: some Encodable) throws -> String {
  let encoder = JSONEncoder()
  encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
  return String(decoding: try encoder.encode(value), as: UTF8.self)
}

private func writeAll(_ text: String, to descriptor: Int32) throws(OutputError) {
  try writeAll(Array(text.utf8)[...], to: descriptor)
}

private func writeAll(_ bytes: ArraySlice<UInt8>, to descriptor: Int32) throws(OutputError) {
  var rest = bytes
  while !rest.isEmpty {
    let written = unsafe rest.withUnsafeBytes {
      unsafe Glibc.write(descriptor, $0.baseAddress, $0.count)
    }
    if written < 0 {
      if errno == EINTR { continue }
      throw OutputError(code: errno)
    }
    rest = rest.dropFirst(written)
  }
}
