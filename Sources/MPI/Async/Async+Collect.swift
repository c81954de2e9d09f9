internal import CMPI

extension Async {
  /// Begins a collective, and waits for its result.
  ///
  /// - Parameters:
  ///   - cancellation: Whether the task may leave it to itself.
  ///   - begin: Begins it, with what is sent, what is received, and where to put the request.
  nonisolated(nonsending) func collect<S: Datatype, R: Datatype>(
    _ routine: StaticString, _ sent: AsyncStorage<S>, _ received: AsyncStorage<R>,
    _ cancellation: AsyncOperation.Cancellation = .detach,
    _ begin:
      @escaping (RawBuffer, RawBuffer, UnsafeMutablePointer<Pending>) throws(MPIError) -> Void
  ) async throws(MPIError) -> [R] {
    unsafe try await perform(routine, cancellation, keeping: Box((sent, received))) {
      pending throws(MPIError) in
      try unsafe begin(sent.buffer, received.buffer, pending)
    }
    return received.take()
  }

  nonisolated(nonsending) func broadcast<T: Datatype>(
    in storage: AsyncStorage<T>, from root: Int, _ cancellation: AsyncOperation.Cancellation
  ) async throws(MPIError) -> [T] {
    let communicator = communicator
    let rawRoot = try communicator.rawRoot(root, "MPI_Ibcast")
    return unsafe try await collect("MPI_Ibcast", storage, storage, cancellation) {
      buffer, _, pending throws(MPIError) in
      try unsafe communicator._broadcast(buffer, rawRoot, pending)
    }
  }

  nonisolated(nonsending) func gatherEach<T: Datatype>(
    _ value: T, to root: Int, _ cancellation: AsyncOperation.Cancellation
  ) async throws(MPIError) -> [T]? {
    let communicator = communicator
    let rawRoot = try communicator.rawRoot(root, "MPI_Igather")
    let isRoot = communicator.rank == root
    let all = unsafe try await collect(
      "MPI_Igather", AsyncStorage([value]),
      AsyncStorage<T>(count: isRoot ? communicator.size : 0), cancellation
    ) { sent, received, pending throws(MPIError) in
      try unsafe communicator._gather(sent, received, 1, rawRoot, pending)
    }
    return isRoot ? all : nil
  }

  /// - Parameter parts: The parts of all ranks; needed on the root only.
  nonisolated(nonsending) func gather<T: Datatype>(
    _ elements: [T], to root: Int, _ parts: Partition?, isLarge: Bool
  ) async throws(MPIError) -> [T]? {
    let communicator = communicator
    let rawRoot = try communicator.rawRoot(root, "MPI_Igatherv")
    let isRoot = communicator.rank == root
    let target = isRoot ? parts.map { AsyncStorage<T>($0) } : nil
    let all = unsafe try await collect(
      "MPI_Igatherv", AsyncStorage(elements), target ?? AsyncStorage<T>(count: 0)
    ) { sent, received, pending throws(MPIError) in
      try unsafe communicator._gather(sent, received, parts, isLarge: isLarge, rawRoot, pending)
    }
    return isRoot ? all : nil
  }

  nonisolated(nonsending) func allGatherEach<T: Datatype>(
    _ value: T, _ cancellation: AsyncOperation.Cancellation
  ) async throws(MPIError) -> [T] {
    let communicator = communicator
    return unsafe try await collect(
      "MPI_Iallgather", AsyncStorage([value]), AsyncStorage<T>(count: communicator.size),
      cancellation
    ) { sent, received, pending throws(MPIError) in
      try unsafe communicator._allGather(sent, received, 1, pending)
    }
  }

  nonisolated(nonsending) func allToAll<T: Datatype>(
    _ elements: [T], _ cancellation: AsyncOperation.Cancellation
  ) async throws(MPIError) -> [T] {
    let communicator = communicator
    let share = communicator.sharedCount(elements.count)
    return unsafe try await collect(
      "MPI_Ialltoall", AsyncStorage(elements), AsyncStorage<T>(count: elements.count), cancellation
    ) { sent, received, pending throws(MPIError) in
      try unsafe communicator._allToAll(sent, received, share, pending)
    }
  }
}
