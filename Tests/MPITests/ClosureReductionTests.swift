import MPI
import Testing

/// A 2×2 matrix of integers modulo 2³²: its product is associative, and not commutative.
struct Matrix: Datatype, Equatable {
  var a: UInt32
  var b: UInt32
  var c: UInt32
  var d: UInt32

  static func * (x: Matrix, y: Matrix) -> Matrix {
    Matrix(
      a: x.a &* y.a &+ x.b &* y.c, b: x.a &* y.b &+ x.b &* y.d,
      c: x.c &* y.a &+ x.d &* y.c, d: x.c &* y.b &+ x.d &* y.d)
  }

  /// Shears that differ by rank and index, so that no two products are equal.
  static func sample(_ rank: Int, _ index: Int) -> Matrix {
    let n = UInt32(truncatingIfNeeded: value(rank, index))
    return rank.isMultiple(of: 2)
      ? Matrix(a: 1, b: n, c: 0, d: 1) : Matrix(a: 1, b: 0, c: n, d: 1)
  }

  /// The product over `ranks`, from the left, which must not be empty.
  static func product(_ ranks: Range<Int>, _ index: Int) -> Matrix {
    ranks.dropFirst().reduce(sample(ranks.lowerBound, index)) { $0 * sample($1, index) }
  }
}

/// A short text; joining two and cutting the end off is associative.
struct Word: Datatype {
  var letters: InlineArray<12, UInt8>
  var count: UInt8

  init(_ text: String) {
    letters = InlineArray(repeating: 0)
    count = 0
    for letter in text.utf8 { append(letter) }
  }

  mutating func append(_ letter: UInt8) {
    guard count < 12 else { return }
    letters[Int(count)] = letter
    count += 1
  }

  var text: String { String(decoding: (0..<Int(count)).map { letters[$0] }, as: UTF8.self) }

  static func + (x: Word, y: Word) -> Word {
    var result = x
    for index in 0..<Int(y.count) { result.append(y.letters[index]) }
    return result
  }
}

