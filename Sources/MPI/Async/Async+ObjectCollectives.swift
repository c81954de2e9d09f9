internal import CMPI

// As the blocking forms, each of these first tells the sizes, or that there is no value, and then
// moves the bytes. A task that is cancelled meanwhile begins both, since the other ranks count on it.

extension Async {
  /// Gives the root's value to all ranks.
  ///
  /// **Collective**: every rank of the communicator calls it, with the same type and root.
  ///
  ///     let settings = try await world.async.broadcast(
  ///       encoding: world.rank == 0 ? readSettings() : nil, from: 0)
  ///
  /// The parameters are those of ``Communicator/broadcast(encoding:from:)``.
  ///
  /// - Returns: The value; on the root the one that was given.
  /// - Throws: ``MPIError/Code/conversion`` on all ranks where the root cannot encode the value, and
  ///   on a rank that cannot decode it; ``MPIError/Code/invalidRoot``, ``MPIError/Code/cancelled``,
  ///   and what else the library reports.
  /// - Precondition: The value is not `nil` on the root.
  /// - Complexity: One broadcast of 2 KiB, which holds a small value; for larger ones another.
  ///
  /// The corresponding C function is `MPI_Ibcast` (MPI 3.1 §5.12.2).
  public nonisolated(nonsending) func broadcast<T: Codable>(
    encoding value: T?, from root: Int
  ) async throws -> T {
    let communicator = communicator
    let rawRoot = try communicator.rawRoot(root, "MPI_Ibcast")
    guard communicator.rank == root else { return try await receiveBroadcast(T.self, rawRoot) }
    guard let value else { preconditionFailure("broadcast: the root gave no value") }
    let writer = ObjectWriter()
    var failure: (any Error)?
    do {
      try writer.encode(value, inPlace: false, "MPI_Ibcast", on: communicator.raw)
    } catch {
      failure = error
    }
    let head =
      failure.map { BroadcastHead(failure: "rank \(root) \($0.message)") } ?? BroadcastHead(writer)
    try await broadcast(head.bytes, rawRoot, .wait)
    if let failure { throw failure }
    if !head.isAll { try await broadcast(writer.buffer, rawRoot, .detach) }
    return value
  }

  /// Gathers every rank's value on the root, in rank order.
  ///
  /// **Collective**: every rank of the communicator calls it, with the same type and root.
  ///
  /// - Returns: The values of all ranks on the root, `nil` elsewhere.
  /// - Throws: As ``Communicator/gather(encoding:to:)``; ``MPIError/Code/cancelled`` besides.
  /// - Complexity: The sizes go to all ranks first; then one message of each.
  ///
  /// The corresponding C functions are `MPI_Iallgather` and `MPI_Igatherv` (MPI 3.1 §5.12.3,
  /// §5.12.5).
  public nonisolated(nonsending) func gather<T: Codable>(
    encoding value: T, to root: Int
  ) async throws -> [T]? {
    let communicator = communicator
    let rawRoot = try communicator.rawRoot(root, "MPI_Igatherv")
    let (message, parts) = try await exchangeSizes(encoding: value, "MPI_Igatherv")
    let isRoot = communicator.rank == root
    let bytes = try await move("MPI_Igatherv", message, receiving: isRoot ? parts.count : 0) {
      sent, received, pending throws in
      try communicator._gather(
        sent, received, parts, isLarge: !parts.fitsC, rawRoot, pending)
    }
    return isRoot ? try communicator._decodeAll(bytes, parts, own: value, "MPI_Igatherv") : nil
  }

  /// Gathers every rank's value onto all ranks, in rank order.
  ///
  /// **Collective**: every rank of the communicator calls it, with the same type.
  ///
  /// - Throws: As ``Communicator/allGather(encoding:)``; ``MPIError/Code/cancelled`` besides.
  /// - Complexity: The sizes first; then one message of each rank to all.
  ///
  /// The corresponding C functions are `MPI_Iallgather` and `MPI_Iallgatherv` (MPI 3.1 §5.12.5).
  public nonisolated(nonsending) func allGather<T: Codable>(
    encoding value: T
  ) async throws -> [T] {
    let communicator = communicator
    let (message, parts) = try await exchangeSizes(encoding: value, "MPI_Iallgatherv")
    let bytes = try await move("MPI_Iallgatherv", message, receiving: parts.count) {
      sent, received, pending throws in
      try communicator._allGather(sent, received, parts, pending)
    }
    return try communicator._decodeAll(bytes, parts, own: value, "MPI_Iallgatherv")
  }

