internal import CMPI

/// How an operation has ended that was only to be looked at: MPICH 5.0 (seen in 5.0.2) ends persistent
/// ones then, and says so once. See ``Quirk/endsWhatIsAskedFor``.
struct EarlyEnd {
  let code: CInt
  let status: MPI_Status

  /// Looks whether an operation is complete, and keeps how it has ended, where the library will not say
  /// so again.
  ///
  /// - Returns: What the library reported of the look, and whether the operation is complete.
  static func look(
    at request: RawRequest, keeping end: inout EarlyEnd?
  ) -> (code: CInt, isComplete: Bool) {
    if end != nil { return (CMPI_SUCCESS, true) }
    var flag: CInt = 0
    var status = MPI_Status()
    let code = unsafe MPI_Request_get_status(request, &flag, &status)
    guard Quirk.endsWhatIsAskedFor && flag != 0 else { return (code, flag != 0) }
    end = EarlyEnd(code: code, status: status)
    return (CMPI_SUCCESS, true)
  }
}

extension EarlyEnd? {
  /// Takes the place of what the request, inactive since, has said at the end.
  mutating func replace(_ code: inout CInt, _ status: inout MPI_Status) {
    guard let end = take() else { return }
    (code, status) = (end.code, end.status)
  }
}
