internal import CMPI

// Going on after processes have failed: "User Level Failure Mitigation", an extension that Open MPI
// has from 5.0 on, if the job was started with `mpirun --with-ft ulfm`.

extension MPIError.Code {
  /// A process that takes part in the operation has failed.
  ///
  /// No error has this code where the library does not go on after failures:
  /// ``Feature/faultTolerance``.
  ///
  /// The corresponding C constant is `MPIX_ERR_PROC_FAILED` (ULFM).
  public static var processFailed: Self { Self(rawValue: CInt(CMPI_ERR_PROC_FAILED)) }

  /// A process whose message a receive from any might wait for has failed; the receive is still under
  /// way.
  ///
  /// The corresponding C constant is `MPIX_ERR_PROC_FAILED_PENDING` (ULFM).
  public static var processFailedPending: Self {
    Self(rawValue: CInt(CMPI_ERR_PROC_FAILED_PENDING))
  }

  /// The communicator was revoked.
  ///
  /// The corresponding C constant is `MPIX_ERR_REVOKED` (ULFM).
  public static var revoked: Self { Self(rawValue: CInt(CMPI_ERR_REVOKED)) }

  static let namesOfFailures: [Self: String] = [
    .processFailed: "MPIX_ERR_PROC_FAILED",
    .processFailedPending: "MPIX_ERR_PROC_FAILED_PENDING",
    .revoked: "MPIX_ERR_REVOKED",
  ]
}

/// What processes agreed on, some of which may have failed.
public struct Agreement: Hashable, Sendable {
  /// The bits that are set in what every process gave that is alive.
  public let flags: Int32

  /// Whether some process has failed whose failure not all others had acknowledged.
  public let hasNewFailures: Bool
}

extension AnyCommunicator {
  /// Ends all operations on the communicator, on all processes: they throw
  /// ``MPIError/Code/revoked``, now and later. Only ``agree(_:)``, ``Communicator/shrunk()`` and what
  /// is local still work.
  ///
  /// Not collective: the process that has met a failure calls it, so that no other waits for messages
  /// that will not come.
  ///
  ///     do {
  ///       try iterate(communicator)
  ///     } catch MPIError.Code.processFailed, MPIError.Code.revoked {
  ///       try communicator.revoke()
  ///       communicator = try communicator.shrunk()
  ///     }
  ///
  /// - Throws: ``MPIError/Code/unsupportedOperation`` where the library does not go on after failures.
  ///
  /// The corresponding C function is `MPIX_Comm_revoke` (ULFM).
  public final func revoke() throws {
    try require(.faultTolerance, "MPIX_Comm_revoke", on: raw)
    try check(CMPI_Comm_revoke(raw), "MPIX_Comm_revoke", on: raw)
    // What waits in a reduction of values, waits there.
    if let context = ReductionTree.context(of: self) {
      try check(CMPI_Comm_revoke(context.raw), "MPIX_Comm_revoke", on: raw)
    }
  }

  /// Whether the communicator was revoked, by this process or another.
  ///
  /// - Throws: ``MPIError/Code/unsupportedOperation`` where the library does not go on after failures.
  ///
  /// The corresponding C function is `MPIX_Comm_is_revoked` (ULFM).
  public final var isRevoked: Bool {
    get throws {
      try require(.faultTolerance, "MPIX_Comm_is_revoked", on: raw)
      var flag: CInt = 0
      try unsafe check(CMPI_Comm_is_revoked(raw, &flag), "MPIX_Comm_is_revoked", on: raw)
      return flag != 0
    }
  }

  /// Agrees with all processes that are alive, even if some have failed or fail meanwhile.
  ///
  /// **Collective** over the processes that are alive.
  ///
  /// - Parameter flags: What this process says.
  /// - Returns: The same on all processes: the bits that all of them have set.
  /// - Throws: ``MPIError/Code/unsupportedOperation`` where the library does not go on after failures.
  ///
  /// The corresponding C function is `MPIX_Comm_agree` (ULFM).
  public final func agree(_ flags: Int32) throws -> Agreement {
    try require(.faultTolerance, "MPIX_Comm_agree", on: raw)
    var flags = flags
    let code = unsafe CMPI_Comm_agree(raw, &flags)
    return try Self.agreement(flags, code, "MPIX_Comm_agree", on: raw)
  }

  /// An agreement is reached even if the library tells of failures.
  private static func agreement(
    _ flags: CInt, _ code: CInt, _ routine: StaticString, on raw: RawCommunicator
  ) throws -> Agreement {
    let hasNewFailures = code != CMPI_SUCCESS && MPIError.Code(ofNativeCode: code) == .processFailed
    if !hasNewFailures { try check(code, routine, on: raw) }
    return Agreement(flags: flags, hasNewFailures: hasNewFailures)
  }

  /// Takes notice of all failures that are known so far: receives from any rank work again, and
  /// ``agree(_:)`` tells of later failures only.
  ///
  /// - Throws: ``MPIError/Code/unsupportedOperation`` where the library does not go on after failures.
  ///
  /// The corresponding C function is `MPIX_Comm_failure_ack` (ULFM).
  public final func acknowledgeFailures() throws {
    try require(.faultTolerance, "MPIX_Comm_failure_ack", on: raw)
    try check(CMPI_Comm_failure_ack(raw), "MPIX_Comm_failure_ack", on: raw)
  }

  /// The processes whose failures were acknowledged.
  ///
  /// - Throws: ``MPIError/Code/unsupportedOperation`` where the library does not go on after failures.
  ///
  /// The corresponding C function is `MPIX_Comm_failure_get_acked` (ULFM).
  public final var failedGroup: Group {
    get throws {
      try require(.faultTolerance, "MPIX_Comm_failure_get_acked", on: raw)
      var group = CMPI_GROUP_NULL as RawGroup
      try unsafe check(
        CMPI_Comm_failure_get_acked(raw, &group), "MPIX_Comm_failure_get_acked", on: raw)
      return try Group(owning: group)
    }
  }
}

extension Communicator {
  /// Makes a communicator of the processes that are alive, in the old order.
  ///
  /// **Collective** over the processes that are alive. It works on a communicator that was revoked.
  ///
  /// - Throws: ``MPIError/Code/unsupportedOperation`` where the library does not go on after failures.
  ///
  /// The corresponding C function is `MPIX_Comm_shrink` (ULFM).
  public func shrunk() throws -> Communicator {
    try require(.faultTolerance, "MPIX_Comm_shrink", on: raw)
    var new = CMPI_COMM_NULL as RawCommunicator
    try unsafe check(CMPI_Comm_shrink(raw, &new), "MPIX_Comm_shrink", on: raw)
    return try Communicator(owning: new)
  }
}
