internal import CMPI

extension Communicator {
  /// Sends as many elements to every rank, and receives as many from each.
  ///
  /// **Collective**: every rank of the communicator calls it, with as many elements.
  ///
  /// Shape: `[size · n]` on each rank → `[size · n]` on each rank; what is at `r·n` goes to rank
  /// *r*, and what rank *r* sent here arrives at `r·n`.
  ///
  /// - Precondition: The number of elements is a multiple of the number of ranks.
  /// - Complexity: O(`size`) messages of n elements, or fewer of more where the library thinks that
  ///   better.
  ///
  /// The corresponding C function is `MPI_Alltoall` (MPI 3.1 §5.8).
  public func allToAll<T: Datatype>(_ elements: Span<T>) throws(MPIError) -> [T] {
    try unsafe [T](receiving: elements.count) { buffer throws(MPIError) in
      try unsafe _allToAll(elements.rawBuffer, buffer, sharedCount(elements.count), nil)
    }
  }

  /// Sends a part of the elements to every rank, and receives what the others have for this one.
  ///
  /// **Collective**: every rank of the communicator calls it.
  ///
  ///     // Everyone sends r copies of its rank to rank r.
  ///     let sending = Partition(counts: Array(0..<world.size))
  ///     let mine = [Int](repeating: world.rank, count: sending.count)
  ///     let received = try world.allToAll(mine.span, sending: sending)
  ///
  /// - Parameters:
  ///   - elements: What is sent.
  ///   - sending: Which of them go to which rank.
  /// - Returns: What was received, in the order of the ranks that sent it.
  /// - Complexity: The numbers of elements are exchanged first; ``receivingPartition(for:)`` does
  ///   that alone.
  ///
  /// The corresponding C functions are `MPI_Alltoallv`, and `MPI_Alltoallw` where a rank has parts
  /// that are too large for it (MPI 3.1 §5.8).
  public func allToAll<T: Datatype>(
    _ elements: Span<T>, sending: Partition
  ) throws(MPIError) -> [T] {
    let (receiving, isSmall) = try exchangeCounts(sending)
    return try unsafe [T](receiving: receiving.count) { buffer throws(MPIError) in
      guard isSmall else {
        try unsafe _allToAll(elements.rawBuffer, sending, buffer, receiving, nil)
        return
      }
      requireCount(elements.count, atLeast: sending.count, "allToAll")
      let sent = unsafe elements.rawBuffer
      try unsafe check(
        MPI_Alltoallv(
          sent.address, sending.rawCounts(), sending.rawOffsets, sent.datatype.raw,
          buffer.address, receiving.rawCounts(), receiving.rawOffsets, buffer.datatype.raw, raw),
        "MPI_Alltoallv", on: raw)
    }
  }

  /// Tells how many elements this rank will receive from each other, if all send as they say.
  ///
  /// **Collective**: every rank of the communicator calls it.
  ///
  /// The corresponding C function is `MPI_Alltoall` of the counts (MPI 3.1 §5.8).
  public func receivingPartition(for sending: Partition) throws(MPIError) -> Partition {
    try exchangeCounts(sending).receiving
  }

  /// Tells each rank what it will receive, and all of them whether every rank's parts, those that are
  /// received too, fit C's int: with each count goes one bit for whether its sender's may be too
  /// large.
  private func exchangeCounts(
    _ sending: Partition
  ) throws(MPIError) -> (receiving: Partition, isSmall: Bool) {
    requireParts(sending)
    let limit = Int(CInt.max) / size
    let isLarge = !sending.fitsC || sending.counts.contains { $0 > limit }
    let words = sending.counts.map { $0 << 1 | (isLarge ? 1 : 0) }
    let received = try allToAll(words.span)
    return (Partition(counts: received.map { $0 >> 1 }), received.allSatisfy { $0 & 1 == 0 })
  }

