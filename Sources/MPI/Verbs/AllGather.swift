internal import CMPI

extension Communicator {
  /// Gathers every rank's elements onto all ranks, in rank order. Ranks may have different numbers
  /// of elements.
  ///
  /// **Collective**: every rank of the communicator calls it, with the same counts if any.
  ///
  ///     let squares = try world.allGather([world.rank * world.rank])
  ///     // 4 ranks: [0, 1, 4, 9] on each
  ///
  /// Shape: `[n_r]` on rank *r* → `[n_0 + n_1 + …]` on each rank.
  ///
  /// - Parameters:
  ///   - elements: This rank's contribution.
  ///   - counts: How many each rank has, and where they go; gaps are filled with zero bytes. `nil`: they
  ///     are gathered first, and follow each other.
  /// - Returns: The contributions of all ranks.
  /// - Throws: ``MPIError`` as reported by the library.
  /// - Precondition: This rank has `counts.counts[rank]` elements.
  /// - Complexity: O(log `size`) messages, and as many elements received as there are; without `counts`,
  ///   after a gather of a number.
  ///
  /// The corresponding C functions are `MPI_Allgather` and `MPI_Allgatherv` (MPI 3.1 §5.7).
  @inlinable
  public func allGather<B: Outgoing & ~Copyable & ~Escapable>(
    _ elements: borrowing B, counts: Partition? = nil
  ) throws -> [B.Element] {
    try _allGather(elements.operand, counts)
  }

  /// Gathers one value of every rank onto all ranks, in rank order.
  ///
  /// **Collective**: every rank of the communicator calls it.
  ///
  /// Shape: a value on each rank → `[size]` on each rank.
  ///
  /// - Throws: ``MPIError`` as the library reports it.
  ///
  /// The corresponding C function is `MPI_Allgather` (MPI 3.1 §5.7).
  @inlinable @_disfavoredOverload
  public func allGather<T: Datatype>(_ value: T) throws -> [T] {
    let one: InlineArray<1, T> = [value]
    return try [T](receiving: size) { try _allGather(one.operand, Operand($0)) }
  }

  /// Gathers as many elements of every rank onto all ranks, in rank order, into storage of their
  /// own.
  ///
  /// **Collective**: every rank of the communicator calls it, with as many elements, or the same counts.
  ///
  /// Shape: `[n]` on each rank → `[size · n]` on each rank; rank *r*'s elements are at
  /// `r·n ..< (r+1)·n`.
  ///
  /// - Parameters:
  ///   - elements: This rank's contribution.
  ///   - storage: Where all elements go. Where it is laid out, as many instances of the layout as it says
  ///     are each rank's.
  ///   - counts: How many each rank has, and where they go: in elements, or in instances and extents of
  ///     the layout of `storage`. `nil`: as many of each.
  /// - Throws: ``MPIError`` as reported by the library.
  /// - Precondition: `storage` has room for `size · n`, or `counts.count`, elements; where one of the two
  ///   is laid out, and there are no counts, exactly those.
  /// - Complexity: O(log `size`) messages, O(`size` · n) elements received.
  ///
  /// The corresponding C functions are `MPI_Allgather` and `MPI_Allgatherv` (MPI 3.1 §5.7).
  @inlinable
  public func allGather<
    S: Outgoing & ~Copyable & ~Escapable, R: Incoming & ~Copyable & ~Escapable
  >(
    _ elements: borrowing S, into storage: inout R, counts: Partition? = nil
  ) throws where S.Element == R.Element {
    try _allGather(elements.operand, storage.incoming, counts)
  }

  /// Gathers as many elements of every rank onto all ranks, in rank order, into what a view shows.
  ///
  /// **Collective**, as ``allGather(_:into:counts:)-(_,R,_)``.
  ///
  /// The corresponding C functions are `MPI_Allgather` and `MPI_Allgatherv` (MPI 3.1 §5.7).
  @inlinable
  public func allGather<
    S: Outgoing & ~Copyable & ~Escapable, V: IncomingView & ~Copyable & ~Escapable
  >(
    _ elements: borrowing S, into view: consuming V, counts: Partition? = nil
  ) throws where S.Element == V.Element {
    try _allGather(elements.operand, view.incoming, counts)
  }

  /// Gathers as many elements of every rank onto all ranks, where each rank's own are in place
  /// already.
  ///
  /// **Collective**: every rank of the communicator calls it, with as many elements, or the same counts.
  ///
  /// - Parameters:
  ///   - elements: Storage for all, `size · n`; this rank's own are at `rank · n`, or `counts[rank]`.
  ///   - counts: How many each rank has, and where they are. `nil`: as many of each.
  /// - Throws: ``MPIError`` as reported by the library.
  ///
  /// The corresponding C functions are `MPI_Allgather` and `MPI_Allgatherv` with `MPI_IN_PLACE` (MPI 3.1
  /// §5.7).
  @inlinable
  public func allGather<R: Incoming & ~Copyable & ~Escapable>(
    _ elements: inout R, counts: Partition? = nil
  ) throws {
    try _allGather(inPlace: elements.incoming, counts)
  }
}

