/// Where a byte of a CSV file stands with regard to quotes.
///
/// A field is quoted where its first byte is a quote; two quotes inside stand for one; a quote in
/// the middle of an unquoted field stands for itself, and so do quotes after the closing one.
enum QuoteState: UInt8, CaseIterable, Sendable {
  /// Not in a quoted field.
  case outside
  /// In a quoted field.
  case inside
  /// After a quote in a quoted field: the next byte tells whether it closed the field.
  case afterQuote
}

/// What a range of bytes makes of each quote state at its start: `map[state]` is the state at its
/// end.
struct QuoteTransition: Equatable, Sendable {
  private var ends: InlineArray<3, UInt8> = [0, 1, 2]

  static let identity = QuoteTransition()

  init() {}

  init(_ end: (QuoteState) -> QuoteState) {
    for state in QuoteState.allCases { ends[Int(state.rawValue)] = end(state).rawValue }
  }

  subscript(start: QuoteState) -> QuoteState {
    QuoteState(rawValue: ends[Int(start.rawValue)]) ?? .outside
  }

  /// The transition of this range and the one after it.
  func followed(by next: QuoteTransition) -> QuoteTransition {
    QuoteTransition { next[self[$0]] }
  }

  /// As one byte, for sending.
  var code: UInt8 { ends[0] | ends[1] << 2 | ends[2] << 4 }

  init(code: UInt8) {
    for i in 0..<3 { ends[i] = code >> UInt8(2 * i) & 3 }
  }

  static func == (a: QuoteTransition, b: QuoteTransition) -> Bool { a.code == b.code }
}

extension QuoteState {
  /// Follows the quotes of up to 64 bytes.
  ///
  /// - Parameters: - quotes: Their bits. - count: The number of bytes. - openers: Bits of bytes
  ///   that come after a delimiter or a newline, where a quote opens a field.
  /// - Returns: The bits of the bytes that are inside a quoted field.
  @inline(__always)
  mutating func advance(quotes: UInt64, count: Int, openers: UInt64) -> UInt64 {
    guard count > 0 else { return 0 }
    var quotes = quotes
    if self == .afterQuote {
      if quotes & 1 != 0 {
        self = .inside
        quotes &= ~1
      } else {
        self = .outside
      }
    }
    if quotes == 0 { return self == .inside ? .max : 0 }
    var inside: UInt64 = 0
    var opened = 0
    while quotes != 0 {
      let place = quotes.trailingZeroBitCount
      quotes &= quotes &- 1
      if self == .outside {
        if openers >> UInt64(place) & 1 != 0 {
          self = .inside
          opened = place
        }
      } else if place == count - 1 {
        self = .afterQuote
      } else if quotes >> UInt64(place + 1) & 1 != 0 {
        quotes &= quotes &- 1
      } else {
        self = .outside
        inside |= (2 &<< UInt64(place)) &- (1 &<< UInt64(opened))
      }
    }
    if self != .outside { inside |= 0 &- (1 &<< UInt64(opened)) }
    return inside
  }
}
