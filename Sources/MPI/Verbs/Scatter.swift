internal import CMPI

extension Communicator {
  /// Divides the root's elements among the ranks, in rank order: as evenly as can be, or as counts say.
  ///
  /// **Collective**: every rank of the communicator calls it, with the same root, and the same counts
  /// if any.
  ///
  ///     let mine = try world.scatter(all, from: 0)   // `all` is looked at on rank 0 only
  ///
  /// Shape: `[n]` on the root → `[n / size]` on each rank; the first `n % size` ranks get one more.
  ///
  /// - Parameters:
  ///   - elements: All elements on the root; elsewhere it may be empty. Where it is laid out, as many
  ///     instances of the layout as it says are each rank's.
  ///   - root: The rank that gives.
  ///   - counts: How many each rank gets, and where they are: in elements, or in instances and extents
  ///     of the layout, which `elements` has on all ranks then.
  /// - Returns: This rank's part: without counts, ``Partition/init(balancing:over:)`` says which.
  /// - Throws: ``MPIError/Code/invalidRoot``, and what else the library reports.
  /// - Precondition: The root has `counts.count` elements.
  /// - Complexity: O(log `size`) messages where the library takes a tree, and all elements sent by the
  ///   root; without `counts`, after a broadcast of their number.
  ///
  /// The corresponding C function is `MPI_Scatterv` (MPI 3.1 §5.6).
  @inlinable
  public func scatter<B: Outgoing & ~Copyable & ~Escapable>(
    _ elements: borrowing B, from root: Int, counts: Partition? = nil
  ) throws -> [B.Element] {
    try _scatter(elements.operand, from: root, counts)
  }

  /// Gives each rank the element of the root's that has its number.
  ///
  /// **Collective**: every rank of the communicator calls it, with the same root.
  ///
  /// - Throws: ``MPIError/Code/invalidRoot``, and what else the library reports.
  /// - Precondition: The root gives `size` elements; what others give is not looked at.
  ///
  /// The corresponding C function is `MPI_Scatter` (MPI 3.1 §5.6).
  @inlinable
  public func scatterEach<B: Outgoing & ~Copyable & ~Escapable>(
    _ elements: borrowing B, from root: Int
  ) throws -> B.Element {
    try _scatterEach(elements.operand, from: root)
  }

  /// Gives each rank as many of the root's elements, in rank order, into storage of its own.
  ///
  /// **Collective**: every rank of the communicator calls it, with the same root, and as much storage or
  /// the same counts.
  ///
  ///     // Column r of a matrix goes to rank r.
  ///     let column = try Layout<Double>.strided(count: rows, stride: columns).resized(extent: 1)
  ///     try world.scatter(matrix.span.laid(out: column), into: &mine, from: 0)
  ///
  /// Shape: `[size · n]` on the root → `[n]` on each rank, where n is the length of `storage`.
  ///
  /// - Parameters:
  ///   - elements: All elements on the root; elsewhere it may be empty. Where it is laid out, as many
  ///     instances of the layout as it says are each rank's.
  ///   - storage: Where this rank's elements go.
  ///   - root: The rank that gives.
  ///   - counts: How many each rank gets, and where they are: in elements, or in instances and extents
  ///     of the layout, which `elements` has on all ranks then. `nil`: as many for each.
  /// - Throws: ``MPIError/Code/invalidRoot``, and what else the library reports.
  /// - Precondition: The root has `size · n`, or `counts.count`, elements, and `storage` has room for
  ///   this rank's; where one of the two is laid out, exactly those.
  /// - Complexity: O(log `size`) messages where the library takes a tree, O(`size` · n) elements
  ///   sent by the root.
  ///
  /// The corresponding C functions are `MPI_Scatter` and `MPI_Scatterv` (MPI 3.1 §5.6).
  @inlinable
  public func scatter<
    S: Outgoing & ~Copyable & ~Escapable, R: Incoming & ~Copyable & ~Escapable
  >(
    _ elements: borrowing S, into storage: inout R, from root: Int, counts: Partition? = nil
  ) throws where S.Element == R.Element {
    try _scatter(elements.operand, storage.incoming, from: root, counts)
  }

