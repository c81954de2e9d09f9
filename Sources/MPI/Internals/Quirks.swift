internal import CMPI

// Bugs of libraries that are worked around, each asked for by the one place that does so. What they are is told in
// docs/KnownIssues.md.

/// The library that the program runs on, as far as its bugs are concerned.
enum Quirk {
  /// MPICH 4.0, as Debian 12 has it.
  private static let isMPICH40 = mpichVersion.hasPrefix("4.0.")

  /// MPICH 5.0, as PyPI has it, by its own interface or by the standard's.
  private static let isMPICH50 = mpichVersion.hasPrefix("5.0.")

  /// What follows "MPICH Version:"; nothing for other libraries.
  private static var mpichVersion: Substring {
    let words = libraryVersion.split(maxSplits: 3, whereSeparator: \.isWhitespace)
    return words.count > 2 && words[0] == "MPICH" ? words[2] : ""
  }

  /// `MPI_Allgatherv` and `MPI_Iallgatherv` of one process forget the displacement.
  static var forgetsOffsetOfSingleProcess: Bool { isMPICH40 }

  /// `MPI_Reduce` in place, to another root than 0, reads from the address that `MPI_IN_PLACE` stands
  /// for. `MPI_Ireduce` does not.
  static var reducesInPlaceWrongly: Bool { isMPICH40 }

  /// `MPI_MIN` and `MPI_MAX` compare unsigned integers as if they were signed.
  @usableFromInline static var comparesUnsignedAsSigned: Bool { isMPICH40 }

  /// Routines report success once they have called an error handler of the program's.
  static var forgetsHandledErrors: Bool { isMPICH50 }

  /// `MPI_Request_get_status` ends a persistent operation that is complete, and tells once how it has
  /// ended.
  static var endsWhatIsAskedFor: Bool { isMPICH50 }

  /// `MPI_Waitsome` and `MPI_Testsome` say that one of several persistent operations has failed, but
  /// neither which one nor how.
  static var hidesWhichHasFailed: Bool { isMPICH50 }
}
