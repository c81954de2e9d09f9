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
  public typealias Failure = any Error

  let communicator: Communicator
  /// As C has it, or why there are no messages: a rank that does not exist.
  let source: Result<CInt, any Error>
  let tag: MessageTag

  /// Receives the values of a sequence.
  @safe public struct AsyncIterator: AsyncIteratorProtocol {
    let messages: ObjectMessages

    /// Waits for the next value; `nil` from no process only.
    ///
    /// - Throws: ``MPIError/Code/conversion`` where the message holds no such value,
    ///   ``MPIError/Code/invalidRank``, ``MPIError/Code/cancelled``, and what else the library
    ///   reports.
    ///
    /// The corresponding C functions are `MPI_Improbe` and `MPI_Imrecv` (MPI 3.1 §3.8.2).
    public func next(
      isolation actor: isolated (any Actor)? = #isolation
    ) async throws -> (value: Value, status: Status)? {
      let source = try messages.source.get()
      if source == CMPI_PROC_NULL { return nil }
      return try await messages.communicator.async._receive(
        decoding: Value.self, source, messages.tag)
    }

    /// Waits for the next value; `nil` from no process only.
    ///
    /// - Throws: ``MPIError/Code/conversion`` where the message holds no such value,
    ///   ``MPIError/Code/invalidRank``, ``MPIError/Code/cancelled``, and what else the library
    ///   reports.
    public mutating func next() async throws -> (value: Value, status: Status)? {
      try await next(isolation: nil)
    }
  }

  /// Begins to receive.
  public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(messages: self) }
}

extension Communicator {
  /// The values from any rank, or from one, as they arrive.
  ///
  /// The first one throws ``MPIError/Code/invalidRank`` where there is no such rank; from no process
  /// (`nil`) there are none.
  ///
  /// - Parameters:
  ///   - type: The type of the values.
  ///   - source: The sending rank, `nil` for no process, or ``Source/any``.
  ///   - tag: The label of the messages, or ``MessageTag/any``.
  ///
  /// The corresponding C functions are `MPI_Improbe` and `MPI_Imrecv` (MPI 3.1 §3.8.2).
  public func messages<T: Decodable>(
    decoding type: T.Type, from source: some Source = .any, tag: MessageTag = 0
  ) -> ObjectMessages<T> {
    ObjectMessages(
      communicator: self, source: Result { try rawSource(source, "MPI_Improbe") }, tag: tag)
  }
}
