internal import CMPI

extension Immediate {
  /// Begins to give the root's elements to all ranks, where they do not lie in one run.
  ///
  /// **Collective**. The parameters are those of
  /// ``Communicator/broadcast(_:layout:at:instances:from:)``.
  ///
  /// The corresponding C function is `MPI_Ibcast` (MPI 3.1 §5.12.2).
  @_lifetime(copy elements)
  public func broadcast<T: Datatype>(
    _ elements: consuming MutableSpan<T>, layout: Layout<T>, at position: Int = 0,
    instances: Int = 1, from root: Int
  ) throws(MPIError) -> Request {
    let side = unsafe elements.side(layout, at: position, instances: instances)
    var pending = unsafe Pending()
    let target = try unsafe communicator._broadcast(side, from: root, "MPI_Ibcast", &pending)
    return unsafe Request(pending, into: target, on: raw)
  }

  /// Begins to gather as many elements of every rank on the root, where they do not lie in one run.
  ///
  /// **Collective**. The parameters are those of
  /// ``Communicator/gather(_:layout:at:instances:into:layout:resultPosition:resultInstances:to:)``.
  ///
  /// The corresponding C function is `MPI_Igather` (MPI 3.1 §5.12.3).
  @_lifetime(copy elements, copy result)
  public func gather<S: Datatype, R: Datatype>(
    _ elements: Span<S>, layout: Layout<S>?, at position: Int = 0, instances: Int = 1,
    into result: consuming MutableSpan<R>, layout resultLayout: Layout<R>?,
    resultPosition: Int = 0, resultInstances: Int = 1, to root: Int
  ) throws(MPIError) -> Request {
    var pending = unsafe Pending()
    let target = try unsafe communicator._gather(
      elements.side(layout, at: position, instances: instances),
      result.side(resultLayout, at: resultPosition, instances: resultInstances),
      to: root, "MPI_Igather", &pending)
    return unsafe Request(pending, into: target, on: raw)
  }

  /// Begins to give each rank as many of the root's elements, where they do not lie in one run.
  ///
  /// **Collective**. The parameters are those of
  /// ``Communicator/scatter(_:layout:at:instances:into:layout:resultPosition:resultInstances:from:)``.
  ///
  /// The corresponding C function is `MPI_Iscatter` (MPI 3.1 §5.12.4).
  @_lifetime(copy elements, copy result)
  public func scatter<S: Datatype, R: Datatype>(
    _ elements: Span<S>, layout: Layout<S>?, at position: Int = 0, instances: Int = 1,
    into result: consuming MutableSpan<R>, layout resultLayout: Layout<R>?,
    resultPosition: Int = 0, resultInstances: Int = 1, from root: Int
  ) throws(MPIError) -> Request {
    var pending = unsafe Pending()
    let target = try unsafe communicator._scatter(
      elements.side(layout, at: position, instances: instances),
      result.side(resultLayout, at: resultPosition, instances: resultInstances),
      from: root, "MPI_Iscatter", &pending)
    return unsafe Request(pending, into: target, on: raw)
  }

  /// Begins to gather as many elements of every rank onto all ranks, where they do not lie in one run.
  ///
  /// **Collective**. The parameters are those of
  /// ``Communicator/allGather(_:layout:at:instances:into:layout:resultPosition:resultInstances:)``.
  ///
  /// The corresponding C function is `MPI_Iallgather` (MPI 3.1 §5.12.5).
  @_lifetime(copy elements, copy result)
  public func allGather<S: Datatype, R: Datatype>(
    _ elements: Span<S>, layout: Layout<S>?, at position: Int = 0, instances: Int = 1,
    into result: consuming MutableSpan<R>, layout resultLayout: Layout<R>?,
    resultPosition: Int = 0, resultInstances: Int = 1
  ) throws(MPIError) -> Request {
    var pending = unsafe Pending()
    let target = try unsafe communicator._allGather(
      elements.side(layout, at: position, instances: instances),
      result.side(resultLayout, at: resultPosition, instances: resultInstances), &pending)
    return unsafe Request(pending, into: target, on: raw)
  }

  /// Begins to gather elements of every rank on the root, in numbers of their own, where they do not
  /// lie in one run.
  ///
  /// **Collective**. The parameters are those of
  /// ``Communicator/gather(_:layout:at:instances:into:layout:resultPosition:to:counts:)``.
  ///
  /// The corresponding C function is `MPI_Igatherv` (MPI 3.1 §5.12.3).
  @_lifetime(copy elements, copy result)
  public func gather<S: Datatype, R: Datatype>(
    _ elements: Span<S>, layout: Layout<S>?, at position: Int = 0, instances: Int = 1,
    into result: consuming MutableSpan<R>, layout resultLayout: Layout<R>?,
    resultPosition: Int = 0, to root: Int, counts: Partition
  ) throws(MPIError) -> Request {
    var pending = unsafe Pending()
    let target = try unsafe communicator._gather(
      elements.side(layout, at: position, instances: instances),
      result.side(resultLayout, at: resultPosition, parts: counts),
      counts, to: root, "MPI_Igatherv", &pending)
    return unsafe Request(pending, into: target, on: raw)
  }

