internal import CMPI

/// A message that was received, and where it came from.
@safe public struct ReceivedMessage<Element: Datatype>: Sendable {
  /// What was sent.
  public let elements: [Element]

  /// Who sent how much.
  public let status: Status

  /// The rank that sent the message, or `nil` where there was no process to send one.
  public var source: Int? { status.source }

  /// The message's tag.
  public var tag: MessageTag { status.tag }
}

extension Async {
  /// Receives a message of any length from one rank.
  ///
  ///     let samples = try await world.async.receive(Double.self, from: 0)
  ///
  /// Where it must be told who has sent, use ``receiveMessage(of:from:tag:)-(_,Int?,_)``; where a
  /// bound of the length is known, ``receive(_:count:from:tag:)-(_,_,Int?,_)`` spares the library a
  /// search.
  ///
  /// - Returns: As many elements as were sent; none from no process (`nil`).
  /// - Throws: ``MPIError/Code/invalidRank``, ``MPIError/Code/cancelled``.
  ///
  /// The corresponding C functions are `MPI_Improbe` and `MPI_Imrecv` (MPI 3.1 §3.8.2).
  public nonisolated(nonsending) func receive<T: Datatype>(
    _ type: T.Type, from source: Int?, tag: MessageTag = 0
  ) async throws(MPIError) -> [T] {
    try await receiveMessage(of: type, from: source, tag: tag).elements
  }

  /// Receives a message of any length from any rank.
  ///
  /// The corresponding C functions are `MPI_Improbe` and `MPI_Imrecv` (MPI 3.1 §3.8.2).
  public nonisolated(nonsending) func receive<T: Datatype>(
    _ type: T.Type, from source: AnySource, tag: MessageTag = 0
  ) async throws(MPIError) -> [T] {
    try await receiveMessage(of: type, from: source, tag: tag).elements
  }

  /// Receives a message of any length from one rank, with its tag and source.
  ///
  /// The corresponding C functions are `MPI_Improbe` and `MPI_Imrecv` (MPI 3.1 §3.8.2).
  public nonisolated(nonsending) func receiveMessage<T: Datatype>(
    of type: T.Type, from source: Int?, tag: MessageTag = 0
  ) async throws(MPIError) -> ReceivedMessage<T> {
    try await _receive(of: type, communicator.rawPeer(source, "MPI_Improbe"), tag)
  }

  /// Receives a message of any length from any rank, with its tag and source.
  ///
  ///     let request = try await world.async.receiveMessage(of: Int.self, from: .any)
  ///     try await world.async.send(answer(request.elements), to: request.source)
  ///
  /// The corresponding C functions are `MPI_Improbe` and `MPI_Imrecv` (MPI 3.1 §3.8.2).
  public nonisolated(nonsending) func receiveMessage<T: Datatype>(
    of type: T.Type, from source: AnySource, tag: MessageTag = 0
  ) async throws(MPIError) -> ReceivedMessage<T> {
    try await _receive(of: type, MPI_ANY_SOURCE, tag)
  }

  /// Receives a message of a bounded length from one rank.
  ///
  /// Such receives are in the library's own queue, which matches them in the order in which they
  /// are begun, before all that search for a message.
  ///
  /// - Parameters:
  ///   - type: The type of the elements.
  ///   - count: The largest number of elements that the message may have.
  ///   - source: The sending rank; `nil` for no process.
  ///   - tag: The label of the message, or ``MessageTag/any``.
  /// - Returns: As many elements as were sent.
  /// - Throws: ``MPIError/Code/truncated`` where the message is longer,
  ///   ``MPIError/Code/invalidRank``, ``MPIError/Code/cancelled``.
  ///
  /// The corresponding C functions are `MPI_Irecv`, `MPI_Testsome` and `MPI_Cancel` (MPI 3.1 §3.7,
  /// §3.8.4).
  public nonisolated(nonsending) func receive<T: Datatype>(
    _ type: T.Type, count: Int, from source: Int?, tag: MessageTag = 0
  ) async throws(MPIError) -> [T] {
    try await _receive(of: type, count: count, communicator.rawPeer(source, "MPI_Irecv"), tag)
  }

