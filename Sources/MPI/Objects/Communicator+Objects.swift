internal import CMPI

extension Communicator {
  /// Sends a value of any type that is `Encodable` to one rank, as one message.
  ///
  ///     struct Task: Codable {
  ///       var name: String
  ///       var data: [Int]
  ///     }
  ///     try world.send(encoding: Task(name: "resize", data: [1, 2, 3]), to: 1)
  ///
  /// The receiver calls ``receive(decoding:from:tag:)-(_,Int,_)`` with the same type, or with one
  /// whose fields have the same names. Arrays of numbers are carried as they are, and those of
  /// 256 KiB and more are not copied; where all of the data is an array, or a structure that is a
  /// ``Datatype``, ``AnyCommunicator/send(_:to:tag:mode:)-(Span<T>,_,_,_)`` has even less to do.
  ///
  /// - Parameters:
  ///   - value: What is sent.
  ///   - destination: The receiving rank, or `nil` for no process, where the message vanishes.
  ///   - tag: The label that the receive asks for.
  ///   - mode: When the send may return.
  /// - Throws: ``MPIError/Code/conversion`` where the value cannot be encoded,
  ///   ``MPIError/Code/invalidRank``, and what else the library reports.
  /// - Complexity: One message, of any size.
  ///
  /// The corresponding C functions are `MPI_Send`, and `MPI_Type_create_hindexed` for large arrays
  /// (MPI 3.1 §3.2.1, §4.1.2).
  public func send<T: Encodable>(
    encoding value: T, to destination: Int?, tag: MessageTag = 0, mode: SendMode = .standard
  ) throws(MPIError) {
    let peer = try rawPeer(destination, "MPI_Send")
    if let shortcut = unsafe Shortcuts.findMessage(T.self),
      unsafe try Shortcuts.send(shortcut, value, on: self, peer, tag, mode)
    {
      return
    }
    try ObjectWriter.with { (writer) throws(MPIError) in
      try writer.encode(value, inPlace: true, "MPI_Send", on: raw)
      unsafe try writer.withMessage { (buffer) throws(MPIError) in
        try unsafe _send(buffer, peer, tag, mode)
      }
    }
  }

  /// Receives a value that was sent with ``send(encoding:to:tag:mode:)`` by one rank.
  ///
  ///     let task = try world.receive(decoding: Task.self, from: 0)
  ///
  /// - Parameters:
  ///   - type: The type of the value. Its fields are found by their names: their order does not
  ///     matter, those that it does not have are passed over, and optional ones may be missing.
  ///   - source: The sending rank, or ``AnySource/any``.
  ///   - tag: The label of the message, or ``MessageTag/any``.
  /// - Returns: The value.
  /// - Throws: ``MPIError/Code/conversion`` where the message holds no such value; it has been
  ///   received then. ``MPIError/Code/invalidRank``, and what else the library reports.
  /// - Complexity: One message, which a matched probe measures first, so that no other thread can
  ///   take it away.
  ///
  /// The corresponding C functions are `MPI_Mprobe` and `MPI_Mrecv` (MPI 3.1 §3.8.2, §3.8.3).
  public func receive<T: Decodable>(
    decoding type: T.Type, from source: Int, tag: MessageTag = 0
  ) throws(MPIError) -> T {
    try matchedProbe(from: source, tag: tag).receive(decoding: type)
  }

  /// Receives a value from any rank.
  ///
  /// The corresponding C functions are `MPI_Mprobe` and `MPI_Mrecv` (MPI 3.1 §3.8.2, §3.8.3).
  public func receive<T: Decodable>(
    decoding type: T.Type, from source: AnySource, tag: MessageTag = 0
  ) throws(MPIError) -> T {
    try matchedProbe(from: source, tag: tag).receive(decoding: type)
  }

  /// Receives a value from any rank, and tells from which, with which tag, and how long the message
  /// was.
  ///
  ///     let (task, status) = try world.receiveWithStatus(decoding: Task.self, from: .any)
  ///     try world.send(encoding: perform(task), to: status.source)
  ///
  /// The corresponding C functions are `MPI_Mprobe` and `MPI_Mrecv` (MPI 3.1 §3.8.2, §3.8.3).
  public func receiveWithStatus<T: Decodable>(
    decoding type: T.Type, from source: AnySource, tag: MessageTag = 0
  ) throws(MPIError) -> (value: T, status: Status) {
    let message = try matchedProbe(from: source, tag: tag)
    let status = message.status
    return (try message.receive(decoding: type), status)
  }

  /// Receives a value from one rank, and tells with which tag, and how long the message was.
  ///
  /// The corresponding C functions are `MPI_Mprobe` and `MPI_Mrecv` (MPI 3.1 §3.8.2, §3.8.3).
  public func receiveWithStatus<T: Decodable>(
    decoding type: T.Type, from source: Int, tag: MessageTag = 0
  ) throws(MPIError) -> (value: T, status: Status) {
    let message = try matchedProbe(from: source, tag: tag)
    let status = message.status
    return (try message.receive(decoding: type), status)
  }

