extension Communicator {
  /// Combines the values of all ranks, in rank order, and gives the result to the root.
  ///
  /// **Collective**: every rank of the communicator calls it, with the same type and root.
  ///
  ///     let words = try world.reduce(encoding: counts, to: 0) { $0.merging($1, uniquingKeysWith: +) }
  ///
  /// The result is `combine(… combine(combine(v0, v1), v2) …, vn)`: always the same, even where the
  /// function is not associative.
  ///
  /// - Parameters:
  ///   - value: This rank's value.
  ///   - root: The rank that combines, and gets the result.
  ///   - combine: Combines the values of lower ranks with that of the next; it is called on the root
  ///     only.
  /// - Returns: The result on the root, `nil` elsewhere.
  /// - Throws: As ``gather(encoding:to:)``.
  /// - Complexity: The root receives the values of all ranks. Where there are many ranks, and
  ///   values that are a ``Datatype``, ``reduce(_:_:to:)-(T,_,_)`` is the better choice.
  ///
  /// The corresponding C functions are `MPI_Allgather` and `MPI_Gatherv`; `MPI_Reduce` (MPI 3.1 §5.9)
  /// takes no values whose size varies.
  public func reduce<T: Codable>(
    encoding value: T, to root: Int, _ combine: (T, T) -> T
  ) throws(MPIError) -> T? {
    guard let values = try gather(encoding: value, to: root) else { return nil }
    return values.dropFirst().reduce(values[0], combine)
  }

  /// Combines the values of all ranks, in rank order, and gives the result to all.
  ///
  /// **Collective**: every rank of the communicator calls it, with the same type.
  ///
  ///     let all = try world.allReduce(encoding: found) { $0.union($1) }
  ///
  /// - Returns: The same value on all ranks.
  /// - Throws: As ``gather(encoding:to:)``; where rank 0 cannot decode a value, on all ranks.
  /// - Complexity: As ``reduce(encoding:to:_:)`` and ``broadcast(encoding:from:)``. The function is
  ///   called on rank 0 only.
  ///
  /// The corresponding C functions are `MPI_Allgather`, `MPI_Gatherv` and `MPI_Bcast`.
  public func allReduce<T: Codable>(
    encoding value: T, _ combine: (T, T) -> T
  ) throws(MPIError) -> T {
    guard let (bytes, parts) = try _gatherMessages(encoding: value, to: 0) else {
      return try _receiveBroadcast(T.self, 0)
    }
    let result: T
    do throws(MPIError) {
      let values = try _decodeAll(bytes, parts, own: value, "MPI_Gatherv")
      result = values.dropFirst().reduce(values[0], combine)
    } catch {
      try _broadcastFailure(error, 0)
      throw error
    }
    return try broadcast(encoding: result, from: 0)
  }

  /// Combines the values of all ranks up to this one, in rank order.
  ///
  /// **Collective**: every rank of the communicator calls it, with the same type.
  ///
  /// - Returns: `combine(… combine(v0, v1) …, v)`, where v is this rank's value.
  /// - Throws: As ``allGather(encoding:)``.
  /// - Complexity: Every rank receives the values of all.
  ///
  /// The corresponding C functions are `MPI_Allgather` and `MPI_Allgatherv`.
  public func scan<T: Codable>(
    encoding value: T, _ combine: (T, T) -> T
  ) throws(MPIError) -> T {
    let values = try allGather(encoding: value)
    return values[1..<max(1, rank + 1)].reduce(values[0], combine)
  }
}
