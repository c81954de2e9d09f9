internal import CMPI

// A reduction is a few handles, and a function that is sendable.
extension Reduction: @unchecked Sendable {}

extension Async {
  /// Combines one value of every rank, and gives the result to all.
  ///
  /// **Collective**. The parameters are those of ``Communicator/allReduce(_:_:)-(T,_)``.
  ///
  /// The corresponding C function is `MPI_Iallreduce` (MPI 3.1 §5.12.8).
  public nonisolated(nonsending) func allReduce<T: Datatype>(
    _ value: T, _ reduction: Reduction<T>
  ) async throws(MPIError) -> T {
    try await allReduce([value], reduction)[0]
  }

  /// Combines the ranks' elements, the first with the first and so on, and gives the results to
  /// all.
  ///
  /// **Collective**. The parameters are those of ``Communicator/allReduce(_:_:)-(Span<T>,_)``.
  ///
  /// The corresponding C function is `MPI_Iallreduce` (MPI 3.1 §5.12.8).
  public nonisolated(nonsending) func allReduce<T: Datatype>(
    _ elements: [T], _ reduction: Reduction<T>
  ) async throws(MPIError) -> [T] {
    let communicator = communicator
    return unsafe try await collect(
      "MPI_Iallreduce", AsyncStorage(elements), AsyncStorage<T>(count: elements.count)
    ) { sent, received, pending throws(MPIError) in
      unsafe pending.pointee.retain(reduction.function)
      try unsafe communicator._allReduce(reduction.operand(sent), received, reduction.raw, pending)
    }
  }

  /// Combines one value of every rank, and gives the result to the root.
  ///
  /// **Collective**. The parameters are those of ``Communicator/reduce(_:_:to:)-(T,_,_)``.
  ///
  /// - Returns: The result on the root, `nil` elsewhere.
  ///
  /// The corresponding C function is `MPI_Ireduce` (MPI 3.1 §5.12.7).
  public nonisolated(nonsending) func reduce<T: Datatype>(
    _ value: T, _ reduction: Reduction<T>, to root: Int
  ) async throws(MPIError) -> T? {
    try await reduce([value], reduction, to: root)?[0]
  }

  /// Combines the ranks' elements, the first with the first and so on, and gives the results to the
  /// root.
  ///
  /// **Collective**. The parameters are those of ``Communicator/reduce(_:_:to:)-(Span<T>,_,_)``.
  ///
  /// - Returns: The results on the root, `nil` elsewhere.
  ///
  /// The corresponding C function is `MPI_Ireduce` (MPI 3.1 §5.12.7).
  public nonisolated(nonsending) func reduce<T: Datatype>(
    _ elements: [T], _ reduction: Reduction<T>, to root: Int
  ) async throws(MPIError) -> [T]? {
    let communicator = communicator
    let rawRoot = try communicator.rawRoot(root, "MPI_Ireduce")
    let isRoot = communicator.rank == root
    let result = unsafe try await collect(
      "MPI_Ireduce", AsyncStorage(elements), AsyncStorage<T>(count: isRoot ? elements.count : 0)
    ) { sent, received, pending throws(MPIError) in
      try unsafe communicator._reduce(sent, received, reduction, rawRoot, pending)
    }
    return isRoot ? result : nil
  }

  /// Combines the ranks' elements, the first with the first and so on, and divides the results
  /// among the ranks as evenly as can be.
  ///
  /// **Collective**. The parameters are those of ``Communicator/reduceScatter(_:_:)-(Span<T>,_)``.
  ///
  /// The corresponding C functions are `MPI_Ireduce_scatter_block` and `MPI_Ireduce_scatter` (MPI
  /// 3.1 §5.12.9, §5.12.10).
  public nonisolated(nonsending) func reduceScatter<T: Datatype>(
    _ elements: [T], _ reduction: Reduction<T>
  ) async throws(MPIError) -> [T] {
    let communicator = communicator
    guard elements.count % communicator.size == 0 else {
      let parts = Partition(balancing: elements.count, over: communicator.size)
      return try await reduceScatter(elements, reduction, counts: parts)
    }
    return unsafe try await collect(
      "MPI_Ireduce_scatter_block", AsyncStorage(elements),
      AsyncStorage<T>(count: elements.count / communicator.size)
    ) { sent, received, pending throws(MPIError) in
      try unsafe communicator._reduceScatter(sent, received, reduction, pending)
    }
  }

