internal import CMPI

// Collectives of values. Each rank encodes before it communicates, and where that fails says so in
// the place of a size, so that all ranks throw, and none waits for what will not come. Decoding is
// the last step: a rank on which it fails leaves no other waiting.

extension Communicator {
  /// Gives the root's value to all ranks.
  ///
  /// **Collective**: every rank of the communicator calls it, with the same type and root.
  ///
  ///     let settings = try world.broadcast(
  ///       encoding: world.rank == 0 ? readSettings() : nil, from: 0)
  ///
  /// - Parameters:
  ///   - value: On the root what is given; elsewhere it is not looked at.
  ///   - root: The rank whose value all get.
  /// - Returns: The value; on the root the one that was given.
  /// - Throws: ``MPIError/Code/conversion`` on all ranks where the root cannot encode the value, and
  ///   on a rank that cannot decode it; ``MPIError/Code/invalidRoot``, and what else the library
  ///   reports.
  /// - Precondition: The value is not `nil` on the root.
  /// - Complexity: One broadcast of 2 KiB, which holds a small value; for larger ones another.
  ///
  /// The corresponding C function is `MPI_Bcast` (MPI 3.1 §5.4).
  public func broadcast<T: Codable>(
    encoding value: T?, from root: Int
  ) throws -> T {
    let rawRoot = try rawRoot(root, "MPI_Bcast")
    guard rank == root else { return try _receiveBroadcast(T.self, rawRoot) }
    guard let value else { preconditionFailure("broadcast: the root gave no value") }
    try ObjectWriter.with { (writer) throws in
      do {
        try writer.encode(value, inPlace: false, "MPI_Bcast", on: raw)
      } catch {
        try _broadcastFailure("rank \(rank) \(error.message)", rawRoot)
        throw error
      }
      try _broadcast(writer, rawRoot)
    }
    return value
  }

  private func _broadcast(_ writer: ObjectWriter, _ root: CInt) throws {
    let head = BroadcastHead(writer)
    try _broadcast(head.bytes.rawBuffer, root, nil)
    if !head.isAll { try _broadcast(writer.rawBuffer, root, nil) }
  }

  /// Tells the other ranks that there is no value.
  ///
  /// - Parameter text: Which rank cannot do what.
  func _broadcastFailure(_ text: String, _ root: CInt) throws {
    let head = BroadcastHead(failure: text)
    try _broadcast(head.bytes.rawBuffer, root, nil)
  }

  func _receiveBroadcast<T: Decodable>(_ type: T.Type, _ root: CInt) throws -> T {
    let head = BroadcastHead()
    try _broadcast(head.bytes.rawBuffer, root, nil)
    let size = try head.messageSize("MPI_Bcast", on: raw)
    return try ObjectReader.decode(type, byteCount: size, "MPI_Bcast", on: raw) {
      (buffer) throws in
      if head.isAll {
        unsafe head.bytes.copy(from: 8, count: size, to: buffer.address)
      } else {
        try _broadcast(buffer, root, nil)
      }
    }
  }

  /// Gathers every rank's value on the root, in rank order.
  ///
  /// **Collective**: every rank of the communicator calls it, with the same type and root.
  ///
  ///     if let reports = try world.gather(encoding: report, to: 0) { print(reports) }
  ///
  /// - Returns: The values of all ranks on the root, `nil` elsewhere.
  /// - Throws: ``MPIError/Code/conversion`` on all ranks where one cannot encode its value, and on
  ///   the root where it cannot decode one; ``MPIError/Code/invalidRoot``, and what else the library
  ///   reports.
  /// - Complexity: The sizes go to all ranks first; then one message of each.
  ///
  /// The corresponding C functions are `MPI_Allgather` and `MPI_Gatherv` (MPI 3.1 §5.5, §5.7).
  public func gather<T: Codable>(encoding value: T, to root: Int) throws -> [T]? {
    guard let (bytes, parts) = try _gatherMessages(encoding: value, to: root) else { return nil }
    return try _decodeAll(bytes, parts, own: value, "MPI_Gatherv")
  }

  /// Gathers the messages of all ranks. An error of its own is thrown on all ranks.
  private func _gatherMessages<T: Encodable>(
    encoding value: T, to root: Int
  ) throws -> (ByteBuffer, Partition)? {
    let rawRoot = try rawRoot(root, "MPI_Gatherv")
    return try ObjectWriter.with { (writer) throws in
      let parts = try _exchangeSizes(encoding: value, writer, "MPI_Gatherv")
      guard rank == root else {
        try _gather(writer.rawBuffer, .none, parts, isLarge: !parts.fitsC, rawRoot, nil)
        return nil
      }
      let bytes = ByteBuffer(capacity: parts.count)
      unsafe try bytes.receive(parts.count) { (address) throws in
        try unsafe _gather(
          writer.rawBuffer,
          RawBuffer(address: address, count: parts.count, datatype: UInt8.mpiDatatype), parts,
          isLarge: !parts.fitsC, rawRoot, nil)
      }
      return (bytes, parts)
    }
  }

