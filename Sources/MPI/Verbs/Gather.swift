internal import CMPI

extension Communicator {
  /// Gathers every rank's elements on the root, in rank order. Ranks may have different numbers of
  /// elements.
  ///
  /// **Collective**: every rank of the communicator calls it, with the same root, and the same counts
  /// if any.
  ///
  ///     let all = try world.gather(mine, to: 0)
  ///     if let all { print(all) }
  ///
  /// Shape: `[n_r]` on rank *r* → `[n_0 + n_1 + …]` on the root.
  ///
  /// - Parameters:
  ///   - elements: This rank's elements.
  ///   - root: The rank that gets them all.
  ///   - counts: How many each rank has, and where they go; gaps are filled with zero bytes. `nil`: they
  ///     are gathered first, and follow each other.
  /// - Returns: The elements of all ranks on the root, `nil` elsewhere.
  /// - Throws: ``MPIError/Code/invalidRoot``, and what else the library reports.
  /// - Precondition: This rank has `counts.counts[rank]` elements.
  /// - Complexity: O(log `size`) messages where the library takes a tree, and as many elements received
  ///   as there are; without `counts`, after a gather and a broadcast of a number.
  ///
  /// The corresponding C function is `MPI_Gatherv` (MPI 3.1 §5.5).
  @inlinable
  public func gather<B: Outgoing & ~Copyable & ~Escapable>(
    _ elements: borrowing B, to root: Int, counts: Partition? = nil
  ) throws -> [B.Element]? {
    try _gather(elements.operand, to: root, counts)
  }

  /// Gathers one value of every rank on the root, in rank order.
  ///
  /// **Collective**: every rank of the communicator calls it, with the same root.
  ///
  /// Shape: a value on each rank → `[size]` on the root.
  ///
  /// - Returns: The values of all ranks on the root, `nil` elsewhere.
  /// - Throws: ``MPIError/Code/invalidRoot``, and what else the library reports.
  ///
  /// The corresponding C function is `MPI_Gather` (MPI 3.1 §5.5).
  @inlinable @_disfavoredOverload
  public func gather<T: Datatype>(_ value: T, to root: Int) throws -> [T]? {
    let one: InlineArray<1, T> = [value]
    let isRoot = rank == root
    let all = try [T](receiving: isRoot ? size : 0) { buffer in
      try _gather(one.operand, Operand(buffer), to: root)
    }
    return isRoot ? all : nil
  }

  /// Gathers as many elements of every rank on the root, in rank order, into storage of its own.
  ///
  /// **Collective**: every rank of the communicator calls it, with the same root, and as many elements
  /// or the same counts.
  ///
  ///     // Each rank has some columns of a matrix; the root puts them into the whole.
  ///     let column = try Layout<Double>.strided(count: rows, stride: columns).resized(extent: 1)
  ///     let parts = Partition(balancing: columns, over: world.size)
  ///     try world.gather(mine, into: matrix.mutableSpan.laid(out: column), to: 0, counts: parts)
  ///
  /// Shape: `[n]` on each rank → `[size · n]` on the root.
  ///
  /// - Parameters:
  ///   - elements: This rank's elements.
  ///   - storage: Where all elements go on the root; elsewhere it may be empty. Where it is laid out, as
  ///     many instances of the layout as it says are each rank's.
  ///   - root: The rank that gets them all.
  ///   - counts: How many each rank has, and where they go: in elements, or in instances and extents of
  ///     the layout, which `storage` has on all ranks then. `nil`: as many of each.
  /// - Throws: ``MPIError/Code/invalidRoot``, and what else the library reports.
  /// - Precondition: `storage` has room for `size · n`, or `counts.count`, elements on the root; where
  ///   one of the two is laid out, and there are no counts, exactly those.
  /// - Complexity: O(log `size`) messages where the library takes a tree, O(`size` · n) elements
  ///   received.
  ///
  /// The corresponding C functions are `MPI_Gather` and `MPI_Gatherv` (MPI 3.1 §5.5).
  @inlinable
  public func gather<
    S: Outgoing & ~Copyable & ~Escapable, R: Incoming & ~Copyable & ~Escapable
  >(
    _ elements: borrowing S, into storage: inout R, to root: Int, counts: Partition? = nil
  ) throws where S.Element == R.Element {
    try _gather(elements.operand, storage.incoming, to: root, counts)
  }

