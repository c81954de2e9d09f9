internal import CMPI

extension Intercommunicator {
  /// Combines one value of every process of the other group, and gives the result to all of this one.
  ///
  /// **Collective**: every process of both groups calls it, with the same reduction.
  ///
  ///     let theirs = try between.allReduce(mine, .sum)
  ///
  /// The corresponding C function is `MPI_Allreduce` (MPI 3.1 §5.9.6).
  public func allReduce<T: Datatype>(_ value: T, _ reduction: Reduction<T>) throws(MPIError) -> T {
    let one: InlineArray<1, T> = [value]
    return try allReduce(one.span, reduction)[0]
  }

  /// Combines the elements of the other group's processes, the first with the first and so on, and
  /// gives the results to all of this one.
  ///
  /// **Collective**: every process of both groups calls it, with as many elements and the same
  /// reduction.
  ///
  /// The corresponding C function is `MPI_Allreduce` (MPI 3.1 §5.9.6).
  public func allReduce<T: Datatype>(
    _ elements: Span<T>, _ reduction: Reduction<T>
  ) throws(MPIError) -> [T] {
    try unsafe [T](receiving: elements.count) { buffer throws(MPIError) in
      try unsafe across._allReduce(elements.rawBuffer, buffer, reduction)
    }
  }

  /// Combines one value of every process of the other group, and gives the result to the root.
  ///
  /// **Collective**: every process of both groups calls it, with the same reduction. What the root's
  /// group gives is not looked at.
  ///
  /// - Returns: The result on the root, `nil` elsewhere.
  ///
  /// The corresponding C function is `MPI_Reduce` (MPI 3.1 §5.9.1).
  public func reduce<T: Datatype>(
    _ value: T, _ reduction: Reduction<T>, to root: Root
  ) throws(MPIError) -> T? {
    let one: InlineArray<1, T> = [value]
    return try reduce(one.span, reduction, to: root)?[0]
  }

  /// Combines the elements of the other group's processes, the first with the first and so on, and
  /// gives the results to the root.
  ///
  /// **Collective**: every process of both groups calls it, with as many elements and the same
  /// reduction. Of what the root gives only the number counts; what others of its group give is not
  /// looked at.
  ///
  /// - Returns: The results on the root, `nil` elsewhere.
  ///
  /// The corresponding C function is `MPI_Reduce` (MPI 3.1 §5.9.1).
  public func reduce<T: Datatype>(
    _ elements: Span<T>, _ reduction: Reduction<T>, to root: Root
  ) throws(MPIError) -> [T]? {
    let rawRoot = try rawRoot(root, "MPI_Reduce")
    let count = root == .me ? elements.count : 0
    let results = try unsafe [T](receiving: count) { buffer throws(MPIError) in
      try unsafe across._reduce(elements.rawBuffer, buffer, reduction, rawRoot, nil)
    }
    return root == .me ? results : nil
  }

  /// Combines the elements of the other group's processes, the first with the first and so on, and
  /// divides the results among those of this one, as evenly as can be.
  ///
  /// **Collective**: every process of both groups calls it, with as many elements and the same
  /// reduction.
  ///
  /// Shape: `[n]` on each rank → `[n / size]` on each rank; the first `n % size` ranks of a group get
  /// one more.
  ///
  /// - Returns: This process's part of the other group's results.
  /// - Throws: ``MPIError/Code/invalidCount`` where there are more elements than C's int can count.
  ///
  /// The corresponding C function is `MPI_Reduce_scatter` (MPI 3.1 §5.10).
  public func reduceScatter<T: Datatype>(
    _ elements: Span<T>, _ reduction: Reduction<T>
  ) throws(MPIError) -> [T] {
    let parts = Partition(balancing: elements.count, over: size)
    guard elements.count <= Int(CInt.max) / reduction.width else {
      throw MPIError(
        .invalidCount, routine: "MPI_Reduce_scatter",
        message: "\(elements.count) elements are more than one operation can carry", on: raw)
    }
    let counts = parts.rawCounts(times: reduction.width)
    return try unsafe [T](receiving: parts.counts[rank]) { buffer throws(MPIError) in
      try unsafe check(
        MPI_Reduce_scatter(
          elements.address, buffer.address, counts, reduction.datatype.raw, reduction.raw, raw),
        "MPI_Reduce_scatter", on: raw)
      withExtendedLifetime(reduction.function) {}
    }
  }
}
