internal import CMPI

extension Reduction {
  /// Whether the order of two elements does not matter.
  ///
  /// Of a closure it is what was said when the reduction was made.
  ///
  /// The corresponding C function is `MPI_Op_commutative` (MPI 3.1 §5.9.7).
  public var isCommutative: Bool {
    var flag: CInt = 0
    return unsafe MPI_Op_commutative(raw, &flag) == CMPI_SUCCESS && flag != 0
  }

  /// Combines two sequences of elements on this rank, the first with the first and so on, and puts
  /// the results in the place of the second.
  ///
  ///     var total = partial[0]
  ///     for other in partial.dropFirst() {
  ///       try Reduction.sum.combine(other.span, into: total.mutableSpan)
  ///     }
  ///
  /// What a collective would do at each of its steps, without a message.
  ///
  /// - Parameters:
  ///   - left: The first operands: those of the lower ranks, as it were.
  ///   - right: The second operands, which become the results.
  /// - Throws: What the library reports.
  /// - Precondition: There are as many of both.
  /// - Complexity: O(n), without allocation.
  ///
  /// The corresponding C function is `MPI_Reduce_local` (MPI 3.1 §5.9.7).
  public func combine(
    _ left: Span<Element>, into right: consuming MutableSpan<Element>
  ) throws {
    precondition(
      left.count == right.count, "combine: \(left.count) elements with \(right.count)")
    let target = right.rawBuffer()
    let source = operand(left.rawBuffer)
    let (type, operation) = (datatype.raw, raw)
    try unsafe forEachChunk(source, target, source.count, nil) {
      (count, from, to, _) throws in
      try unsafe check(
        MPI_Reduce_local(from, to, count, type, operation), "MPI_Reduce_local")
    }
    withExtendedLifetime(function) {}
    target.normalize()
  }

  /// Combines two elements on this rank.
  ///
  ///     try Reduction<Double>.max.combine(a, b)
  ///
  /// - Throws: ``MPIError`` as the library reports it.
  ///
  /// The corresponding C function is `MPI_Reduce_local` (MPI 3.1 §5.9.7).
  public func combine(_ left: Element, _ right: Element) throws -> Element {
    let first: InlineArray<1, Element> = [left]
    var second: InlineArray<1, Element> = [right]
    try combine(first.span, into: second.mutableSpan)
    return second[0]
  }
}
