#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// The bytes of a line, without its newline; eight bytes behind them may be read.
@unsafe
struct Line {
  var base: UnsafePointer<UInt8>
  var count: Int
}

/// How lines or records are ordered, as a sequence of words for each: the order of lines is the
/// lexicographic one of their words.
///
/// Seven bytes of text and their number make a word, so that equal words mean equal text, whatever
/// the bytes are. Numbers are written so that words ascend as they do.
struct LineOrder: Sendable {
  /// Which of a line's words: those of the key come first, then those of the line itself.
  struct Step {
    var isLastResort = false
    var depth = 0

    static let first = Step()
  }

  private enum Kind { case text, folded, number }

  private let kind: Kind
  private let key: FileSort.Key?
  private let delimiter: UInt8?
  /// The bytes of a record that are its key, of a line all.
  private let keyLimit: Int
  /// All ones where the order is reversed.
  private let complement: UInt64
  /// Whether lines with equal keys are ordered by all their bytes.
  private let hasLastResort: Bool
  /// Whether the key is the line, or a record's first bytes, as they stand.
  private let isPlain: Bool

  init(_ options: FileSort.Options) {
    kind = options.isNumeric ? .number : options.ignoresCase ? .folded : .text
    key = options.key
    delimiter = options.delimiter
    complement = options.isReversed ? .max : 0
    if case .records(_, let keyBytes) = options.content {
      keyLimit = keyBytes
      hasLastResort = false
    } else {
      keyLimit = .max
      hasLastResort = !options.isUnique && (kind != .text || key != nil)
    }
    isPlain = kind == .text && key == nil
  }

  // MARK: Words

  /// One word of a line.
  @inline(__always)
  func word(_ line: Line, _ step: Step) -> UInt64 {
    if isPlain || step.isLastResort {
      return unsafe Self.textWord(line, at: 7 * step.depth, limit: keyLimit) ^ complement
    }
    return unsafe keyWord(line, step.depth) ^ complement
  }

  /// What follows a word that two lines share; `nil` where they are equal.
  @inline(__always)
  func step(after step: Step, sharing word: UInt64) -> Step? {
    if (word ^ complement) & Self.continues != 0 {
      return Step(isLastResort: step.isLastResort, depth: step.depth + 1)
    }
    return hasLastResort && !step.isLastResort ? Step(isLastResort: true, depth: 0) : nil
  }

  /// The bit of a word that says that there is a next one.
  static let continues: UInt64 = 8

  private func keyWord(_ line: Line, _ depth: Int) -> UInt64 {
    let field = unsafe keyField(of: line)
    if kind == .number { return unsafe DecimalNumber(field).word(depth) }
    return unsafe fieldWord(field, depth)
  }

  private func fieldWord(_ field: Line, _ depth: Int) -> UInt64 {
    let word = unsafe Self.textWord(field, at: 7 * depth, limit: .max)
    return kind == .folded ? Self.folded(word) : word
  }

  /// Whether a word that far into a line takes a time that grows with its place: such lines are
  /// better compared, in one pass over both.
  func isFar(_ step: Step) -> Bool { !isPlain && !step.isLastResort && step.depth >= 8 }

  /// Seven bytes, and how many there are: eight stands for more than seven.
  @inline(__always)
  private static func textWord(_ line: Line, at start: Int, limit: Int) -> UInt64 {
    let rest = unsafe min(line.count, limit) - start
    guard rest > 0 else { return 0 }
    let bytes = unsafe UInt64(
      bigEndian: UnsafeRawPointer(line.base + start).loadUnaligned(as: UInt64.self))
    if rest > 7 { return bytes & ~0xff | continues }
    return bytes & (~0 << UInt64(64 - 8 * rest)) | UInt64(rest)
  }

  /// The word with its small letters a to z made large; the lowest byte is a number below 9.
  private static func folded(_ word: UInt64) -> UInt64 {
    let low = word & ByteMasks.pattern(0x7f)
    // The top bit of each byte that is at least "a", and of each that is beyond "z".
    let fromA = low + ByteMasks.pattern(0x80 - UInt8(ascii: "a"))
    let beyondZ = low + ByteMasks.pattern(0x7f - UInt8(ascii: "z"))
    let small = (fromA & ~beyondZ & ~word) & ByteMasks.pattern(0x80)
    return word - small >> 2
  }