  /// Receives a message of a bounded length from any rank.
  ///
  /// The corresponding C function is `MPI_Irecv` (MPI 3.1 §3.7).
  public nonisolated(nonsending) func receive<T: Datatype>(
    _ type: T.Type, count: Int, from source: AnySource, tag: MessageTag = 0
  ) async throws(MPIError) -> [T] {
    try await _receive(of: type, count: count, MPI_ANY_SOURCE, tag)
  }

  /// Receives a message from one rank into an array that is at least as long.
  ///
  /// The array is empty while the task waits.
  ///
  /// - Returns: Who sent how much; elements beyond the message stay as they were.
  /// - Throws: As ``receive(_:count:from:tag:)-(_,_,Int?,_)``. The array has its elements back then.
  ///
  /// The corresponding C function is `MPI_Irecv` (MPI 3.1 §3.7).
  @discardableResult
  public nonisolated(nonsending) func receive<T: Datatype>(
    into elements: inout [T], from source: Int?, tag: MessageTag = 0
  ) async throws(MPIError) -> Status {
    try await _receive(into: &elements, communicator.rawPeer(source, "MPI_Irecv"), tag)
  }

  /// Receives a message from any rank into an array that is at least as long.
  ///
  /// The corresponding C function is `MPI_Irecv` (MPI 3.1 §3.7).
  @discardableResult
  public nonisolated(nonsending) func receive<T: Datatype>(
    into elements: inout [T], from source: AnySource, tag: MessageTag = 0
  ) async throws(MPIError) -> Status {
    try await _receive(into: &elements, MPI_ANY_SOURCE, tag)
  }

  nonisolated(nonsending) func _receive<T: Datatype>(
    of type: T.Type, _ source: CInt, _ tag: MessageTag
  ) async throws(MPIError) -> ReceivedMessage<T> {
    let raw = communicator.raw
    let box = Box<AsyncStorage<T>?>(nil)
    let status = unsafe try await search("MPI_Improbe", pattern(source, tag)) {
      message, status, pending throws(MPIError) in
      let storage = AsyncStorage<T>(count: status.count(of: T.self))
      box.value = storage
      let narrowed = try unsafe Narrowed(storage.buffer)
      defer { unsafe narrowed.release() }
      var message = message
      try unsafe check(
        MPI_Imrecv(
          storage.buffer.address, narrowed.count, narrowed.datatype.raw, &message,
          &pending.pointee.request),
        "MPI_Imrecv", on: raw)
    }
    return ReceivedMessage(elements: box.value?.take() ?? [], status: status)
  }

  nonisolated(nonsending) private func _receive<T: Datatype>(
    of type: T.Type, count: Int, _ source: CInt, _ tag: MessageTag
  ) async throws(MPIError) -> [T] {
    precondition(count >= 0, "a message of at most \(count) elements")
    let storage = AsyncStorage<T>(count: count)
    let status = try await receive(storage, source, tag)
    return storage.take(status.count(of: T.self))
  }

  nonisolated(nonsending) private func _receive<T: Datatype>(
    into elements: inout [T], _ source: CInt, _ tag: MessageTag
  ) async throws(MPIError) -> Status {
    let storage = AsyncStorage(taking: &elements)
    do throws(MPIError) {
      let status = try await receive(storage, source, tag)
      elements = storage.take()
      return status
    } catch {
      elements = storage.take()
      throw error
    }
  }

  nonisolated(nonsending) private func receive<T: Datatype>(
    _ storage: AsyncStorage<T>, _ source: CInt, _ tag: MessageTag
  ) async throws(MPIError) -> Status {
    try await checkCancellation("MPI_Irecv")
    let raw = communicator.raw
    return unsafe try await perform("MPI_Irecv", .request, keeping: storage) {
      pending throws(MPIError) in
      unsafe pending.pointee.request = try unsafe startReceive(storage.buffer, source, tag, on: raw)
    }
  }
}

/// A variable that closures share.
final class Box<Value>: @unchecked Sendable {
  var value: Value
  init(_ value: Value) { self.value = value }
}
