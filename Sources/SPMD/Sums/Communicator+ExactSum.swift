public import MPI

extension Communicator {
  /// Adds the sums of all ranks, and gives the result to all.
  ///
  /// **Collective**: every rank of the communicator calls it.
  ///
  ///     var sum = ExactSum()
  ///     sum.add(contentsOf: mine.span)
  ///     let mean = try world.allReduce(sum).mean(of: count)
  ///
  /// - Returns: The exact sum of all ranks' summands: the same, bit for bit, however they were shared out.
  /// - Throws: What the library reports.
  /// - Complexity: A reduction of ``ExactSum/wordCount`` integers.
  ///
  /// The corresponding C function is `MPI_Allreduce` (MPI 3.1 §5.9.6).
  public func allReduce(_ sum: ExactSum) throws -> ExactSum {
    let words = sum.words
    let total = try allReduce(words, .sum)
    return ExactSum(words: total.span)
  }

  /// Adds the sums of all ranks, and gives the result to the root.
  ///
  /// **Collective**: every rank of the communicator calls it, with the same root.
  ///
  /// - Returns: The exact sum of all ranks' summands on the root, `nil` elsewhere.
  /// - Throws: ``MPIError/Code/invalidRoot``, and what else the library reports.
  /// - Complexity: A reduction of ``ExactSum/wordCount`` integers.
  ///
  /// The corresponding C function is `MPI_Reduce` (MPI 3.1 §5.9.1).
  public func reduce(_ sum: ExactSum, to root: Int) throws -> ExactSum? {
    let words = sum.words
    let total = try reduce(words, .sum, to: root)
    return total.map { ExactSum(words: $0.span) }
  }

  /// The sum of all ranks' numbers, rounded once.
  ///
  /// **Collective**: every rank of the communicator calls it; each may have any number of them.
  ///
  /// - Returns: The nearest `Double` to the exact sum, the same on all ranks, however the numbers are
  ///   shared out.
  /// - Throws: What the library reports.
  /// - Complexity: One reduction of ``ExactSum/wordCount`` integers, and one pass over the numbers.
  ///
  /// The corresponding C function is `MPI_Allreduce` (MPI 3.1 §5.9.6).
  public func exactSum(_ values: Span<Double>) throws -> Double {
    var sum = ExactSum()
    sum.add(contentsOf: values)
    return try allReduce(sum).value
  }

  /// The sum of all ranks' numbers, rounded once.
  ///
  /// **Collective**: every rank of the communicator calls it; each may have any number of them.
  ///
  /// - Returns: The nearest `Float` to the exact sum, the same on all ranks, however the numbers are
  ///   shared out.
  /// - Throws: What the library reports.
  /// - Complexity: One reduction of ``ExactSum/wordCount`` integers, and one pass over the numbers.
  ///
  /// The corresponding C function is `MPI_Allreduce` (MPI 3.1 §5.9.6).
  public func exactSum(_ values: Span<Float>) throws -> Float {
    var sum = ExactSum()
    sum.add(contentsOf: values)
    return try allReduce(sum).floatValue
  }

  /// The sum of all ranks' products of two numbers at the same place, rounded once.
  ///
  /// **Collective**: every rank of the communicator calls it; each may have any number of them.
  ///
  /// - Returns: The nearest `Double` to the exact dot product, the same on all ranks, however the numbers
  ///   are shared out.
  /// - Throws: What the library reports.
  /// - Complexity: One reduction of ``ExactSum/wordCount`` integers, and one pass over the numbers.
  /// - Precondition: The spans of a rank are of the same length.
  ///
  /// The corresponding C function is `MPI_Allreduce` (MPI 3.1 §5.9.6).
  public func exactDot(_ a: Span<Double>, _ b: Span<Double>) throws -> Double {
    var sum = ExactSum()
    sum.add(productsOf: a, b)
    return try allReduce(sum).value
  }
}
