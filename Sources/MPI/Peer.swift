/// What stands for every rank where a message may come from anyone: `receive(into: …, from: .any)`.
///
/// Elsewhere a peer is an `Int`, or `nil` for no process: what is sent there vanishes, and what is
/// received from there is empty, so that the edge of a domain needs no special case
/// (`MPI_PROC_NULL`, MPI 3.1 §3.11).
public struct AnySource: Hashable, Sendable {
  @inlinable init() {}

  /// Any rank.
  ///
  /// The corresponding C constant is `MPI_ANY_SOURCE`.
  @inlinable public static var any: AnySource { AnySource() }
}
