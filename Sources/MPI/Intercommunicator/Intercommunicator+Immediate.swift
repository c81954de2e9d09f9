internal import CMPI

extension Intercommunicator {
  /// The nonblocking forms of an intercommunicator's operations: each returns at once, with a
  /// ``Request``.
  public struct Immediate: ~Escapable {
    private let messages: MPI.Immediate

    @_lifetime(borrow communicator)
    init(_ communicator: borrowing Intercommunicator) {
      messages = MPI.Immediate(communicator)
    }

    /// Begins to send elements to one rank of the other group.
    ///
    /// As ``MPI/Immediate/send(_:to:tag:mode:)``.
    ///
    /// The corresponding C function is `MPI_Isend` (MPI 3.1 §3.7.2).
    @_lifetime(copy elements)
    public func send<T: Datatype>(
      _ elements: Span<T>, to destination: Int?, tag: MessageTag = 0, mode: SendMode = .standard
    ) throws(MPIError) -> Request {
      try messages.send(elements, to: destination, tag: tag, mode: mode)
    }

    /// Begins to receive a message from one rank of the other group.
    ///
    /// As ``MPI/Immediate/receive(into:from:tag:)-(_,Int?,_)``.
    ///
    /// The corresponding C function is `MPI_Irecv` (MPI 3.1 §3.7.2).
    @_lifetime(copy elements)
    public func receive<T: Datatype>(
      into elements: consuming MutableSpan<T>, from source: Int?, tag: MessageTag = 0
    ) throws(MPIError) -> Request {
      try messages.receive(into: elements, from: source, tag: tag)
    }

    /// Begins to receive a message from any rank of the other group.
    ///
    /// The corresponding C function is `MPI_Irecv` (MPI 3.1 §3.7.2).
    @_lifetime(copy elements)
    public func receive<T: Datatype>(
      into elements: consuming MutableSpan<T>, from source: AnySource, tag: MessageTag = 0
    ) throws(MPIError) -> Request {
      try messages.receive(into: elements, from: source, tag: tag)
    }

    /// Looks whether a message from a rank of the other group is there.
    ///
    /// The corresponding C function is `MPI_Iprobe` (MPI 3.1 §3.8.1).
    public func probe(from source: Int?, tag: MessageTag = 0) throws(MPIError) -> Status? {
      try messages.probe(from: source, tag: tag)
    }

    /// Looks whether a message from any rank of the other group is there.
    ///
    /// The corresponding C function is `MPI_Iprobe` (MPI 3.1 §3.8.1).
    public func probe(from source: AnySource, tag: MessageTag = 0) throws(MPIError) -> Status? {
      try messages.probe(from: source, tag: tag)
    }

    /// Looks whether a message from a rank of the other group is there, and if so takes it out of the
    /// queue.
    ///
    /// The corresponding C function is `MPI_Improbe` (MPI 3.1 §3.8.2).
    public func matchedProbe(from source: Int?, tag: MessageTag = 0) throws(MPIError) -> Message? {
      try messages.matchedProbe(from: source, tag: tag)
    }

    /// Looks whether a message from any rank of the other group is there, and if so takes it out of
    /// the queue.
    ///
    /// The corresponding C function is `MPI_Improbe` (MPI 3.1 §3.8.2).
    public func matchedProbe(
      from source: AnySource, tag: MessageTag = 0
    ) throws(MPIError) -> Message? {
      try messages.matchedProbe(from: source, tag: tag)
    }

    /// Begins a barrier: the request is complete when all processes of the other group have begun it.
    ///
    /// **Collective**: every process of both groups calls it.
    ///
    /// The corresponding C function is `MPI_Ibarrier` (MPI 3.1 §5.12.1).
    @_lifetime(immortal)
    public func barrier() throws(MPIError) -> Request { try messages.barrier() }
  }

  /// The nonblocking forms of the intercommunicator's operations.
  public var immediate: Immediate {
    @_lifetime(borrow self) get { Immediate(self) }
  }
}