  /// Gives each rank the value of the root's that has its number.
  ///
  /// **Collective**: every rank of the communicator calls it, with the same type and root. The
  /// parameters are those of ``Communicator/scatter(encoding:from:)``.
  ///
  /// - Returns: This rank's value.
  /// - Throws: As ``Communicator/scatter(encoding:from:)``; ``MPIError/Code/cancelled`` besides.
  /// - Precondition: The root gives as many values as there are ranks.
  /// - Complexity: The sizes go to all ranks first; then one message to each.
  ///
  /// The corresponding C functions are `MPI_Ibcast` and `MPI_Iscatterv` (MPI 3.1 §5.12.2, §5.12.4).
  public nonisolated(nonsending) func scatter<T: Codable>(
    encoding values: [T]?, from root: Int
  ) async throws -> T {
    let communicator = communicator
    let (size, rank) = (communicator.size, communicator.rank)
    let rawRoot = try communicator.rawRoot(root, "MPI_Iscatterv")
    var outbox = Outbox(ranks: size)
    if rank == root {
      precondition(
        values?.count == size, "scatter: \(values?.count ?? 0) values for \(size) ranks")
      outbox.encode(values ?? [], except: rank, "MPI_Iscatterv", on: communicator.raw)
    }
    let counts = try await broadcast(in: AsyncStorage(outbox.counts), from: root, .wait)
    if let failure = outbox.failure { throw failure }
    if counts.contains(unencodable) { throw communicator._failure(of: root, "MPI_Iscatterv") }
    let parts = Partition(counts: counts)
    let bytes = try await move("MPI_Iscatterv", outbox.bytes, receiving: counts[rank]) {
      sent, received, pending throws in
      try communicator._scatter(sent, received, parts, rawRoot, pending)
    }
    if rank == root, let values { return values[rank] }
    return try ObjectReader.decode(
      T.self, bytes, 0..<bytes.count, "MPI_Iscatterv", on: communicator.raw)
  }

  /// Sends a value to every rank, and receives one from each.
  ///
  /// **Collective**: every rank of the communicator calls it, with the same type. The parameters are
  /// those of ``Communicator/allToAll(encoding:)``.
  ///
  /// - Returns: The value of each rank for this one.
  /// - Throws: As ``Communicator/allToAll(encoding:)``; ``MPIError/Code/cancelled`` besides.
  /// - Precondition: There are as many values as ranks.
  /// - Complexity: The sizes first; then one message from each rank to each.
  ///
  /// The corresponding C functions are `MPI_Ialltoall` and `MPI_Ialltoallw` (MPI 3.1 §5.12.6).
  public nonisolated(nonsending) func allToAll<T: Codable>(
    encoding values: [T]
  ) async throws -> [T] {
    let communicator = communicator
    let (size, rank) = (communicator.size, communicator.rank)
    precondition(values.count == size, "allToAll: \(values.count) values for \(size) ranks")
    var outbox = Outbox(ranks: size)
    outbox.encode(values, except: rank, "MPI_Ialltoallw", on: communicator.raw)
    let counts = try await allToAll(outbox.counts, .wait)
    if let failure = outbox.failure { throw failure }
    // A rank that has failed has told all.
    if let rank = counts.firstIndex(of: unencodable) {
      throw communicator._failure(of: rank, "MPI_Ialltoallw")
    }
    let (sending, receiving) = (Partition(counts: outbox.counts), Partition(counts: counts))
    let bytes = try await move(
      "MPI_Ialltoallw", outbox.bytes, receiving: receiving.count
    ) { sent, received, pending throws in
      try communicator._allToAll(sent, sending, received, receiving, pending)
    }
    return try communicator._decodeAll(bytes, receiving, own: values[rank], "MPI_Ialltoallw")
  }

  nonisolated(nonsending) func receiveBroadcast<T: Decodable>(
    _ type: T.Type, _ root: CInt
  ) async throws -> T {
    let communicator = communicator
    let head = BroadcastHead()
    try await broadcast(head.bytes, root, .wait)
    let size = try head.messageSize("MPI_Ibcast", on: communicator.raw)
    var (bytes, range) = (head.bytes, 8..<8 + size)
    if !head.isAll {
      let none = ByteBuffer(capacity: 0)
      bytes = try await move("MPI_Ibcast", none, receiving: size) {
        _, received, pending throws in
        try communicator._broadcast(received, root, pending)
      }
      range = 0..<size
    }
    return try ObjectReader.decode(type, bytes, range, "MPI_Ibcast", on: communicator.raw)
  }

  /// Gives the root's bytes to all ranks, or receives them in their place.
  nonisolated(nonsending) func broadcast(
    _ bytes: ByteBuffer, _ root: CInt, _ cancellation: AsyncOperation.Cancellation
  ) async throws {
    let communicator = communicator
    try await perform("MPI_Ibcast", cancellation, keeping: bytes) {
      pending throws in
      try communicator._broadcast(bytes.rawBuffer, root, pending)
    }
  }

  /// Encodes this rank's value, and tells all ranks how long it is.
  nonisolated(nonsending) private func exchangeSizes<T: Encodable>(
    encoding value: T, _ routine: StaticString
  ) async throws -> (ByteBuffer, Partition) {
    let writer = ObjectWriter()
    var failure: (any Error)?
    do {
      try writer.encode(value, inPlace: false, routine, on: communicator.raw)
    } catch {
      failure = error
    }
    let counts = try await allGatherEach(
      failure == nil ? writer.buffer.count : unencodable, .wait)
    if let failure { throw failure }
    if let rank = counts.firstIndex(of: unencodable) {
      throw communicator._failure(of: rank, routine)
    }
    return (writer.buffer, Partition(counts: counts))
  }

  /// Begins a collective that moves bytes, which it owns, and waits for its end.
  nonisolated(nonsending) private func move(
    _ routine: StaticString, _ sent: ByteBuffer, receiving count: Int,
    _ begin:
      @escaping (RawBuffer, RawBuffer, Starting) throws -> Void
  ) async throws -> ByteBuffer {
    let received = ByteBuffer(capacity: count)
    try await perform(routine, .detach, keeping: Box((sent, received))) {
      pending throws in
      unsafe try received.receive(count) { (address) throws in
        try unsafe begin(
          sent.rawBuffer,
          RawBuffer(address: address, count: count, datatype: UInt8.mpiDatatype), pending)
      }
    }
    return received
  }
}
