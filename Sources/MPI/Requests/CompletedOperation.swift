internal import CMPI

/// One of several operations, which has ended.
public struct CompletedOperation: Sendable {
  /// The number of operations that were begun, or set up, before this one.
  public let index: Int
  /// Who sent how much, for a receive.
  public let status: Status
}

// What the sets of requests have in common: each hands over an array for C.

/// Ends one of the operations.
///
/// - Parameters:
///   - arePersistent: Whether the requests are persistent ones.
///   - waits: Whether to wait until there is one that can be ended.
/// - Returns: What the library reported, and which operation it was: none where none has ended.
func endAny(
  _ requests: UnsafeMutablePointer<RawRequest>, _ count: Int, arePersistent: Bool, waits: Bool,
  _ status: inout MPI_Status
) -> (code: CInt, index: Int?) {
  var index = CMPI_UNDEFINED
  var flag: CInt = 1
  let code =
    switch (waits, arePersistent) {
    case (true, _): unsafe MPI_Waitany(CInt(count), requests, &index, &status)
    case (false, false): unsafe MPI_Testany(CInt(count), requests, &index, &flag, &status)
    case (false, true):
      unsafe CMPI_Testany_persistent(CInt(count), requests, &index, &flag, &status)
    }
  let hasEnded = (flag != 0 || code != CMPI_SUCCESS) && (0..<count).contains(Int(index))
  return (code, hasEnded ? Int(index) : nil)
}

/// Ends those of the operations that are complete.
///
/// - Parameters:
///   - arePersistent: Whether the requests are persistent ones.
///   - waits: Whether to wait until there is one at least.
///   - indices: Takes their numbers.
///   - statuses: Takes their statuses, with an error in each.
/// - Returns: What the library reported, and how many there are.
func endSome(
  _ requests: UnsafeMutablePointer<RawRequest>, _ count: Int, arePersistent: Bool, waits: Bool,
  _ indices: UnsafeMutablePointer<CInt>, _ statuses: UnsafeMutablePointer<MPI_Status>
) -> (code: CInt, ended: Int) {
  if arePersistent && Quirk.hidesWhichHasFailed {
    return unsafe endEach(requests, count, waits: waits, indices, statuses)
  }
  var ended = CMPI_UNDEFINED
  let code =
    waits
    ? unsafe MPI_Waitsome(CInt(count), requests, &ended, indices, statuses)
    : unsafe MPI_Testsome(CInt(count), requests, &ended, indices, statuses)
  guard ended > 0 else { return (code, 0) }
  if code != CMPI_ERR_IN_STATUS {
    // The library has set none of them.
    for position in 0..<Int(ended) { unsafe statuses[position].MPI_ERROR = CMPI_SUCCESS }
  }
  return (code, Int(ended))
}

/// Does what ``endSome(_:_:arePersistent:waits:_:_:)`` does with one persistent operation at a time,
/// each of which tells how it has ended.
private func endEach(
  _ requests: UnsafeMutablePointer<RawRequest>, _ count: Int, waits: Bool,
  _ indices: UnsafeMutablePointer<CInt>, _ statuses: UnsafeMutablePointer<MPI_Status>
) -> (code: CInt, ended: Int) {
  var result: (code: CInt, ended: Int) = (CMPI_SUCCESS, 0)
  func end(_ range: Range<Int>, waits: Bool) -> Bool {
    var status = MPI_Status()
    let (code, index) = unsafe endAny(
      requests + range.lowerBound, range.count, arePersistent: true, waits: waits, &status)
    guard let index else {
      if code != CMPI_SUCCESS { result.code = code }
      return false
    }
    if code != CMPI_SUCCESS { result.code = CMPI_ERR_IN_STATUS }
    status.MPI_ERROR = code
    unsafe indices[result.ended] = CInt(range.lowerBound + index)
    unsafe statuses[result.ended] = status
    result.ended += 1
    return true
  }
  if waits && !end(0..<count, waits: true) { return result }
  for index in 0..<count { _ = end(index..<index + 1, waits: false) }
  return result
}

/// The first error among statuses, after a call that has reported that there is one.
func firstError(
  _ statuses: UnsafeMutablePointer<MPI_Status>, _ count: Int, after code: CInt
) -> CInt {
  guard code == CMPI_ERR_IN_STATUS else { return code }
  for position in 0..<count {
    let error = unsafe statuses[position].MPI_ERROR
    if error != CMPI_SUCCESS && error != CMPI_ERR_PENDING { return error }
  }
  return code
}
