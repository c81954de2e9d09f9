internal import CMPI

extension Communicator {
  /// Sends elements to every rank, and receives what the others have for this one: as many of each, or
  /// in parts.
  ///
  /// **Collective**: every rank of the communicator calls it, with as many elements, or with parts.
  ///
  ///     // Everyone sends r copies of its rank to rank r.
  ///     let sending = Partition(counts: Array(0..<world.size))
  ///     let mine = [Int](repeating: world.rank, count: sending.count)
  ///     let received = try world.allToAll(mine, sending: sending)
  ///
  /// Shape: `[size · n]` on each rank → `[size · n]` on each rank; what is at `r·n` goes to rank
  /// *r*, and what rank *r* sent here arrives at `r·n`.
  ///
  /// - Parameters:
  ///   - elements: What is sent. Where it is laid out, as many instances of the layout as it says go to
  ///     each rank.
  ///   - sending: Which of them go to which rank: of elements, or of instances of the layout. `nil`: as
  ///     many to each.
  /// - Returns: What was received, in the order of the ranks that sent it.
  /// - Throws: ``MPIError`` as reported by the library.
  /// - Precondition: The number of elements is a multiple of the number of ranks, or at least
  ///   `sending.count`.
  /// - Complexity: O(`size`) messages of n elements, or fewer of more where the library thinks that
  ///   better. With `sending`, the numbers of elements are exchanged first, which
  ///   ``receivingPartition(for:)`` does alone.
  ///
  /// The corresponding C functions are `MPI_Alltoall` and `MPI_Alltoallv`, and `MPI_Alltoallw` where a
  /// rank has parts that are too large for it (MPI 3.1 §5.8).
  @inlinable
  public func allToAll<B: Outgoing & ~Copyable & ~Escapable>(
    _ elements: borrowing B, sending: Partition? = nil
  ) throws -> [B.Element] {
    try _allToAll(elements.operand, sending)
  }

  /// Sends an array to every rank, and receives one from each. They may have any lengths.
  ///
  /// **Collective**: every rank of the communicator calls it.
  ///
  ///     let received = try world.allToAll(byOwner)     // received[r] == byOwner[world.rank] of rank r
  ///
  /// - Parameter parts: What goes to each rank.
  /// - Returns: What came from each rank.
  /// - Throws: ``MPIError`` as reported by the library.
  /// - Precondition: There are `size` parts.
  /// - Complexity: As ``allToAll(_:sending:)``, and two copies of the elements.
  ///
  /// The corresponding C functions are `MPI_Alltoallv`, and `MPI_Alltoallw` where a rank has parts that
  /// are too large for it (MPI 3.1 §5.8).
  public func allToAll<T: Datatype>(_ parts: [[T]]) throws -> [[T]] {
    precondition(parts.count == size, "\(parts.count) parts for \(size) ranks")
    let sending = Partition(counts: parts.map(\.count))
    let (elements, receiving): ([T], _) = try _exchange(Array(parts.joined()).operand, sending)
    return (0..<size).map { Array(elements[receiving[$0]]) }
  }

  /// Sends arrays to some ranks, and receives those that others have for this one.
  ///
  /// **Collective**: every rank of the communicator calls it.
  ///
  ///     let received = try world.allToAll(Dictionary(grouping: particles, by: owner))
  ///
  /// - Parameter parts: What goes to which rank.
  /// - Returns: What came from which rank, without those that sent nothing.
  /// - Throws: ``MPIError/Code/invalidRank`` on a rank that names one outside the communicator, when all
  ///   others have got what is for them; and what else the library reports.
  /// - Complexity: As ``allToAll(_:sending:)``, and two copies of the elements.
  ///
  /// The corresponding C functions are `MPI_Alltoallv`, and `MPI_Alltoallw` where a rank has parts that
  /// are too large for it (MPI 3.1 §5.8).
  public func allToAll<T: Datatype>(_ parts: [Int: [T]]) throws -> [Int: [T]] {
    let received = try allToAll((0..<size).map { parts[$0] ?? [] })
    for rank in parts.keys { _ = try rawPeer(rank, "MPI_Alltoallv") }
    var result: [Int: [T]] = [:]
    for (rank, part) in received.enumerated() where !part.isEmpty { result[rank] = part }
    return result
  }

  /// Tells how many elements this rank will receive from each other, if all send as they say.
  ///
  /// **Collective**: every rank of the communicator calls it.
  ///
  /// - Throws: ``MPIError`` as the library reports it.
  ///
  /// The corresponding C function is `MPI_Alltoall` of the counts (MPI 3.1 §5.8).
  public func receivingPartition(for sending: Partition) throws -> Partition {
    try exchangeCounts(sending).receiving
  }