  /// Gives each rank as many of the root's elements, in rank order, into what a view shows.
  ///
  /// **Collective**, as ``scatter(_:into:from:counts:)-(_,R,_,_)``.
  ///
  /// The corresponding C functions are `MPI_Scatter` and `MPI_Scatterv` (MPI 3.1 §5.6).
  @inlinable
  public func scatter<
    S: Outgoing & ~Copyable & ~Escapable, V: IncomingView & ~Copyable & ~Escapable
  >(
    _ elements: borrowing S, into view: consuming V, from root: Int, counts: Partition? = nil
  ) throws where S.Element == V.Element {
    try _scatter(elements.operand, view.incoming, from: root, counts)
  }

  /// Gives each rank as many of the root's elements, of which the root's own stay where they are.
  ///
  /// **Collective**: every rank of the communicator calls it, with the same root, and the same counts
  /// if any.
  ///
  /// - Parameters:
  ///   - elements: On the root all elements, `size · n`, which stay as they are; elsewhere storage for
  ///     this rank's.
  ///   - root: The rank that gives.
  ///   - counts: How many each rank gets, and where they are. `nil`: as many for each.
  /// - Throws: ``MPIError/Code/invalidRoot``, and what else the library reports.
  ///
  /// The corresponding C functions are `MPI_Scatter` and `MPI_Scatterv` with `MPI_IN_PLACE` (MPI 3.1
  /// §5.6).
  @inlinable
  public func scatter<R: Incoming & ~Copyable & ~Escapable>(
    _ elements: inout R, from root: Int, counts: Partition? = nil
  ) throws {
    try _scatter(inPlace: elements.incoming, from: root, counts)
  }
}

extension Immediate where Context: Communicator {
  /// Begins to give each rank as many of the root's elements, in rank order. What is sent must not be
  /// changed, and what is received into not touched, until the request is complete.
  ///
  /// **Collective**. The parameters and errors are those of
  /// ``Communicator/scatter(_:into:from:counts:)-(_,R,_,_)``.
  ///
  /// The corresponding C functions are `MPI_Iscatter` and `MPI_Iscatterv` (MPI 3.1 §5.12.4).
  @_lifetime(borrow elements, &storage)
  public func scatter<S: OutgoingStorage & ~Copyable, R: IncomingStorage>(
    _ elements: borrowing @_addressable S, into storage: inout R, from root: Int,
    counts: Partition? = nil
  ) throws -> Request where S.Element == R.Element {
    try Request(elements.operand, storage.pinned, on: raw) { sent, received, starting in
      try communicator._scatter(sent, received, from: root, counts, starting)
    }
  }

  /// Begins to give each rank as many of the root's elements, in what views show.
  ///
  /// **Collective**, as ``scatter(_:into:from:counts:)-(_,R,_,_)``.
  ///
  /// The corresponding C functions are `MPI_Iscatter` and `MPI_Iscatterv` (MPI 3.1 §5.12.4).
  @_lifetime(copy elements, copy view)
  public func scatter<S: OutgoingView & ~Escapable, V: IncomingView & ~Copyable & ~Escapable>(
    _ elements: S, into view: consuming V, from root: Int, counts: Partition? = nil
  ) throws -> Request where S.Element == V.Element {
    try Request(elements.operand, view.pinned, on: raw) { sent, received, starting in
      try communicator._scatter(sent, received, from: root, counts, starting)
    }
  }

  /// Begins to give each rank as many of the root's elements, of which the root's own stay where
  /// they are.
  ///
  /// **Collective**. The parameters and errors are those of
  /// ``Communicator/scatter(_:from:counts:)-(R,_,_)``.
  ///
  /// The corresponding C functions are `MPI_Iscatter` and `MPI_Iscatterv` with `MPI_IN_PLACE` (MPI 3.1
  /// §5.12.4).
  @_lifetime(&elements)
  public func scatter<R: Pinned & ~Copyable & ~Escapable>(
    _ elements: inout R, from root: Int, counts: Partition? = nil
  ) throws -> Request {
    try Request(elements.pinned, on: raw) { elements, starting in
      try communicator._scatter(inPlace: elements, from: root, counts, starting)
    }
  }
}

