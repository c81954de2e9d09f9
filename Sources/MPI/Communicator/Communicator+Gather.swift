internal import CMPI

extension Communicator {
  /// Gathers every rank's elements on the root, in rank order. Ranks may have different numbers of
  /// elements.
  ///
  /// **Collective**: every rank of the communicator calls it, with the same root.
  ///
  ///     let all = try world.gather(mine.span, to: 0)
  ///     if let all { print(all) }
  ///
  /// Shape: `[n_r]` on rank *r* → `[n_0 + n_1 + …]` on the root.
  ///
  /// - Returns: The elements of all ranks on the root, `nil` elsewhere.
  /// - Complexity: The numbers of elements are gathered first; give `counts:` to save that.
  ///
  /// The corresponding C function is `MPI_Gatherv` (MPI 3.1 §5.5).
  public func gather<T: Datatype>(_ elements: Span<T>, to root: Int) throws(MPIError) -> [T]? {
    let rawRoot = try rawRoot(root, "MPI_Gatherv")
    let counts = try gather(elements.count, to: root)
    let parts = counts.map { Partition(counts: $0) }
    // Whether this is an operation of large parts must be known to all, and only the root has seen
    // the counts.
    var isLarge = parts.map { !$0.fitsC } ?? false
    try broadcast(&isLarge, from: root)
    guard let parts else {
      try unsafe _gather(elements.rawBuffer, .none, nil, isLarge: isLarge, rawRoot, nil)
      return nil
    }
    return try unsafe [T](receiving: parts.count) { buffer throws(MPIError) in
      try unsafe _gather(elements.rawBuffer, buffer, parts, isLarge: isLarge, rawRoot, nil)
    }
  }

  /// Gathers one value of every rank on the root, in rank order.
  ///
  /// **Collective**: every rank of the communicator calls it, with the same root.
  ///
  /// - Returns: The values of all ranks on the root, `nil` elsewhere.
  ///
  /// The corresponding C function is `MPI_Gather` (MPI 3.1 §5.5).
  public func gather<T: Datatype>(_ value: T, to root: Int) throws(MPIError) -> [T]? {
    let rawRoot = try rawRoot(root, "MPI_Gather")
    let one: InlineArray<1, T> = [value]
    guard rank == root else {
      try unsafe _gather(one.span.rawBuffer, .none, 1, rawRoot, nil)
      return nil
    }
    return try unsafe [T](receiving: size) { buffer throws(MPIError) in
      try unsafe _gather(one.span.rawBuffer, buffer, 1, rawRoot, nil)
    }
  }

  /// Gathers every rank's elements on the root, in numbers that are known.
  ///
  /// **Collective**: every rank of the communicator calls it, with the same root and the same
  /// counts.
  ///
  /// - Parameters:
  ///   - elements: This rank's elements: `counts.counts[rank]` of them.
  ///   - root: The rank that gets them all.
  ///   - counts: How many each rank has, and where they go; gaps are filled with zero bytes.
  /// - Returns: The elements of all ranks on the root, `nil` elsewhere.
  ///
  /// The corresponding C function is `MPI_Gatherv` (MPI 3.1 §5.5).
  public func gather<T: Datatype>(
    _ elements: Span<T>, to root: Int, counts: Partition
  ) throws(MPIError) -> [T]? {
    requirePart(elements.count, of: counts)
    let rawRoot = try rawRoot(root, "MPI_Gatherv")
    guard rank == root else {
      try unsafe _gather(
        elements.rawBuffer, .none, counts, isLarge: !counts.fitsC, rawRoot, nil)
      return nil
    }
    return try unsafe [T](receiving: counts) { buffer throws(MPIError) in
      try unsafe _gather(
        elements.rawBuffer, buffer, counts, isLarge: !counts.fitsC, rawRoot, nil)
    }
  }

