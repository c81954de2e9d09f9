internal import CMPI

/// What an operation under way needs besides its request: arrays that the library reads until the end, types to free,
/// other requests that belong to it. Most operations need none, and allocate nothing.
@safe @usableFromInline
final class Completion {
  /// Further requests: an operation too large for one is several.
  private var requests: [RawRequest] = []
  private var datatypes: [RawDatatype] = []
  private var counts: [UnsafeMutableBufferPointer<CInt>] = unsafe []
  private var handles: [UnsafeMutableBufferPointer<RawDatatype>] = unsafe []
  private var retained: [AnyObject] = []
  private var received: [RawBuffer] = unsafe []

  @usableFromInline init() {}

  deinit {
    for datatype in datatypes where isRunning { releaseDatatype(datatype) }
    for unsafebuffer in unsafe counts { unsafe buffer.deallocate() }
    for unsafebuffer in unsafe handles { unsafe buffer.deallocate() }
  }

  func add(_ request: RawRequest) { requests.append(request) }

  func free(_ datatype: RawDatatype) { datatypes.append(datatype) }

  func retain(_ object: AnyObject) { retained.append(object) }

  /// Holds an array for C, at an address that does not change.
  func hold(_ values: [CInt]) -> UnsafeMutablePointer<CInt>? {
    let copy = UnsafeMutableBufferPointer<CInt>.allocate(capacity: values.count)
    _ = unsafe copy.initialize(from: values)
    unsafe counts.append(copy)
    return copy.baseAddress
  }

  /// Holds an array for C, at an address that does not change.
  func hold(_ values: [RawDatatype]) -> UnsafeMutablePointer<RawDatatype>? {
    let copy = UnsafeMutableBufferPointer<RawDatatype>.allocate(capacity: values.count)
    _ = unsafe copy.initialize(from: values)
    unsafe handles.append(copy)
    return copy.baseAddress
  }

  /// Has `buffer` made valid once it has been received.
  @usableFromInline
  func normalize(_ buffer: RawBuffer) { unsafe received.append(buffer) }

  /// Waits for the further requests. All are waited for, even after an error: until then the library may write.
  func waitForRequests() -> CInt {
    var first = MPI_SUCCESS
    for index in requests.indices {
      let code = unsafe MPI_Wait(&requests[index], CMPI_STATUS_IGNORE)
      if first == MPI_SUCCESS { first = code }
    }
    return first
  }

  /// Whether the further requests are complete.
  func isComplete() -> Bool {
    requests.allSatisfy { request in
      var flag: CInt = 0
      return unsafe MPI_Request_get_status(request, &flag, CMPI_STATUS_IGNORE) != MPI_SUCCESS
        || flag != 0
    }
  }

  /// Makes received bytes valid.
  func finish() {
    for unsafebuffer in unsafe received { unsafe buffer.normalize() }
    unsafe received = []
  }
}