  /// Sends elements to every rank, and receives some from each, into storage of its own: as many of
  /// each, or in parts.
  ///
  /// **Collective**: every rank of the communicator calls it, with as many elements, or with parts.
  ///
  ///     // Column r of a matrix goes to rank r.
  ///     let column = try Layout<Double>.strided(count: rows, stride: size).resized(extent: 1)
  ///     try world.allToAll(matrix.span.laid(out: column), into: &columns)
  ///
  /// - Parameters:
  ///   - elements: What is sent. Where it is laid out, as many instances of the layout as it says go to
  ///     each rank.
  ///   - storage: Where it is received. Where it is laid out, as many instances of the layout as it says
  ///     come from each rank.
  ///   - sending: Which elements, or instances of the layout, go to which rank. `nil`: as many to each.
  ///   - receiving: Where those of each rank go, as many as that rank sends. `nil`: as many of each.
  /// - Throws: ``MPIError`` as reported by the library.
  /// - Precondition: `sending` and `receiving` are given both, on all ranks, or not at all. Without them
  ///   the number of elements is a multiple of the number of ranks, and `storage` has room for as many.
  /// - Complexity: As ``allToAll(_:sending:)``, without an exchange of the numbers.
  ///
  /// The corresponding C functions are `MPI_Alltoall` and `MPI_Alltoallv` (MPI 3.1 §5.8).
  @inlinable
  public func allToAll<
    S: Outgoing & ~Copyable & ~Escapable, R: Incoming & ~Copyable & ~Escapable
  >(
    _ elements: borrowing S, into storage: inout R, sending: Partition? = nil,
    receiving: Partition? = nil
  ) throws where S.Element == R.Element {
    try _allToAll(elements.operand, storage.incoming, sending, receiving)
  }

  /// Sends elements to every rank, and receives some from each, into what a view shows.
  ///
  /// **Collective**, as ``allToAll(_:into:sending:receiving:)-(_,R,_,_)``.
  ///
  /// The corresponding C functions are `MPI_Alltoall` and `MPI_Alltoallv` (MPI 3.1 §5.8).
  @inlinable
  public func allToAll<
    S: Outgoing & ~Copyable & ~Escapable, V: IncomingView & ~Copyable & ~Escapable
  >(
    _ elements: borrowing S, into view: consuming V, sending: Partition? = nil,
    receiving: Partition? = nil
  ) throws where S.Element == V.Element {
    try _allToAll(elements.operand, view.incoming, sending, receiving)
  }

  /// Swaps elements with every rank: as many of each, or a part.
  ///
  /// **Collective**: every rank of the communicator calls it, with as many elements, or with parts.
  ///
  /// - Parameters:
  ///   - elements: What is sent, and where the others' arrive.
  ///   - exchanging: Which elements are swapped with which rank: as many as that rank swaps with
  ///     this one. `nil`: as many with each.
  /// - Throws: ``MPIError`` as reported by the library.
  /// - Precondition: The number of elements is a multiple of the number of ranks, or at least
  ///   `exchanging.count`.
  ///
  /// The corresponding C functions are `MPI_Alltoall` and `MPI_Alltoallv` with `MPI_IN_PLACE` (MPI 3.1
  /// §5.8).
  @inlinable
  public func allToAll<R: Incoming & ~Copyable & ~Escapable>(
    _ elements: inout R, exchanging: Partition? = nil
  ) throws {
    try _allToAll(inPlace: elements.incoming, exchanging)
  }
}

extension Immediate where Context: Communicator {
  /// Begins to send elements to every rank, and to receive some from each. What is sent must not be
  /// changed, and what is received into not touched, until the request is complete.
  ///
  /// **Collective**. The parameters and errors are those of
  /// ``Communicator/allToAll(_:into:sending:receiving:)-(_,R,_,_)``.
  ///
  /// The corresponding C functions are `MPI_Ialltoall` and `MPI_Ialltoallv` (MPI 3.1 §5.12.6).
  @_lifetime(borrow elements, &storage)
  public func allToAll<S: OutgoingStorage & ~Copyable, R: IncomingStorage>(
    _ elements: borrowing @_addressable S, into storage: inout R, sending: Partition? = nil,
    receiving: Partition? = nil
  ) throws -> Request where S.Element == R.Element {
    try Request(elements.operand, storage.pinned, on: raw) { sent, received, starting in
      try communicator._allToAll(sent, received, sending, receiving, starting)
    }
  }