extension Persistent {
  /// Sets up giving each rank as many of the root's elements, in rank order.
  ///
  /// **Collective**: every rank of the communicator calls it, with the same count and root.
  ///
  /// Shape: `[size · n]` on the root, nothing elsewhere → `[n]` on each rank.
  ///
  /// - Throws: ``MPIError/Code/unsupportedOperation`` where the library has no persistent
  ///   collectives, ``MPIError/Code/invalidRoot``, and what else the library reports.
  ///
  /// The corresponding C function is `MPI_Scatter_init` (MPI 4.0 §6.13.4).
  public func scatter<T: Datatype>(
    _ type: T.Type, count: Int, from root: Int, info: Info = Info()
  ) throws -> PersistentCollective<T> {
    if let blocks = blocks(of: count) {
      return try scatter(type, counts: blocks, from: root, info: info)
    }
    let isRoot = communicator.rank == root
    let root = try communicator.rawRoot(root, "MPI_Scatter_init")
    return try collective(
      type, "MPI_Scatter_init", given: isRoot ? count * communicator.size : 0, gotten: count
    ) { (given, gotten, raw, pending) throws in
      let block = try Narrowed(gotten)
      defer { block.release(after: pending) }
      return unsafe CMPI_Scatter_init(
        given.address, block.count, block.datatype.raw, gotten.address, root, raw, info.raw,
        &pending.request)
    }
  }

  /// Sets up giving each rank its part of the root's elements.
  ///
  /// **Collective**: every rank of the communicator calls it, with the same root and counts. It throws
  /// as ``scatter(_:count:from:info:)``.
  ///
  /// The corresponding C function is `MPI_Scatterv_init` (MPI 4.0 §6.13.4).
  public func scatter<T: Datatype>(
    _ type: T.Type, counts: Partition, from root: Int, info: Info = Info()
  ) throws -> PersistentCollective<T> {
    let isRoot = communicator.rank == root
    let root = try communicator.rawRoot(root, "MPI_Scatterv_init")
    return try collective(
      type, "MPI_Scatterv_init", given: isRoot ? counts.count : 0,
      gotten: own(counts, "MPI_Scatterv_init")
    ) { (given, gotten, raw, pending) throws in
      unsafe CMPI_Scatterv_init(
        given.address, pending.extras().hold(counts.rawCounts()),
        pending.extras().hold(counts.rawOffsets), gotten.datatype.raw, gotten.address,
        gotten.rawCount, root, raw, info.raw, &pending.request)
    }
  }
}

extension Async {
  /// Divides the root's elements among the ranks, in rank order: as evenly as can be, or as counts say.
  ///
  /// **Collective**. The parameters, the result and the errors are those of
  /// ``Communicator/scatter(_:from:counts:)-(B,_,_)``.
  ///
  /// - Throws: ``MPIError/Code/cancelled`` besides.
  /// - Complexity: Without `counts`, the number of elements is broadcast first. A task that is cancelled
  ///   meanwhile waits for the end of that, since the other ranks count on all of it.
  ///
  /// The corresponding C function is `MPI_Iscatterv` (MPI 3.1 §5.12.4).
  public nonisolated(nonsending) func scatter<B: OutgoingStorage & Collection>(
    _ elements: B, from root: Int, counts: Partition? = nil
  ) async throws -> [B.Element] {
    let communicator = communicator
    var parts = counts
    if parts == nil {
      let count = try await broadcast(in: AsyncStorage([elements.count]), from: root, .wait)[0]
      parts = Partition(balancing: count, over: communicator.size)
    }
    guard let parts else { return [] }
    communicator.requireParts(parts)
    let rawRoot = try communicator.rawRoot(root, "MPI_Iscatterv")
    return try await collect(
      "MPI_Iscatterv", AsyncStorage(Array(elements)),
      AsyncStorage<B.Element>(count: parts.counts[communicator.rank])
    ) { sent, received, pending throws in
      try communicator._scatter(sent, received, parts, rawRoot, pending)
    }
  }

