internal import CMPI

extension Communicator {
  /// Divides the root's elements among the ranks, in rank order, as evenly as can be.
  ///
  /// **Collective**: every rank of the communicator calls it, with the same root.
  ///
  ///     let mine = try world.scatter(all.span, from: 0)   // `all` is looked at on rank 0 only
  ///
  /// Shape: `[n]` on the root → `[n / size]` on each rank; the first `n % size` ranks get one more.
  ///
  /// - Returns: This rank's part: ``Partition/init(balancing:over:)`` says which.
  /// - Complexity: The number of elements is broadcast first; give `counts:`, or storage for the
  ///   result, to save that.
  ///
  /// The corresponding C function is `MPI_Scatterv` (MPI 3.1 §5.6).
  public func scatter<T: Datatype>(_ elements: Span<T>, from root: Int) throws(MPIError) -> [T] {
    var count = elements.count
    try broadcast(&count, from: root)
    let parts = Partition(balancing: count, over: size)
    return try unsafe [T](receiving: parts.counts[rank]) { buffer throws(MPIError) in
      try unsafe _scatter(elements.rawBuffer, buffer, parts, rawRoot(root, "MPI_Scatterv"), nil)
    }
  }

  /// Gives each rank the element of the root's that has its number.
  ///
  /// **Collective**: every rank of the communicator calls it, with the same root.
  ///
  /// - Precondition: The root gives `size` elements; what others give is not looked at.
  ///
  /// The corresponding C function is `MPI_Scatter` (MPI 3.1 §5.6).
  public func scatterEach<T: Datatype>(_ elements: Span<T>, from root: Int) throws(MPIError) -> T {
    let one = try unsafe [T](receiving: 1) { buffer throws(MPIError) in
      try unsafe _scatter(elements.rawBuffer, buffer, 1, rawRoot(root, "MPI_Scatter"), nil)
    }
    return one[0]
  }

  /// Gives each rank its part of the root's elements.
  ///
  /// **Collective**: every rank of the communicator calls it, with the same root and the same
  /// counts.
  ///
  /// - Parameters:
  ///   - elements: All elements on the root; elsewhere it may be empty.
  ///   - root: The rank that gives.
  ///   - counts: How many each rank gets, and where they are.
  /// - Returns: This rank's part.
  /// - Precondition: The root has `counts.count` elements.
  ///
  /// The corresponding C function is `MPI_Scatterv` (MPI 3.1 §5.6).
  public func scatter<T: Datatype>(
    _ elements: Span<T>, from root: Int, counts: Partition
  ) throws(MPIError) -> [T] {
    requireParts(counts)
    return try unsafe [T](receiving: counts.counts[rank]) { buffer throws(MPIError) in
      try unsafe _scatter(
        elements.rawBuffer, buffer, counts, rawRoot(root, "MPI_Scatterv"), nil)
    }
  }

  /// Gives each rank as many of the root's elements, in rank order, into storage of its own.
  ///
  /// **Collective**: every rank of the communicator calls it, with the same root and as much
  /// storage.
  ///
  /// Shape: `[size · n]` on the root → `[n]` on each rank, where n is the length of `result`.
  ///
  /// - Precondition: The root has `size · n` elements; elsewhere there may be none.
  /// - Complexity: O(log `size`) messages where the library takes a tree, O(`size` · n) elements
  ///   sent by the root.
  ///
  /// The corresponding C function is `MPI_Scatter` (MPI 3.1 §5.6).
  public func scatter<T: Datatype>(
    _ elements: Span<T>, into result: consuming MutableSpan<T>, from root: Int
  ) throws(MPIError) {
    let target = unsafe result.rawBuffer()
    try unsafe _scatter(
      elements.rawBuffer, target, target.count, rawRoot(root, "MPI_Scatter"), nil)
    unsafe target.normalize()
  }

  /// Gives each rank its part of the root's elements, into storage of its own.
  ///
  /// **Collective**: every rank of the communicator calls it, with the same root and the same
  /// counts.
  ///
  /// - Precondition: The root has `counts.count` elements, and `result` has room for this rank's.
  ///
  /// The corresponding C function is `MPI_Scatterv` (MPI 3.1 §5.6).
  public func scatter<T: Datatype>(
    _ elements: Span<T>, into result: consuming MutableSpan<T>, from root: Int, counts: Partition
  ) throws(MPIError) {
    requireParts(counts)
    let target = unsafe result.rawBuffer()
    try unsafe _scatter(
      elements.rawBuffer, target, counts, rawRoot(root, "MPI_Scatterv"), nil)
    unsafe target.normalize()
  }

  /// Gives each rank as many of the root's elements, of which the root's own stay where they are.
  ///
  /// **Collective**: every rank of the communicator calls it, with the same root.
  ///
  /// - Parameters:
  ///   - elements: On the root all elements, `size · n`, which stay as they are; elsewhere storage
  ///     for n.
  ///   - root: The rank that gives.
  ///
  /// The corresponding C function is `MPI_Scatter` with `MPI_IN_PLACE` (MPI 3.1 §5.6).
  public func scatter<T: Datatype>(
    _ elements: consuming MutableSpan<T>, from root: Int
  ) throws(MPIError) {
    let buffer = unsafe elements.rawBuffer()
    try unsafe _scatter(inPlace: buffer, rawRoot(root, "MPI_Scatter"), nil)
    unsafe buffer.normalize()
  }