  /// Sends as many elements to every rank, and receives as many from each, into storage of its own.
  ///
  /// **Collective**: every rank of the communicator calls it, with as many elements.
  ///
  /// - Precondition: The number of elements is a multiple of the number of ranks, and `result` has
  ///   room for as many.
  ///
  /// The corresponding C function is `MPI_Alltoall` (MPI 3.1 §5.8).
  public func allToAll<T: Datatype>(
    _ elements: Span<T>, into result: consuming MutableSpan<T>
  ) throws(MPIError) {
    let target = unsafe result.rawBuffer()
    try unsafe _allToAll(elements.rawBuffer, target, sharedCount(elements.count), nil)
    unsafe target.normalize()
  }

  /// Sends a part of the elements to every rank, and receives a part of the result from each.
  ///
  /// **Collective**: every rank of the communicator calls it.
  ///
  /// - Parameters:
  ///   - elements: What is sent.
  ///   - result: Where it is received.
  ///   - sending: Which elements go to which rank.
  ///   - receiving: Where the elements of each rank go: as many as that rank sends.
  ///
  /// The corresponding C function is `MPI_Alltoallv` (MPI 3.1 §5.8).
  public func allToAll<T: Datatype>(
    _ elements: Span<T>, into result: consuming MutableSpan<T>,
    sending: Partition, receiving: Partition
  ) throws(MPIError) {
    let target = unsafe result.rawBuffer()
    try unsafe _allToAll(elements.rawBuffer, sending, target, receiving, nil)
    unsafe target.normalize()
  }

  /// Sends as many elements to every rank, and receives as many from each in their place.
  ///
  /// **Collective**: every rank of the communicator calls it, with as many elements.
  ///
  /// - Precondition: The number of elements is a multiple of the number of ranks.
  ///
  /// The corresponding C function is `MPI_Alltoall` with `MPI_IN_PLACE` (MPI 3.1 §5.8).
  public func allToAll<T: Datatype>(
    _ elements: consuming MutableSpan<T>
  ) throws(MPIError) {
    let buffer = unsafe elements.rawBuffer()
    try unsafe _allToAll(.inPlace, buffer, sharedCount(buffer.count), nil)
    unsafe buffer.normalize()
  }

  /// Swaps a part of the elements with every rank.
  ///
  /// **Collective**: every rank of the communicator calls it.
  ///
  /// - Parameters:
  ///   - elements: What is sent, and where the others' arrive.
  ///   - exchanging: Which elements are swapped with which rank: as many as that rank swaps with
  ///     this one.
  ///
  /// The corresponding C function is `MPI_Alltoallv` with `MPI_IN_PLACE` (MPI 3.1 §5.8).
  public func allToAll<T: Datatype>(
    _ elements: consuming MutableSpan<T>, exchanging: Partition
  ) throws(MPIError) {
    let buffer = unsafe elements.rawBuffer()
    try unsafe _allToAll(.inPlace, nil, buffer, exchanging, nil)
    unsafe buffer.normalize()
  }

  func _allToAll(
    _ sent: RawBuffer, _ received: RawBuffer, _ count: Int,
    _ pending: UnsafeMutablePointer<Pending>?
  ) throws(MPIError) {
    unsafe requireCount(received.count, atLeast: count * size, "allToAll")
    let sent = unsafe sent.withCount(count, ifInPlaceAs: received)
    try unsafe _allToAll(each: sent, received.withCount(count, of: sent.datatype), pending)
  }

  /// - Parameters:
  ///   - sent: With the count of what goes to each rank.
  ///   - received: With the count of what comes from each rank.
  func _allToAll(
    each sent: RawBuffer, _ received: RawBuffer, _ pending: UnsafeMutablePointer<Pending>?
  ) throws(MPIError) {
    let (outgoing, incoming) = try unsafe (Narrowed(sent), Narrowed(received))
    defer { unsafe outgoing.release(after: pending) }
    defer { unsafe incoming.release(after: pending) }
    if let pending = unsafe pending {
      try unsafe check(
        MPI_Ialltoall(
          sent.address, outgoing.count, outgoing.datatype.raw, received.address, incoming.count,
          incoming.datatype.raw, raw, &pending.pointee.request),
        "MPI_Ialltoall", on: raw)
    } else {
      try unsafe check(
        MPI_Alltoall(
          sent.address, outgoing.count, outgoing.datatype.raw, received.address, incoming.count,
          incoming.datatype.raw, raw),
        "MPI_Alltoall", on: raw)
    }
  }

