public import CMPI

/// Where a message comes from: a rank, `nil` for no process, or ``any``.
///
///     try world.receive(into: &halo, from: left)                 // a rank, or an Int? that may be nil
///     let results = try world.receive(Double.self, from: .any)
///
/// What is received from no process is empty, and what is sent there vanishes, so that the edge of
/// a domain needs no special
/// case (`MPI_PROC_NULL`, MPI 3.1 §3.11).
public protocol Source: Sendable {
  /// Whom this names.
  var sender: Sender { get }
}

/// Whom a ``Source`` names.
@frozen public enum Sender: Hashable, Sendable {
  /// One rank.
  case rank(Int)
  /// No process.
  case none
  /// Any rank.
  case any
}

extension Int: Source {
  /// This rank.
  @inlinable public var sender: Sender { @inline(__always) get { .rank(self) } }
}

extension Optional: Source where Wrapped == Int {
  /// A rank, or no process.
  @inlinable public var sender: Sender {
    @inline(__always) get {
      guard let self else { return .none }
      return .rank(self)
    }
  }
}

/// Any rank: `from: .any`.
public struct AnySource: Source, Hashable {
  @inlinable init() {}

  /// Any rank.
  @inlinable public var sender: Sender { @inline(__always) get { .any } }
}

extension Source where Self == AnySource {
  /// Any rank.
  ///
  /// The corresponding C constant is `MPI_ANY_SOURCE`.
  @inlinable public static var any: AnySource { AnySource() }
}

extension Source {
  /// The source as C has it: checked here, as ``checkedPeer(_:of:_:on:)`` does.
  @inlinable @inline(__always)
  func checked(
    of size: Int, _ routine: StaticString, on raw: RawCommunicator
  ) throws -> CInt {
    switch sender {
    case .rank(let rank): try checkedPeer(rank, of: size, routine, on: raw)
    case .none: CMPI_PROC_NULL
    case .any: CMPI_ANY_SOURCE
    }
  }
}
