public import CMPI

extension Communicator {
  /// Gives the root's elements to all ranks.
  ///
  /// **Collective**: every rank of the communicator calls it, with as many elements and the same
  /// root.
  ///
  ///     try world.broadcast(&samples[10..<20], from: 0)
  ///
  /// Shape: `[n]` on the root → `[n]` on each rank. An array that may have another length than the
  /// root's takes ``broadcast(_:from:)-([T],_)``.
  ///
  /// - Parameters:
  ///   - storage: On the root what is given, elsewhere where it goes.
  ///   - root: The rank whose elements all get.
  /// - Throws: ``MPIError/Code/invalidRoot``, and what else the library reports.
  /// - Complexity: O(log `size`) messages of n elements.
  ///
  /// The corresponding C function is `MPI_Bcast` (MPI 3.1 §5.4).
  @inlinable @inline(__always)
  public func broadcast<B: Incoming & ~Copyable & ~Escapable>(
    _ storage: inout B, from root: Int
  ) throws {
    try _broadcast(storage.incoming, rawRoot(root, "MPI_Bcast"))
  }

  /// Gives the root's elements to all ranks, in what a view shows.
  ///
  ///     var weights = [Double](repeating: 0, count: 10)
  ///     if world.rank == 0 { weights = loadWeights() }
  ///     try world.broadcast(weights.mutableSpan, from: 0)
  ///
  /// **Collective**, as ``broadcast(_:from:)-(B,_)``; where the ranks' elements lie may differ.
  ///
  /// The corresponding C function is `MPI_Bcast` (MPI 3.1 §5.4).
  @inlinable @inline(__always)
  public func broadcast<V: IncomingView & ~Copyable & ~Escapable>(
    _ view: consuming V, from root: Int
  ) throws {
    try _broadcast(view.incoming, rawRoot(root, "MPI_Bcast"))
  }

  /// Gives the root's value to all ranks.
  ///
  ///     var steps = world.rank == 0 ? readSteps() : 0
  ///     try world.broadcast(&steps, from: 0)
  ///
  /// **Collective**, as ``broadcast(_:from:)-(B,_)`` with one element.
  ///
  /// The corresponding C function is `MPI_Bcast` (MPI 3.1 §5.4).
  @inlinable @_disfavoredOverload
  public func broadcast<T: Datatype>(_ value: inout T, from root: Int) throws {
    var one: InlineArray<1, T> = [value]
    try broadcast(one.mutableSpan, from: root)
    value = one[0]
  }

  /// Gives the root's array to all ranks, whatever the length of theirs was.
  ///
  /// **Collective**, as ``broadcast(_:from:)-(B,_)``, of any length.
  ///
  /// - Complexity: As two broadcasts: that of the length comes first.
  ///
  /// The corresponding C function is `MPI_Bcast` (MPI 3.1 §5.4).
  public func broadcast<T: Datatype>(_ array: inout [T], from root: Int) throws {
    try _broadcast(&array, gives: rank == root, rawRoot(root, "MPI_Bcast"))
  }
}

extension Immediate where Context: Communicator {
  /// Begins to give the root's elements to all ranks. They must not be touched until the request is
  /// complete.
  ///
  /// **Collective**. The parameters and errors are those of
  /// ``Communicator/broadcast(_:from:)-(B,_)``: all ranks have as many elements.
  ///
  /// The corresponding C function is `MPI_Ibcast` (MPI 3.1 §5.12.2).
  @_lifetime(&storage)
  public func broadcast<B: Pinned & ~Copyable & ~Escapable>(
    _ storage: inout B, from root: Int
  ) throws -> Request {
    try Request(storage.pinned, on: raw) { elements, starting in
      try communicator._broadcast(elements, from: root, starting)
    }
  }

  /// Begins to give the root's elements to all ranks, in what a view shows.
  ///
  /// **Collective**, as ``broadcast(_:from:)-(B,_)``.
  ///
  /// The corresponding C function is `MPI_Ibcast` (MPI 3.1 §5.12.2).
  @_lifetime(copy view)
  public func broadcast<V: IncomingView & ~Copyable & ~Escapable>(
    _ view: consuming V, from root: Int
  ) throws -> Request {
    try Request(view.pinned, on: raw) { elements, starting in
      try communicator._broadcast(elements, from: root, starting)
    }
  }
}