  /// Gives each rank the element of the root's that has its number.
  ///
  /// **Collective**. The parameters, the result and the errors are those of
  /// ``Communicator/scatterEach(_:from:)``.
  ///
  /// - Throws: ``MPIError/Code/cancelled`` besides.
  ///
  /// The corresponding C function is `MPI_Iscatter` (MPI 3.1 §5.12.4).
  public nonisolated(nonsending) func scatterEach<B: OutgoingStorage & Collection>(
    _ elements: B, from root: Int
  ) async throws -> B.Element {
    let communicator = communicator
    let rawRoot = try communicator.rawRoot(root, "MPI_Iscatter")
    return try await collect(
      "MPI_Iscatter", AsyncStorage(Array(elements)), AsyncStorage<B.Element>(count: 1)
    ) { sent, received, pending throws in
      if communicator.rank == root {
        requireCount(sent.count, atLeast: communicator.size, "scatter")
      }
      try communicator._scatter(each: sent.withCount(1), received, rawRoot, pending)
    }[0]
  }
}

extension Communicator {
  @usableFromInline
  func _scatter<T: Datatype>(
    _ sent: borrowing Operand, from root: Int, _ counts: Partition?
  ) throws -> [T] {
    let isRoot = rank == root
    if let counts {
      requireParts(counts)
      let own = counts.counts[rank] * sent.unit
      let source = isRoot ? sent.divided(counts, "scatter") : .none
      return try [T](receiving: own) { buffer in
        try _scatter(
          source, buffer, counts, receiving: own, rawRoot(root, "MPI_Scatterv"), nil)
      }
    }
    var count = sent.count(ranks: size)
    try broadcast(&count, from: root)
    let own = Partition.balanced(count, part: rank, of: size).count
    let source = isRoot ? sent.part("scatter", times: size) : .none
    let parts = Partition(balancing: source.count, over: size)
    // The root may count instances of a layout; what all know is the number of elements.
    let isLarge = count > Int(CInt.max)
    return try [T](receiving: own) { buffer in
      try _scatter(
        source, buffer, parts, receiving: own, isLarge: isLarge, rawRoot(root, "MPI_Scatterv"),
        nil)
    }
  }

  @usableFromInline
  func _scatterEach<T: Datatype>(_ sent: borrowing Operand, from root: Int) throws -> T {
    try [T](receiving: 1) { try _scatter(sent, Operand($0), from: root) }[0]
  }

  /// - Parameter parts: How much goes to each rank, and where it lies: in instances and extents of the
  ///   sending layout, if there is one.
  @usableFromInline
  func _scatter(
    _ sent: borrowing Operand, _ received: borrowing Operand, from root: Int,
    _ parts: Partition? = nil, _ starting: Starting? = nil
  ) throws {
    let isPlain = sent.isWhole && received.isWhole
    let isRoot = rank == root
    if let parts { requireParts(parts) }
    let rawRoot = try rawRoot(root, scatterRoutines, parts, starting)
    sent.keep(in: starting)
    received.keep(in: starting)
    let target = received.part("scatter")
    if let parts {
      let source = isRoot ? sent.divided(parts, "scatter") : .none
      try _scatter(
        source, target, parts, receiving: isPlain ? nil : target.count, rawRoot, starting)
      return
    }
    let source = isRoot ? sent.part("scatter", times: size) : .none
    if isPlain && isRoot { requireCount(source.count, atLeast: target.count * size, "scatter") }
    let each = isPlain ? target.count : sharedCount(source.count)
    try _scatter(each: source.withCount(each), target, apart: received.layout, rawRoot, starting)
  }

