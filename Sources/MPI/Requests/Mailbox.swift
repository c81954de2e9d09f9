internal import CMPI

/// Messages of bytes that own their storage, so that any number of them can be under way, and no call
/// waits for another rank.
///
///     let mailbox = Mailbox(on: world)
///     try mailbox.send(bytes, to: 3)
///     while let mail = try mailbox.receive() { handle(mail.bytes, from: mail.source) }
///
/// For event loops, which do something else when there is nothing to receive. Messages between two
/// ranks arrive in the order in which they were sent. Where a receiver may be gone, its messages can
/// be given up: ``forget(_:)``.
///
/// The corresponding C functions are `MPI_Isend`, `MPI_Improbe`, `MPI_Imrecv` and `MPI_Test`
/// (MPI 3.1 §3.7, §3.8).
@safe public final class Mailbox {
  /// A message that has arrived.
  public struct Mail: Sendable {
    /// The rank that sent it.
    public let source: Int
    /// Its tag.
    public let tag: MessageTag
    /// What was sent.
    public let bytes: [UInt8]
  }

  private struct Transfer {
    var request: RawRequest
    let storage: AsyncStorage<UInt8>
    let peer: Int
    let tag: MessageTag
    var isComplete = false
  }

  private let communicator: Communicator
  private var sending: [Transfer] = []
  private var receiving: [Transfer] = []
  /// Ranks that have failed, and how many of them the program knows of.
  private var failedRanks: [Int] = []
  private var toldFailures = 0

  /// Makes a mailbox for the messages of a communicator, which should be used for nothing else.
  public init(on communicator: Communicator) { self.communicator = communicator }

  deinit {
    guard isRunning else { return }
    for transfer in sending + receiving where !transfer.isComplete {
      // The library may use the storage for as long as the process lives.
      _ = unsafe Unmanaged.passRetained(transfer.storage)
      var request = transfer.request
      _ = unsafe MPI_Request_free(&request)
    }
  }

  /// How many messages have not left yet.
  public var outgoingCount: Int { sending.count }

  /// How many messages have begun to arrive. A long one goes on whenever this process looks for it, and
  /// those that its rank has sent after it wait for it.
  package var incomingCount: Int { receiving.count }

  /// Is told the rank of each message that has begun to arrive, when ``receive()`` sees it: a sign of
  /// life.
  package var onArrival: (Int) -> Void = { _ in }

  /// Begins to send a message, and returns at once.
  ///
  /// - Throws: ``MPIError/Code/invalidRank``, and what else the library reports.
  public func send(
    _ bytes: [UInt8], to destination: Int, tag: MessageTag = 0
  ) throws {
    let peer = try communicator.rawPeer(destination, "MPI_Isend")
    let storage = AsyncStorage(bytes)
    let request = try startSend(
      storage.buffer, peer, tag, .standard, on: communicator.raw)
    var transfer = Transfer(request: request, storage: storage, peer: destination, tag: tag)
    if try !isComplete(&transfer) { sending.append(transfer) }
  }

  /// Ends what has been sent, as far as it has been.
  ///
  /// - Throws: What the library reports of a message, which is given up then.
  public func poll() throws {
    var index = 0
    var failure: (any Error)?
    while index < sending.count {
      do {
        if try isComplete(&sending[index]) {
          sending.swapAt(index, sending.count - 1)
          sending.removeLast()
        } else {
          index += 1
        }
      } catch {
        failure = error
        sending.remove(at: index)
      }
    }
    if let failure { throw failure }
  }