  /// Gathers as many elements of every rank on the root, in rank order, into what a view shows.
  ///
  /// **Collective**, as ``gather(_:into:to:counts:)-(_,R,_,_)``.
  ///
  /// The corresponding C functions are `MPI_Gather` and `MPI_Gatherv` (MPI 3.1 §5.5).
  @inlinable
  public func gather<
    S: Outgoing & ~Copyable & ~Escapable, V: IncomingView & ~Copyable & ~Escapable
  >(
    _ elements: borrowing S, into view: consuming V, to root: Int, counts: Partition? = nil
  ) throws where S.Element == V.Element {
    try _gather(elements.operand, view.incoming, to: root, counts)
  }

  /// Gathers as many elements of every rank on the root, where the root's own are in place already.
  ///
  /// **Collective**: every rank of the communicator calls it, with the same root, and the same counts
  /// if any.
  ///
  /// - Parameters:
  ///   - elements: On the root storage for all, `size · n`, with its own part at `root · n`, or
  ///     `counts[root]`; elsewhere this rank's part.
  ///   - root: The rank that gets them all.
  ///   - counts: How many each rank has, and where they go. `nil`: as many of each.
  /// - Throws: ``MPIError/Code/invalidRoot``, and what else the library reports.
  ///
  /// The corresponding C functions are `MPI_Gather` and `MPI_Gatherv` with `MPI_IN_PLACE` (MPI 3.1
  /// §5.5).
  @inlinable
  public func gather<R: Incoming & ~Copyable & ~Escapable>(
    _ elements: inout R, to root: Int, counts: Partition? = nil
  ) throws {
    try _gather(inPlace: elements.incoming, to: root, counts)
  }
}

extension Immediate where Context: Communicator {
  /// Begins to gather as many elements of every rank on the root, in rank order. What is sent must not
  /// be changed, and what is received into not touched, until the request is complete.
  ///
  /// **Collective**. The parameters and errors are those of
  /// ``Communicator/gather(_:into:to:counts:)-(_,R,_,_)``.
  ///
  /// The corresponding C functions are `MPI_Igather` and `MPI_Igatherv` (MPI 3.1 §5.12.3).
  @_lifetime(borrow elements, &storage)
  public func gather<S: OutgoingStorage & ~Copyable, R: IncomingStorage>(
    _ elements: borrowing @_addressable S, into storage: inout R, to root: Int,
    counts: Partition? = nil
  ) throws -> Request where S.Element == R.Element {
    try Request(elements.operand, storage.pinned, on: raw) { sent, received, starting in
      try communicator._gather(sent, received, to: root, counts, starting)
    }
  }

  /// Begins to gather as many elements of every rank on the root, in what views show.
  ///
  /// **Collective**, as ``gather(_:into:to:counts:)-(_,R,_,_)``.
  ///
  /// The corresponding C functions are `MPI_Igather` and `MPI_Igatherv` (MPI 3.1 §5.12.3).
  @_lifetime(copy elements, copy view)
  public func gather<S: OutgoingView & ~Escapable, V: IncomingView & ~Copyable & ~Escapable>(
    _ elements: S, into view: consuming V, to root: Int, counts: Partition? = nil
  ) throws -> Request where S.Element == V.Element {
    try Request(elements.operand, view.pinned, on: raw) { sent, received, starting in
      try communicator._gather(sent, received, to: root, counts, starting)
    }
  }

  /// Begins to gather as many elements of every rank on the root, where the root's own are in place
  /// already.
  ///
  /// **Collective**. The parameters and errors are those of
  /// ``Communicator/gather(_:to:counts:)-(R,_,_)``.
  ///
  /// The corresponding C functions are `MPI_Igather` and `MPI_Igatherv` with `MPI_IN_PLACE` (MPI 3.1
  /// §5.12.3).
  @_lifetime(&elements)
  public func gather<R: Pinned & ~Copyable & ~Escapable>(
    _ elements: inout R, to root: Int, counts: Partition? = nil
  ) throws -> Request {
    try Request(elements.pinned, on: raw) { elements, starting in
      try communicator._gather(inPlace: elements, to: root, counts, starting)
    }
  }
}

