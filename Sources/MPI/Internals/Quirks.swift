internal import CMPI

// Bugs of libraries that are worked around, each asked for by the one place that does so. What they are is told in
// docs/KnownIssues.md.

/// The library that the program runs on, as far as its bugs are concerned.
enum Quirk {
  /// MPICH 4.0, as Debian 12 has it.
  private static let isMPICH40 = libraryVersion.contains("MPICH Version:\t4.0")

  /// `MPI_Allgatherv` and `MPI_Iallgatherv` of one process forget the displacement.
  static var forgetsOffsetOfSingleProcess: Bool { isMPICH40 }

  /// `MPI_Reduce` in place, to another root than 0, reads from the address that `MPI_IN_PLACE` stands
  /// for. `MPI_Ireduce` does not.
  static var reducesInPlaceWrongly: Bool { isMPICH40 }

  /// `MPI_MIN` and `MPI_MAX` compare unsigned integers as if they were signed.
  @usableFromInline static var comparesUnsignedAsSigned: Bool { isMPICH40 }
}