  /// The next message that has arrived as a whole; `nil` where there is none.
  ///
  /// - Throws: What the library reports.
  ///
  /// The corresponding C functions are `MPI_Improbe`, `MPI_Imrecv` and `MPI_Test` (MPI 3.1 §3.8.2,
  /// §3.7.3).
  public func receive() throws -> Mail? {
    if !sending.isEmpty { try poll() }
    if !receiving.isEmpty, let mail = try nextReceived() { return mail }
    while let (status, message) = try match() {
      guard let source = status.source else { continue }
      onArrival(source)
      var transfer = try startReceive(status, message, from: source)
      let isComplete = try isComplete(&transfer)
      // A short message must not overtake a long one of the same rank.
      if isComplete && !receiving.contains(where: { $0.peer == source }) {
        return Mail(source: source, tag: status.tag, bytes: transfer.storage.take())
      }
      receiving.append(transfer)
    }
    return nil
  }

  /// Gives up all messages to and from a rank that is taken to be gone.
  public func forget(_ rank: Int) {
    for transfer in sending + receiving where transfer.peer == rank && !transfer.isComplete {
      _ = unsafe Unmanaged.passRetained(transfer.storage)
      var request = transfer.request
      _ = unsafe MPI_Request_free(&request)
    }
    sending.removeAll { $0.peer == rank }
    receiving.removeAll { $0.peer == rank }
  }

  private func match() throws -> (Status, RawMessage)? {
    do {
      return try probe()
    } catch {
      guard MPI.supports(.faultTolerance),
        error.code == .processFailedPending || error.code == .processFailed
      else { throw error }
      // Where the library tells of failed processes, it looks for messages of the others only when
      // the failures are acknowledged.
      try communicator.acknowledgeFailures()
      try noteFailures()
      return try probe()
    }
  }

  private func noteFailures() throws {
    let failed = try communicator.failedGroup
    let ranks = try failed.translate(Array(0..<failed.size), to: communicator.group)
    for case let rank? in ranks where !failedRanks.contains(rank) { failedRanks.append(rank) }
  }

  /// The ranks that ``receive()`` has found to have failed since this was asked last. Only a library that goes on after
  /// failures tells: ``Feature/faultTolerance``.
  public func takeFailedRanks() -> [Int] {
    defer { toldFailures = failedRanks.count }
    return Array(failedRanks[toldFailures...])
  }

  private func probe() throws -> (Status, RawMessage)? {
    var flag: CInt = 0
    var status = MPI_Status()
    var message = CMPI_MESSAGE_NULL as RawMessage
    try unsafe check(
      MPI_Improbe(
        CMPI_ANY_SOURCE, CMPI_ANY_TAG, communicator.raw, &flag, &message, &status),
      "MPI_Improbe", on: communicator.raw)
    return flag == 0 ? nil : (Status(status), message)
  }

  private func startReceive(
    _ status: Status, _ message: RawMessage, from source: Int
  ) throws -> Transfer {
    let storage = AsyncStorage<UInt8>(count: status.byteCount)
    let narrowed = try Narrowed(storage.buffer)
    defer { narrowed.release() }
    var message = message
    var request = CMPI_REQUEST_NULL as RawRequest
    try unsafe check(
      MPI_Imrecv(
        storage.buffer.address, narrowed.count, narrowed.datatype.raw, &message, &request),
      "MPI_Imrecv", on: communicator.raw)
    return Transfer(request: request, storage: storage, peer: source, tag: status.tag)
  }

  /// The first message that is complete and has none of the same rank before it.
  private func nextReceived() throws -> Mail? {
    var blocked: Set<Int> = []
    for index in receiving.indices {
      let peer = receiving[index].peer
      guard !blocked.contains(peer) else { continue }
      if try isComplete(&receiving[index]) {
        let transfer = receiving.remove(at: index)
        return Mail(source: peer, tag: transfer.tag, bytes: transfer.storage.take())
      }
      blocked.insert(peer)
    }
    return nil
  }

  private func isComplete(_ transfer: inout Transfer) throws -> Bool {
    if transfer.isComplete { return true }
    var flag: CInt = 0
    try unsafe check(
      MPI_Test(&transfer.request, &flag, CMPI_STATUS_IGNORE), "MPI_Test", on: communicator.raw)
    transfer.isComplete = flag != 0
    return transfer.isComplete
  }
}