extension Persistent {
  /// Sets up gathering as many elements of every rank on the root, in rank order.
  ///
  /// **Collective**: every rank of the communicator calls it, with the same count and root.
  ///
  /// Shape: `[n]` on each rank → `[size · n]` on the root, nothing elsewhere.
  ///
  /// - Throws: ``MPIError/Code/unsupportedOperation`` where the library has no persistent
  ///   collectives, ``MPIError/Code/invalidRoot``, and what else the library reports.
  ///
  /// The corresponding C function is `MPI_Gather_init` (MPI 4.0 §6.13.3).
  public func gather<T: Datatype>(
    _ type: T.Type, count: Int, to root: Int, info: Info = Info()
  ) throws -> PersistentCollective<T> {
    if let blocks = blocks(of: count) {
      return try gather(type, counts: blocks, to: root, info: info)
    }
    let isRoot = communicator.rank == root
    let root = try communicator.rawRoot(root, "MPI_Gather_init")
    return try collective(
      type, "MPI_Gather_init", given: count, gotten: isRoot ? count * communicator.size : 0
    ) { (given, gotten, raw, pending) throws in
      let block = try Narrowed(given)
      defer { block.release(after: pending) }
      return unsafe CMPI_Gather_init(
        given.address, block.count, block.datatype.raw, gotten.address, root, raw, info.raw,
        &pending.request)
    }
  }

  /// Sets up gathering every rank's elements on the root, in numbers that are known.
  ///
  /// **Collective**: every rank of the communicator calls it, with the same root and counts. It throws
  /// as ``gather(_:count:to:info:)``.
  ///
  /// The corresponding C function is `MPI_Gatherv_init` (MPI 4.0 §6.13.3).
  public func gather<T: Datatype>(
    _ type: T.Type, counts: Partition, to root: Int, info: Info = Info()
  ) throws -> PersistentCollective<T> {
    let isRoot = communicator.rank == root
    let root = try communicator.rawRoot(root, "MPI_Gatherv_init")
    return try collective(
      type, "MPI_Gatherv_init", given: own(counts, "MPI_Gatherv_init"),
      gotten: isRoot ? counts.count : 0
    ) { (given, gotten, raw, pending) throws in
      unsafe CMPI_Gatherv_init(
        given.address, given.rawCount, given.datatype.raw, gotten.address,
        pending.extras().hold(counts.rawCounts()),
        pending.extras().hold(counts.rawOffsets), root, raw, info.raw,
        &pending.request)
    }
  }
}

extension Async {
  /// Gathers every rank's elements on the root, in rank order. Ranks may have different numbers of
  /// elements.
  ///
  /// **Collective**. The parameters, the result and the errors are those of
  /// ``Communicator/gather(_:to:counts:)-(B,_,_)``.
  ///
  /// - Throws: ``MPIError/Code/cancelled`` besides.
  /// - Complexity: Without `counts`, the numbers of elements are gathered first. A task that is
  ///   cancelled meanwhile waits for the end of that, since the other ranks count on all of it.
  ///
  /// The corresponding C functions are `MPI_Igather` and `MPI_Igatherv` (MPI 3.1 §5.12.3).
  public nonisolated(nonsending) func gather<B: OutgoingStorage & Collection>(
    _ elements: B, to root: Int, counts: Partition? = nil
  ) async throws -> [B.Element]? {
    if let counts {
      communicator.requirePart(elements.count, of: counts)
      return try await gather(Array(elements), to: root, counts, isLarge: !counts.fitsC)
    }
    let parts = try await gatherEach(elements.count, to: root, .wait).map { Partition(counts: $0) }
    // Whether this is an operation of large parts must be known to all, and only the root has seen
    // the counts.
    let isLarge = try await broadcast(
      in: AsyncStorage([parts.map { !$0.fitsC } ?? false]), from: root, .wait)[0]
    return try await gather(Array(elements), to: root, parts, isLarge: isLarge)
  }