  /// Begins to send elements to every rank, and to receive some from each, in what views show.
  ///
  /// **Collective**, as ``allToAll(_:into:sending:receiving:)-(_,R,_,_)``.
  ///
  /// The corresponding C functions are `MPI_Ialltoall` and `MPI_Ialltoallv` (MPI 3.1 §5.12.6).
  @_lifetime(copy elements, copy view)
  public func allToAll<S: OutgoingView & ~Escapable, V: IncomingView & ~Copyable & ~Escapable>(
    _ elements: S, into view: consuming V, sending: Partition? = nil, receiving: Partition? = nil
  ) throws -> Request where S.Element == V.Element {
    try Request(elements.operand, view.pinned, on: raw) { sent, received, starting in
      try communicator._allToAll(sent, received, sending, receiving, starting)
    }
  }

  /// Begins to swap elements with every rank.
  ///
  /// **Collective**. The parameters and errors are those of
  /// ``Communicator/allToAll(_:exchanging:)-(R,Partition?)``.
  ///
  /// The corresponding C functions are `MPI_Ialltoall` and `MPI_Ialltoallv` with `MPI_IN_PLACE` (MPI 3.1
  /// §5.12.6).
  @_lifetime(&elements)
  public func allToAll<R: Pinned & ~Copyable & ~Escapable>(
    _ elements: inout R, exchanging: Partition? = nil
  ) throws -> Request {
    try Request(elements.pinned, on: raw) { elements, starting in
      try communicator._allToAll(inPlace: elements, exchanging, starting)
    }
  }
}

extension Persistent {
  /// Sets up sending as many elements to every rank, and receiving as many from each.
  ///
  /// **Collective**: every rank of the communicator calls it, with the same count.
  ///
  /// Shape: `[size · n]` on each rank → `[size · n]` on each rank.
  ///
  /// - Parameters:
  ///   - type: The type of the elements; they begin as zeros.
  ///   - count: The number n of elements for each rank.
  ///   - info: Hints for the library.
  /// - Throws: ``MPIError/Code/unsupportedOperation`` where the library has no persistent
  ///   collectives, and what else the library reports.
  ///
  /// The corresponding C function is `MPI_Alltoall_init` (MPI 4.0 §6.13.6).
  public func allToAll<T: Datatype>(
    _ type: T.Type, count: Int, info: Info = Info()
  ) throws -> PersistentCollective<T> {
    let all = count * communicator.size
    return try collective(type, "MPI_Alltoall_init", given: all, gotten: all) {
      (given, gotten, raw, pending) throws in
      let block = try Narrowed(given.withCount(count))
      defer { block.release(after: pending) }
      return unsafe CMPI_Alltoall_init(
        given.address, block.count, block.datatype.raw, gotten.address, raw, info.raw,
        &pending.request)
    }
  }

  /// Sets up sending a part of the elements to each rank, and receiving a part from each.
  ///
  /// **Collective**: every rank of the communicator calls it. It throws as ``allToAll(_:count:info:)``.
  ///
  /// - Parameters:
  ///   - type: The type of the elements; they begin as zeros.
  ///   - sending: How many go to each rank, and where they are.
  ///   - receiving: How many come from each rank, and where they go.
  ///   - info: Hints for the library.
  ///
  /// The corresponding C function is `MPI_Alltoallw_init` (MPI 4.0 §6.13.6).
  public func allToAll<T: Datatype>(
    _ type: T.Type, sending: Partition, receiving: Partition, info: Info = Info()
  ) throws -> PersistentCollective<T> {
    communicator.requireParts(sending)
    communicator.requireParts(receiving)
    let size = communicator.size
    return try collective(
      type, "MPI_Alltoallw_init", given: sending.count, gotten: receiving.count
    ) { (given, gotten, raw, pending) throws in
      let extras = pending.extras()
      let outgoing = try Parts(of: given, ranks: size) { sending[$0] }
      let (sendCounts, sendOffsets, sendTypes) = unsafe outgoing.keep(in: extras)
      let incoming = try Parts(of: gotten, ranks: size) { receiving[$0] }
      let (counts, offsets, types) = unsafe incoming.keep(in: extras)
      return unsafe CMPI_Alltoallw_init(
        given.address, sendCounts, sendOffsets, sendTypes, gotten.address, counts, offsets,
        types, raw, info.raw, &pending.request)
    }
  }
}

