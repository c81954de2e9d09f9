/// A word of an expression.
struct ExpressionToken {
  enum Kind: Equatable {
    case number(Double)
    case name(String)
    /// A name in backquotes, which is nothing but a column.
    case column(String)
    case text(String)
    case symbol(String)
    case end
  }

  let kind: Kind
  /// From 1, in characters.
  let column: Int

  /// How the token is named in a message.
  var text: String {
    switch kind {
    case .number(let value): "\(value)"
    case .name(let name), .column(let name): "“\(name)”"
    case .text(let text): "the text “\(text)”"
    case .symbol(let symbol): "“\(symbol)”"
    case .end: "the end"
    }
  }

  private static let symbols = [
    "**", "<=", ">=", "==", "!=", "&&", "||", "+", "-", "*", "/", "^", "(", ")", ",", "<", ">", "!",
    "?",
    ":",
  ]

  /// Cuts a text into tokens, with one for its end.
  ///
  /// - Parameter quotes: Whether texts and names in quotes are tokens.
  static func tokens(
    of text: String, quotes: Bool = false
  ) throws(ExpressionError) -> [ExpressionToken] {
    let characters = Array(text)
    var tokens: [ExpressionToken] = []
    var index = 0
    while index < characters.count {
      let character = characters[index]
      let start = index
      if character.isWhitespace {
        index += 1
      } else if isDigit(character) || character == "." {
        let (value, end) = try number(characters, from: index)
        tokens.append(ExpressionToken(kind: .number(value), column: start + 1))
        index = end
      } else if quotes && "\"'`".contains(character) {
        let (content, end) = try quoted(characters, from: index)
        tokens.append(
          ExpressionToken(
            kind: character == "`" ? .column(content) : .text(content), column: start + 1))
        index = end
      } else if isLetter(character) {
        while index < characters.count, isLetter(characters[index]) || isDigit(characters[index]) {
          index += 1
        }
        let name = String(characters[start..<index])
        tokens.append(ExpressionToken(kind: .name(name), column: start + 1))
      } else if let symbol = symbols.first(where: { characters[start...].starts(with: $0) }) {
        tokens.append(ExpressionToken(kind: .symbol(symbol), column: start + 1))
        index += symbol.count
      } else {
        throw ExpressionError(column: start + 1, message: "“\(character)” has no meaning here")
      }
    }
    return tokens + [ExpressionToken(kind: .end, column: characters.count + 1)]
  }

  /// Digits, a point, more digits, and an exponent: all of them as far as they belong together.
  private static func number(
    _ characters: [Character], from start: Int
  ) throws(ExpressionError) -> (Double, end: Int) {
    var index = start
    func skipDigits() { while index < characters.count, isDigit(characters[index]) { index += 1 } }
    skipDigits()
    if index < characters.count, characters[index] == "." {
      index += 1
      skipDigits()
    }
    if index < characters.count, characters[index] == "e" || characters[index] == "E" {
      let mantissa = index
      index += 1
      if index < characters.count, characters[index] == "+" || characters[index] == "-" {
        index += 1
      }
      let digits = index
      skipDigits()
      // “2e” is a number and a name, of which the parser will say something.
      if index == digits { index = mantissa }
    }
    let text = String(characters[start..<index])
    guard text != ".", let value = Double(text) ?? Double(text + "0") else {
      throw ExpressionError(column: start + 1, message: "“\(text)” is not a number")
    }
    return (value, index)
  }

  /// What stands between two quotes, where two of them stand for one.
  private static func quoted(
    _ characters: [Character], from start: Int
  ) throws(ExpressionError) -> (String, end: Int) {
    let quote = characters[start]
    var content = ""
    var index = start + 1
    while index < characters.count {
      if characters[index] == quote {
        guard index + 1 < characters.count, characters[index + 1] == quote else {
          return (content, index + 1)
        }
        index += 1
      }
      content.append(characters[index])
      index += 1
    }
    throw ExpressionError(column: start + 1, message: "the \(quote) that opens here is not closed")
  }

  private static func isDigit(_ character: Character) -> Bool {
    character.isASCII && character.isNumber
  }

  private static func isLetter(_ character: Character) -> Bool {
    character.isLetter || character == "_"
  }
}