  /// Gathers one value of every rank on the root, in rank order.
  ///
  /// **Collective**, as ``gather(_:to:counts:)``.
  ///
  /// The corresponding C function is `MPI_Igather` (MPI 3.1 §5.12.3).
  @_disfavoredOverload
  public nonisolated(nonsending) func gather<T: Datatype>(
    _ value: T, to root: Int
  ) async throws -> [T]? {
    try await gatherEach(value, to: root, .detach)
  }

  nonisolated(nonsending) func gatherEach<T: Datatype>(
    _ value: T, to root: Int, _ cancellation: AsyncOperation.Cancellation
  ) async throws -> [T]? {
    let communicator = communicator
    let rawRoot = try communicator.rawRoot(root, "MPI_Igather")
    let isRoot = communicator.rank == root
    let all = try await collect(
      "MPI_Igather", AsyncStorage([value]),
      AsyncStorage<T>(count: isRoot ? communicator.size : 0), cancellation
    ) { sent, received, pending throws in
      try communicator._gather(each: sent, received.withCount(1), rawRoot, pending)
    }
    return isRoot ? all : nil
  }

  /// - Parameter parts: The parts of all ranks; needed on the root only.
  nonisolated(nonsending) private func gather<T: Datatype>(
    _ elements: [T], to root: Int, _ parts: Partition?, isLarge: Bool
  ) async throws -> [T]? {
    let communicator = communicator
    let rawRoot = try communicator.rawRoot(root, "MPI_Igatherv")
    let isRoot = communicator.rank == root
    let target = isRoot ? parts.map { AsyncStorage<T>($0) } : nil
    let all = try await collect(
      "MPI_Igatherv", AsyncStorage(elements), target ?? AsyncStorage<T>(count: 0)
    ) { sent, received, pending throws in
      try communicator._gather(sent, received, parts, isLarge: isLarge, rawRoot, pending)
    }
    return isRoot ? all : nil
  }
}

extension Communicator {
  @usableFromInline
  func _gather<T: Datatype>(
    _ sent: borrowing Operand, to root: Int, _ counts: Partition?
  ) throws -> [T]? {
    if let counts { requirePart(sent.count, of: counts) }
    let rawRoot = try rawRoot(root, "MPI_Gatherv")
    var parts = counts
    var isLarge = counts.map { !$0.fitsC } ?? false
    if counts == nil {
      parts = try gather(sent.count, to: root).map { Partition(counts: $0) }
      // Whether this is an operation of large parts must be known to all, and only the root has seen
      // the counts.
      isLarge = parts.map { !$0.fitsC } ?? false
      try broadcast(&isLarge, from: root)
    }
    let source = sent.part("gather")
    guard rank == root, let parts else {
      try _gather(source, .none, nil, isLarge: isLarge, rawRoot, nil)
      return nil
    }
    return try [T](receiving: parts) { buffer in
      try _gather(source, buffer, parts, isLarge: isLarge, rawRoot, nil)
    }
  }

  /// - Parameter parts: How much comes from each rank, and where it goes: in instances and extents of
  ///   the receiving layout, if there is one.
  @usableFromInline
  func _gather(
    _ sent: borrowing Operand, _ received: borrowing Operand, to root: Int,
    _ parts: Partition? = nil, _ starting: Starting? = nil
  ) throws {
    let isPlain = sent.isWhole && received.isWhole
    let isRoot = rank == root
    if let parts {
      if isPlain { requirePart(sent.count, of: parts) } else { requireParts(parts) }
    }
    let rawRoot = try rawRoot(root, gatherRoutines, parts, starting)
    sent.keep(in: starting)
    received.keep(in: starting)
    let source = sent.part("gather")
    if let parts {
      let target = isRoot ? received.divided(parts, "gather") : .none
      try _gather(source, target, parts, isLarge: !parts.fitsC, rawRoot, starting)
      return
    }
    let target = isRoot ? received.part("gather", times: size) : .none
    if isPlain && isRoot { requireCount(target.count, atLeast: source.count * size, "gather") }
    let each = isPlain ? source.count : sharedCount(target.count)
    try _gather(each: source, apart: sent.layout, target.withCount(each), rawRoot, starting)
  }

