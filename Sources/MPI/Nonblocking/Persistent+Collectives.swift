internal import CMPI

// Each call throws where the library has no persistent collectives: MPI.supports(.persistentCollectives)
// tells beforehand. Shapes and roots are those of the blocking forms.

extension Persistent {
  /// Sets up a barrier.
  ///
  /// **Collective**: every rank of the communicator calls it.
  ///
  /// - Parameter info: Hints for the library.
  /// - Throws: ``MPIError/Code/unsupportedOperation`` where the library has no persistent
  ///   collectives, and what else it reports.
  ///
  /// The corresponding C function is `MPI_Barrier_init` (MPI 4.0 §6.13.1).
  public func barrier(info: Info = Info()) throws(MPIError) -> PersistentBarrier {
    let raw = communicator.raw
    try require(.persistentCollectives, "MPI_Barrier_init", on: raw)
    return PersistentBarrier(
      core: try unsafe PersistentCore(
        on: communicator, owning: PersistentMemory(0, of: UInt8.self), received: nil
      ) { pending throws(MPIError) in
        try unsafe check(
          CMPI_Barrier_init(raw, info.raw, &pending.pointee.request), "MPI_Barrier_init", on: raw)
      })
  }

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
  ) throws(MPIError) -> PersistentOperation<T> {
    let raw = communicator.raw
    try require(.persistentCollectives, "MPI_Bcast_init", on: raw)
    let root = try communicator.rawRoot(root, "MPI_Bcast_init")
    return try unsafe PersistentOperation(on: communicator, count: count, receives: true) {
      (buffer, pending) throws(MPIError) in
      let narrowed = try unsafe Narrowed(buffer)
      defer { unsafe narrowed.release(after: pending) }
      try unsafe check(
        CMPI_Bcast_init(
          buffer.address, narrowed.count, narrowed.datatype.raw, root, raw, info.raw,
          &pending.pointee.request),
        "MPI_Bcast_init", on: raw)
    }
  }

  /// Sets up gathering as many elements of every rank on the root, in rank order.
  ///
  /// **Collective**: every rank of the communicator calls it, with the same count and root.
  ///
  /// Shape: `[n]` on each rank → `[size · n]` on the root, nothing elsewhere.
  ///
  /// The corresponding C function is `MPI_Gather_init` (MPI 4.0 §6.13.3).
  public func gather<T: Datatype>(
    _ type: T.Type, count: Int, to root: Int, info: Info = Info()
  ) throws(MPIError) -> PersistentCollective<T> {
    if let blocks = blocks(of: count) {
      return try gather(type, counts: blocks, to: root, info: info)
    }
    let isRoot = communicator.rank == root
    let root = try communicator.rawRoot(root, "MPI_Gather_init")
    return try unsafe collective(
      type, "MPI_Gather_init", given: count, gotten: isRoot ? count * communicator.size : 0
    ) { (given, gotten, raw, pending) throws(MPIError) in
      let block = try unsafe Narrowed(given)
      defer { unsafe block.release(after: pending) }
      return unsafe CMPI_Gather_init(
        given.address, block.count, block.datatype.raw, gotten.address, root, raw, info.raw,
        &pending.pointee.request)
    }
  }

  /// Sets up gathering every rank's elements on the root, in numbers that are known.
  ///
  /// **Collective**: every rank of the communicator calls it, with the same root and counts.
  ///
  /// The corresponding C function is `MPI_Gatherv_init` (MPI 4.0 §6.13.3).
  public func gather<T: Datatype>(
    _ type: T.Type, counts: Partition, to root: Int, info: Info = Info()
  ) throws(MPIError) -> PersistentCollective<T> {
    let isRoot = communicator.rank == root
    let root = try communicator.rawRoot(root, "MPI_Gatherv_init")
    return try unsafe collective(
      type, "MPI_Gatherv_init", given: own(counts, "MPI_Gatherv_init"),
      gotten: isRoot ? counts.count : 0
    ) { (given, gotten, raw, pending) throws(MPIError) in
      unsafe CMPI_Gatherv_init(
        given.address, given.rawCount, given.datatype.raw, gotten.address,
        pending.pointee.extras().hold(counts.rawCounts()),
        pending.pointee.extras().hold(counts.rawOffsets), root, raw, info.raw,
        &pending.pointee.request)
    }
  }

  /// Sets up giving each rank as many of the root's elements, in rank order.
  ///
  /// **Collective**: every rank of the communicator calls it, with the same count and root.
  ///
  /// Shape: `[size · n]` on the root, nothing elsewhere → `[n]` on each rank.
  ///
  /// The corresponding C function is `MPI_Scatter_init` (MPI 4.0 §6.13.4).
  public func scatter<T: Datatype>(
    _ type: T.Type, count: Int, from root: Int, info: Info = Info()
  ) throws(MPIError) -> PersistentCollective<T> {
    if let blocks = blocks(of: count) {
      return try scatter(type, counts: blocks, from: root, info: info)
    }
    let isRoot = communicator.rank == root
    let root = try communicator.rawRoot(root, "MPI_Scatter_init")
    return try unsafe collective(
      type, "MPI_Scatter_init", given: isRoot ? count * communicator.size : 0, gotten: count
    ) { (given, gotten, raw, pending) throws(MPIError) in
      let block = try unsafe Narrowed(gotten)
      defer { unsafe block.release(after: pending) }
      return unsafe CMPI_Scatter_init(
        given.address, block.count, block.datatype.raw, gotten.address, root, raw, info.raw,
        &pending.pointee.request)
    }
  }

  /// Sets up giving each rank its part of the root's elements.
  ///
  /// **Collective**: every rank of the communicator calls it, with the same root and counts.
  ///
  /// The corresponding C function is `MPI_Scatterv_init` (MPI 4.0 §6.13.4).
  public func scatter<T: Datatype>(
    _ type: T.Type, counts: Partition, from root: Int, info: Info = Info()
  ) throws(MPIError) -> PersistentCollective<T> {
    let isRoot = communicator.rank == root
    let root = try communicator.rawRoot(root, "MPI_Scatterv_init")
    return try unsafe collective(
      type, "MPI_Scatterv_init", given: isRoot ? counts.count : 0,
      gotten: own(counts, "MPI_Scatterv_init")
    ) { (given, gotten, raw, pending) throws(MPIError) in
      unsafe CMPI_Scatterv_init(
        given.address, pending.pointee.extras().hold(counts.rawCounts()),
        pending.pointee.extras().hold(counts.rawOffsets), gotten.datatype.raw, gotten.address,
        gotten.rawCount, root, raw, info.raw, &pending.pointee.request)
    }
  }

  /// Sets up gathering as many elements of every rank onto all ranks, in rank order.
  ///
  /// **Collective**: every rank of the communicator calls it, with the same count.
  ///
  /// Shape: `[n]` on each rank → `[size · n]` on each rank.
  ///
  /// The corresponding C function is `MPI_Allgather_init` (MPI 4.0 §6.13.5).
  public func allGather<T: Datatype>(
    _ type: T.Type, count: Int, info: Info = Info()
  ) throws(MPIError) -> PersistentCollective<T> {
    if let blocks = blocks(of: count) { return try allGather(type, counts: blocks, info: info) }
    return try unsafe collective(
      type, "MPI_Allgather_init", given: count, gotten: count * communicator.size
    ) { (given, gotten, raw, pending) throws(MPIError) in
      let block = try unsafe Narrowed(given)
      defer { unsafe block.release(after: pending) }
      return unsafe CMPI_Allgather_init(
        given.address, block.count, block.datatype.raw, gotten.address, raw, info.raw,
        &pending.pointee.request)
    }
  }

  /// Sets up gathering every rank's elements onto all ranks, in numbers that are known.
  ///
  /// **Collective**: every rank of the communicator calls it, with the same counts.
  ///
  /// The corresponding C function is `MPI_Allgatherv_init` (MPI 4.0 §6.13.5).
  public func allGather<T: Datatype>(
    _ type: T.Type, counts: Partition, info: Info = Info()
  ) throws(MPIError) -> PersistentCollective<T> {
    try unsafe collective(
      type, "MPI_Allgatherv_init", given: own(counts, "MPI_Allgatherv_init"),
      gotten: counts.count
    ) { (given, gotten, raw, pending) throws(MPIError) in
      unsafe CMPI_Allgatherv_init(
        given.address, given.rawCount, given.datatype.raw, gotten.address,
        pending.pointee.extras().hold(counts.rawCounts()),
        pending.pointee.extras().hold(counts.rawOffsets), raw, info.raw,
        &pending.pointee.request)
    }
  }

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
  ///
  /// The corresponding C function is `MPI_Alltoall_init` (MPI 4.0 §6.13.6).
  public func allToAll<T: Datatype>(
    _ type: T.Type, count: Int, info: Info = Info()
  ) throws(MPIError) -> PersistentCollective<T> {
    let all = count * communicator.size
    return try unsafe collective(type, "MPI_Alltoall_init", given: all, gotten: all) {
      (given, gotten, raw, pending) throws(MPIError) in
      let block = try unsafe Narrowed(given.withCount(count, ifInPlaceAs: given))
      defer { unsafe block.release(after: pending) }
      return unsafe CMPI_Alltoall_init(
        given.address, block.count, block.datatype.raw, gotten.address, raw, info.raw,
        &pending.pointee.request)
    }
  }

  /// Sets up sending a part of the elements to each rank, and receiving a part from each.
  ///
  /// **Collective**: every rank of the communicator calls it.
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
  ) throws(MPIError) -> PersistentCollective<T> {
    communicator.requireParts(sending)
    communicator.requireParts(receiving)
    let size = communicator.size
    return try unsafe collective(
      type, "MPI_Alltoallw_init", given: sending.count, gotten: receiving.count
    ) { (given, gotten, raw, pending) throws(MPIError) in
      let extras = unsafe pending.pointee.extras()
      let outgoing = try unsafe Parts(of: given, ranks: size) { sending[$0] }
      let (sendCounts, sendOffsets, sendTypes) = unsafe outgoing.keep(in: extras)
      let incoming = try unsafe Parts(of: gotten, ranks: size) { receiving[$0] }
      let (counts, offsets, types) = unsafe incoming.keep(in: extras)
      return unsafe CMPI_Alltoallw_init(
        given.address, sendCounts, sendOffsets, sendTypes, gotten.address, counts, offsets,
        types, raw, info.raw, &pending.pointee.request)
    }
  }

  /// Sets up a collective of two buffers.
  ///
  /// - Parameter begin: Makes the request; a code that is not a success is thrown.
  func collective<T: Datatype>(
    _ type: T.Type, _ routine: StaticString, given: Int, gotten: Int,
    _ begin:
      @escaping (
        RawBuffer, RawBuffer, RawCommunicator, UnsafeMutablePointer<Pending>
      ) throws(MPIError) -> CInt
  ) throws(MPIError) -> PersistentCollective<T> {
    let raw = communicator.raw
    try require(.persistentCollectives, routine, on: raw)
    return try unsafe PersistentCollective(on: communicator, given: given, gotten: gotten) {
      (given, gotten, pending) throws(MPIError) in
      let code = try unsafe begin(given, gotten, raw, pending)
      try check(code, routine, on: raw)
    }
  }

  /// As many elements of each rank, where the library's operations on equal blocks do not work: see
  /// `CMPI_persistent_blocks_fail`.
  private func blocks(of count: Int) -> Partition? {
    guard CMPI_persistent_blocks_fail() != 0 else { return nil }
    return Partition(counts: [Int](repeating: count, count: communicator.size))
  }

  /// The number of elements in this rank's part, where C can count all parts.
  func own(_ counts: Partition, _ routine: StaticString) throws(MPIError) -> Int {
    communicator.requireParts(counts)
    guard counts.fitsC else {
      throw MPIError(
        .invalidCount, routine: routine.description,
        message: "\(counts.count) elements are more than one operation can carry",
        on: communicator.raw)
    }
    return counts.counts[communicator.rank]
  }
}