extension Async {
  /// Sends elements to every rank, and receives what the others have for this one: as many of each, or
  /// in parts.
  ///
  /// **Collective**. The parameters, the result and the errors are those of
  /// ``Communicator/allToAll(_:sending:)``.
  ///
  /// - Parameters:
  ///   - elements: What is sent.
  ///   - sending: Which of them go to which rank. `nil`: as many to each.
  ///   - receiving: Where in the result the elements of each rank go, as many as it sends; given on all
  ///     ranks, or on none. `nil`: in rank order, after an exchange of the numbers. A task that is
  ///     cancelled meanwhile waits for the end of that, since the other ranks count on all of it.
  /// - Throws: ``MPIError/Code/cancelled`` besides.
  /// - Precondition: Who says what is received says what is sent.
  ///
  /// The corresponding C functions are `MPI_Ialltoall` and `MPI_Ialltoallw` (MPI 3.1 §5.12.6).
  public nonisolated(nonsending) func allToAll<B: OutgoingStorage & Collection>(
    _ elements: B, sending: Partition? = nil, receiving: Partition? = nil
  ) async throws -> [B.Element] {
    guard let sending else {
      precondition(receiving == nil, "allToAll: what is received is known, and not what is sent")
      return try await allToAll(Array(elements), .detach)
    }
    let communicator = communicator
    communicator.requireParts(sending)
    var known = receiving
    if known == nil { known = Partition(counts: try await allToAll(sending.counts, .wait)) }
    guard let receiving = known else { return [] }
    return try await collect(
      "MPI_Ialltoallw", AsyncStorage(Array(elements)), AsyncStorage<B.Element>(receiving)
    ) { sent, received, pending throws in
      try communicator._allToAll(sent, sending, received, receiving, pending)
    }
  }

  nonisolated(nonsending) func allToAll<T: Datatype>(
    _ elements: [T], _ cancellation: AsyncOperation.Cancellation
  ) async throws -> [T] {
    let communicator = communicator
    _ = communicator.sharedCount(elements.count)
    return try await collect(
      "MPI_Ialltoall", AsyncStorage(elements), AsyncStorage<T>(count: elements.count), cancellation
    ) { sent, received, pending throws in
      try communicator._allToAll(
        each: communicator.share(of: sent), communicator.share(of: received), pending)
    }
  }
}

extension Intercommunicator {
  /// Sends elements to every process of the other group, and receives elements from each: as many of
  /// each, or in parts.
  ///
  /// **Collective**: every process of both groups calls it, with as many elements for each process of
  /// the other, or with parts.
  ///
  /// Shape: `[remoteSize · n]` on each rank → `[remoteSize · n]` on each rank; the elements for rank
  /// *r* of the other group, and those from it, are at `r·n ..< (r+1)·n`.
  ///
  /// - Parameters:
  ///   - elements: What is sent.
  ///   - sending: Which elements go to which rank of the other group. `nil`: as many to each.
  /// - Returns: What was received, in the other group's rank order.
  /// - Throws: ``MPIError`` as reported by the library.
  /// - Precondition: The number of elements is a multiple of the number of processes in the other
  ///   group, or at least `sending.count`.
  /// - Complexity: With `sending`, the numbers of elements are exchanged first.
  ///
  /// The corresponding C functions are `MPI_Alltoall` and `MPI_Alltoallw` (MPI 3.1 §5.8).
  public func allToAll<B: Outgoing & ~Copyable & ~Escapable>(
    _ elements: borrowing B, sending: Partition? = nil
  ) throws -> [B.Element] {
    guard let sending else { return try across._allToAll(elements.operand, nil) }
    return try _allToAll(elements.operand, sending)
  }

  private func _allToAll<T: Datatype>(
    _ sent: borrowing Operand, _ sending: Partition
  ) throws -> [T] {
    let across = across
    across.requireParts(sending)
    let (source, unit) = (sent.divided(sending, "allToAll"), sent.unit)
    requireCount(source.count, atLeast: sending.count, "allToAll")
    let parts = Partition(counts: try allToAll(sending.counts.map { $0 * unit }))
    return try [T](receiving: parts) { buffer in
      try across._exchangeParts(source, { sending[$0] }, buffer, { parts[$0] }, nil)
    }
  }
}

extension Communicator {
  @usableFromInline
  func _allToAll<T: Datatype>(
    _ sent: borrowing Operand, _ sending: Partition?
  ) throws -> [T] {
    if let sending { return try _exchange(sent, sending).elements }
    return try [T](receiving: sent.count(ranks: size)) { buffer in
      try _allToAll(sent, Operand(buffer), nil, nil)
    }
  }