  /// - Parameter sending: `nil` in place.
  func _allToAll(
    _ sent: RawBuffer, _ sending: Partition?, _ received: RawBuffer, _ receiving: Partition,
    _ pending: UnsafeMutablePointer<Pending>?
  ) throws(MPIError) {
    requireParts(receiving)
    unsafe requireCount(received.count, atLeast: receiving.count, "allToAll")
    if let sending {
      requireParts(sending)
      unsafe requireCount(sent.count, atLeast: sending.count, "allToAll")
    }
    // Not MPI_Alltoallv: which of the two is called must be the same on all ranks, and a rank that
    // has large parts cannot tell the others without a message. (The form that exchanges the counts
    // tells them then.)
    try unsafe _exchangeParts(
      sent, { sending?[$0] ?? 0..<0 }, received, { receiving[$0] }, pending)
  }
}

extension Immediate {
  /// Begins to send as many elements to every rank, and to receive as many from each.
  ///
  /// **Collective**. The parameters are those of ``Communicator/allToAll(_:into:)``.
  ///
  /// The corresponding C function is `MPI_Ialltoall` (MPI 3.1 §5.12.6).
  @_lifetime(copy elements, copy result)
  public func allToAll<T: Datatype>(
    _ elements: Span<T>, into result: consuming MutableSpan<T>
  ) throws(MPIError) -> Request {
    let target = unsafe result.rawBuffer()
    var pending = unsafe Pending()
    try unsafe communicator._allToAll(
      elements.rawBuffer, target, communicator.sharedCount(elements.count), &pending)
    return unsafe Request(pending, into: target, on: raw)
  }

  /// Begins to send a part of the elements to every rank, and to receive a part of the result from
  /// each.
  ///
  /// **Collective**. The parameters are those of
  /// ``Communicator/allToAll(_:into:sending:receiving:)``.
  ///
  /// The corresponding C function is `MPI_Ialltoallv` (MPI 3.1 §5.12.6).
  @_lifetime(copy elements, copy result)
  public func allToAll<T: Datatype>(
    _ elements: Span<T>, into result: consuming MutableSpan<T>,
    sending: Partition, receiving: Partition
  ) throws(MPIError) -> Request {
    let target = unsafe result.rawBuffer()
    var pending = unsafe Pending()
    try unsafe communicator._allToAll(
      elements.rawBuffer, sending, target, receiving, &pending)
    return unsafe Request(pending, into: target, on: raw)
  }

  /// Begins to send as many elements to every rank, and to receive as many from each in their
  /// place.
  ///
  /// **Collective**. The parameter is that of ``Communicator/allToAll(_:)-(MutableSpan<T>)``.
  ///
  /// The corresponding C function is `MPI_Ialltoall` with `MPI_IN_PLACE` (MPI 3.1 §5.12.6).
  @_lifetime(copy elements)
  public func allToAll<T: Datatype>(
    _ elements: consuming MutableSpan<T>
  ) throws(MPIError) -> Request {
    let buffer = unsafe elements.rawBuffer()
    var pending = unsafe Pending()
    try unsafe communicator._allToAll(
      .inPlace, buffer, communicator.sharedCount(buffer.count), &pending)
    return unsafe Request(pending, into: buffer, on: raw)
  }

  /// Begins to swap a part of the elements with every rank.
  ///
  /// **Collective**. The parameters are those of ``Communicator/allToAll(_:exchanging:)-(_,Partition)``.
  ///
  /// The corresponding C function is `MPI_Ialltoallv` with `MPI_IN_PLACE` (MPI 3.1 §5.12.6).
  @_lifetime(copy elements)
  public func allToAll<T: Datatype>(
    _ elements: consuming MutableSpan<T>, exchanging: Partition
  ) throws(MPIError) -> Request {
    let buffer = unsafe elements.rawBuffer()
    var pending = unsafe Pending()
    try unsafe communicator._allToAll(.inPlace, nil, buffer, exchanging, &pending)
    return unsafe Request(pending, into: buffer, on: raw)
  }
}