  /// Combines the ranks' elements, the first with the first and so on, and gives each rank its part
  /// of the results.
  ///
  /// **Collective**. The parameters are those of
  /// ``Communicator/reduceScatter(_:_:counts:)-(Span<T>,_,_)``.
  ///
  /// The corresponding C function is `MPI_Ireduce_scatter` (MPI 3.1 §5.12.9).
  public nonisolated(nonsending) func reduceScatter<T: Datatype>(
    _ elements: [T], _ reduction: Reduction<T>, counts: Partition
  ) async throws(MPIError) -> [T] {
    let communicator = communicator
    communicator.requireParts(counts)
    return unsafe try await collect(
      "MPI_Ireduce_scatter", AsyncStorage(elements),
      AsyncStorage<T>(count: counts.counts[communicator.rank])
    ) { sent, received, pending throws(MPIError) in
      try unsafe communicator._reduceScatter(sent, received, counts, reduction, pending)
    }
  }

  /// Combines the values of all ranks up to this one.
  ///
  /// **Collective**. The parameters are those of ``Communicator/scan(_:_:)-(T,_)``.
  ///
  /// The corresponding C function is `MPI_Iscan` (MPI 3.1 §5.12.11).
  public nonisolated(nonsending) func scan<T: Datatype>(
    _ value: T, _ reduction: Reduction<T>
  ) async throws(MPIError) -> T {
    try await scan([value], reduction)[0]
  }

  /// Combines the elements of all ranks up to this one, the first with the first and so on.
  ///
  /// **Collective**. The parameters are those of ``Communicator/scan(_:_:)-(Span<T>,_)``.
  ///
  /// The corresponding C function is `MPI_Iscan` (MPI 3.1 §5.12.11).
  public nonisolated(nonsending) func scan<T: Datatype>(
    _ elements: [T], _ reduction: Reduction<T>
  ) async throws(MPIError) -> [T] {
    try await scan("MPI_Iscan", elements, reduction, excludingOwn: false)
  }

  /// Combines the values of all ranks before this one.
  ///
  /// **Collective**. The parameters are those of ``Communicator/exclusiveScan(_:_:)-(T,_)``.
  ///
  /// - Returns: The result, or `nil` on rank 0, which has none before it.
  ///
  /// The corresponding C function is `MPI_Iexscan` (MPI 3.1 §5.12.12).
  public nonisolated(nonsending) func exclusiveScan<T: Datatype>(
    _ value: T, _ reduction: Reduction<T>
  ) async throws(MPIError) -> T? {
    try await exclusiveScan([value], reduction)?[0]
  }

  /// Combines the elements of all ranks before this one, the first with the first and so on.
  ///
  /// **Collective**. The parameters are those of ``Communicator/exclusiveScan(_:_:)-(Span<T>,_)``.
  ///
  /// - Returns: The results, or `nil` on rank 0, which has none before it.
  ///
  /// The corresponding C function is `MPI_Iexscan` (MPI 3.1 §5.12.12).
  public nonisolated(nonsending) func exclusiveScan<T: Datatype>(
    _ elements: [T], _ reduction: Reduction<T>
  ) async throws(MPIError) -> [T]? {
    let result = try await scan("MPI_Iexscan", elements, reduction, excludingOwn: true)
    return communicator.rank == 0 ? nil : result
  }

  nonisolated(nonsending) private func scan<T: Datatype>(
    _ routine: StaticString, _ elements: [T], _ reduction: Reduction<T>, excludingOwn: Bool
  ) async throws(MPIError) -> [T] {
    let communicator = communicator
    return unsafe try await collect(
      routine, AsyncStorage(elements), AsyncStorage<T>(count: elements.count)
    ) { sent, received, pending throws(MPIError) in
      try unsafe communicator._scan(
        sent, received, reduction, excludingOwn: excludingOwn, pending)
    }
  }
}
