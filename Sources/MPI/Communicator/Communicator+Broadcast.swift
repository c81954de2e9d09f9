public import CMPI

extension Communicator {
  /// Gives the root's elements to all ranks.
  ///
  /// **Collective**: every rank of the communicator calls it, with as many elements and the same
  /// root.
  ///
  ///     var weights = [Double](repeating: 0, count: 10)
  ///     if world.rank == 0 { weights = loadWeights() }
  ///     try world.broadcast(weights.mutableSpan, from: 0)
  ///
  /// Shape: `[n]` on the root → `[n]` on each rank.
  ///
  /// - Parameters:
  ///   - elements: On the root what is given, elsewhere where it goes.
  ///   - root: The rank whose elements all get.
  /// - Throws: ``MPIError/Code/invalidRoot``, and what else the library reports.
  /// - Complexity: O(log `size`) messages of n elements.
  ///
  /// The corresponding C function is `MPI_Bcast` (MPI 3.1 §5.4).
  @inlinable
  public func broadcast<T: Datatype>(
    _ elements: consuming MutableSpan<T>, from root: Int
  ) throws(MPIError) {
    let buffer = unsafe elements.rawBuffer()
    let root = try rawRoot(root, "MPI_Bcast")
    if unsafe _fastPath(buffer.fitsC) {
      try unsafe check(
        MPI_Bcast(buffer.address, buffer.rawCount, buffer.datatype.raw, root, raw), "MPI_Bcast",
        on: raw)
    } else {
      try unsafe _broadcast(buffer, root, nil)
    }
    unsafe buffer.normalize()
  }

  /// Gives the root's value to all ranks.
  ///
  /// **Collective**: every rank of the communicator calls it, with the same root.
  ///
  ///     var steps = world.rank == 0 ? readSteps() : 0
  ///     try world.broadcast(&steps, from: 0)
  ///
  /// The corresponding C function is `MPI_Bcast` (MPI 3.1 §5.4).
  @inlinable
  public func broadcast<T: Datatype>(_ value: inout T, from root: Int) throws(MPIError) {
    var one: InlineArray<1, T> = [value]
    try broadcast(one.mutableSpan, from: root)
    value = one[0]
  }

  /// Gives the root's array to all ranks, whatever the length of theirs was.
  ///
  /// **Collective**: every rank of the communicator calls it, with the same root.
  ///
  /// - Complexity: As two broadcasts: that of the length comes first.
  ///
  /// The corresponding C function is `MPI_Bcast` (MPI 3.1 §5.4).
  public func broadcast<T: Datatype>(_ array: inout [T], from root: Int) throws(MPIError) {
    var count = array.count
    try broadcast(&count, from: root)
    if rank == root {
      try broadcast(array.mutableSpan, from: root)
    } else {
      array = try unsafe [T](receiving: count) { buffer throws(MPIError) in
        try unsafe _broadcast(buffer, rawRoot(root, "MPI_Bcast"), nil)
      }
    }
  }

  @usableFromInline
  func _broadcast(
    _ buffer: RawBuffer, _ root: CInt, _ pending: UnsafeMutablePointer<Pending>?
  ) throws(MPIError) {
    let narrowed = try unsafe Narrowed(buffer)
    defer { unsafe narrowed.release(after: pending) }
    let (count, type) = unsafe (narrowed.count, narrowed.datatype.raw)
    if let pending = unsafe pending {
      try unsafe check(
        MPI_Ibcast(buffer.address, count, type, root, raw, &pending.pointee.request),
        "MPI_Ibcast", on: raw)
    } else {
      try unsafe check(
        MPI_Bcast(buffer.address, count, type, root, raw), "MPI_Bcast", on: raw)
    }
  }
}

extension Immediate {
  /// Begins to give the root's elements to all ranks.
  ///
  /// **Collective**: every rank of the communicator calls it, with as many elements and the same
  /// root.
  ///
  /// The corresponding C function is `MPI_Ibcast` (MPI 3.1 §5.12.2).
  @_lifetime(copy elements)
  public func broadcast<T: Datatype>(
    _ elements: consuming MutableSpan<T>, from root: Int
  ) throws(MPIError) -> Request {
    let buffer = unsafe elements.rawBuffer()
    var pending = unsafe Pending()
    try unsafe communicator._broadcast(
      buffer, communicator.rawRoot(root, "MPI_Ibcast"), &pending)
    return unsafe Request(pending, into: buffer, on: raw)
  }
}