  /// Gathers as many elements of every rank on the root, in rank order, into storage of its own.
  ///
  /// **Collective**: every rank of the communicator calls it, with as many elements and the same
  /// root.
  ///
  /// Shape: `[n]` on each rank → `[size · n]` on the root.
  ///
  /// - Parameters:
  ///   - elements: This rank's elements.
  ///   - result: Where all elements go on the root; elsewhere it may be empty.
  ///   - root: The rank that gets them all.
  /// - Precondition: `result` has room for `size · n` elements on the root.
  /// - Complexity: O(log `size`) messages where the library takes a tree, O(`size` · n) elements
  ///   received.
  ///
  /// The corresponding C function is `MPI_Gather` (MPI 3.1 §5.5).
  public func gather<T: Datatype>(
    _ elements: Span<T>, into result: consuming MutableSpan<T>, to root: Int
  ) throws(MPIError) {
    let target = unsafe result.rawBuffer()
    try unsafe _gather(
      elements.rawBuffer, target, elements.count, rawRoot(root, "MPI_Gather"), nil)
    unsafe target.normalize()
  }

  /// Gathers every rank's elements on the root, in numbers that are known, into storage of its own.
  ///
  /// **Collective**: every rank of the communicator calls it, with the same root and the same
  /// counts.
  ///
  /// - Precondition: `result` has room for `counts.count` elements on the root; elsewhere it may be
  ///   empty.
  ///
  /// The corresponding C function is `MPI_Gatherv` (MPI 3.1 §5.5).
  public func gather<T: Datatype>(
    _ elements: Span<T>, into result: consuming MutableSpan<T>, to root: Int, counts: Partition
  ) throws(MPIError) {
    requirePart(elements.count, of: counts)
    let target = unsafe result.rawBuffer()
    try unsafe _gather(
      elements.rawBuffer, target, counts, isLarge: !counts.fitsC, rawRoot(root, "MPI_Gatherv"),
      nil)
    unsafe target.normalize()
  }

  /// Gathers as many elements of every rank on the root, where the root's own are in place already.
  ///
  /// **Collective**: every rank of the communicator calls it, with the same root.
  ///
  /// - Parameters:
  ///   - elements: On the root storage for all, `size · n`, with its own part at `root · n`;
  ///     elsewhere this rank's n.
  ///   - root: The rank that gets them all.
  ///
  /// The corresponding C function is `MPI_Gather` with `MPI_IN_PLACE` (MPI 3.1 §5.5).
  public func gather<T: Datatype>(
    _ elements: consuming MutableSpan<T>, to root: Int
  ) throws(MPIError) {
    let buffer = unsafe elements.rawBuffer()
    try unsafe _gather(inPlace: buffer, rawRoot(root, "MPI_Gather"), nil)
    unsafe buffer.normalize()
  }

  /// Gathers every rank's elements on the root, in numbers that are known, where the root's own are
  /// in place already.
  ///
  /// **Collective**: every rank of the communicator calls it, with the same root and the same counts.
  ///
  /// - Parameters:
  ///   - elements: On the root storage for all, with its own part at `counts[root]`; elsewhere this
  ///     rank's part.
  ///   - root: The rank that gets them all.
  ///   - counts: How many each rank has, and where they go.
  ///
  /// The corresponding C function is `MPI_Gatherv` with `MPI_IN_PLACE` (MPI 3.1 §5.5).
  public func gather<T: Datatype>(
    _ elements: consuming MutableSpan<T>, to root: Int, counts: Partition
  ) throws(MPIError) {
    let buffer = unsafe elements.rawBuffer()
    try unsafe _gather(inPlace: buffer, counts, rawRoot(root, "MPI_Gatherv"), nil)
    unsafe buffer.normalize()
  }

  func _gather(
    inPlace buffer: RawBuffer, _ parts: Partition, _ root: CInt,
    _ pending: UnsafeMutablePointer<Pending>?
  ) throws(MPIError) {
    requireParts(parts)
    if rank == Int(root) {
      try unsafe _gather(.inPlace, buffer, parts, isLarge: !parts.fitsC, root, pending)
    } else {
      unsafe requirePart(buffer.count, of: parts)
      try unsafe _gather(buffer, .none, parts, isLarge: !parts.fitsC, root, pending)
    }
  }

