internal import CMPI

extension Intercommunicator {
  /// Gathers the elements of every process of the other group onto all of this one. They may have
  /// different numbers of elements.
  ///
  /// **Collective**: every process of both groups calls it.
  ///
  /// Shape: `[n_r]` on rank *r* of one group → `[n_0 + n_1 + …]` on each rank of the other.
  ///
  /// - Returns: The other group's elements, in rank order.
  /// - Complexity: The numbers of elements are gathered first; give storage for the result to save
  ///   that.
  ///
  /// The corresponding C function is `MPI_Alltoallw` (MPI 3.1 §5.8).
  public func allGather<T: Datatype>(_ elements: Span<T>) throws(MPIError) -> [T] {
    let parts = Partition(counts: try allGather(elements.count))
    return try unsafe [T](receiving: parts.count) { buffer throws(MPIError) in
      try unsafe across._exchangeParts(
        elements.rawBuffer, { _ in 0..<elements.count }, buffer, { parts[$0] }, nil)
    }
  }

  /// Gathers one value of every process of the other group onto all of this one.
  ///
  /// **Collective**: every process of both groups calls it.
  ///
  /// The corresponding C function is `MPI_Allgather` (MPI 3.1 §5.7).
  public func allGather<T: Datatype>(_ value: T) throws(MPIError) -> [T] {
    let one: InlineArray<1, T> = [value]
    return try unsafe [T](receiving: remoteSize) { buffer throws(MPIError) in
      try unsafe across._allGather(one.span.rawBuffer, buffer, 1, nil)
    }
  }

  /// Gathers as many elements of every process of the other group onto all of this one, into storage
  /// of their own.
  ///
  /// **Collective**: every process of both groups calls it, with as many elements in both.
  ///
  /// - Precondition: `result` has room for `remoteSize · n` elements.
  ///
  /// The corresponding C function is `MPI_Allgather` (MPI 3.1 §5.7).
  public func allGather<T: Datatype>(
    _ elements: Span<T>, into result: consuming MutableSpan<T>
  ) throws(MPIError) {
    let target = unsafe result.rawBuffer()
    try unsafe across._allGather(elements.rawBuffer, target, elements.count, nil)
    unsafe target.normalize()
  }

  /// Sends as many elements to every process of the other group, and receives as many from each.
  ///
  /// **Collective**: every process of both groups calls it, with as many elements for each process of
  /// the other.
  ///
  /// Shape: `[remoteSize · n]` on each rank → `[remoteSize · n]` on each rank; the elements for rank
  /// *r* of the other group, and those from it, are at `r·n ..< (r+1)·n`.
  ///
  /// - Precondition: The number of elements is a multiple of the number of processes in the other
  ///   group.
  ///
  /// The corresponding C function is `MPI_Alltoall` (MPI 3.1 §5.8).
  public func allToAll<T: Datatype>(_ elements: Span<T>) throws(MPIError) -> [T] {
    try unsafe [T](receiving: elements.count) { buffer throws(MPIError) in
      let across = across
      try unsafe across._allToAll(
        elements.rawBuffer, buffer, across.sharedCount(elements.count), nil)
    }
  }

  /// Sends a part of the elements to every process of the other group, and receives a part of its
  /// elements from each.
  ///
  /// **Collective**: every process of both groups calls it.
  ///
  /// - Parameters:
  ///   - elements: What is sent.
  ///   - sending: Which elements go to which rank of the other group.
  /// - Returns: What was received, in the other group's rank order.
  ///
  /// The corresponding C function is `MPI_Alltoallw` (MPI 3.1 §5.8).
  public func allToAll<T: Datatype>(
    _ elements: Span<T>, sending: Partition
  ) throws(MPIError) -> [T] {
    let across = across
    across.requireParts(sending)
    requireCount(elements.count, atLeast: sending.count, "allToAll")
    let counts = try allToAll(sending.counts.span)
    let parts = Partition(counts: counts)
    return try unsafe [T](receiving: parts.count) { buffer throws(MPIError) in
      try unsafe across._exchangeParts(
        elements.rawBuffer, { sending[$0] }, buffer, { parts[$0] }, nil)
    }
  }
}
