internal import CMPI

extension Communicator {
  /// Gathers every rank's elements onto all ranks, in rank order. Ranks may have different numbers
  /// of elements.
  ///
  /// **Collective**: every rank of the communicator calls it.
  ///
  ///     let squares = try world.allGather([world.rank * world.rank].span)
  ///     // 4 ranks: [0, 1, 4, 9] on each
  ///
  /// Shape: `[n_r]` on rank *r* → `[n_0 + n_1 + …]` on each rank.
  ///
  /// - Parameter elements: This rank's contribution.
  /// - Returns: The contributions of all ranks.
  /// - Throws: ``MPIError`` as reported by the library.
  /// - Complexity: The numbers of elements are gathered first; give `counts:`, or storage for the
  ///   result, to save that.
  ///
  /// The corresponding C function is `MPI_Allgatherv` (MPI 3.1 §5.7).
  public func allGather<T: Datatype>(_ elements: Span<T>) throws(MPIError) -> [T] {
    let counts = try allGather(elements.count)
    let parts = Partition(counts: counts)
    return try unsafe [T](receiving: parts.count) { buffer throws(MPIError) in
      if counts.allSatisfy({ $0 == elements.count }) {
        try unsafe _allGather(elements.rawBuffer, buffer, elements.count, nil)
      } else {
        try unsafe _allGather(elements.rawBuffer, buffer, parts, nil)
      }
    }
  }

  /// Gathers one value of every rank onto all ranks, in rank order.
  ///
  /// **Collective**: every rank of the communicator calls it.
  ///
  /// The corresponding C function is `MPI_Allgather` (MPI 3.1 §5.7).
  public func allGather<T: Datatype>(_ value: T) throws(MPIError) -> [T] {
    let one: InlineArray<1, T> = [value]
    return try unsafe [T](receiving: size) { buffer throws(MPIError) in
      try unsafe _allGather(one.span.rawBuffer, buffer, 1, nil)
    }
  }

  /// Gathers every rank's elements onto all ranks, in numbers that are known.
  ///
  /// **Collective**: every rank of the communicator calls it, with the same counts.
  ///
  /// - Parameters:
  ///   - elements: This rank's elements: `counts.counts[rank]` of them.
  ///   - counts: How many each rank has, and where they go; gaps are filled with zero bytes.
  ///
  /// The corresponding C function is `MPI_Allgatherv` (MPI 3.1 §5.7).
  public func allGather<T: Datatype>(
    _ elements: Span<T>, counts: Partition
  ) throws(MPIError) -> [T] {
    requirePart(elements.count, of: counts)
    return try unsafe [T](receiving: counts) { buffer throws(MPIError) in
      try unsafe _allGather(elements.rawBuffer, buffer, counts, nil)
    }
  }

  /// Gathers as many elements of every rank onto all ranks, in rank order, into storage of their
  /// own.
  ///
  /// **Collective**: every rank of the communicator calls it, with as many elements.
  ///
  /// Shape: `[n]` on each rank → `[size · n]` on each rank; rank *r*'s elements are at
  /// `r·n ..< (r+1)·n`.
  ///
  /// - Precondition: `result` has room for `size · n` elements.
  /// - Complexity: O(log `size`) messages, O(`size` · n) elements received.
  ///
  /// The corresponding C function is `MPI_Allgather` (MPI 3.1 §5.7).
  public func allGather<T: Datatype>(
    _ elements: Span<T>, into result: consuming MutableSpan<T>
  ) throws(MPIError) {
    let target = unsafe result.rawBuffer()
    try unsafe _allGather(elements.rawBuffer, target, elements.count, nil)
    unsafe target.normalize()
  }

  /// Gathers every rank's elements onto all ranks, in numbers that are known, into storage of their
  /// own.
  ///
  /// **Collective**: every rank of the communicator calls it, with the same counts.
  ///
  /// - Precondition: `result` has room for `counts.count` elements.
  ///
  /// The corresponding C function is `MPI_Allgatherv` (MPI 3.1 §5.7).
  public func allGather<T: Datatype>(
    _ elements: Span<T>, into result: consuming MutableSpan<T>, counts: Partition
  ) throws(MPIError) {
    requirePart(elements.count, of: counts)
    let target = unsafe result.rawBuffer()
    try unsafe _allGather(elements.rawBuffer, target, counts, nil)
    unsafe target.normalize()
  }

