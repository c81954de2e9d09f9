internal import SPMD

/// A variable of an integral, and where it goes: `x=0:1`.
struct IntegrationRange {
  let name: String
  let side: IntegrationDomain.Side

  /// As many as there are tables for.
  private static let maximumCount = 12

  /// Reads the arguments of `--over`, in order.
  static func parse(_ arguments: [String]) throws(Failure) -> [IntegrationRange] {
    guard !arguments.isEmpty else {
      throw Failure(message: "--over is missing: a variable and its range, as x=0:1", status: 2)
    }
    guard arguments.count <= maximumCount else {
      throw Failure(
        message: "--over: \(arguments.count) variables where \(maximumCount) are possible",
        status: 2)
    }
    var ranges: [IntegrationRange] = []
    for argument in arguments {
      let range = try IntegrationRange(argument)
      guard !ranges.contains(where: { $0.name == range.name }) else {
        throw Failure(message: "--over: “\(range.name)” is there twice", status: 2)
      }
      ranges.append(range)
    }
    return ranges
  }

  private init(_ argument: String) throws(Failure) {
    func failure(_ message: String) -> Failure {
      Failure(message: "--over \(argument): \(message)", status: 2)
    }
    let characters = Array(argument)
    guard let equals = characters.firstIndex(of: "="),
      let colon = Self.separator(characters, after: equals)
    else { throw failure("expected a variable and its range, as x=0:1") }
    name = String(characters[..<equals]).trimmed
    guard let first = name.first, first.isLetter || first == "_",
      name.allSatisfy({ $0.isLetter || $0 == "_" || $0.isASCII && $0.isNumber })
    else { throw failure("“\(name)” is not the name of a variable") }
    guard !Expression.isReserved(name) else { throw failure("“\(name)” means something else") }

    func bound(_ range: Range<Int>) throws(Failure) -> Double {
      let value: Double
      do throws(ExpressionError) {
        value = try Expression(String(characters[range])).value()
      } catch {
        throw failure("column \(range.lowerBound + error.column): \(error.message)")
      }
      guard !value.isNaN else {
        throw failure("column \(range.lowerBound + 1): the bound is not a number")
      }
      return value
    }
    side = IntegrationDomain.Side(
      try bound(equals + 1..<colon), try bound(colon + 1..<characters.count))
  }

  /// The first colon that is not within parentheses.
  private static func separator(_ characters: [Character], after start: Int) -> Int? {
    var depth = 0
    for index in start..<characters.count {
      switch characters[index] {
      case "(": depth += 1
      case ")": depth -= 1
      case ":" where depth == 0: return index
      default: break
      }
    }
    return nil
  }
}

extension String {
  /// Without spaces at both ends.
  fileprivate var trimmed: String {
    let start = drop { $0.isWhitespace }
    return String(start.reversed().drop { $0.isWhitespace }.reversed())
  }
}
