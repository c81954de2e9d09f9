internal import CMPI

extension Immediate where Context: Communicator {
  /// Begins to send a value of any type that is `Encodable` to one rank.
  ///
  /// The value is encoded at once, and the request owns its bytes, or shares large arrays: the value
  /// may be changed while they are under way. The parameters and errors are those of
  /// ``Communicator/send(encoding:to:tag:mode:)``.
  ///
  /// The corresponding C function is `MPI_Isend` (MPI 3.1 §3.7.2).
  @_lifetime(immortal)
  public func send<T: Encodable>(
    encoding value: T, to destination: Int?, tag: MessageTag = 0, mode: SendMode = .standard
  ) throws -> Request {
    let peer = try communicator.rawPeer(destination, "MPI_Isend")
    let writer = ObjectWriter()
    try writer.encode(value, inPlace: true, "MPI_Isend", on: raw)
    var pending = Pending()
    pending.request = try writer.startSending(peer, tag, mode, on: raw)
    pending.extras().retain(writer)
    return Request(pending, on: raw)
  }

  /// Begins to receive a value from one rank.
  ///
  ///     var receiving = try world.immediate.receive(decoding: Task.self, from: 0)
  ///     while !(try receiving.isComplete()) { work() }
  ///     let task = try receiving.wait()
  ///
  /// The parameters and errors are those of ``Communicator/receive(decoding:from:tag:)``.
  ///
  /// - Note: How long a message is, is known only when it is there. So unlike other receives this
  ///   one is not posted to the library: a message is matched when ``ObjectRequest/isComplete()``
  ///   or ``ObjectRequest/wait()`` finds it. Two ranks that both begin such a receive, and then
  ///   call a blocking ``Communicator/send(encoding:to:tag:mode:)`` of a long message to each
  ///   other, wait for ever, as they would without the receives: send with
  ///   ``send(encoding:to:tag:mode:)``, or call
  ///   ``Communicator/sendReceive(encoding:to:tag:decoding:from:receiving:)``.
  ///
  /// The corresponding C functions are `MPI_Improbe` and `MPI_Imrecv` (MPI 3.1 §3.8.2, §3.8.3).
  public func receive<T: Decodable>(
    decoding type: T.Type, from source: some Source, tag: MessageTag = 0
  ) throws -> ObjectRequest<T> {
    let peer = try communicator._valueSource(source, "MPI_Improbe")
    return ObjectRequest(on: communicator, from: peer, tag)
  }
}

/// The receive of a value under way.
///
/// A request that goes out of scope without ``wait()`` takes no message, or, where it has found one,
/// discards it.
public struct ObjectRequest<Value: Decodable>: ~Copyable {
  private let communicator: Communicator
  private let source: CInt
  private let tag: MessageTag
  private let arrival = Arrival()

  init(on communicator: Communicator, from source: CInt, _ tag: MessageTag) {
    self.communicator = communicator
    self.source = source
    self.tag = tag
  }

  /// Whether the message has come, so that ``wait()`` will return at once.
  ///
  /// The message is received as it is found, and decoded by ``wait()``.
  ///
  /// The corresponding C functions are `MPI_Improbe`, `MPI_Imrecv` and `MPI_Test` (MPI 3.1 §3.7.3,
  /// §3.8).
  public func isComplete() throws -> Bool {
    if arrival.isEmpty {
      var found: CInt = 0
      var message = CMPI_MESSAGE_NULL as RawMessage
      var status = MPI_Status()
      try unsafe check(
        MPI_Improbe(source, tag.rawValue, communicator.raw, &found, &message, &status),
        "MPI_Improbe", on: communicator.raw)
      if found == 0 { return false }
      try arrival.start(message, Status(status), on: communicator.raw)
    }
    return try arrival.isComplete(on: communicator.raw)
  }

  /// Waits until the message has come.
  ///
  /// - Returns: The value.
  /// - Throws: ``MPIError/Code/conversion`` where the message holds no such value; it has been
  ///   received then.
  ///
  /// The corresponding C functions are `MPI_Mprobe`, `MPI_Mrecv` and `MPI_Wait` (MPI 3.1 §3.7.3,
  /// §3.8).
  public consuming func wait() throws -> Value { try waitWithStatus().value }

  /// Waits until the message has come, and tells from which rank, with which tag, and how long it
  /// was.
  ///
  /// - Throws: ``MPIError/Code/conversion`` where the message holds no such value, and what else
  ///   the library reports.
  ///
  /// The corresponding C functions are `MPI_Mprobe`, `MPI_Mrecv` and `MPI_Wait` (MPI 3.1 §3.7.3,
  /// §3.8).
  public consuming func waitWithStatus() throws -> (value: Value, status: Status) {
    if arrival.isEmpty {
      let message = try communicator._matchedProbe(source, tag)
      let status = message.status
      return (try message.receive(decoding: Value.self), status)
    }
    return try arrival.wait(decoding: Value.self, on: communicator.raw)
  }
}

/// A message that is being received, and its bytes.
@safe private final class Arrival {
  private var request = CMPI_REQUEST_NULL as RawRequest
  private var status: Status?
  private var storage = unsafe UnsafeMutableRawBufferPointer(start: nil, count: 0)

  var isEmpty: Bool { status == nil }

  deinit {
    // The library may write to the bytes until the end; the message is there, so that it is near.
    if status != nil { drop(request, nil) }
    unsafe storage.deallocate()
  }

  func start(
    _ message: RawMessage, _ status: Status, on raw: RawCommunicator
  ) throws {
    let count = status.byteCount
    unsafe storage = .allocate(byteCount: count, alignment: 16)
    let buffer = unsafe RawBuffer(
      address: storage.baseAddress, count: count, datatype: UInt8.mpiDatatype)
    let narrowed = try Narrowed(buffer)
    defer { narrowed.release() }
    var message = message
    try unsafe check(
      MPI_Imrecv(buffer.address, narrowed.count, narrowed.datatype.raw, &message, &request),
      "MPI_Imrecv", on: raw)
    self.status = status
  }

  func isComplete(on raw: RawCommunicator) throws -> Bool {
    var flag: CInt = 0
    try unsafe check(
      MPI_Request_get_status(request, &flag, CMPI_STATUS_IGNORE), "MPI_Request_get_status", on: raw)
    return flag != 0
  }

  func wait<T: Decodable>(
    decoding type: T.Type, on raw: RawCommunicator
  ) throws -> (value: T, status: Status) {
    try unsafe check(MPI_Wait(&request, CMPI_STATUS_IGNORE), "MPI_Wait", on: raw)
    guard let status else {
      throw MPIError(.internalError, routine: "MPI_Wait", message: "no message", on: raw)
    }
    let value = try ObjectReader.with { (reader) throws in
      try unsafe reader.decode(
        type, UnsafeRawBufferPointer(storage), 0, nil, "MPI_Wait", on: raw)
    }
    return (value, status)
  }
}