@Suite("Reductions in the order of the ranks (MPI 3.1 §5.9.5)") struct OrderedReductionTests {
  let world: Communicator
  let product = Reduction<Matrix>(commutative: false) { $0 * $1 }
  init() throws { world = try Job.communicator() }

  /// Numbers of elements for which libraries choose different algorithms.
  static let counts = [1, 7, 600, 3000]

  func mine(_ count: Int) -> [Matrix] { (0..<count).map { Matrix.sample(world.rank, $0) } }

  func expected(_ ranks: Range<Int>, _ count: Int) -> [Matrix] {
    (0..<count).map { Matrix.product(ranks, $0) }
  }

  @Test("A product of matrices, to all", arguments: counts) func toAll(count: Int) throws {
    let mine = mine(count)
    let blocking = try world.allReduce(mine.span, product)
    var inPlace = mine
    try world.allReduce(&inPlace, product)
    var immediate = mine
    let request = try world.immediate.allReduce(mine.span, into: immediate.mutableSpan, product)
    try request.wait()
    let expected = expected(0..<world.size, count)
    #expect(blocking == expected)
    #expect(inPlace == expected)
    #expect(immediate == expected)
  }

  @Test("A product of matrices, to every root", arguments: counts)
  func toRoot(count: Int) throws {
    let mine = mine(count)
    let expected = expected(0..<world.size, count)
    for root in 0..<world.size {
      let blocking = try world.reduce(mine.span, product, to: root)
      var immediate = mine
      let request = try world.immediate.reduce(
        mine.span, into: immediate.mutableSpan, product, to: root)
      try request.wait()
      #expect(blocking == (world.rank == root ? expected : nil))
      if world.rank == root { #expect(immediate == expected) }
    }
  }

  @Test("A product of matrices, scanned", arguments: counts) func scan(count: Int) throws {
    let mine = mine(count)
    let inclusive = try world.scan(mine.span, product)
    let exclusive = try world.exclusiveScan(mine.span, product)
    var immediate = mine
    let first = try world.immediate.scan(mine.span, into: immediate.mutableSpan, product)
    try first.wait()
    var immediateExclusive = mine
    let second = try world.immediate.exclusiveScan(
      mine.span, into: immediateExclusive.mutableSpan, product)
    try second.wait()
    #expect(inclusive == expected(0..<world.rank + 1, count))
    #expect(immediate == expected(0..<world.rank + 1, count))
    if world.rank > 0 {
      #expect(exclusive == expected(0..<world.rank, count))
      #expect(immediateExclusive == expected(0..<world.rank, count))
    }
  }

  @Test("A product of matrices, scattered", arguments: counts) func scatter(share: Int) throws {
    let count = share * world.size
    let mine = mine(count)
    let all = expected(0..<world.size, count)
    let expected = Array(all[world.rank * share..<(world.rank + 1) * share])
    let equal = try world.reduceScatter(mine.span, product)
    let parts = Partition(counts: [Int](repeating: share, count: world.size))
    let varying = try world.reduceScatter(mine.span, product, counts: parts)
    var immediate = [Matrix](repeating: .sample(0, 0), count: share)
    let request = try world.immediate.reduceScatter(
      mine.span, into: immediate.mutableSpan, product)
    try request.wait()
    #expect(equal == expected)
    #expect(varying == expected)
    #expect(immediate == expected)
  }

  @Test("Words, joined") func words() throws {
    let names = ["ada", "b", "", "carl", "de", "f", "gh"]
    let mine = Word(names[world.rank % names.count])
    let joined = try world.allReduce(mine, Reduction(commutative: false) { $0 + $1 })
    let text = (0..<world.size).map { names[$0 % names.count] }.joined()
    #expect(joined.text == String(text.prefix(12)))
  }
}

@Suite("Reductions with closures (MPI 3.1 §5.9.5)") struct ClosureReductionTests {
  let world: Communicator
  init() throws { world = try Job.communicator() }

  /// The same text with other captures must be another function: x ∘ y = x + y + k is associative for any k.
  @Test("200 closures of the same text with other captures") func captures() throws {
    let size = world.size
    let reductions = (0..<200).map { k in Reduction<Int> { $0 + $1 + k } }
    for (k, reduction) in reductions.enumerated() {
      #expect(try world.allReduce(world.rank, reduction) == size * (size - 1) / 2 + (size - 1) * k)
    }
    // Again, in another order: each still has its own.
    for (k, reduction) in reductions.enumerated().reversed() {
      let sum = try world.scan(1, reduction)
      #expect(sum == world.rank + 1 + world.rank * k)
    }
  }

  func greatest<T: FixedWidthInteger & Datatype>(below bound: T) -> Reduction<T> {
    Reduction { max(min($0, bound), min($1, bound)) }
  }

  @Test("A closure in a generic context") func generic() throws {
    #expect(
      try world.allReduce(UInt8(10 + world.rank), greatest(below: 12))
        == UInt8(min(12, 9 + world.size)))
    #expect(
      try world.allReduce(Int64(10 + world.rank), greatest(below: 1000))
        == Int64(9 + world.size))
  }

  final class Token: Sendable {
    let factor: Int
    init(_ factor: Int) { self.factor = factor }
  }

  @Test("A closure that captures an object keeps it, and lets it go") func object() throws {
    weak var watched: Token?
    do {
      let token = Token(1)
      watched = token
      let reduction = Reduction<Int> { ($0 + $1) * token.factor }
      #expect(try world.allReduce(1, reduction) == world.size)
      #expect(watched != nil)
    }
    #expect(watched == nil)
  }

  /// The only reference to the reduction is gone while the operation is under way.
  @Test("Nonblocking, with a closure that nothing else holds") func held() throws {
    weak var watched: Token?
    let mine = values(of: world.rank, 500)
    var sums = [Int](repeating: 0, count: 500)
    func temporary(_ factor: Int) -> Reduction<Int> {
      let token = Token(factor)
      watched = token
      return Reduction { ($0 + $1) * token.factor }
    }
    let request = try world.immediate.allReduce(
      mine.span, into: sums.mutableSpan, temporary(1))
    let isHeld = watched != nil
    try request.wait()
    #expect(isHeld)
    #expect(sums == (0..<500).map { i in (0..<world.size).reduce(0) { $0 + value($1, i) } })
    #expect(watched == nil)
  }

  @Test("Several nonblocking reductions with different closures at once") func several() throws {
    let mine = [world.rank + 1]
    var sum = [0]
    var greatest = [0]
    var product = [0]
    let first = try world.immediate.allReduce(
      mine.span, into: sum.mutableSpan, Reduction { $0 + $1 })
    let second = try world.immediate.allReduce(
      mine.span, into: greatest.mutableSpan, Reduction { max($0, $1) })
    let third = try world.immediate.scan(
      mine.span, into: product.mutableSpan, Reduction { $0 * $1 })
    try third.wait()
    try second.wait()
    try first.wait()
    #expect(sum == [world.size * (world.size + 1) / 2])
    #expect(greatest == [world.size])
    #expect(product == [(1...world.rank + 1).reduce(1, *)])
  }

  /// A conformance as the documentation shows it.
  @Test("A type with a sum of its own") func fraction() throws {
    // 1/(1·2) + 1/(2·3) + … + 1/(n(n + 1)) = n/(n + 1).
    let k = Int32(world.rank + 1)
    let n = Int32(world.size)
    let sum = try world.allReduce(Fraction(numerator: 1, denominator: k * (k + 1)), .sum)
    #expect(sum == Fraction(numerator: n, denominator: n + 1))
    // 1/2 · 2/3 · … · n/(n + 1) = 1/(n + 1).
    let product = try world.allReduce(Fraction(numerator: k, denominator: k + 1), .product)
    #expect(product == Fraction(numerator: 1, denominator: n + 1))
  }
}

/// A fraction in lowest terms.
struct Fraction: ArithmeticDatatype, Equatable {
  var numerator: Int32
  var denominator: Int32

  static var sumReduction: Reduction<Fraction> {
    Reduction { x, y in
      reduced(
        x.numerator * y.denominator + y.numerator * x.denominator, x.denominator * y.denominator)
    }
  }

  static var productReduction: Reduction<Fraction> {
    Reduction { x, y in
      reduced(x.numerator * y.numerator, x.denominator * y.denominator)
    }
  }

  private static func reduced(_ numerator: Int32, _ denominator: Int32) -> Fraction {
    var (a, b) = (numerator, denominator)
    while b != 0 { (a, b) = (b, a % b) }
    return Fraction(numerator: numerator / a, denominator: denominator / a)
  }
}
