internal import CMPI

/// The messages that arrive, one after the other, without an end.
///
///     for try await message in world.messages(of: Double.self, tag: .samples) {
///       store(message.elements, from: message.source)
///     }
///
/// A message is taken when the loop asks for the next one, not before: those that arrive when the
/// loop has been left are there for other receives. Several loops may be under way at once; where
/// they ask for the same messages, each gets one after the other.
///
/// If the task is cancelled, the next element is an error, ``MPIError/Code/cancelled``.
@safe public struct Messages<Payload: Datatype>: AsyncSequence, Sendable {
  /// A message, with its source and its tag.
  public typealias Element = ReceivedMessage<Payload>
  /// What receiving throws.
  public typealias Failure = any Error

  let communicator: Communicator
  /// As C has it, or why there are no messages: a rank that does not exist.
  let source: Result<CInt, any Error>
  let tag: MessageTag

  /// Receives the messages of a sequence.
  @safe public struct AsyncIterator: AsyncIteratorProtocol {
    let messages: Messages

    /// Waits for the next message; `nil` from no process only.
    ///
    /// - Throws: ``MPIError/Code/invalidRank``, ``MPIError/Code/cancelled``, and what else the
    ///   library reports.
    ///
    /// The corresponding C functions are `MPI_Improbe` and `MPI_Imrecv` (MPI 3.1 §3.8.2).
    public func next(
      isolation actor: isolated (any Actor)? = #isolation
    ) async throws -> ReceivedMessage<Payload>? {
      let source = try messages.source.get()
      if source == CMPI_PROC_NULL { return nil }
      return try await messages.communicator.async._receive(
        of: Payload.self, source, messages.tag)
    }

    /// Waits for the next message; `nil` from no process only.
    ///
    /// - Throws: ``MPIError/Code/invalidRank``, ``MPIError/Code/cancelled``, and what else the
    ///   library reports.
    public mutating func next() async throws -> ReceivedMessage<Payload>? {
      try await next(isolation: nil)
    }
  }

  /// Begins to receive.
  public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(messages: self) }
}

extension Communicator {
  /// The messages from any rank, or from one, as they arrive.
  ///
  /// The first one throws ``MPIError/Code/invalidRank`` where there is no such rank; from no process
  /// (`nil`) there are none.
  ///
  /// - Parameters:
  ///   - type: The type of their elements.
  ///   - source: The sending rank, `nil` for no process, or ``Source/any``.
  ///   - tag: The label of the messages, or ``MessageTag/any``.
  ///
  /// The corresponding C functions are `MPI_Improbe` and `MPI_Imrecv` (MPI 3.1 §3.8.2).
  public func messages<T: Datatype>(
    of type: T.Type, from source: some Source = .any, tag: MessageTag = 0
  ) -> Messages<T> {
    Messages(
      communicator: self, source: Result { try rawSource(source, "MPI_Improbe") }, tag: tag)
  }
}
