internal import CMPI

extension Communicator {
  /// Combines the values of all ranks, in rank order, and gives the result to the root.
  ///
  /// **Collective**: every rank of the communicator calls it, with the same type and root.
  ///
  ///     let words = try world.reduce(encoding: counts, to: 0) { $0.merging($1, uniquingKeysWith: +) }
  ///
  /// The ranks combine neighboring results in a binomial tree. The function need not be commutative,
  /// but must be associative: `combine(combine(a, b), c)` is as good as `combine(a, combine(b, c))`.
  /// Where it is not, gather the values with ``gather(encoding:to:)``, and combine them there.
  ///
  /// - Parameters:
  ///   - value: This rank's value.
  ///   - root: The rank that gets the result.
  ///   - combine: Combines the values of lower ranks with those of higher ones; it is called on many
  ///     ranks.
  /// - Returns: The result on the root, `nil` elsewhere.
  /// - Throws: ``MPIError/Code/conversion`` where a value, or what was combined, cannot be encoded or
  ///   decoded: on the rank that cannot, on the root, and on the ranks between them in the tree;
  ///   ``MPIError/Code/invalidRoot``, and what else the library reports.
  /// - Complexity: O(log `size`) messages one after the other; no rank holds more than two values at
  ///   a time. The first reduction of a communicator makes another of the same processes, in which
  ///   the messages are out of the way of the program's own; it is freed with the communicator. For
  ///   values that are a ``Datatype``, ``reduce(_:_:to:)-(T,_,_)`` is the better choice.
  ///
  /// The corresponding C functions are `MPI_Isend`, `MPI_Mprobe` and `MPI_Mrecv`; `MPI_Reduce`
  /// (MPI 3.1 §5.9) takes no values whose size varies.
  public func reduce<T: Codable>(
    encoding value: T, to root: Int, _ combine: (T, T) -> T
  ) throws -> T? {
    _ = try rawRoot(root, "MPI_Reduce")
    let tree = try ReductionTree(self)
    let result: Partial<T>?
    do {
      result = try tree.combine(value, combine)
    } catch {
      // What rank 0 has for the root must not be there for the next reduction.
      if rank == root, error.code == .conversion { _ = tree.take(T.self, from: 0) }
      throw error
    }
    if let result {
      if root == 0 { return try result.get() }
      try tree.pass(result, to: root)
    }
    return rank == root ? try tree.take(T.self, from: 0).get() : nil
  }

  /// Combines the values of all ranks, in rank order, and gives the result to all.
  ///
  /// **Collective**: every rank of the communicator calls it, with the same type.
  ///
  ///     let all = try world.allReduce(encoding: found) { $0.union($1) }
  ///
  /// The function must be associative, as for ``reduce(encoding:to:_:)``.
  ///
  /// - Returns: The same value on all ranks.
  /// - Throws: ``MPIError/Code/conversion`` on all ranks where one cannot encode a value, or cannot
  ///   decode one that it is to combine; and what else the library reports.
  /// - Complexity: As ``reduce(encoding:to:_:)`` and ``broadcast(encoding:from:)``.
  ///
  /// The corresponding C functions are `MPI_Isend`, `MPI_Mprobe`, `MPI_Mrecv` and `MPI_Bcast`;
  /// `MPI_Allreduce` (MPI 3.1 §5.9.6) takes no values whose size varies.
  public func allReduce<T: Codable>(
    encoding value: T, _ combine: (T, T) -> T
  ) throws -> T {
    let tree = try ReductionTree(self)
    let result: Partial<T>?
    do {
      result = try tree.combine(value, combine)
    } catch {
      // Rank 0 tells all that there is no result.
      if error.code == .conversion { _ = try? _receiveBroadcast(T.self, 0) }
      throw error
    }
    switch result {
    case nil: return try _receiveBroadcast(T.self, 0)
    case .value(let value): return try broadcast(encoding: value, from: 0)
    case .failure(let error, let text):
      try _broadcastFailure(text, 0)
      throw error
    }
  }

  /// Combines the values of all ranks up to this one, in rank order.
  ///
  /// **Collective**: every rank of the communicator calls it, with the same type.
  ///
  ///     let path = try world.scan(encoding: "/\(world.rank)", +)
  ///     // 3 ranks: /0, /0/1, /0/1/2
  ///
  /// The function must be associative, as for ``reduce(encoding:to:_:)``.
  ///
  /// - Returns: `combine(… combine(v0, v1) …, v)`, where v is this rank's value.
  /// - Throws: ``MPIError/Code/conversion`` where a value, or what was combined, cannot be encoded or
  ///   decoded: on the rank that cannot, and on those after it that need its part; and what else the
  ///   library reports.
  /// - Complexity: ⌈log₂ `size`⌉ rounds, in each of which a rank sends one message at most, receives
  ///   one, and combines once. For values that are a ``Datatype``, ``scan(_:_:)-(T,_)`` is the better
  ///   choice.
  ///
  /// The corresponding C functions are `MPI_Isend`, `MPI_Mprobe` and `MPI_Mrecv`; `MPI_Scan`
  /// (MPI 3.1 §5.11.1) takes no values whose size varies.
  public func scan<T: Codable>(
    encoding value: T, _ combine: (T, T) -> T
  ) throws -> T {
    try ReductionTree(self).scan(value, excludingOwn: false, combine) ?? value
  }

  /// Combines the values of all ranks before this one, in rank order.
  ///
  /// **Collective**: every rank of the communicator calls it, with the same type.
  ///
  ///     let path = try world.exclusiveScan(encoding: "/\(world.rank)", +)
  ///     // 3 ranks: nil, /0, /0/1
  ///
  /// The function must be associative, as for ``reduce(encoding:to:_:)``.
  ///
  /// - Returns: The result, or `nil` on rank 0, which has none before it.
  /// - Throws: As ``scan(encoding:_:)``.
  /// - Complexity: As ``scan(encoding:_:)``, but a rank combines twice in a round.
  ///
  /// The corresponding C functions are `MPI_Isend`, `MPI_Mprobe` and `MPI_Mrecv`; `MPI_Exscan`
  /// (MPI 3.1 §5.11.2) takes no values whose size varies.
  public func exclusiveScan<T: Codable>(
    encoding value: T, _ combine: (T, T) -> T
  ) throws -> T? {
    try ReductionTree(self).scan(value, excludingOwn: true, combine)
  }
}