  // MARK: Fields

  /// The part of a line that is compared first: `-k N[,M]` of POSIX sort.
  private func keyField(of line: Line) -> Line {
    guard let key else { return unsafe line }
    let start = unsafe fieldStart(line, skipping: key.first - 1)
    guard let last = key.last else {
      return unsafe Line(base: line.base + start, count: line.count - start)
    }
    let end = unsafe max(start, fieldEnd(line, of: last))
    return unsafe Line(base: line.base + start, count: end - start)
  }

  private func fieldStart(_ line: Line, skipping fields: Int) -> Int {
    var place = 0
    for _ in 0..<fields {
      // The number of fields may be anything.
      guard unsafe place < line.count else { break }
      if let delimiter {
        unsafe place = min(Self.find(delimiter, line, from: place) + 1, line.count)
      } else {
        unsafe place = Self.skip(line, from: place)
      }
    }
    return place
  }

  private func fieldEnd(_ line: Line, of field: Int) -> Int {
    guard let delimiter else { return unsafe fieldStart(line, skipping: field) }
    var place = -1
    for _ in 0..<field {
      unsafe place = Self.find(delimiter, line, from: place + 1)
      if unsafe place >= line.count { return unsafe line.count }
    }
    return place
  }

  private static func find(_ byte: UInt8, _ line: Line, from start: Int) -> Int {
    let count = unsafe line.count - start
    guard count > 0, let found = unsafe memchr(line.base + start, Int32(byte), count) else {
      return unsafe line.count
    }
    return unsafe UnsafeRawPointer(found) - UnsafeRawPointer(line.base)
  }

  /// The end of the blanks at a place, and of what is not blank behind them.
  private static func skip(_ line: Line, from start: Int) -> Int {
    var place = start
    while unsafe place < line.count && isBlank(line.base[place]) { place += 1 }
    while unsafe place < line.count && !isBlank(line.base[place]) { place += 1 }
    return place
  }

  static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

  // MARK: Comparing

  /// Compares two lines whose first words are equal: negative, zero or positive.
  func compareTails(_ a: Line, _ b: Line, sharing word: UInt64) -> Int {
    guard let step = step(after: .first, sharing: word) else { return 0 }
    if isPlain { return unsafe compareBytes(a, b, from: 7) }
    if !step.isLastResort {
      let difference = unsafe compareKeys(a, b)
      if difference != 0 { return difference }
    }
    return hasLastResort ? unsafe compareBytes(a, b, from: 0) : 0
  }

  /// Compares the keys of lines from the second word on.
  private func compareKeys(_ a: Line, _ b: Line) -> Int {
    let (x, y) = unsafe (keyField(of: a), keyField(of: b))
    if kind == .number {
      let (m, n) = unsafe (DecimalNumber(x), DecimalNumber(y))
      return compareWords { (m.word($0), n.word($0)) }
    }
    return compareWords { unsafe (fieldWord(x, $0), fieldWord(y, $0)) }
  }

  @inline(__always)
  private func compareWords(_ words: (Int) -> (UInt64, UInt64)) -> Int {
    var depth = 1
    while true {
      let (x, y) = words(depth)
      if x != y { return (x ^ complement) < (y ^ complement) ? -1 : 1 }
      guard x & Self.continues != 0 else { return 0 }
      depth += 1
    }
  }

  /// Compares two lines.
  func compare(_ a: Line, _ b: Line) -> Int {
    let (x, y) = unsafe (word(a, .first), word(b, .first))
    if x != y { return x < y ? -1 : 1 }
    return unsafe compareTails(a, b, sharing: x)
  }

  /// Compares bytes as they stand, from a place up to which they are known to be equal.
  private func compareBytes(_ a: Line, _ b: Line, from start: Int) -> Int {
    let (m, n) = unsafe (min(a.count, keyLimit), min(b.count, keyLimit))
    let shared = min(m, n) - start
    var result = 0
    if shared > 0 { result = unsafe Int(memcmp(a.base + start, b.base + start, shared)) }
    if result == 0 { result = m - n }
    return complement == 0 ? result : -result
  }
}