extension Persistent {
  /// Sets up giving the root's elements to all ranks.
  ///
  /// **Collective**: every rank of the communicator calls it, with the same count and root.
  ///
  /// Shape: `[n]` on the root → `[n]` on each rank, in the same place.
  ///
  ///     var weights = try world.persistent.broadcast(Double.self, count: 10, from: 0)
  ///     if world.rank == 0 { improve(weights.mutableSpan) }
  ///     try weights.start().wait()
  ///
  /// - Parameters:
  ///   - type: The type of the elements; they begin as zeros.
  ///   - count: How many are given each time.
  ///   - root: The rank whose elements all get.
  ///   - info: Hints for the library.
  /// - Throws: ``MPIError/Code/unsupportedOperation`` where the library has no persistent
  ///   collectives, ``MPIError/Code/invalidRoot``, and what else the library reports.
  ///
  /// The corresponding C function is `MPI_Bcast_init` (MPI 4.0 §6.13.2).
  public func broadcast<T: Datatype>(
    _ type: T.Type, count: Int, from root: Int, info: Info = Info()
  ) throws -> PersistentOperation<T> {
    let raw = communicator.raw
    try require(.persistentCollectives, "MPI_Bcast_init", on: raw)
    let root = try communicator.rawRoot(root, "MPI_Bcast_init")
    return try PersistentOperation(on: communicator, count: count, receives: true) {
      (buffer, pending) throws in
      let narrowed = try Narrowed(buffer)
      defer { narrowed.release(after: pending) }
      try unsafe check(
        CMPI_Bcast_init(
          buffer.address, narrowed.count, narrowed.datatype.raw, root, raw, info.raw,
          &pending.request),
        "MPI_Bcast_init", on: raw)
    }
  }
}

extension Async {
  /// Gives the root's value to all ranks.
  ///
  /// **Collective**: every rank of the communicator calls it, with the same root.
  ///
  /// - Parameters:
  ///   - value: What is given on the root; elsewhere it is not looked at.
  ///   - root: The rank whose value all get.
  /// - Returns: The root's value.
  /// - Throws: ``MPIError/Code/invalidRoot``, ``MPIError/Code/cancelled``.
  ///
  /// The corresponding C function is `MPI_Ibcast` (MPI 3.1 §5.12.2).
  @_disfavoredOverload
  public nonisolated(nonsending) func broadcast<T: Datatype>(
    _ value: T, from root: Int
  ) async throws -> T {
    try await broadcast(in: AsyncStorage([value]), from: root, .detach)[0]
  }

  /// Gives the root's elements to all ranks, whatever they have given themselves.
  ///
  /// **Collective**: every rank of the communicator calls it, with the same root.
  ///
  ///     let weights = try await world.async.broadcast(world.rank == 0 ? loadWeights() : [], from: 0)
  ///
  /// - Returns: The root's elements.
  /// - Throws: As ``broadcast(_:from:)-(T,_)``.
  /// - Complexity: As two broadcasts: that of the length comes first. A task that is cancelled
  ///   meanwhile waits for its end, since the other ranks count on the second one.
  ///
  /// The corresponding C function is `MPI_Ibcast` (MPI 3.1 §5.12.2).
  public nonisolated(nonsending) func broadcast<B: OutgoingStorage & Collection>(
    _ elements: B, from root: Int
  ) async throws -> [B.Element] {
    let count = try await broadcast(in: AsyncStorage([elements.count]), from: root, .wait)[0]
    let isRoot = communicator.rank == root
    let storage =
      isRoot ? AsyncStorage(Array(elements)) : AsyncStorage<B.Element>(count: count)
    return try await broadcast(in: storage, from: root, .detach)
  }

  nonisolated(nonsending) func broadcast<T: Datatype>(
    in storage: AsyncStorage<T>, from root: Int, _ cancellation: AsyncOperation.Cancellation
  ) async throws -> [T] {
    let communicator = communicator
    let rawRoot = try communicator.rawRoot(root, "MPI_Ibcast")
    return try await collect("MPI_Ibcast", storage, storage, cancellation) {
      buffer, _, pending throws in
      try communicator._broadcast(buffer, rawRoot, pending)
    }
  }
}