  /// Begins to give each rank some of the root's elements, in numbers of their own, where they do not
  /// lie in one run.
  ///
  /// **Collective**. The parameters are those of
  /// ``Communicator/scatter(_:layout:at:into:layout:resultPosition:resultInstances:from:counts:)``.
  ///
  /// The corresponding C function is `MPI_Iscatterv` (MPI 3.1 §5.12.4).
  @_lifetime(copy elements, copy result)
  public func scatter<S: Datatype, R: Datatype>(
    _ elements: Span<S>, layout: Layout<S>?, at position: Int = 0,
    into result: consuming MutableSpan<R>, layout resultLayout: Layout<R>?,
    resultPosition: Int = 0, resultInstances: Int = 1, from root: Int, counts: Partition
  ) throws(MPIError) -> Request {
    var pending = unsafe Pending()
    let target = try unsafe communicator._scatter(
      elements.side(layout, at: position, parts: counts),
      result.side(resultLayout, at: resultPosition, instances: resultInstances),
      counts, from: root, "MPI_Iscatterv", &pending)
    return unsafe Request(pending, into: target, on: raw)
  }

  /// Begins to gather elements of every rank onto all ranks, in numbers of their own, where they do not
  /// lie in one run.
  ///
  /// **Collective**. The parameters are those of
  /// ``Communicator/allGather(_:layout:at:instances:into:layout:resultPosition:counts:)``.
  ///
  /// The corresponding C function is `MPI_Iallgatherv` (MPI 3.1 §5.12.5).
  @_lifetime(copy elements, copy result)
  public func allGather<S: Datatype, R: Datatype>(
    _ elements: Span<S>, layout: Layout<S>?, at position: Int = 0, instances: Int = 1,
    into result: consuming MutableSpan<R>, layout resultLayout: Layout<R>?,
    resultPosition: Int = 0, counts: Partition
  ) throws(MPIError) -> Request {
    var pending = unsafe Pending()
    let target = try unsafe communicator._allGather(
      elements.side(layout, at: position, instances: instances),
      result.side(resultLayout, at: resultPosition, parts: counts), counts, &pending)
    return unsafe Request(pending, into: target, on: raw)
  }

  /// Begins to send as many elements to every rank, and to receive as many from each, where they do
  /// not lie in one run.
  ///
  /// **Collective**. The parameters are those of
  /// ``Communicator/allToAll(_:layout:at:instances:into:layout:resultPosition:resultInstances:)``.
  ///
  /// The corresponding C function is `MPI_Ialltoall` (MPI 3.1 §5.12.6).
  @_lifetime(copy elements, copy result)
  public func allToAll<S: Datatype, R: Datatype>(
    _ elements: Span<S>, layout: Layout<S>?, at position: Int = 0, instances: Int = 1,
    into result: consuming MutableSpan<R>, layout resultLayout: Layout<R>?,
    resultPosition: Int = 0, resultInstances: Int = 1
  ) throws(MPIError) -> Request {
    var pending = unsafe Pending()
    let target = try unsafe communicator._allToAll(
      elements.side(layout, at: position, instances: instances),
      result.side(resultLayout, at: resultPosition, instances: resultInstances), &pending)
    return unsafe Request(pending, into: target, on: raw)
  }

  /// Begins to send elements to every rank, and to receive elements from each, in a layout of their
  /// own for each rank.
  ///
  /// **Collective**. The parameters are those of
  /// ``Communicator/allToAll(_:layouts:into:layouts:)``.
  ///
  /// The corresponding C function is `MPI_Ialltoallw` (MPI 3.1 §5.12.6).
  @_lifetime(copy elements, copy result)
  public func allToAll<S: Datatype, R: Datatype>(
    _ elements: Span<S>, layouts: [Layout<S>.Placed?],
    into result: consuming MutableSpan<R>, layouts resultLayouts: [Layout<R>.Placed?]
  ) throws(MPIError) -> Request {
    let (source, target) = unsafe (elements.rawBuffer, result.rawBuffer())
    var pending = unsafe Pending()
    try unsafe communicator._allToAll(
      source, layouts.sides(in: source), target, resultLayouts.sides(in: target), &pending
    ).forEach { unsafe pending.normalize($0) }
    return unsafe Request(pending, on: raw)
  }
}

extension Pending {
  /// Has a buffer made valid once it has been received, where that is needed.
  fileprivate mutating func normalize(_ buffer: RawBuffer) {
    if unsafe buffer.datatype.structure != nil { unsafe extras().normalize(buffer) }
  }
}