extension Immediate where Context: Communicator {
  /// Begins to gather as many elements of every rank onto all ranks, in rank order. What is sent must
  /// not be changed, and what is received into not touched, until the request is complete.
  ///
  /// **Collective**. The parameters and errors are those of
  /// ``Communicator/allGather(_:into:counts:)-(_,R,_)``.
  ///
  /// The corresponding C functions are `MPI_Iallgather` and `MPI_Iallgatherv` (MPI 3.1 §5.12.5).
  @_lifetime(borrow elements, &storage)
  public func allGather<S: OutgoingStorage & ~Copyable, R: IncomingStorage>(
    _ elements: borrowing @_addressable S, into storage: inout R, counts: Partition? = nil
  ) throws -> Request where S.Element == R.Element {
    try Request(elements.operand, storage.pinned, on: raw) { sent, received, starting in
      try communicator._allGather(sent, received, counts, starting)
    }
  }

  /// Begins to gather as many elements of every rank onto all ranks, in what views show.
  ///
  /// **Collective**, as ``allGather(_:into:counts:)-(_,R,_)``.
  ///
  /// The corresponding C functions are `MPI_Iallgather` and `MPI_Iallgatherv` (MPI 3.1 §5.12.5).
  @_lifetime(copy elements, copy view)
  public func allGather<S: OutgoingView & ~Escapable, V: IncomingView & ~Copyable & ~Escapable>(
    _ elements: S, into view: consuming V, counts: Partition? = nil
  ) throws -> Request where S.Element == V.Element {
    try Request(elements.operand, view.pinned, on: raw) { sent, received, starting in
      try communicator._allGather(sent, received, counts, starting)
    }
  }

  /// Begins to gather as many elements of every rank onto all ranks, where each rank's own are in
  /// place already.
  ///
  /// **Collective**. The parameters and errors are those of
  /// ``Communicator/allGather(_:counts:)-(R,_)``.
  ///
  /// The corresponding C functions are `MPI_Iallgather` and `MPI_Iallgatherv` with `MPI_IN_PLACE` (MPI
  /// 3.1 §5.12.5).
  @_lifetime(&elements)
  public func allGather<R: Pinned & ~Copyable & ~Escapable>(
    _ elements: inout R, counts: Partition? = nil
  ) throws -> Request {
    try Request(elements.pinned, on: raw) { elements, starting in
      try communicator._allGather(inPlace: elements, counts, starting)
    }
  }
}

extension Persistent {
  /// Sets up gathering as many elements of every rank onto all ranks, in rank order.
  ///
  /// **Collective**: every rank of the communicator calls it, with the same count.
  ///
  /// Shape: `[n]` on each rank → `[size · n]` on each rank.
  ///
  /// - Throws: ``MPIError/Code/unsupportedOperation`` where the library has no persistent
  ///   collectives, and what else the library reports.
  ///
  /// The corresponding C function is `MPI_Allgather_init` (MPI 4.0 §6.13.5).
  public func allGather<T: Datatype>(
    _ type: T.Type, count: Int, info: Info = Info()
  ) throws -> PersistentCollective<T> {
    if let blocks = blocks(of: count) { return try allGather(type, counts: blocks, info: info) }
    return try collective(
      type, "MPI_Allgather_init", given: count, gotten: count * communicator.size
    ) { (given, gotten, raw, pending) throws in
      let block = try Narrowed(given)
      defer { block.release(after: pending) }
      return unsafe CMPI_Allgather_init(
        given.address, block.count, block.datatype.raw, gotten.address, raw, info.raw,
        &pending.request)
    }
  }

  /// Sets up gathering every rank's elements onto all ranks, in numbers that are known.
  ///
  /// **Collective**: every rank of the communicator calls it, with the same counts. It throws as
  /// ``allGather(_:count:info:)``.
  ///
  /// The corresponding C function is `MPI_Allgatherv_init` (MPI 4.0 §6.13.5).
  public func allGather<T: Datatype>(
    _ type: T.Type, counts: Partition, info: Info = Info()
  ) throws -> PersistentCollective<T> {
    try collective(
      type, "MPI_Allgatherv_init", given: own(counts, "MPI_Allgatherv_init"),
      gotten: counts.count
    ) { (given, gotten, raw, pending) throws in
      unsafe CMPI_Allgatherv_init(
        given.address, given.rawCount, given.datatype.raw, gotten.address,
        pending.extras().hold(counts.rawCounts()),
        pending.extras().hold(counts.rawOffsets), raw, info.raw,
        &pending.request)
    }
  }
}

