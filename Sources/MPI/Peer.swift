public import CMPI

/// What stands for every rank where a message may come from anyone: `receive(into: …, from: .any)`.
///
/// Elsewhere a peer is an `Int`, or `nil` for no process: what is sent there vanishes, and what is received from there
/// is empty, so that the edge of a domain needs no special case (`MPI_PROC_NULL`, MPI 3.1 §3.11).
public struct AnySource: Hashable, Sendable {
  @inlinable init() {}

  /// Any rank.
  ///
  /// The corresponding C constant is `MPI_ANY_SOURCE`.
  @inlinable public static var any: AnySource { AnySource() }
}

extension Communicator {
  /// A peer as C has it: checked here, since some libraries are built without checks, and a negative rank would mean
  /// something else to all of them.
  @inlinable @inline(__always)
  func rawPeer(_ rank: Int?, _ routine: StaticString) throws(MPIError) -> CInt {
    guard let rank else { return MPI_PROC_NULL }
    if _fastPath(UInt(bitPattern: rank) < UInt(bitPattern: size)) {
      return CInt(truncatingIfNeeded: rank)
    }
    throw MPIError.invalidRank(rank, of: size, routine, on: raw)
  }

  /// A root as C has it.
  @inlinable @inline(__always)
  func rawRoot(_ rank: Int, _ routine: StaticString) throws(MPIError) -> CInt {
    if _fastPath(UInt(bitPattern: rank) < UInt(bitPattern: size)) {
      return CInt(truncatingIfNeeded: rank)
    }
    throw MPIError.invalidRoot(rank, of: size, routine, on: raw)
  }
}