  @usableFromInline
  func _gather(
    inPlace elements: borrowing Operand, to root: Int, _ parts: Partition?,
    _ starting: Starting? = nil
  ) throws {
    let rawRoot = try rawRoot(root, gatherRoutines, parts, starting)
    if let parts { requireParts(parts) }
    elements.keep(in: starting)
    switch (rank == root, parts) {
    case (true, let parts?):
      let buffer = elements.divided(parts, "gather")
      try _gather(.inPlace, buffer, parts, isLarge: !parts.fitsC, rawRoot, starting)
    case (true, nil):
      let target = share(of: elements.part("gather", times: size))
      try _gather(each: target.inPlaceOperand, target, rawRoot, starting)
    case (false, let parts?):
      if elements.isWhole { requirePart(elements.count, of: parts) }
      try _gather(
        elements.part("gather"), .none, parts, isLarge: !parts.fitsC, rawRoot, starting)
    case (false, nil):
      try _gather(
        each: elements.part("gather"), apart: elements.layout, .none, rawRoot, starting)
    }
  }

  /// - Parameters:
  ///   - layout: That of what is sent.
  ///   - received: With the count of what comes from each rank.
  func _gather(
    each sent: RawBuffer, apart layout: LayoutStorage? = nil, _ received: RawBuffer, _ root: CInt,
    _ pending: Starting?
  ) throws {
    let outgoing = try Narrowed(sent, apart: layout)
    defer { outgoing.release(after: pending) }
    let incoming = try Narrowed(received)
    defer { incoming.release(after: pending) }
    if let pending = pending {
      try unsafe check(
        MPI_Igather(
          sent.address, outgoing.count, outgoing.datatype.raw, received.address, incoming.count,
          incoming.datatype.raw, root, raw, &pending.request),
        "MPI_Igather", on: raw)
    } else {
      try unsafe check(
        MPI_Gather(
          sent.address, outgoing.count, outgoing.datatype.raw, received.address, incoming.count,
          incoming.datatype.raw, root, raw),
        "MPI_Gather", on: raw)
    }
  }

  /// - Parameters:
  ///   - parts: The parts of all ranks; needed on the root only.
  ///   - isLarge: Whether some count is too large for C; known to all ranks.
  func _gather(
    _ sent: RawBuffer, _ received: RawBuffer, _ parts: Partition?, isLarge: Bool, _ root: CInt,
    _ pending: Starting?
  ) throws {
    let isRoot = rank == Int(root)
    if isRoot, let parts { requireCount(received.count, atLeast: parts.count, "gather") }
    let isInPlace = unsafe sent.address == CMPI_IN_PLACE
    if isLarge {
      // In place, the root's own part is there already, and must not be copied onto itself.
      let count = isInPlace ? 0 : sent.count
      try _exchangeParts(
        isInPlace ? received : sent, { $0 == Int(root) ? 0..<count : 0..<0 },
        received,
        { rank in
          isRoot && !(isInPlace && rank == self.rank) ? parts.map { $0[rank] } ?? 0..<0 : 0..<0
        }, pending)
      return
    }
    let counts = isRoot ? parts?.rawCounts() ?? [] : []
    let offsets = isRoot ? parts?.rawOffsets ?? [] : []
    let own = try Narrowed(sent)
    defer { own.release(after: pending) }
    let outgoing = isInPlace ? received.datatype.raw : own.datatype.raw
    let incoming = isRoot ? received.datatype.raw : outgoing
    if let pending = pending {
      let extras = pending.extras()
      try unsafe check(
        MPI_Igatherv(
          sent.address, own.count, outgoing, received.address, extras.hold(counts),
          extras.hold(offsets), incoming, root, raw, &pending.request),
        "MPI_Igatherv", on: raw)
    } else {
      try unsafe check(
        MPI_Gatherv(
          sent.address, own.count, outgoing, received.address, counts, offsets, incoming, root,
          raw),
        "MPI_Gatherv", on: raw)
    }
  }
}

/// The names in C: blocking and nonblocking, and the same with counts.
private let gatherRoutines: Routines = ("MPI_Gather", "MPI_Igather", "MPI_Gatherv", "MPI_Igatherv")
