internal import CMPI

// The forms of collectives that move elements. What their blocking forms find out by an operation
// of its own, these do, too: a task that is cancelled meanwhile waits for the end of such a
// sequence, since the other ranks count on all of it.

extension Async {
  /// Waits until all ranks have called it.
  ///
  /// **Collective**: every rank of the communicator calls it.
  ///
  /// The corresponding C function is `MPI_Ibarrier` (MPI 3.1 §5.12.1).
  public nonisolated(nonsending) func barrier() async throws(MPIError) {
    let raw = communicator.raw
    try unsafe await perform("MPI_Ibarrier", .detach) { pending throws(MPIError) in
      try unsafe check(MPI_Ibarrier(raw, &pending.pointee.request), "MPI_Ibarrier", on: raw)
    }
  }

  /// Gives the root's value to all ranks.
  ///
  /// **Collective**: every rank of the communicator calls it, with the same root.
  ///
  /// - Parameters:
  ///   - value: What is given on the root; elsewhere it is not looked at.
  ///   - root: The rank whose value all get.
  /// - Returns: The root's value.
  /// - Throws: ``MPIError/Code/invalidRoot``, ``MPIError/Code/cancelled``.
  ///
  /// The corresponding C function is `MPI_Ibcast` (MPI 3.1 §5.12.2).
  public nonisolated(nonsending) func broadcast<T: Datatype>(
    _ value: T, from root: Int
  ) async throws(MPIError) -> T {
    try await broadcast(in: AsyncStorage([value]), from: root, .detach)[0]
  }

  /// Gives the root's elements to all ranks, whatever they have given themselves.
  ///
  /// **Collective**: every rank of the communicator calls it, with the same root.
  ///
  ///     let weights = try await world.async.broadcast(world.rank == 0 ? loadWeights() : [], from: 0)
  ///
  /// - Returns: The root's elements.
  /// - Complexity: As two broadcasts: that of the length comes first.
  ///
  /// The corresponding C function is `MPI_Ibcast` (MPI 3.1 §5.12.2).
  public nonisolated(nonsending) func broadcast<T: Datatype>(
    _ elements: [T], from root: Int
  ) async throws(MPIError) -> [T] {
    let count = try await broadcast(in: AsyncStorage([elements.count]), from: root, .wait)[0]
    if communicator.rank == root {
      _ = try await broadcast(in: AsyncStorage(elements), from: root, .detach)
      return elements
    }
    return try await broadcast(in: AsyncStorage<T>(count: count), from: root, .detach)
  }

  /// Gathers every rank's elements on the root, in rank order. Ranks may have different numbers of
  /// elements.
  ///
  /// **Collective**. The parameters are those of ``Communicator/gather(_:to:)-(Span<T>,_)``.
  ///
  /// - Returns: The elements of all ranks on the root, `nil` elsewhere.
  /// - Complexity: The numbers of elements are gathered first; give `counts:` to save that.
  ///
  /// The corresponding C functions are `MPI_Igather` and `MPI_Igatherv` (MPI 3.1 §5.12.3).
  public nonisolated(nonsending) func gather<T: Datatype>(
    _ elements: [T], to root: Int
  ) async throws(MPIError) -> [T]? {
    let counts = try await gatherEach(elements.count, to: root, .wait)
    let parts = counts.map { Partition(counts: $0) }
    // Whether this is an operation of large parts must be known to all, and only the root has seen
    // the counts.
    let isLarge = try await broadcast(
      in: AsyncStorage([parts.map { !$0.fitsC } ?? false]), from: root, .wait)[0]
    return try await gather(elements, to: root, parts, isLarge: isLarge)
  }

  /// Gathers one value of every rank on the root, in rank order.
  ///
  /// **Collective**. The parameters are those of ``Communicator/gather(_:to:)-(T,_)``.
  ///
  /// The corresponding C function is `MPI_Igather` (MPI 3.1 §5.12.3).
  public nonisolated(nonsending) func gather<T: Datatype>(
    _ value: T, to root: Int
  ) async throws(MPIError) -> [T]? {
    try await gatherEach(value, to: root, .detach)
  }

  /// Gathers every rank's elements on the root, in numbers that are known.
  ///
  /// **Collective**. The parameters are those of
  /// ``Communicator/gather(_:to:counts:)-(Span<T>,_,_)``.
  ///
  /// The corresponding C function is `MPI_Igatherv` (MPI 3.1 §5.12.3).
  public nonisolated(nonsending) func gather<T: Datatype>(
    _ elements: [T], to root: Int, counts: Partition
  ) async throws(MPIError) -> [T]? {
    communicator.requirePart(elements.count, of: counts)
    return try await gather(elements, to: root, counts, isLarge: !counts.fitsC)
  }

  /// Divides the root's elements among the ranks, in rank order, as evenly as can be.
  ///
  /// **Collective**. The parameters are those of ``Communicator/scatter(_:from:)-(Span<T>,_)``.
  ///
  /// - Returns: This rank's part: ``Partition/init(balancing:over:)`` says which.
  /// - Complexity: The number of elements is broadcast first; give `counts:` to save that.
  ///
  /// The corresponding C function is `MPI_Iscatterv` (MPI 3.1 §5.12.4).
  public nonisolated(nonsending) func scatter<T: Datatype>(
    _ elements: [T], from root: Int
  ) async throws(MPIError) -> [T] {
    let count = try await broadcast(in: AsyncStorage([elements.count]), from: root, .wait)[0]
    let parts = Partition(balancing: count, over: communicator.size)
    return try await scatter(elements, from: root, counts: parts)
  }