  @usableFromInline
  func _scatter(
    inPlace elements: borrowing Operand, from root: Int, _ parts: Partition?,
    _ starting: Starting? = nil
  ) throws {
    let rawRoot = try rawRoot(root, scatterRoutines, parts, starting)
    if let parts { requireParts(parts) }
    elements.keep(in: starting)
    switch (rank == root, parts) {
    case (true, let parts?):
      try _scatter(elements.divided(parts, "scatter"), .inPlace, parts, rawRoot, starting)
    case (true, nil):
      let source = share(of: elements.part("scatter", times: size))
      try _scatter(each: source, source.inPlaceOperand, rawRoot, starting)
    case (false, let parts?):
      let target = elements.part("scatter")
      try _scatter(
        .none, target, parts, receiving: elements.isWhole ? nil : target.count, rawRoot, starting)
    case (false, nil):
      try _scatter(
        each: .none, elements.part("scatter"), apart: elements.layout, rawRoot, starting)
    }
  }

  /// - Parameters:
  ///   - sent: With the count of what goes to each rank.
  ///   - layout: That of what is received.
  func _scatter(
    each sent: RawBuffer, _ received: RawBuffer, apart layout: LayoutStorage? = nil, _ root: CInt,
    _ pending: Starting?
  ) throws {
    let outgoing = try Narrowed(sent)
    defer { outgoing.release(after: pending) }
    let incoming = try Narrowed(received, apart: layout)
    defer { incoming.release(after: pending) }
    if let pending = pending {
      try unsafe check(
        MPI_Iscatter(
          sent.address, outgoing.count, outgoing.datatype.raw, received.address, incoming.count,
          incoming.datatype.raw, root, raw, &pending.request),
        "MPI_Iscatter", on: raw)
    } else {
      try unsafe check(
        MPI_Scatter(
          sent.address, outgoing.count, outgoing.datatype.raw, received.address, incoming.count,
          incoming.datatype.raw, root, raw),
        "MPI_Scatter", on: raw)
    }
  }

  /// - Parameters:
  ///   - count: How many elements this rank receives, where they are of another type than those of the
  ///     parts.
  ///   - isLarge: Whether some count is too large for C; known to all ranks.
  func _scatter(
    _ sent: RawBuffer, _ received: RawBuffer, _ parts: Partition, receiving count: Int? = nil,
    isLarge: Bool? = nil, _ root: CInt, _ pending: Starting?
  ) throws {
    let isRoot = rank == Int(root)
    let own = count ?? parts.counts[rank]
    if isRoot { requireCount(sent.count, atLeast: parts.count, "scatter") }
    let isInPlace = unsafe received.address == CMPI_IN_PLACE
    if !isInPlace { requireCount(received.count, atLeast: own, "scatter") }
    if isLarge ?? !parts.fitsC {
      // In place, the root's own part stays, and must not be copied onto itself.
      try _exchangeParts(
        sent, { isRoot && !(isInPlace && $0 == rank) ? parts[$0] : 0..<0 },
        isInPlace ? sent : received, { $0 == Int(root) && !isInPlace ? 0..<own : 0..<0 }, pending)
      return
    }
    let counts = isRoot ? parts.rawCounts() : []
    let offsets = isRoot ? parts.rawOffsets : []
    let target = try Narrowed(received.withCount(own))
    defer { target.release(after: pending) }
    let incoming = isInPlace ? sent.datatype.raw : target.datatype.raw
    let outgoing = isRoot ? sent.datatype.raw : incoming
    if let pending = pending {
      let extras = pending.extras()
      try unsafe check(
        MPI_Iscatterv(
          sent.address, extras.hold(counts), extras.hold(offsets), outgoing, received.address,
          target.count, incoming, root, raw, &pending.request),
        "MPI_Iscatterv", on: raw)
    } else {
      try unsafe check(
        MPI_Scatterv(
          sent.address, counts, offsets, outgoing, received.address, target.count, incoming, root,
          raw),
        "MPI_Scatterv", on: raw)
    }
  }
}

/// The names in C: blocking and nonblocking, and the same with counts.
private let scatterRoutines: Routines = (
  "MPI_Scatter", "MPI_Iscatter", "MPI_Scatterv", "MPI_Iscatterv"
)
