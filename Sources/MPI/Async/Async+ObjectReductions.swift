internal import CMPI

// As the blocking forms, along the same tree. A task that is cancelled takes its part to the end, since
// the other ranks count on what it combines.

extension Async {
  /// Combines the values of all ranks, in rank order, and gives the result to the root.
  ///
  /// **Collective**: every rank of the communicator calls it, with the same type and root.
  ///
  ///     let words = try await world.async.reduce(encoding: counts, to: 0) {
  ///       $0.merging($1, uniquingKeysWith: +)
  ///     }
  ///
  /// The parameters are those of ``Communicator/reduce(encoding:to:_:)``; the function, too, must be
  /// associative, and need not be commutative. It is called where the task runs.
  ///
  /// - Returns: The result on the root, `nil` elsewhere; also in a task that was cancelled, which
  ///   takes its part to the end, as the other ranks need it.
  /// - Throws: As ``Communicator/reduce(encoding:to:_:)``.
  /// - Complexity: As ``Communicator/reduce(encoding:to:_:)``. Where the communicator was in no
  ///   reduction of values yet, the first one duplicates it, with its attributes.
  ///
  /// The corresponding C functions are `MPI_Isend`, `MPI_Improbe` and `MPI_Imrecv`, and at first
  /// `MPI_Comm_idup` (MPI 3.1 §3.7, §3.8, §6.4.2).
  public nonisolated(nonsending) func reduce<T: Codable>(
    encoding value: T, to root: Int, _ combine: (T, T) -> T
  ) async throws -> T? {
    _ = try communicator.rawRoot(root, "MPI_Ireduce")
    let isRoot = communicator.rank == root
    let tree = try await reductionTree()
    let result: Partial<T>?
    do {
      result = try await tree.combineLater(value, combine)
    } catch {
      // What rank 0 has for the root must not be there for the next reduction.
      if isRoot, error.code == .conversion { _ = await tree.takeLater(T.self, from: 0) }
      throw error
    }
    if let result {
      if root == 0 { return try result.get() }
      try await tree.passLater(result, to: root)
    }
    return isRoot ? try await tree.takeLater(T.self, from: 0).get() : nil
  }

  /// Combines the values of all ranks, in rank order, and gives the result to all.
  ///
  /// **Collective**: every rank of the communicator calls it, with the same type.
  ///
  /// The parameters and errors are those of ``Communicator/allReduce(encoding:_:)``; for the rest, see
  /// ``reduce(encoding:to:_:)``. ``MPIError/Code/cancelled`` may come besides, at the end, while a long
  /// result is on its way.
  ///
  /// - Returns: The same value on all ranks.
  ///
  /// The corresponding C functions are `MPI_Isend`, `MPI_Improbe`, `MPI_Imrecv` and `MPI_Ibcast`, and
  /// at first `MPI_Comm_idup` (MPI 3.1 §3.7, §3.8, §5.12.2, §6.4.2).
  public nonisolated(nonsending) func allReduce<T: Codable>(
    encoding value: T, _ combine: (T, T) -> T
  ) async throws -> T {
    let tree = try await reductionTree()
    let result: Partial<T>?
    do {
      result = try await tree.combineLater(value, combine)
    } catch {
      // Rank 0 tells all that there is no result.
      if error.code == .conversion { _ = try? await receiveBroadcast(T.self, 0) }
      throw error
    }
    switch result {
    case nil: return try await receiveBroadcast(T.self, 0)
    case .value(let value): return try await broadcast(encoding: value, from: 0)
    case .failure(let error, let text):
      try await broadcast(BroadcastHead(failure: text).bytes, 0, .wait)
      throw error
    }
  }

  /// Combines the values of all ranks up to this one, in rank order.
  ///
  /// **Collective**: every rank of the communicator calls it, with the same type.
  ///
  /// The parameters and errors are those of ``Communicator/scan(encoding:_:)``; for the rest, see
  /// ``reduce(encoding:to:_:)``.
  ///
  /// The corresponding C functions are `MPI_Isend`, `MPI_Improbe` and `MPI_Imrecv`, and at first
  /// `MPI_Comm_idup` (MPI 3.1 §3.7, §3.8, §6.4.2).
  public nonisolated(nonsending) func scan<T: Codable>(
    encoding value: T, _ combine: (T, T) -> T
  ) async throws -> T {
    try await reductionTree().scanLater(value, excludingOwn: false, combine) ?? value
  }

  /// Combines the values of all ranks before this one, in rank order.
  ///
  /// **Collective**: every rank of the communicator calls it, with the same type.
  ///
  /// The parameters and errors are those of ``Communicator/exclusiveScan(encoding:_:)``; for the rest,
  /// see ``reduce(encoding:to:_:)``.
  ///
  /// - Returns: The result, or `nil` on rank 0, which has none before it.
  ///
  /// The corresponding C functions are `MPI_Isend`, `MPI_Improbe` and `MPI_Imrecv`, and at first
  /// `MPI_Comm_idup` (MPI 3.1 §3.7, §3.8, §6.4.2).
  public nonisolated(nonsending) func exclusiveScan<T: Codable>(
    encoding value: T, _ combine: (T, T) -> T
  ) async throws -> T? {
    try await reductionTree().scanLater(value, excludingOwn: true, combine)
  }

  /// The tree of the communicator's reductions, whose context is made when it is first needed.
  nonisolated(nonsending) private func reductionTree() async throws -> ReductionTree {
    let communicator = communicator
    if communicator.size == 1 { return ReductionTree(context: communicator) }
    let context = ContextOfReductions(communicator)
    // Also where it is known already: attributes are looked up on the thread that may call MPI.
    try await perform("MPI_Comm_idup", .wait, keeping: context) {
      pending throws in
      try context.begin(pending)
    }
    return ReductionTree(context: try context.get())
  }
}

/// A communicator for reductions that is looked up, or made.
@safe private final class ContextOfReductions: @unchecked Sendable {
  private let communicator: Communicator
  private var result: Result<Communicator, any Error>?
  /// Where the library writes the new communicator.
  private let raw = UnsafeMutablePointer<RawCommunicator>.allocate(capacity: 1)

  init(_ communicator: Communicator) {
    self.communicator = communicator
    unsafe raw.initialize(to: CMPI_COMM_NULL)
  }

  deinit { unsafe raw.deallocate() }

  func begin(_ pending: Starting) throws {
    if let known = ReductionTree.context(of: communicator) {
      result = .success(known)
      return
    }
    // There is no nonblocking form of what would leave the attributes of the program out.
    try unsafe check(
      MPI_Comm_idup(communicator.raw, raw, &pending.request), "MPI_Comm_idup",
      on: communicator.raw)
    pending.extras().afterwards { self.finish() }
  }

  private func finish() {
    do {
      let new = try Communicator(owning: unsafe raw.pointee)
      ReductionTree.keep(new, for: communicator)
      result = .success(new)
    } catch {
      result = .failure(error)
    }
  }

  func get() throws -> Communicator {
    guard let result else {
      throw MPIError(
        .internalError, routine: "MPI_Comm_idup", message: "no communicator",
        on: communicator.raw)
    }
    return try result.get()
  }
}