  /// Gathers as many elements of every rank onto all ranks, where each rank's own are in place
  /// already.
  ///
  /// **Collective**: every rank of the communicator calls it, with as many elements.
  ///
  /// - Parameter elements: Storage for all, `size · n`; this rank's own are at `rank · n`.
  ///
  /// The corresponding C function is `MPI_Allgather` with `MPI_IN_PLACE` (MPI 3.1 §5.7).
  public func allGather<T: Datatype>(
    _ elements: consuming MutableSpan<T>
  ) throws(MPIError) {
    let buffer = unsafe elements.rawBuffer()
    try unsafe _allGather(.inPlace, buffer, sharedCount(buffer.count), nil)
    unsafe buffer.normalize()
  }

  /// Gathers every rank's elements onto all ranks, where each rank's own are in place already.
  ///
  /// **Collective**: every rank of the communicator calls it, with the same counts.
  ///
  /// - Parameters:
  ///   - elements: Storage for all; this rank's own are at `counts[rank]`.
  ///   - counts: How many each rank has, and where they are.
  ///
  /// The corresponding C function is `MPI_Allgatherv` with `MPI_IN_PLACE` (MPI 3.1 §5.7).
  public func allGather<T: Datatype>(
    _ elements: consuming MutableSpan<T>, counts: Partition
  ) throws(MPIError) {
    let buffer = unsafe elements.rawBuffer()
    try unsafe _allGather(.inPlace, buffer, counts, nil)
    unsafe buffer.normalize()
  }

  func _allGather(
    _ sent: RawBuffer, _ received: RawBuffer, _ count: Int,
    _ pending: UnsafeMutablePointer<Pending>?
  ) throws(MPIError) {
    unsafe requireCount(received.count, atLeast: count * size, "allGather")
    let sent = unsafe sent.withCount(count, ifInPlaceAs: received)
    try unsafe _allGather(each: sent, received.withCount(count, of: sent.datatype), pending)
  }

  /// - Parameters:
  ///   - sent: What goes to every rank.
  ///   - received: With the count of what comes from each rank.
  func _allGather(
    each sent: RawBuffer, _ received: RawBuffer, _ pending: UnsafeMutablePointer<Pending>?
  ) throws(MPIError) {
    let (outgoing, incoming) = try unsafe (Narrowed(sent), Narrowed(received))
    defer { unsafe outgoing.release(after: pending) }
    defer { unsafe incoming.release(after: pending) }
    if let pending = unsafe pending {
      try unsafe check(
        MPI_Iallgather(
          sent.address, outgoing.count, outgoing.datatype.raw, received.address, incoming.count,
          incoming.datatype.raw, raw, &pending.pointee.request),
        "MPI_Iallgather", on: raw)
    } else {
      try unsafe check(
        MPI_Allgather(
          sent.address, outgoing.count, outgoing.datatype.raw, received.address, incoming.count,
          incoming.datatype.raw, raw),
        "MPI_Allgather", on: raw)
    }
  }