  /// Gathers every rank's value onto all ranks, in rank order.
  ///
  /// **Collective**: every rank of the communicator calls it, with the same type.
  ///
  /// - Throws: ``MPIError/Code/conversion`` on all ranks where one cannot encode its value, and on a
  ///   rank that cannot decode one; and what else the library reports.
  /// - Complexity: The sizes first; then one message of each rank to all.
  ///
  /// The corresponding C functions are `MPI_Allgather` and `MPI_Allgatherv` (MPI 3.1 §5.7).
  public func allGather<T: Codable>(encoding value: T) throws -> [T] {
    try ObjectWriter.with { (writer) throws in
      let parts = try _exchangeSizes(encoding: value, writer, "MPI_Allgatherv")
      let bytes = ByteBuffer(capacity: parts.count)
      unsafe try bytes.receive(parts.count) { (address) throws in
        try unsafe _allGather(
          writer.rawBuffer,
          RawBuffer(address: address, count: parts.count, datatype: UInt8.mpiDatatype), parts,
          nil)
      }
      return try _decodeAll(bytes, parts, own: value, "MPI_Allgatherv")
    }
  }

  /// Gives each rank the value of the root's that has its number.
  ///
  /// **Collective**: every rank of the communicator calls it, with the same type and root.
  ///
  ///     let mine = try world.scatter(encoding: world.rank == 0 ? tasks : nil, from: 0)
  ///
  /// - Parameters:
  ///   - values: On the root a value for each rank; elsewhere it is not looked at.
  ///   - root: The rank that gives.
  /// - Returns: This rank's value.
  /// - Throws: ``MPIError/Code/conversion`` on all ranks where the root cannot encode a value, and on
  ///   a rank that cannot decode its own; ``MPIError/Code/invalidRoot``, and what else the library
  ///   reports.
  /// - Precondition: The root gives as many values as there are ranks.
  /// - Complexity: The sizes go to all ranks first; then one message to each.
  ///
  /// The corresponding C functions are `MPI_Bcast` and `MPI_Scatterv` (MPI 3.1 §5.4, §5.6).
  public func scatter<T: Codable>(
    encoding values: [T]?, from root: Int
  ) throws -> T {
    let rawRoot = try rawRoot(root, "MPI_Scatterv")
    var outbox = Outbox(ranks: size)
    if rank == root {
      precondition(
        values?.count == size, "scatter: \(values?.count ?? 0) values for \(size) ranks")
      outbox.encode(values ?? [], except: rank, "MPI_Scatterv", on: raw)
    }
    try broadcast(outbox.counts.mutableSpan, from: root)
    if let failure = outbox.failure { throw failure }
    if outbox.counts.contains(unencodable) { throw _failure(of: root, "MPI_Scatterv") }
    let parts = Partition(counts: outbox.counts)
    let bytes = ByteBuffer(capacity: parts.counts[rank])
    unsafe try bytes.receive(parts.counts[rank]) { (address) throws in
      try unsafe _scatter(
        outbox.bytes.rawBuffer,
        RawBuffer(address: address, count: parts.counts[rank], datatype: UInt8.mpiDatatype),
        parts, rawRoot, nil)
    }
    if rank == root, let values { return values[rank] }
    return try ObjectReader.decode(T.self, bytes, 0..<bytes.count, "MPI_Scatterv", on: raw)
  }

  /// Sends a value to every rank, and receives one from each.
  ///
  /// **Collective**: every rank of the communicator calls it, with the same type.
  ///
  /// - Parameter values: A value for each rank.
  /// - Returns: The value of each rank for this one.
  /// - Throws: ``MPIError/Code/conversion`` on all ranks where one cannot encode a value, and on a
  ///   rank that cannot decode one; and what else the library reports.
  /// - Precondition: There are as many values as ranks.
  /// - Complexity: The sizes first; then one message from each rank to each.
  ///
  /// The corresponding C functions are `MPI_Alltoall` and `MPI_Alltoallw` (MPI 3.1 §5.8).
  public func allToAll<T: Codable>(encoding values: [T]) throws -> [T] {
    precondition(values.count == size, "allToAll: \(values.count) values for \(size) ranks")
    var outbox = Outbox(ranks: size)
    outbox.encode(values, except: rank, "MPI_Alltoallw", on: raw)
    let counts = try allToAll(outbox.counts.span)
    if let failure = outbox.failure { throw failure }
    // A rank that has failed has told all.
    if let rank = counts.firstIndex(of: unencodable) { throw _failure(of: rank, "MPI_Alltoallw") }
    let (sending, receiving) = (Partition(counts: outbox.counts), Partition(counts: counts))
    let bytes = ByteBuffer(capacity: receiving.count)
    unsafe try bytes.receive(receiving.count) { (address) throws in
      try unsafe _allToAll(
        outbox.bytes.rawBuffer, sending,
        RawBuffer(address: address, count: receiving.count, datatype: UInt8.mpiDatatype),
        receiving, nil)
    }
    return try _decodeAll(bytes, receiving, own: values[rank], "MPI_Alltoallw")
  }

  /// Encodes this rank's value, and tells all ranks how long it is.
  private func _exchangeSizes<T: Encodable>(
    encoding value: T, _ writer: ObjectWriter, _ routine: StaticString
  ) throws -> Partition {
    var failure: (any Error)?
    do {
      try writer.encode(value, inPlace: false, routine, on: raw)
    } catch {
      failure = error
    }
    let counts = try allGather(failure == nil ? writer.buffer.count : unencodable)
    if let failure { throw failure }
    if let rank = counts.firstIndex(of: unencodable) { throw _failure(of: rank, routine) }
    return Partition(counts: counts)
  }
}
