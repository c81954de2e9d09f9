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
  public typealias Failure = MPIError

  let communicator: Communicator
  let source: CInt
  let tag: MessageTag
  /// Why there are no messages: a rank that does not exist.
  let failure: MPIError?

  /// Receives the messages of a sequence.
  @safe public struct AsyncIterator: AsyncIteratorProtocol {
    let messages: Messages

    /// Waits for the next message; never `nil`.
    ///
    /// The corresponding C functions are `MPI_Improbe` and `MPI_Imrecv` (MPI 3.1 §3.8.2).
    public func next(
      isolation actor: isolated (any Actor)? = #isolation
    ) async throws(MPIError) -> ReceivedMessage<Payload>? {
      if let failure = messages.failure { throw failure }
      return try await messages.communicator.async._receive(
        of: Payload.self, messages.source, messages.tag)
    }

    /// Waits for the next message; never `nil`.
    public mutating func next() async throws(MPIError) -> ReceivedMessage<Payload>? {
      try await next(isolation: nil)
    }
  }

  /// Begins to receive.
  public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(messages: self) }
}

extension Communicator {
  /// The messages from any rank, as they arrive.
  ///
  /// - Parameters:
  ///   - type: The type of their elements.
  ///   - source: Any rank.
  ///   - tag: The label of the messages, or ``MessageTag/any``.
  ///
  /// The corresponding C functions are `MPI_Improbe` and `MPI_Imrecv` (MPI 3.1 §3.8.2).
  public func messages<T: Datatype>(
    of type: T.Type, from source: AnySource = .any, tag: MessageTag = 0
  ) -> Messages<T> {
    Messages(communicator: self, source: CMPI_ANY_SOURCE, tag: tag, failure: nil)
  }

  /// The messages from one rank, as they arrive. The first one throws
  /// ``MPIError/Code/invalidRank`` where there is no such rank.
  ///
  /// The corresponding C functions are `MPI_Improbe` and `MPI_Imrecv` (MPI 3.1 §3.8.2).
  public func messages<T: Datatype>(
    of type: T.Type, from source: Int, tag: MessageTag = 0
  ) -> Messages<T> {
    do throws(MPIError) {
      let peer = try rawPeer(source, "MPI_Improbe")
      return Messages(communicator: self, source: peer, tag: tag, failure: nil)
    } catch {
      return Messages(communicator: self, source: CMPI_PROC_NULL, tag: tag, failure: error)
    }
  }
}
