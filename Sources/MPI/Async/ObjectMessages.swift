internal import CMPI

/// The values that arrive, one after the other, without an end.
///
///     for try await (task, status) in world.messages(decoding: Task.self, tag: .tasks) {
///       try await world.async.send(encoding: perform(task), to: status.source)
///     }
///
/// As ``Messages``: a message is taken when the loop asks for the next one, not before. One that
/// holds no such value is an error, ``MPIError/Code/conversion``, and has been received then: the
/// same iterator goes on with the next one.
@safe public struct ObjectMessages<Value: Decodable>: AsyncSequence, Sendable {
  /// A value, and from which rank, with which tag, and how long its message was.
  public typealias Element = (value: Value, status: Status)
  /// What receiving throws.
  public typealias Failure = MPIError

  let communicator: Communicator
  let source: CInt
  let tag: MessageTag
  /// Why there are no messages: a rank that does not exist.
  let failure: MPIError?

  /// Receives the values of a sequence.
  @safe public struct AsyncIterator: AsyncIteratorProtocol {
    let messages: ObjectMessages

    /// Waits for the next value; never `nil`.
    ///
    /// The corresponding C functions are `MPI_Improbe` and `MPI_Imrecv` (MPI 3.1 §3.8.2).
    public func next(
      isolation actor: isolated (any Actor)? = #isolation
    ) async throws(MPIError) -> (value: Value, status: Status)? {
      if let failure = messages.failure { throw failure }
      return try await messages.communicator.async._receive(
        decoding: Value.self, messages.source, messages.tag)
    }

    /// Waits for the next value; never `nil`.
    public mutating func next() async throws(MPIError) -> (value: Value, status: Status)? {
      try await next(isolation: nil)
    }
  }

  /// Begins to receive.
  public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(messages: self) }
}

extension Communicator {
  /// The values from any rank, as they arrive.
  ///
  /// - Parameters:
  ///   - type: The type of the values.
  ///   - source: Any rank.
  ///   - tag: The label of the messages, or ``MessageTag/any``.
  ///
  /// The corresponding C functions are `MPI_Improbe` and `MPI_Imrecv` (MPI 3.1 §3.8.2).
  public func messages<T: Decodable>(
    decoding type: T.Type, from source: AnySource = .any, tag: MessageTag = 0
  ) -> ObjectMessages<T> {
    ObjectMessages(communicator: self, source: CMPI_ANY_SOURCE, tag: tag, failure: nil)
  }

  /// The values from one rank, as they arrive. The first one throws
  /// ``MPIError/Code/invalidRank`` where there is no such rank.
  ///
  /// The corresponding C functions are `MPI_Improbe` and `MPI_Imrecv` (MPI 3.1 §3.8.2).
  public func messages<T: Decodable>(
    decoding type: T.Type, from source: Int, tag: MessageTag = 0
  ) -> ObjectMessages<T> {
    do throws(MPIError) {
      let peer = try rawPeer(source, "MPI_Improbe")
      return ObjectMessages(communicator: self, source: peer, tag: tag, failure: nil)
    } catch {
      return ObjectMessages(communicator: self, source: CMPI_PROC_NULL, tag: tag, failure: error)
    }
  }
}