  /// Gives each rank its part of the root's elements.
  ///
  /// **Collective**. The parameters are those of
  /// ``Communicator/scatter(_:from:counts:)-(Span<T>,_,_)``.
  ///
  /// The corresponding C function is `MPI_Iscatterv` (MPI 3.1 §5.12.4).
  public nonisolated(nonsending) func scatter<T: Datatype>(
    _ elements: [T], from root: Int, counts: Partition
  ) async throws(MPIError) -> [T] {
    let communicator = communicator
    communicator.requireParts(counts)
    let rawRoot = try communicator.rawRoot(root, "MPI_Iscatterv")
    return unsafe try await collect(
      "MPI_Iscatterv", AsyncStorage(elements),
      AsyncStorage<T>(count: counts.counts[communicator.rank])
    ) { sent, received, pending throws(MPIError) in
      try unsafe communicator._scatter(sent, received, counts, rawRoot, pending)
    }
  }

  /// Gives each rank the element of the root's that has its number.
  ///
  /// **Collective**. The parameters are those of ``Communicator/scatterEach(_:from:)``.
  ///
  /// The corresponding C function is `MPI_Iscatter` (MPI 3.1 §5.12.4).
  public nonisolated(nonsending) func scatterEach<T: Datatype>(
    _ elements: [T], from root: Int
  ) async throws(MPIError) -> T {
    let communicator = communicator
    let rawRoot = try communicator.rawRoot(root, "MPI_Iscatter")
    return unsafe try await collect(
      "MPI_Iscatter", AsyncStorage(elements), AsyncStorage<T>(count: 1)
    ) { sent, received, pending throws(MPIError) in
      try unsafe communicator._scatter(sent, received, 1, rawRoot, pending)
    }[0]
  }

  /// Gathers every rank's elements onto all ranks, in rank order. Ranks may have different numbers
  /// of elements.
  ///
  /// **Collective**. The parameters are those of ``Communicator/allGather(_:)-(Span<T>)``.
  ///
  ///     let ranks = try await world.async.allGather([world.rank])
  ///
  /// - Complexity: The numbers of elements are gathered first; give `counts:` to save that.
  ///
  /// The corresponding C functions are `MPI_Iallgather` and `MPI_Iallgatherv` (MPI 3.1 §5.12.5).
  public nonisolated(nonsending) func allGather<T: Datatype>(
    _ elements: [T]
  ) async throws(MPIError) -> [T] {
    let counts = try await allGatherEach(elements.count, .wait)
    return try await allGather(elements, counts: Partition(counts: counts))
  }

  /// Gathers one value of every rank onto all ranks, in rank order.
  ///
  /// **Collective**: every rank of the communicator calls it.
  ///
  /// The corresponding C function is `MPI_Iallgather` (MPI 3.1 §5.12.5).
  public nonisolated(nonsending) func allGather<T: Datatype>(
    _ value: T
  ) async throws(MPIError) -> [T] {
    try await allGatherEach(value, .detach)
  }

  /// Gathers every rank's elements onto all ranks, in numbers that are known.
  ///
  /// **Collective**. The parameters are those of
  /// ``Communicator/allGather(_:counts:)-(Span<T>,_)``.
  ///
  /// The corresponding C function is `MPI_Iallgatherv` (MPI 3.1 §5.12.5).
  public nonisolated(nonsending) func allGather<T: Datatype>(
    _ elements: [T], counts: Partition
  ) async throws(MPIError) -> [T] {
    let communicator = communicator
    communicator.requirePart(elements.count, of: counts)
    return unsafe try await collect(
      "MPI_Iallgatherv", AsyncStorage(elements), AsyncStorage<T>(counts)
    ) { sent, received, pending throws(MPIError) in
      try unsafe communicator._allGather(sent, received, counts, pending)
    }
  }

  /// Sends as many elements to every rank, and receives as many from each.
  ///
  /// **Collective**. The parameters are those of ``Communicator/allToAll(_:)-(Span<T>)``.
  ///
  /// The corresponding C function is `MPI_Ialltoall` (MPI 3.1 §5.12.6).
  public nonisolated(nonsending) func allToAll<T: Datatype>(
    _ elements: [T]
  ) async throws(MPIError) -> [T] {
    try await allToAll(elements, .detach)
  }

  /// Sends a part of the elements to every rank, and receives what the others have for this one.
  ///
  /// **Collective**. The parameters are those of ``Communicator/allToAll(_:sending:)``.
  ///
  /// - Complexity: The numbers of elements are exchanged first; give `receiving:` to save that.
  ///
  /// The corresponding C functions are `MPI_Ialltoall` and `MPI_Ialltoallw` (MPI 3.1 §5.12.6).
  public nonisolated(nonsending) func allToAll<T: Datatype>(
    _ elements: [T], sending: Partition
  ) async throws(MPIError) -> [T] {
    communicator.requireParts(sending)
    let counts = try await allToAll(sending.counts, .wait)
    return try await allToAll(elements, sending: sending, receiving: Partition(counts: counts))
  }

  /// Sends a part of the elements to every rank, and receives a part of the result from each.
  ///
  /// **Collective**. The parameters are those of
  /// ``Communicator/allToAll(_:into:sending:receiving:)``.
  ///
  /// The corresponding C function is `MPI_Ialltoallw` (MPI 3.1 §5.12.6).
  public nonisolated(nonsending) func allToAll<T: Datatype>(
    _ elements: [T], sending: Partition, receiving: Partition
  ) async throws(MPIError) -> [T] {
    let communicator = communicator
    return unsafe try await collect(
      "MPI_Ialltoallw", AsyncStorage(elements), AsyncStorage<T>(receiving)
    ) { sent, received, pending throws(MPIError) in
      try unsafe communicator._allToAll(sent, sending, received, receiving, pending)
    }
  }
}
