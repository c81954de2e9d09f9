import MPI
import Testing

/// A layout, and the positions of its elements as the test that made it says.
struct KnownLayout {
  var layout: Layout<Int>
  var positions: [Int]

  /// The positions of several instances from a place on.
  func positions(at position: Int, instances: Int) -> [Int] {
    (0..<instances).flatMap { instance in
      positions.map { position + instance * layout.extent + $0 }
    }
  }

  var isInjective: Bool { Set(positions).count == positions.count }
}

extension Communicator {
  /// Sends the elements at some positions of a buffer around the ring through a layout, and receives
  /// them as a run, then the other way round: returns the run, and the buffer.
  func shift<T: Datatype>(
    _ elements: [T], _ layout: Layout<T>, at position: Int = 0, instances: Int = 1, into buffer: [T]
  ) throws -> (run: [T], buffer: [T]) {
    var run = [T](repeating: elements[0], count: instances * layout.count)
    var buffer = buffer
    let forward = try sendReceive(
      elements.span.laid(out: layout, at: position, instances: instances), to: right,
      into: run.mutableSpan, from: left)
    let back = try sendReceive(
      run.span, to: left,
      into: buffer.mutableSpan.laid(out: layout, at: position, instances: instances), from: right)
    #expect(forward.byteCount == instances * layout.byteCount)
    #expect(back.byteCount == instances * layout.byteCount)
    return (run, buffer)
  }

  /// Expects that instances of a layout name the elements at the given positions, in their order.
  func expect(
    _ known: KnownLayout, at position: Int = 0, instances: Int = 1,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let positions = known.positions(at: position, instances: instances)
    let count = (positions.max() ?? 0) + 3
    let (run, buffer) = try shift(
      values(of: rank, count), known.layout, at: position, instances: instances,
      into: [Int](repeating: -1, count: count))
    let sent = positions.map { value(left, $0) }
    // What came from the left has gone back there: here is what this rank had sent.
    var expected = [Int](repeating: -1, count: count)
    for place in positions { expected[place] = value(rank, place) }
    #expect(run == sent, "\(known.layout)", sourceLocation: sourceLocation)
    if known.isInjective {
      #expect(buffer == expected, "\(known.layout)", sourceLocation: sourceLocation)
    }
    #expect(known.layout.count == known.positions.count, sourceLocation: sourceLocation)
    #expect(
      known.layout.span == (known.positions.max() ?? -1) + 1, "\(known.layout)",
      sourceLocation: sourceLocation)
    // What the library says, in bytes.
    #expect(known.layout.byteCount == 8 * known.positions.count, sourceLocation: sourceLocation)
    #expect(
      known.layout.byteBounds.count == 8 * known.layout.extent, sourceLocation: sourceLocation)
    if let lowest = known.positions.min(), let highest = known.positions.max() {
      #expect(
        known.layout.trueByteBounds == 8 * lowest..<8 * (highest + 1), "\(known.layout)",
        sourceLocation: sourceLocation)
    }
  }
}

/// The indices of an array of several axes, in the order of its elements in memory, for which a condition holds: their
/// positions.
func positions(
  in shape: [Int], _ order: ArrayOrder, where isIncluded: ([Int]) -> Bool
) -> [Int] {
  (0..<shape.reduce(1, *)).filter { position in
    var rest = position
    var index = shape.map { _ in 0 }
    for axis in order == .rowMajor ? Array(shape.indices.reversed()) : Array(shape.indices) {
      index[axis] = rest % shape[axis]
      rest /= shape[axis]
    }
    return isIncluded(index)
  }
}

/// A layout of some kind, made of others of some kind: the same on all ranks.
func randomLayout(_ random: inout SplitMix, depth: Int = 2) throws -> KnownLayout {
  func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }
  switch number(0...(depth > 0 ? 9 : 4)) {
  case 0:
    let count = number(0...6)
    return KnownLayout(layout: try .contiguous(count: count), positions: Array(0..<count))
  case 1:
    let (count, length, gap) = (number(0...4), number(0...3), number(0...4))
    return KnownLayout(
      layout: try .strided(count: count, blockLength: length, stride: length + gap),
      positions: (0..<count).flatMap { block in (0..<length).map { block * (length + gap) + $0 } })
  case 2:
    var start = number(0...3)
    var blocks: [Range<Int>] = []
    for _ in 0..<number(0...4) {
      let length = number(0...3)
      blocks.append(start..<start + length)
      start += length + number(0...2)
    }
    blocks.shuffle(using: &random)
    return KnownLayout(layout: try .blocks(blocks), positions: blocks.flatMap { Array($0) })
  case 3:
    let length = number(0...3)
    let places = (0..<number(0...4)).map { $0 * 4 + 1 }.shuffled(using: &random)
    return KnownLayout(
      layout: try .blocks(length: length, at: places),
      positions: places.flatMap { place in (0..<length).map { place + $0 } })
  case 4:
    let shape = (0..<number(1...3)).map { _ in number(1...4) }
    let ranges = shape.map { length in
      let start = number(0...length)
      return start..<number(start...length)
    }
    let order: ArrayOrder = number(0...1) == 0 ? .rowMajor : .columnMajor
    return KnownLayout(
      layout: try .subarray(ranges, of: shape, order: order),
      positions: positions(in: shape, order) { index in
        zip(index, ranges).allSatisfy { $1.contains($0) }
      })
  case 5:
    let inner = try randomLayout(&random, depth: depth - 1)
    let count = number(0...3)
    return KnownLayout(
      layout: try inner.layout.repeated(count),
      positions: inner.positions(at: 0, instances: count))
  case 6:
    let inner = try randomLayout(&random, depth: depth - 1)
    let (count, length, stride) = (number(0...3), number(0...2), number(0...20))
    return KnownLayout(
      layout: try .strided(count: count, blockLength: length, stride: stride, of: inner.layout),
      positions: (0..<count).flatMap { inner.positions(at: $0 * stride, instances: length) })
  case 7:
    let inner = try randomLayout(&random, depth: depth - 1)
    let length = number(0...2)
    let places = (0..<number(0...3)).map { _ in number(0...40) }
    return KnownLayout(
      layout: try .blocks(length: length, at: places, of: inner.layout),
      positions: places.flatMap { inner.positions(at: $0, instances: length) })
  case 8:
    var parts: [Layout<Int>.Placed] = []
    var places: [Int] = []
    for _ in 0..<number(0...3) {
      let inner = try randomLayout(&random, depth: depth - 1)
      let (position, instances) = (number(0...30), number(0...2))
      parts.append(inner.layout.placed(at: position, instances: instances))
      places += inner.positions(at: position, instances: instances)
    }
    return KnownLayout(layout: try .structure(of: parts), positions: places)
  default:
    let inner = try randomLayout(&random, depth: depth - 1)
    return KnownLayout(
      layout: try inner.layout.resized(extent: number(0...25)), positions: inner.positions)
  }
}
