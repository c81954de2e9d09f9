internal import CMPI

extension Persistent {
  /// Sets up combining the ranks' elements, the first with the first and so on, with the results on
  /// all.
  ///
  /// **Collective**: every rank of the communicator calls it, with the same reduction and count.
  ///
  ///     var residual = try world.persistent.allReduce(Double.self, count: 2, .max)
  ///     repeat {
  ///       relax()
  ///       residual[0] = localResidual()
  ///       try residual.start().wait()
  ///     } while residual.result[0] > tolerance
  ///
  /// Shape: `[n]` on each rank → `[n]` on each rank.
  ///
  /// - Parameters:
  ///   - type: The type of the elements; they begin as zeros.
  ///   - count: How many there are each time.
  ///   - reduction: How elements are combined.
  ///   - info: Hints for the library.
  /// - Throws: ``MPIError/Code/unsupportedOperation`` where the library has no persistent
  ///   collectives, and what else the library reports.
  ///
  /// The corresponding C function is `MPI_Allreduce_init` (MPI 4.0 §6.13.8).
  public func allReduce<T: Datatype>(
    _ type: T.Type, count: Int, _ reduction: Reduction<T>, info: Info = Info()
  ) throws(MPIError) -> PersistentCollective<T> {
    try unsafe reducing(reduction, "MPI_Allreduce_init", count, info) {
      unsafe CMPI_Allreduce_init($0, $1, $2, $3, $4, $5, $6, $7)
    }
  }

  /// Sets up combining the ranks' elements, the first with the first and so on, with the results on
  /// the root.
  ///
  /// **Collective**: every rank of the communicator calls it, with the same reduction, count and
  /// root.
  ///
  /// Shape: `[n]` on each rank → `[n]` on the root, nothing elsewhere.
  ///
  /// The corresponding C function is `MPI_Reduce_init` (MPI 4.0 §6.13.7).
  public func reduce<T: Datatype>(
    _ type: T.Type, count: Int, _ reduction: Reduction<T>, to root: Int, info: Info = Info()
  ) throws(MPIError) -> PersistentCollective<T> {
    let isRoot = communicator.rank == root
    let root = try communicator.rawRoot(root, "MPI_Reduce_init")
    return try unsafe reducing(
      reduction, "MPI_Reduce_init", count, info, results: isRoot ? count : 0
    ) {
      unsafe CMPI_Reduce_init($0, $1, $2, $3, $4, root, $5, $6, $7)
    }
  }

  /// Sets up combining the elements of all ranks up to each one, the first with the first and so on.
  ///
  /// **Collective**: every rank of the communicator calls it, with the same reduction and count.
  ///
  /// Shape: `[n]` on each rank → `[n]` on each rank.
  ///
  /// The corresponding C function is `MPI_Scan_init` (MPI 4.0 §6.13.11).
  public func scan<T: Datatype>(
    _ type: T.Type, count: Int, _ reduction: Reduction<T>, info: Info = Info()
  ) throws(MPIError) -> PersistentCollective<T> {
    try unsafe reducing(reduction, "MPI_Scan_init", count, info) {
      unsafe CMPI_Scan_init($0, $1, $2, $3, $4, $5, $6, $7)
    }
  }

  /// Sets up combining the elements of all ranks before each one, the first with the first and so
  /// on.
  ///
  /// **Collective**: every rank of the communicator calls it, with the same reduction and count. On
  /// rank 0 the result has no meaning.
  ///
  /// Shape: `[n]` on each rank → `[n]` on each rank.
  ///
  /// The corresponding C function is `MPI_Exscan_init` (MPI 4.0 §6.13.12).
  public func exclusiveScan<T: Datatype>(
    _ type: T.Type, count: Int, _ reduction: Reduction<T>, info: Info = Info()
  ) throws(MPIError) -> PersistentCollective<T> {
    try unsafe reducing(reduction, "MPI_Exscan_init", count, info) {
      unsafe CMPI_Exscan_init($0, $1, $2, $3, $4, $5, $6, $7)
    }
  }