  /// Sends a part of the elements to each rank, after the numbers of them.
  private func _exchange<T: Datatype>(
    _ sent: borrowing Operand, _ sending: Partition
  ) throws -> (elements: [T], receiving: Partition) {
    let source = sent.divided(sending, "allToAll")
    requireCount(source.count, atLeast: sending.count, "allToAll")
    let (receiving, isSmall) = try exchangeCounts(sending, unit: sent.unit)
    let elements = try [T](receiving: receiving) { buffer in
      guard isSmall else {
        try _allToAll(source, sending, buffer, receiving, nil)
        return
      }
      try unsafe check(
        MPI_Alltoallv(
          source.address, sending.rawCounts(), sending.rawOffsets, source.datatype.raw,
          buffer.address, receiving.rawCounts(), receiving.rawOffsets, buffer.datatype.raw, raw),
        "MPI_Alltoallv", on: raw)
    }
    return (elements, receiving)
  }

  /// Tells each rank what it will receive, and all of them whether every rank's parts, those that are
  /// received too, fit C's int: with each count goes one bit for whether its sender's may be too
  /// large.
  ///
  /// - Parameter unit: The number of elements that `sending` counts as one.
  private func exchangeCounts(
    _ sending: Partition, unit: Int = 1
  ) throws -> (receiving: Partition, isSmall: Bool) {
    requireParts(sending)
    let limit = Int(CInt.max) / size
    let isLarge = !sending.fitsC || sending.counts.contains { $0 * unit > limit }
    let received = try allToAll(sending.counts.map { $0 * unit << 1 | (isLarge ? 1 : 0) })
    return (Partition(counts: received.map { $0 >> 1 }), received.allSatisfy { $0 & 1 == 0 })
  }

  @usableFromInline
  func _allToAll(
    _ sent: borrowing Operand, _ received: borrowing Operand, _ sending: Partition?,
    _ receiving: Partition?, _ starting: Starting? = nil
  ) throws {
    sent.keep(in: starting)
    received.keep(in: starting)
    guard let sending, let receiving else {
      precondition(
        sending == nil && receiving == nil,
        "allToAll: one of what is sent and what is received is known, and not the other")
      let isPlain = sent.isWhole && received.isWhole
      if Communicator.allToAllMixesTypes, starting == nil, !isPlain {
        try _allToAllInRuns(sent, received)
        return
      }
      let source = share(of: sent.part("allToAll", times: size))
      let target = received.part("allToAll", times: size)
      if isPlain { requireCount(target.count, atLeast: source.count * size, "allToAll") }
      try _allToAll(
        each: source, isPlain ? target.withCount(source.count) : share(of: target), starting)
      return
    }
    try _allToAll(
      sent.divided(sending, "allToAll"), sending, received.divided(receiving, "allToAll"),
      receiving, starting)
  }

  @usableFromInline
  func _allToAll(
    inPlace elements: borrowing Operand, _ parts: Partition?, _ starting: Starting? = nil
  ) throws {
    elements.keep(in: starting)
    if let parts {
      try _allToAll(.inPlace, nil, elements.divided(parts, "allToAll"), parts, starting)
    } else {
      let target = share(of: elements.part("allToAll", times: size))
      try _allToAll(each: target.inPlaceOperand, target, starting)
    }
  }

  /// - Parameters:
  ///   - sent: With the count of what goes to each rank.
  ///   - received: With the count of what comes from each rank.
  func _allToAll(
    each sent: RawBuffer, _ received: RawBuffer, _ pending: Starting?
  ) throws {
    let (outgoing, incoming) = try (Narrowed(sent), Narrowed(received))
    defer { outgoing.release(after: pending) }
    defer { incoming.release(after: pending) }
    if let pending = pending {
      try unsafe check(
        MPI_Ialltoall(
          sent.address, outgoing.count, outgoing.datatype.raw, received.address, incoming.count,
          incoming.datatype.raw, raw, &pending.request),
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
    _ pending: Starting?
  ) throws {
    requireParts(receiving)
    requireCount(received.count, atLeast: receiving.count, "allToAll")
    if let sending {
      requireParts(sending)
      requireCount(sent.count, atLeast: sending.count, "allToAll")
    }
    // Not MPI_Alltoallv: which of the two is called must be the same on all ranks, and a rank that
    // has large parts cannot tell the others without a message. (The form that exchanges the counts
    // tells them then.)
    try _exchangeParts(
      sent, { sending?[$0] ?? 0..<0 }, received, { receiving[$0] }, pending)
  }
}