  func _allGather(
    _ sent: RawBuffer, _ received: RawBuffer, _ parts: Partition,
    _ pending: UnsafeMutablePointer<Pending>?
  ) throws(MPIError) {
    precondition(
      parts.counts.count == size,
      "a partition of \(parts.counts.count) parts on \(size) ranks")
    unsafe requireCount(received.count, atLeast: parts.count, "allGather")
    let isForgotten = size == 1 && parts.offsets[0] != 0 && Quirk.forgetsOffsetOfSingleProcess
    if !parts.fitsC || isForgotten {
      let isInPlace = unsafe sent.address == CMPI_IN_PLACE
      let own = unsafe isInPlace ? parts[rank] : 0..<sent.count
      try unsafe _exchangeParts(
        isInPlace ? received : sent,
        // In place, a rank's own part is there already, and must not be copied onto itself.
        { isInPlace && $0 == rank ? 0..<0 : own }, received,
        { isInPlace && $0 == rank ? 0..<0 : parts[$0] }, pending)
      return
    }
    let (count, incoming) = unsafe (CInt(sent.count), received.datatype.raw)
    let outgoing = unsafe sent.address == CMPI_IN_PLACE ? incoming : sent.datatype.raw
    if let pending = unsafe pending {
      let extras = unsafe pending.pointee.extras()
      try unsafe check(
        MPI_Iallgatherv(
          sent.address, count, outgoing, received.address, extras.hold(parts.rawCounts()),
          extras.hold(parts.rawOffsets), incoming, raw, &pending.pointee.request),
        "MPI_Iallgatherv", on: raw)
    } else {
      try unsafe check(
        MPI_Allgatherv(
          sent.address, count, outgoing, received.address, parts.rawCounts(), parts.rawOffsets,
          incoming, raw),
        "MPI_Allgatherv", on: raw)
    }
  }
}

extension Immediate {
  /// Begins to gather as many elements of every rank onto all ranks, in rank order.
  ///
  /// **Collective**. The parameters are those of ``Communicator/allGather(_:into:)``.
  ///
  /// The corresponding C function is `MPI_Iallgather` (MPI 3.1 §5.12.5).
  @_lifetime(copy elements, copy result)
  public func allGather<T: Datatype>(
    _ elements: Span<T>, into result: consuming MutableSpan<T>
  ) throws(MPIError) -> Request {
    let target = unsafe result.rawBuffer()
    var pending = unsafe Pending()
    try unsafe communicator._allGather(elements.rawBuffer, target, elements.count, &pending)
    return unsafe Request(pending, into: target, on: raw)
  }

  /// Begins to gather every rank's elements onto all ranks, in numbers that are known.
  ///
  /// **Collective**. The parameters are those of ``Communicator/allGather(_:into:counts:)``.
  ///
  /// The corresponding C function is `MPI_Iallgatherv` (MPI 3.1 §5.12.5).
  @_lifetime(copy elements, copy result)
  public func allGather<T: Datatype>(
    _ elements: Span<T>, into result: consuming MutableSpan<T>, counts: Partition
  ) throws(MPIError) -> Request {
    communicator.requirePart(elements.count, of: counts)
    let target = unsafe result.rawBuffer()
    var pending = unsafe Pending()
    try unsafe communicator._allGather(elements.rawBuffer, target, counts, &pending)
    return unsafe Request(pending, into: target, on: raw)
  }

  /// Begins to gather as many elements of every rank onto all ranks, where each rank's own are in
  /// place already.
  ///
  /// **Collective**. The parameter is that of ``Communicator/allGather(_:)-(MutableSpan<T>)``.
  ///
  /// The corresponding C function is `MPI_Iallgather` with `MPI_IN_PLACE` (MPI 3.1 §5.12.5).
  @_lifetime(copy elements)
  public func allGather<T: Datatype>(
    _ elements: consuming MutableSpan<T>
  ) throws(MPIError) -> Request {
    let buffer = unsafe elements.rawBuffer()
    var pending = unsafe Pending()
    try unsafe communicator._allGather(
      .inPlace, buffer, communicator.sharedCount(buffer.count), &pending)
    return unsafe Request(pending, into: buffer, on: raw)
  }

  /// Begins to gather every rank's elements onto all ranks, where each rank's own are in place
  /// already.
  ///
  /// **Collective**. The parameters are those of
  /// ``Communicator/allGather(_:counts:)-(MutableSpan<T>,_)``.
  ///
  /// The corresponding C function is `MPI_Iallgatherv` with `MPI_IN_PLACE` (MPI 3.1 §5.12.5).
  @_lifetime(copy elements)
  public func allGather<T: Datatype>(
    _ elements: consuming MutableSpan<T>, counts: Partition
  ) throws(MPIError) -> Request {
    let buffer = unsafe elements.rawBuffer()
    var pending = unsafe Pending()
    try unsafe communicator._allGather(.inPlace, buffer, counts, &pending)
    return unsafe Request(pending, into: buffer, on: raw)
  }
}
