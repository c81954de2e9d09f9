internal import CMPI

extension MPIError.Code {
  /// A process that takes part in the operation has failed.
  ///
  /// No error has this code where the library does not go on after failures (``Feature/faultTolerance``).
  ///
  /// The corresponding C constant is `MPIX_ERR_PROC_FAILED` (ULFM).
  public static var processFailed: Self { Self(rawValue: CInt(CMPI_ERR_PROC_FAILED)) }

  /// A process from which a receive from any might have its message has failed; the receive is still
  /// under way.
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