extension Async {
  /// Gathers every rank's elements onto all ranks, in rank order. Ranks may have different numbers
  /// of elements.
  ///
  /// **Collective**. The parameters, the result and the errors are those of
  /// ``Communicator/allGather(_:counts:)-(B,_)``.
  ///
  ///     let ranks = try await world.async.allGather([world.rank])
  ///
  /// - Throws: ``MPIError/Code/cancelled`` besides.
  /// - Complexity: Without `counts`, the numbers of elements are gathered first. A task that is
  ///   cancelled meanwhile waits for the end of that, since the other ranks count on all of it.
  ///
  /// The corresponding C functions are `MPI_Iallgather` and `MPI_Iallgatherv` (MPI 3.1 §5.12.5).
  public nonisolated(nonsending) func allGather<B: OutgoingStorage & Collection>(
    _ elements: B, counts: Partition? = nil
  ) async throws -> [B.Element] {
    let communicator = communicator
    var parts = counts
    if parts == nil { parts = Partition(counts: try await allGatherEach(elements.count, .wait)) }
    guard let parts else { return [] }
    communicator.requirePart(elements.count, of: parts)
    return try await collect(
      "MPI_Iallgatherv", AsyncStorage(Array(elements)), AsyncStorage<B.Element>(parts)
    ) { sent, received, pending throws in
      try communicator._allGather(sent, received, parts, pending)
    }
  }

  /// Gathers one value of every rank onto all ranks, in rank order.
  ///
  /// **Collective**, as ``allGather(_:counts:)``.
  ///
  /// The corresponding C function is `MPI_Iallgather` (MPI 3.1 §5.12.5).
  @_disfavoredOverload
  public nonisolated(nonsending) func allGather<T: Datatype>(
    _ value: T
  ) async throws -> [T] {
    try await allGatherEach(value, .detach)
  }

  nonisolated(nonsending) func allGatherEach<T: Datatype>(
    _ value: T, _ cancellation: AsyncOperation.Cancellation
  ) async throws -> [T] {
    let communicator = communicator
    return try await collect(
      "MPI_Iallgather", AsyncStorage([value]), AsyncStorage<T>(count: communicator.size),
      cancellation
    ) { sent, received, pending throws in
      try communicator._allGather(each: sent, received.withCount(1), pending)
    }
  }
}

extension Intercommunicator {
  /// Gathers the elements of every process of the other group onto all of this one. They may have
  /// different numbers of elements.
  ///
  /// **Collective**: every process of both groups calls it.
  ///
  /// Shape: `[n_r]` on rank *r* of one group → `[n_0 + n_1 + …]` on each rank of the other.
  ///
  /// - Returns: The other group's elements, in rank order.
  /// - Throws: ``MPIError`` as reported by the library.
  /// - Complexity: The numbers of elements are gathered first; give storage for the result to save
  ///   that.
  ///
  /// The corresponding C function is `MPI_Alltoallw` (MPI 3.1 §5.8).
  public func allGather<B: Outgoing & ~Copyable & ~Escapable>(
    _ elements: borrowing B
  ) throws -> [B.Element] {
    try _allGather(elements.operand)
  }

  /// Gathers one value of every process of the other group onto all of this one.
  ///
  /// As ``allGather(_:)-(B)`` with an array of one element.
  ///
  /// The corresponding C function is `MPI_Alltoallw` (MPI 3.1 §5.8).
  @_disfavoredOverload
  public func allGather<T: Datatype>(_ value: T) throws -> [T] { try allGather([value]) }

  /// Gathers as many elements of every process of the other group onto all of this one, into storage
  /// of their own.
  ///
  /// **Collective**: every process of both groups calls it, with as many elements in both.
  ///
  /// - Throws: ``MPIError`` as reported by the library.
  /// - Precondition: `storage` has room for `remoteSize · n` elements.
  ///
  /// The corresponding C function is `MPI_Allgather` (MPI 3.1 §5.7).
  public func allGather<
    S: Outgoing & ~Copyable & ~Escapable, R: Incoming & ~Copyable & ~Escapable
  >(
    _ elements: borrowing S, into storage: inout R
  ) throws where S.Element == R.Element {
    try across._allGather(elements.operand, storage.incoming)
  }

  /// Gathers as many elements of every process of the other group onto all of this one, into what a
  /// view shows.
  ///
  /// **Collective**, as ``allGather(_:into:)-(_,R)``.
  ///
  /// The corresponding C function is `MPI_Allgather` (MPI 3.1 §5.7).
  public func allGather<
    S: Outgoing & ~Copyable & ~Escapable, V: IncomingView & ~Copyable & ~Escapable
  >(
    _ elements: borrowing S, into view: consuming V
  ) throws where S.Element == V.Element {
    try across._allGather(elements.operand, view.incoming)
  }