  /// Sets up combining the ranks' elements, the first with the first and so on, with as many results
  /// for each rank.
  ///
  /// **Collective**: every rank of the communicator calls it, with the same reduction and count.
  ///
  /// Shape: `[size · n]` on each rank → `[n]` on each rank.
  ///
  /// - Parameters:
  ///   - type: The type of the elements; they begin as zeros.
  ///   - count: The number n of results for each rank.
  ///   - reduction: How two elements are combined.
  ///   - info: Hints for the library.
  ///
  /// The corresponding C function is `MPI_Reduce_scatter_block_init` (MPI 4.0 §6.13.9).
  public func reduceScatter<T: Datatype>(
    _ type: T.Type, count: Int, _ reduction: Reduction<T>, info: Info = Info()
  ) throws(MPIError) -> PersistentCollective<T> {
    let routine: StaticString = "MPI_Reduce_scatter_block_init"
    let parts = Partition(counts: [Int](repeating: count, count: communicator.size))
    return try unsafe collective(
      type, routine, given: parts.count, gotten: own(parts, routine)
    ) { (given, gotten, raw, pending) throws(MPIError) in
      unsafe pending.pointee.retain(reduction.function)
      let count = try unsafe countForC(reduction.operand(gotten), routine)
      return unsafe CMPI_Reduce_scatter_block_init(
        given.address, gotten.address, count, reduction.datatype.raw, reduction.raw, raw,
        info.raw, &pending.pointee.request)
    }
  }

  /// Sets up combining the ranks' elements, the first with the first and so on, with a part of the
  /// results for each rank.
  ///
  /// **Collective**: every rank of the communicator calls it, with the same reduction and counts.
  ///
  /// - Precondition: `counts` has no gaps.
  ///
  /// The corresponding C function is `MPI_Reduce_scatter_init` (MPI 4.0 §6.13.10).
  public func reduceScatter<T: Datatype>(
    _ type: T.Type, counts: Partition, _ reduction: Reduction<T>, info: Info = Info()
  ) throws(MPIError) -> PersistentCollective<T> {
    let routine: StaticString = "MPI_Reduce_scatter_init"
    precondition(counts.isContiguous, "reduceScatter of parts with gaps")
    return try unsafe collective(
      type, routine, given: counts.count, gotten: own(counts, routine)
    ) { (given, gotten, raw, pending) throws(MPIError) in
      unsafe pending.pointee.retain(reduction.function)
      _ = try unsafe countForC(reduction.operand(given), routine)
      return unsafe CMPI_Reduce_scatter_init(
        given.address, gotten.address,
        pending.pointee.extras().hold(counts.rawCounts(times: reduction.width)),
        reduction.datatype.raw, reduction.raw, raw, info.raw, &pending.pointee.request)
    }
  }

  /// Sets up a reduction with as many results as operands, in chunks where C cannot count them.
  private func reducing<T: Datatype>(
    _ reduction: Reduction<T>, _ routine: StaticString, _ count: Int, _ info: Info,
    results: Int? = nil,
    _ begin:
      @escaping (
        UnsafeMutableRawPointer?, UnsafeMutableRawPointer?, CInt, RawDatatype, RawOperation,
        RawCommunicator, RawInfo, UnsafeMutablePointer<RawRequest>?
      ) -> CInt
  ) throws(MPIError) -> PersistentCollective<T> {
    try unsafe collective(T.self, routine, given: count, gotten: results ?? count) {
      (given, gotten, raw, pending) throws(MPIError) in
      unsafe pending.pointee.retain(reduction.function)
      let source = unsafe reduction.operand(given)
      let type = unsafe source.datatype.raw
      try unsafe forEachChunk(source, gotten, source.count, pending) {
        (count, from, to, request) throws(MPIError) in
        try unsafe check(
          begin(from, to, count, type, reduction.raw, raw, info.raw, request), routine, on: raw)
      }
      return CMPI_SUCCESS
    }
  }

  private func countForC(
    _ buffer: RawBuffer, _ routine: StaticString
  ) throws(MPIError) -> CInt {
    guard unsafe buffer.fitsC else {
      throw MPIError(
        .invalidCount, routine: routine.description,
        message: unsafe "\(buffer.count) elements are more than one operation can carry",
        on: communicator.raw)
    }
    return unsafe buffer.rawCount
  }
}