  func _gather(
    inPlace buffer: RawBuffer, _ root: CInt, _ pending: UnsafeMutablePointer<Pending>?
  ) throws(MPIError) {
    if rank == Int(root) {
      let count = unsafe sharedCount(buffer.count)
      try unsafe _gather(.inPlace, buffer, count, root, pending)
    } else {
      try unsafe _gather(buffer, .none, buffer.count, root, pending)
    }
  }

  func _gather(
    _ sent: RawBuffer, _ received: RawBuffer, _ count: Int, _ root: CInt,
    _ pending: UnsafeMutablePointer<Pending>?
  ) throws(MPIError) {
    if rank == Int(root) { unsafe requireCount(received.count, atLeast: count * size, "gather") }
    let sent = unsafe sent.withCount(count, ifInPlaceAs: received)
    try unsafe _gather(each: sent, received.withCount(count, of: sent.datatype), root, pending)
  }

  /// - Parameter received: With the count of what comes from each rank.
  func _gather(
    each sent: RawBuffer, _ received: RawBuffer, _ root: CInt,
    _ pending: UnsafeMutablePointer<Pending>?
  ) throws(MPIError) {
    let (outgoing, incoming) = try unsafe (Narrowed(sent), Narrowed(received))
    defer { unsafe outgoing.release(after: pending) }
    defer { unsafe incoming.release(after: pending) }
    if let pending = unsafe pending {
      try unsafe check(
        MPI_Igather(
          sent.address, outgoing.count, outgoing.datatype.raw, received.address, incoming.count,
          incoming.datatype.raw, root, raw, &pending.pointee.request),
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
    _ pending: UnsafeMutablePointer<Pending>?
  ) throws(MPIError) {
    let isRoot = rank == Int(root)
    if isRoot, let parts { unsafe requireCount(received.count, atLeast: parts.count, "gather") }
    let isInPlace = unsafe sent.address == CMPI_IN_PLACE
    if isLarge {
      // In place, the root's own part is there already, and must not be copied onto itself.
      let count = unsafe isInPlace ? 0 : sent.count
      try unsafe _exchangeParts(
        isInPlace ? received : sent, { $0 == Int(root) ? 0..<count : 0..<0 },
        received,
        { rank in
          isRoot && !(isInPlace && rank == self.rank) ? parts.map { $0[rank] } ?? 0..<0 : 0..<0
        }, pending)
      return
    }
    let counts = isRoot ? parts?.rawCounts() ?? [] : []
    let offsets = isRoot ? parts?.rawOffsets ?? [] : []
    let count = unsafe CInt(sent.count)
    let outgoing = unsafe isInPlace ? received.datatype.raw : sent.datatype.raw
    let incoming = unsafe isRoot ? received.datatype.raw : outgoing
    if let pending = unsafe pending {
      let extras = unsafe pending.pointee.extras()
      try unsafe check(
        MPI_Igatherv(
          sent.address, count, outgoing, received.address, extras.hold(counts),
          extras.hold(offsets), incoming, root, raw, &pending.pointee.request),
        "MPI_Igatherv", on: raw)
    } else {
      try unsafe check(
        MPI_Gatherv(
          sent.address, count, outgoing, received.address, counts, offsets, incoming, root, raw),
        "MPI_Gatherv", on: raw)
    }
  }

  /// Traps where this rank does not have as many elements as it has been given counts for.
  func requirePart(_ count: Int, of partition: Partition) {
    precondition(
      partition.counts.count == size,
      "a partition of \(partition.counts.count) parts on \(size) ranks")
    precondition(
      count == partition.counts[rank],
      "\(count) elements on rank \(rank), whose part has \(partition.counts[rank])")
  }

  /// Each rank's share of a buffer that holds as many elements of all.
  func sharedCount(_ count: Int) -> Int {
    precondition(count % size == 0, "\(count) elements are not as many for each of \(size) ranks")
    return count / size
  }
}
