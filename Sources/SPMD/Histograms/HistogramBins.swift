/// Bins of equal width with round edges, from a least value to a greatest one.
enum HistogramBins: Sendable {
  /// Bins of numbers: all edges, ascending.
  case numbers([Double])
  /// Bins of integers, days or microseconds: the first edge, the width and the number.
  case integers(first: Int128, width: Int128, count: Int)

  /// The number of bins.
  var count: Int {
    switch self {
    case .numbers(let edges): max(1, edges.count - 1)
    case .integers(_, _, let count): count
    }
  }

  // MARK: Making

  /// About as many bins as wanted, at most one more than that, over numbers.
  static func numbers(from least: Double, to greatest: Double, count: Int) -> HistogramBins {
    guard least < greatest else { return .numbers([least, greatest]) }
    let edges = roundEdges(from: least, to: greatest, count: count)
    let isAscending = zip(edges, edges.dropFirst()).allSatisfy { $0 < $1 }
    if edges.count > 1, isAscending, edges[0] <= least, greatest <= edges[edges.count - 1] {
      return .numbers(edges)
    }
    var even = [least]
    for i in 1..<max(1, count) {
      let share = Double(i) / Double(count)
      let edge = least * (1 - share) + greatest * share
      if edge > even[even.count - 1] && edge < greatest { even.append(edge) }
    }
    return .numbers(even + [greatest])
  }

  /// Multiples of 1, 2 or 5 times a power of ten; none where there are no such numbers.
  private static func roundEdges(
    from least: Double, to greatest: Double, count: Int
  ) -> [Double] {
    let target = greatest / Double(count) - least / Double(count)
    guard target.isNormal else { return [] }
    let exponent = decimalExponent(of: target)
    for (digit, exponent) in [(1.0, exponent), (2, exponent), (5, exponent), (1, exponent + 1)] {
      let first = (scaled(least, -exponent) / digit).rounded(.down)
      let last = (scaled(greatest, -exponent) / digit).rounded(.up)
      // Integers beyond this have no neighbours.
      guard max(first.magnitude, last.magnitude) < 0x1p52 else { continue }
      guard last - first <= Double(count) + 1 else { continue }
      return (0...Int(last - first)).map { scaled((first + Double($0)) * digit, exponent) }
    }
    return []
  }

  /// About as many bins as wanted over integers, whose width is a round number of units, or one of
  /// some widths.
  static func integers(
    from least: Int64, to greatest: Int64, count: Int, widths: [Int128] = []
  ) -> HistogramBins {
    let (low, high) = (Int128(least), Int128(greatest))
    func first(_ width: Int128) -> Int128 { floorDivided(low, width) }
    func needed(_ width: Int128) -> Int128 { floorDivided(high, width) - first(width) + 1 }
    var width: Int128 = 1
    for candidate in widths + decimalWidths where candidate >= width || candidate == widths.first {
      width = candidate
      if needed(width) <= Int128(count) + 1 { break }
    }
    return .integers(first: first(width) * width, width: width, count: Int(needed(width)))
  }

  /// 1, 2, 5, 10, 20, … up to more than the range of 64 bits.
  private static let decimalWidths: [Int128] = {
    var powers: [Int128] = [1]
    for _ in 0..<20 { powers.append(powers[powers.count - 1] * 10) }
    return powers.flatMap { [$0, 2 * $0, 5 * $0] }
  }()

  /// Widths of bins of times, in microseconds: round parts of seconds, minutes, hours and days.
  static let timeWidths: [Int128] = {
    let second: Int128 = 1_000_000
    let (minute, hour, day) = (60 * second, 3600 * second, 86400 * second)
    let fractions = decimalWidths.filter { $0 < second }
    let units: [(Int128, [Int128])] = [
      (second, [1, 2, 5, 10, 15, 30]), (minute, [1, 2, 5, 10, 15, 30]), (hour, [1, 2, 3, 6, 12]),
    ]
    return fractions + units.flatMap { unit, numbers in numbers.map { $0 * unit } }
      + decimalWidths.filter { $0 < second * 1000 }.map { $0 * day }
  }()

  private static func floorDivided(_ a: Int128, _ b: Int128) -> Int128 {
    let (quotient, remainder) = a.quotientAndRemainder(dividingBy: b)
    return remainder < 0 ? quotient - 1 : quotient
  }

  /// The exponent of the greatest power of ten that is not above a positive number.
  private static func decimalExponent(of value: Double) -> Int {
    var exponent = Int((Double(value.exponent) * 0.30102999566398120).rounded(.down))
    while exponent < 308 && scaled(1, exponent + 1) <= value { exponent += 1 }
    while exponent > -323 && scaled(1, exponent) > value { exponent -= 1 }
    return exponent
  }

  /// A number times a power of ten; of a short integer and a power up to 22, it is rounded once.
  private static func scaled(_ value: Double, _ exponent: Int) -> Double {
    var (value, rest) = (value, abs(exponent))
    while rest > 0 {
      var power = 1.0
      let part = min(rest, 22)
      for _ in 0..<part { power *= 10 }
      value = exponent > 0 ? value * power : value / power
      rest -= part
    }
    return value
  }

  // MARK: As words

  var words: [UInt64] {
    switch self {
    case .numbers(let edges): return [0, UInt64(edges.count)] + edges.map(\.bitPattern)
    case .integers(let first, let width, let count):
      let halves = [first, width].flatMap { number in
        [UInt64(truncatingIfNeeded: number), UInt64(truncatingIfNeeded: number >> 64)]
      }
      return [1] + halves + [UInt64(count)]
    }
  }

  init(from reader: inout WordReader) {
    if reader.next() == 0 {
      let count = Int(reader.next())
      self = .numbers(reader.next(count).map { Double(bitPattern: $0) })
      return
    }
    func wide() -> Int128 { Int128(reader.next()) | Int128(Int64(bitPattern: reader.next())) << 64 }
    let (first, width) = (wide(), wide())
    self = .integers(first: first, width: width, count: Int(reader.next()))
  }

  // MARK: Finding

  /// The bin of a number that is within the edges; the last bin has both of its edges.
  func bin(of value: Double) -> Int {
    guard case .numbers(let edges) = self else { return 0 }
    return edges.withSpan { edges in
      var (low, high) = (0, edges.count - 1)
      // The bin is that of a guess, nearly always; the search is for edges that are not quite even.
      let share = (value - edges[0]) / (edges[high] - edges[0]) * Double(high)
      if share >= 0 && share < Double(high) {
        let guess = Int(share)
        if edges[guess] <= value && value < edges[guess + 1] { return guess }
      }
      while high - low > 1 {
        let middle = (low + high) / 2
        if edges[middle] <= value { low = middle } else { high = middle }
      }
      return low
    }
  }

  /// The bin of an integer that is within the edges.
  func bin(of value: Int64) -> Int {
    guard case .integers(let first, let width, _) = self else { return 0 }
    return Int((Int128(value) - first) / width)
  }
}

extension Array {
  fileprivate func withSpan<Result>(_ body: (Span<Element>) -> Result) -> Result { body(span) }
}