  /// Gives each rank its part of the root's elements, of which the root's own stay where they are.
  ///
  /// **Collective**: every rank of the communicator calls it, with the same root and the same counts.
  ///
  /// - Parameters:
  ///   - elements: On the root all elements, which stay as they are; elsewhere storage for this
  ///     rank's part.
  ///   - root: The rank that gives.
  ///   - counts: How many each rank gets, and where they are.
  ///
  /// The corresponding C function is `MPI_Scatterv` with `MPI_IN_PLACE` (MPI 3.1 §5.6).
  public func scatter<T: Datatype>(
    _ elements: consuming MutableSpan<T>, from root: Int, counts: Partition
  ) throws(MPIError) {
    let buffer = unsafe elements.rawBuffer()
    try unsafe _scatter(inPlace: buffer, counts, rawRoot(root, "MPI_Scatterv"), nil)
    unsafe buffer.normalize()
  }

  func _scatter(
    inPlace buffer: RawBuffer, _ parts: Partition, _ root: CInt,
    _ pending: UnsafeMutablePointer<Pending>?
  ) throws(MPIError) {
    requireParts(parts)
    if rank == Int(root) {
      try unsafe _scatter(buffer, .inPlace, parts, root, pending)
    } else {
      try unsafe _scatter(.none, buffer, parts, root, pending)
    }
  }

  func requireParts(_ partition: Partition) {
    precondition(
      partition.counts.count == size,
      "a partition of \(partition.counts.count) parts on \(size) ranks")
  }

  func _scatter(
    inPlace buffer: RawBuffer, _ root: CInt, _ pending: UnsafeMutablePointer<Pending>?
  ) throws(MPIError) {
    if rank == Int(root) {
      let count = unsafe sharedCount(buffer.count)
      try unsafe _scatter(buffer, .inPlace, count, root, pending)
    } else {
      try unsafe _scatter(.none, buffer, buffer.count, root, pending)
    }
  }

  func _scatter(
    _ sent: RawBuffer, _ received: RawBuffer, _ count: Int, _ root: CInt,
    _ pending: UnsafeMutablePointer<Pending>?
  ) throws(MPIError) {
    if rank == Int(root) { unsafe requireCount(sent.count, atLeast: count * size, "scatter") }
    let received = unsafe received.withCount(count, ifInPlaceAs: sent)
    try unsafe _scatter(each: sent.withCount(count, of: received.datatype), received, root, pending)
  }

  /// - Parameter sent: With the count of what goes to each rank.
  func _scatter(
    each sent: RawBuffer, _ received: RawBuffer, _ root: CInt,
    _ pending: UnsafeMutablePointer<Pending>?
  ) throws(MPIError) {
    let (outgoing, incoming) = try unsafe (Narrowed(sent), Narrowed(received))
    defer { unsafe outgoing.release(after: pending) }
    defer { unsafe incoming.release(after: pending) }
    if let pending = unsafe pending {
      try unsafe check(
        MPI_Iscatter(
          sent.address, outgoing.count, outgoing.datatype.raw, received.address, incoming.count,
          incoming.datatype.raw, root, raw, &pending.pointee.request),
        "MPI_Iscatter", on: raw)
    } else {
      try unsafe check(
        MPI_Scatter(
          sent.address, outgoing.count, outgoing.datatype.raw, received.address, incoming.count,
          incoming.datatype.raw, root, raw),
        "MPI_Scatter", on: raw)
    }
  }

  /// - Parameter count: How many elements this rank receives, where they are of another type than
  ///   those of the parts.
  func _scatter(
    _ sent: RawBuffer, _ received: RawBuffer, _ parts: Partition, receiving count: Int? = nil,
    _ root: CInt, _ pending: UnsafeMutablePointer<Pending>?
  ) throws(MPIError) {
    let isRoot = rank == Int(root)
    let own = count ?? parts.counts[rank]
    if isRoot { unsafe requireCount(sent.count, atLeast: parts.count, "scatter") }
    let isInPlace = unsafe received.address == CMPI_IN_PLACE
    if !isInPlace { unsafe requireCount(received.count, atLeast: own, "scatter") }
    if !parts.fitsC {
      // In place, the root's own part stays, and must not be copied onto itself.
      try unsafe _exchangeParts(
        sent, { isRoot && !(isInPlace && $0 == rank) ? parts[$0] : 0..<0 },
        isInPlace ? sent : received, { $0 == Int(root) && !isInPlace ? 0..<own : 0..<0 }, pending)
      return
    }
    let counts = isRoot ? parts.rawCounts() : []
    let offsets = isRoot ? parts.rawOffsets : []
    let incoming = unsafe isInPlace ? sent.datatype.raw : received.datatype.raw
    let outgoing = unsafe isRoot ? sent.datatype.raw : incoming
    if let pending = unsafe pending {
      let extras = unsafe pending.pointee.extras()
      try unsafe check(
        MPI_Iscatterv(
          sent.address, extras.hold(counts), extras.hold(offsets), outgoing, received.address,
          CInt(own), incoming, root, raw, &pending.pointee.request),
        "MPI_Iscatterv", on: raw)
    } else {
      try unsafe check(
        MPI_Scatterv(
          sent.address, counts, offsets, outgoing, received.address, CInt(own), incoming, root, raw),
        "MPI_Scatterv", on: raw)
    }
  }
}