extension Intercommunicator {
  /// Gives the root's elements to all processes of the other group.
  ///
  /// **Collective**: every process of both groups calls it, with as many elements.
  ///
  ///     // The first of the lower half tells the upper half.
  ///     try between.broadcast(&samples[..<10], from: isUpper ? 0 : half.rank == 0 ? .me : .another)
  ///
  /// Shape: `[n]` on the root → `[n]` on each rank of the other group. The elements of the root's group
  /// stay as they are.
  ///
  /// - Throws: ``MPIError/Code/invalidRoot``, and what else the library reports.
  ///
  /// The corresponding C function is `MPI_Bcast` (MPI 3.1 §5.4).
  public func broadcast<B: Incoming & ~Copyable & ~Escapable>(
    _ storage: inout B, from root: Root
  ) throws {
    try across._broadcast(storage.incoming, rawRoot(root, "MPI_Bcast"))
  }

  /// Gives the root's elements to all processes of the other group, in what a view shows.
  ///
  /// **Collective**, as ``broadcast(_:from:)-(B,_)``.
  ///
  /// The corresponding C function is `MPI_Bcast` (MPI 3.1 §5.4).
  public func broadcast<V: IncomingView & ~Copyable & ~Escapable>(
    _ view: consuming V, from root: Root
  ) throws {
    try across._broadcast(view.incoming, rawRoot(root, "MPI_Bcast"))
  }

  /// Gives the root's value to all processes of the other group.
  ///
  /// **Collective**, as ``broadcast(_:from:)-(B,_)`` with one element.
  ///
  /// The corresponding C function is `MPI_Bcast` (MPI 3.1 §5.4).
  @_disfavoredOverload
  public func broadcast<T: Datatype>(_ value: inout T, from root: Root) throws {
    var one: InlineArray<1, T> = [value]
    try broadcast(one.mutableSpan, from: root)
    value = one[0]
  }

  /// Gives the root's array to all processes of the other group, whatever the length of theirs was.
  ///
  /// **Collective**, as ``broadcast(_:from:)-(B,_)``, of any length.
  ///
  /// - Complexity: As two broadcasts: that of the length comes first.
  ///
  /// The corresponding C function is `MPI_Bcast` (MPI 3.1 §5.4).
  public func broadcast<T: Datatype>(_ array: inout [T], from root: Root) throws {
    var gives = true
    if case .rank = root { gives = false }
    try across._broadcast(&array, gives: gives, rawRoot(root, "MPI_Bcast"))
  }
}

extension Communicator {
  @inlinable @inline(__always)
  func _broadcast(_ elements: borrowing Operand, _ root: CInt) throws {
    let buffer = elements.part("broadcast")
    guard _fastPath(buffer.fitsC) else { return try _broadcast(buffer, root, nil) }
    try unsafe check(
      MPI_Bcast(buffer.address, buffer.rawCount, buffer.datatype.raw, root, raw), "MPI_Bcast",
      on: raw)
  }

  func _broadcast(_ elements: borrowing Operand, from root: Int, _ starting: Starting) throws {
    let root = try rawRoot(root, "MPI_Ibcast")
    elements.keep(in: starting)
    try _broadcast(elements.part("broadcast"), root, starting)
  }

  /// - Parameter gives: Whether the array stays as it is.
  fileprivate func _broadcast<T: Datatype>(
    _ array: inout [T], gives: Bool, _ root: CInt
  ) throws {
    var count: InlineArray<1, Int> = [array.count]
    try _broadcast(count.incoming, root)
    if gives {
      try _broadcast(array.operand, root)
    } else {
      array = try [T](receiving: count[0]) { try _broadcast($0, root, nil) }
    }
  }

  @usableFromInline
  func _broadcast(
    _ buffer: RawBuffer, _ root: CInt, _ pending: Starting?
  ) throws {
    let narrowed = try Narrowed(buffer)
    defer { narrowed.release(after: pending) }
    let (count, type) = (narrowed.count, narrowed.datatype.raw)
    if let pending = pending {
      try unsafe check(
        MPI_Ibcast(buffer.address, count, type, root, raw, &pending.request),
        "MPI_Ibcast", on: raw)
    } else {
      try unsafe check(
        MPI_Bcast(buffer.address, count, type, root, raw), "MPI_Bcast", on: raw)
    }
  }
}