  /// Sends a value to one rank, and receives one from another, or the same, without a deadlock.
  ///
  ///     let theirs = try world.sendReceive(
  ///       encoding: mine, to: right, decoding: Task.self, from: left)
  ///
  /// - Parameters:
  ///   - value: What is sent.
  ///   - destination: The receiving rank, or `nil` for no process.
  ///   - sendTag: The label of the message that is sent.
  ///   - type: The type of the value that is received.
  ///   - source: The sending rank, or `nil` for no process.
  ///   - receiveTag: The label of the message that is received; the same one, unless given.
  /// - Returns: What was received, or `nil` from no process.
  /// - Throws: As ``send(encoding:to:tag:mode:)`` and ``receive(decoding:from:tag:)-(_,Int,_)``,
  ///   after both have ended. A value that cannot be encoded is not sent, and nothing is received.
  ///
  /// The corresponding C functions are `MPI_Isend`, `MPI_Mprobe`, `MPI_Mrecv` and `MPI_Wait`
  /// (MPI 3.1 §3.7, §3.8).
  public func sendReceive<S: Encodable, R: Decodable>(
    encoding value: S, to destination: Int?, tag sendTag: MessageTag = 0,
    decoding type: R.Type, from source: Int?, receiving receiveTag: MessageTag? = nil
  ) throws(MPIError) -> R? {
    let from = try rawPeer(source, "MPI_Mprobe")
    return try _sendReceive(encoding: value, destination, sendTag) { () throws(MPIError) in
      if from == CMPI_PROC_NULL { return nil }
      return try receive(decoding: type, from: Int(from), tag: receiveTag ?? sendTag)
    }
  }

  /// Sends a value to one rank, and receives one from any, without a deadlock.
  ///
  /// The corresponding C functions are `MPI_Isend`, `MPI_Mprobe`, `MPI_Mrecv` and `MPI_Wait`
  /// (MPI 3.1 §3.7, §3.8).
  public func sendReceive<S: Encodable, R: Decodable>(
    encoding value: S, to destination: Int?, tag sendTag: MessageTag = 0,
    decoding type: R.Type, from source: AnySource, receiving receiveTag: MessageTag? = nil
  ) throws(MPIError) -> R {
    try _sendReceive(encoding: value, destination, sendTag) { () throws(MPIError) in
      try receive(decoding: type, from: source, tag: receiveTag ?? sendTag)
    }
  }

  private func _sendReceive<S: Encodable, R>(
    encoding value: S, _ destination: Int?, _ tag: MessageTag, _ receive: () throws(MPIError) -> R
  ) throws(MPIError) -> R {
    let peer = try rawPeer(destination, "MPI_Isend")
    return try ObjectWriter.with { (writer) throws(MPIError) in
      try writer.encode(value, inPlace: true, "MPI_Isend", on: raw)
      return unsafe try writer.withMessage { (buffer) throws(MPIError) in
        let request = try unsafe startSend(buffer, peer, tag, .standard, on: raw)
        let received: Result<R, MPIError>
        do throws(MPIError) {
          received = .success(try receive())
        } catch {
          received = .failure(error)
        }
        var pending = request
        try unsafe check(MPI_Wait(&pending, CMPI_STATUS_IGNORE), "MPI_Wait", on: raw)
        return try received.get()
      }
    }
  }
}

extension Message {
  /// Receives the message, which holds a value that was sent with
  /// ``Communicator/send(encoding:to:tag:mode:)``.
  ///
  ///     let message = try world.matchedProbe(from: .any, tag: .any)
  ///     switch message.status.tag {
  ///     case .task: perform(try message.receive(decoding: Task.self))
  ///     default: note(try message.receive(decoding: Note.self))
  ///     }
  ///
  /// - Throws: ``MPIError/Code/conversion`` where the message holds no such value; it has been
  ///   received then.
  ///
  /// The corresponding C function is `MPI_Mrecv` (MPI 3.1 §3.8.3).
  public consuming func receive<T: Decodable>(decoding type: T.Type) throws(MPIError) -> T {
    let byteCount = status.byteCount
    if byteCount <= ArrayMessage.longest, let shortcut = unsafe Shortcuts.findMessage(type) {
      return unsafe try Shortcuts.receive(shortcut, self, byteCount, type)
    }
    // Received where the message is, so that nothing is left of it when decoding fails.
    var message = self
    return try unsafe ObjectReader.decode(
      type, byteCount: byteCount, "MPI_Mrecv", on: CMPI_COMM_NULL
    ) { (buffer) throws(MPIError) in
      try unsafe message.receiveAll(buffer)
    }
  }
}
