/// The nonblocking forms of a communicator's operations: each returns at once, with a ``Request``.
///
/// A view, as the standard library's `lazy`: `world.immediate.send(…)`.
@frozen public struct Immediate<Context: AnyCommunicator> {
  @usableFromInline let communicator: Context

  @inlinable @inline(__always)
  init(_ communicator: Context) { self.communicator = communicator }

  @inlinable var raw: RawCommunicator {
    @inline(__always) get { communicator.raw }
  }
}

extension Communicator {
  /// The nonblocking forms of the communicator's operations.
  @inlinable public final var immediate: Immediate<Communicator> {
    @inline(__always) get { Immediate(self) }
  }
}

extension Intercommunicator {
  /// The nonblocking forms of the intercommunicator's operations.
  @inlinable public var immediate: Immediate<Intercommunicator> {
    @inline(__always) get { Immediate(self) }
  }
}

extension RawBuffer {
  /// What has to happen when this buffer has been received into: nothing, for most types.
  @inlinable
  var normalizing: Completion? {
    @inline(__always) get {
      guard unsafe datatype.structure != nil else { return nil }
      let completion = Completion()
      completion.normalize(self)
      return completion
    }
  }
}
