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
  /// The receiver calls ``receive(decoding:from:tag:)`` with the same type, or with one
  /// whose fields have the same names. Arrays of numbers are carried as they are, and those of
  /// 256 KiB and more are not copied; where all of the data is an array, or a structure that is a
  /// ``Datatype``, ``AnyCommunicator/send(_:to:tag:mode:)-(B,_,_,_)`` has even less to do.
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
  ) throws {
    let peer = try rawPeer(destination, "MPI_Send")
    if let shortcut = unsafe Shortcuts.findMessage(T.self),
      unsafe try Shortcuts.send(shortcut, value, on: self, peer, tag, mode)
    {
      return
    }
    try ObjectWriter.with { (writer) throws in
      try writer.encode(value, inPlace: true, "MPI_Send", on: raw)
      try writer.withMessage { (buffer) throws in
        try _send(buffer, peer, tag, mode)
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
  ///   - source: The sending rank, or ``Source/any``.
  ///   - tag: The label of the message, or ``MessageTag/any``.
  /// - Returns: The value.
  /// - Throws: ``MPIError/Code/conversion`` where the message holds no such value, which has been
  ///   received then, and where there is none, from no process (`nil`);
  ///   ``MPIError/Code/invalidRank``, and what else the library reports.
  /// - Complexity: One message, which a matched probe measures first, so that no other thread can
  ///   take it away.
  ///
  /// The corresponding C functions are `MPI_Mprobe` and `MPI_Mrecv` (MPI 3.1 §3.8.2, §3.8.3).
  public func receive<T: Decodable>(
    decoding type: T.Type, from source: some Source, tag: MessageTag = 0
  ) throws -> T {
    try receiveWithStatus(decoding: type, from: source, tag: tag).value
  }

  /// Receives a value, and tells from which rank, with which tag, and how long the message was.
  ///
  ///     let (task, status) = try world.receiveWithStatus(decoding: Task.self, from: .any)
  ///     try world.send(encoding: perform(task), to: status.source)
  ///
  /// As ``receive(decoding:from:tag:)``.
  ///
  /// The corresponding C functions are `MPI_Mprobe` and `MPI_Mrecv` (MPI 3.1 §3.8.2, §3.8.3).
  public func receiveWithStatus<T: Decodable>(
    decoding type: T.Type, from source: some Source, tag: MessageTag = 0
  ) throws -> (value: T, status: Status) {
    try _receive(decoding: type, _valueSource(source, "MPI_Mprobe"), tag)
  }

  private func _receive<T: Decodable>(
    decoding type: T.Type, _ source: CInt, _ tag: MessageTag
  ) throws -> (value: T, status: Status) {
    let message = try _matchedProbe(source, tag)
    let status = message.status
    return (try message.receive(decoding: type), status)
  }

  /// Where a value comes from, as C has it.
  func _valueSource(_ source: some Source, _ routine: StaticString) throws -> CInt {
    let rawSource = try rawSource(source, routine)
    guard rawSource != CMPI_PROC_NULL else {
      throw MPIError(
        .conversion, routine: routine.description, message: "there is no value from no process",
        on: raw)
    }
    return rawSource
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
  ///   - source: The sending rank; `nil` for no process; or ``Source/any``.
  ///   - receiveTag: The label of the message that is received; the same one, unless given.
  /// - Returns: What was received; `nil` from no process only.
  /// - Throws: As ``send(encoding:to:tag:mode:)`` and ``receive(decoding:from:tag:)``, after both have
  ///   ended. A value that cannot be encoded is not sent, and nothing is received.
  ///
  /// The corresponding C functions are `MPI_Isend`, `MPI_Mprobe`, `MPI_Mrecv` and `MPI_Wait`
  /// (MPI 3.1 §3.7, §3.8).
  public func sendReceive<S: Encodable, R: Decodable>(
    encoding value: S, to destination: Int?, tag sendTag: MessageTag = 0,
    decoding type: R.Type, from source: some Source, receiving receiveTag: MessageTag? = nil
  ) throws -> R? {
    let from = try rawSource(source, "MPI_Mprobe")
    let peer = try rawPeer(destination, "MPI_Isend")
    return try ObjectWriter.with { (writer) throws in
      try writer.encode(value, inPlace: true, "MPI_Isend", on: raw)
      return try writer.withMessage { (buffer) throws in
        var request = try MPI.startSend(buffer, peer, sendTag, .standard, on: raw)
        let received = Result {
          from == CMPI_PROC_NULL
            ? nil : try _receive(decoding: type, from, receiveTag ?? sendTag).value
        }
        try unsafe check(MPI_Wait(&request, CMPI_STATUS_IGNORE), "MPI_Wait", on: raw)
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
  public consuming func receive<T: Decodable>(decoding type: T.Type) throws -> T {
    let byteCount = status.byteCount
    if byteCount <= ArrayMessage.longest, let shortcut = unsafe Shortcuts.findMessage(type) {
      return unsafe try Shortcuts.receive(shortcut, self, byteCount, type)
    }
    // Received where the message is, so that nothing is left of it when decoding fails.
    var message = self
    return try ObjectReader.decode(
      type, byteCount: byteCount, "MPI_Mrecv", on: CMPI_COMM_NULL
    ) { (buffer) throws in
      try message.receiveAll(buffer)
    }
  }
}
