internal import CMPI

extension Intercommunicator {
  /// Who gives or gets all in a collective between two groups.
  ///
  /// The group of the root says ``me`` on the root itself, and ``another`` elsewhere. The other group
  /// names the root by its rank, which may be written as a number: `from: 0`.
  public enum Root: Hashable, Sendable, ExpressibleByIntegerLiteral {
    /// This process.
    ///
    /// The corresponding C constant is `MPI_ROOT`.
    case me
    /// Another process of this group: this one takes no part.
    ///
    /// The corresponding C constant is `MPI_PROC_NULL`.
    case another
    /// A process of the other group.
    case rank(Int)

    /// A process of the other group.
    public init(integerLiteral rank: Int) { self = .rank(rank) }
  }

  /// A root as C has it.
  func rawRoot(_ root: Root, _ routine: StaticString) throws -> CInt {
    switch root {
    case .me: CMPI_ROOT
    case .another: CMPI_PROC_NULL
    case .rank(let rank): try across.rawRoot(rank, routine)
    }
  }

  /// The other group as the cores of collectives see it, which count what is exchanged with `size`
  /// ranks, and compare a root with this process's rank.
  var across: Communicator { Communicator(across: raw, size: remoteSize) }
}
