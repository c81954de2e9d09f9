internal import CMPI

/// A part of the standard that not every library has.
///
/// A call that needs one throws ``MPIError/Code/unsupportedOperation`` where it is absent;
/// ``supports(_:)`` tells beforehand.
public enum Feature: String, CaseIterable, Sendable {
  /// Counts of more than 32 bits in the library's own interface (MPI 4.0 §2.5.8). Without them this
  /// module makes up derived types, and counts may be as large.
  case largeCounts
  /// Collectives that are set up once and started often (MPI 4.0 §6.13).
  case persistentCollectives
  /// Messages whose parts become ready one by one (MPI 4.0 §4).
  case partitionedMessages
  /// MPI without a world, initialized by each part of a program (MPI 4.0 §11.3).
  case sessions
  /// Going on after processes have failed: ULFM (MPI 5.0 has no such chapter yet).
  case faultTolerance

  /// Whether the library that this program was built with declares it.
  var isPresent: Bool {
    switch self {
    case .largeCounts: CMPI_HAS_LARGE_COUNTS != 0
    case .persistentCollectives: CMPI_HAS_PERSISTENT_COLLECTIVES != 0
    case .partitionedMessages: CMPI_HAS_PARTITIONED != 0
    case .sessions: CMPI_HAS_SESSIONS != 0
    case .faultTolerance: CMPI_HAS_FAULT_TOLERANCE != 0
    }
  }

  /// What a library needs to have it.
  var requirement: String {
    self == .faultTolerance ? "needs ULFM, as Open MPI 5.0 has it" : "needs MPI 4.0"
  }
}

/// Whether the MPI library has a part of the standard that not every library has.
///
///     if MPI.supports(.persistentCollectives) { … }
public func supports(_ feature: Feature) -> Bool { feature.isPresent }

/// Throws where the library lacks a feature.
func require(
  _ feature: Feature, _ routine: StaticString, on communicator: RawCommunicator = CMPI_COMM_NULL
) throws {
  if feature.isPresent { return }
  let (major, minor) = standardVersion
  throw MPIError(
    .unsupportedOperation, routine: routine.description,
    message: "\(feature.requirement), this library is MPI \(major).\(minor)", on: communicator)
}