  private func _allGather<T: Datatype>(_ sent: borrowing Operand) throws -> [T] {
    let across = across
    // What it takes for a communicator's own ranks says the same of the other group's.
    let parts = Partition(counts: try across.allGather(sent.count))
    let source = sent.part("allGather")
    return try [T](receiving: parts) { buffer in
      try across._exchangeParts(
        source, { _ in 0..<source.count }, buffer, { parts[$0] }, nil)
    }
  }
}

extension Communicator {
  @usableFromInline
  func _allGather<T: Datatype>(
    _ sent: borrowing Operand, _ known: Partition?
  ) throws -> [T] {
    if let known { requirePart(sent.count, of: known) }
    let parts = try known ?? Partition(counts: allGather(sent.count))
    // All ranks see whether they have as many.
    let areEqual = known == nil && Set(parts.counts).count == 1
    return try [T](receiving: parts) { buffer in
      if areEqual {
        try _allGather(sent, Operand(buffer))
      } else {
        try _allGather(sent.part("allGather"), buffer, parts, nil)
      }
    }
  }

  /// - Parameter parts: How much comes from each rank, and where it goes: in instances and extents of
  ///   the receiving layout, if there is one.
  @usableFromInline
  func _allGather(
    _ sent: borrowing Operand, _ received: borrowing Operand, _ parts: Partition? = nil,
    _ starting: Starting? = nil
  ) throws {
    let isPlain = sent.isWhole && received.isWhole
    sent.keep(in: starting)
    received.keep(in: starting)
    let source = sent.part("allGather")
    if let parts {
      if isPlain { requirePart(source.count, of: parts) }
      try _allGather(source, received.divided(parts, "allGather"), parts, starting)
      return
    }
    let target = received.part("allGather", times: size)
    if isPlain { requireCount(target.count, atLeast: source.count * size, "allGather") }
    let each = isPlain ? source.count : sharedCount(target.count)
    try _allGather(each: source, apart: sent.layout, target.withCount(each), starting)
  }

  @usableFromInline
  func _allGather(
    inPlace elements: borrowing Operand, _ parts: Partition?, _ starting: Starting? = nil
  ) throws {
    elements.keep(in: starting)
    if let parts {
      try _allGather(.inPlace, elements.divided(parts, "allGather"), parts, starting)
    } else {
      let target = share(of: elements.part("allGather", times: size))
      try _allGather(each: target.inPlaceOperand, target, starting)
    }
  }

  /// - Parameters:
  ///   - sent: What goes to every rank.
  ///   - layout: That of what is sent.
  ///   - received: With the count of what comes from each rank.
  func _allGather(
    each sent: RawBuffer, apart layout: LayoutStorage? = nil, _ received: RawBuffer,
    _ pending: Starting?
  ) throws {
    let outgoing = try Narrowed(sent, apart: layout)
    defer { outgoing.release(after: pending) }
    let incoming = try Narrowed(received)
    defer { incoming.release(after: pending) }
    if let pending = pending {
      try unsafe check(
        MPI_Iallgather(
          sent.address, outgoing.count, outgoing.datatype.raw, received.address, incoming.count,
          incoming.datatype.raw, raw, &pending.request),
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
    _ pending: Starting?
  ) throws {
    requireParts(parts)
    requireCount(received.count, atLeast: parts.count, "allGather")
    let isForgotten = size == 1 && parts.offsets[0] != 0 && Quirk.forgetsOffsetOfSingleProcess
    let isInPlace = unsafe sent.address == CMPI_IN_PLACE
    if !parts.fitsC || isForgotten {
      let own = isInPlace ? parts[rank] : 0..<sent.count
      try _exchangeParts(
        isInPlace ? received : sent,
        // In place, a rank's own part is there already, and must not be copied onto itself.
        { isInPlace && $0 == rank ? 0..<0 : own }, received,
        { isInPlace && $0 == rank ? 0..<0 : parts[$0] }, pending)
      return
    }
    let source = try Narrowed(sent)
    defer { source.release(after: pending) }
    let incoming = received.datatype.raw
    let outgoing = isInPlace ? incoming : source.datatype.raw
    if let pending = pending {
      let extras = pending.extras()
      try unsafe check(
        MPI_Iallgatherv(
          sent.address, source.count, outgoing, received.address, extras.hold(parts.rawCounts()),
          extras.hold(parts.rawOffsets), incoming, raw, &pending.request),
        "MPI_Iallgatherv", on: raw)
    } else {
      try unsafe check(
        MPI_Allgatherv(
          sent.address, source.count, outgoing, received.address, parts.rawCounts(),
          parts.rawOffsets, incoming, raw),
        "MPI_Allgatherv", on: raw)
    }
  }
}
