/// Why a text is not an expression, and where.
public struct ExpressionError: Error, Hashable, CustomStringConvertible {
  /// The place in the text, in characters, from 1.
  public let column: Int
  /// What is wrong there.
  public let message: String

  /// The column and the message, on one line.
  public var description: String { "column \(column): \(message)" }
}
