internal import CMPI

// Reductions of more than 2^31 elements go in chunks, since an operation of the library's takes no
// derived type.

/// The largest number of elements that one reduction takes, once there are more than C's int can
/// count. A multiple of every vector's width, so that no element is cut.
private let chunkCount = 1 << 28

/// Calls `body` with a count, two addresses and where to put the request, for each chunk.
///
/// - Parameters:
///   - source: The operands; stays `MPI_IN_PLACE` for all chunks if it is that.
///   - target: The results, or no address where this rank gets none.
func forEachChunk(
  _ source: RawBuffer, _ target: RawBuffer, _ count: Int,
  _ pending: Starting?,
  _ body: (
    CInt, UnsafeMutableRawPointer?, UnsafeMutableRawPointer?, UnsafeMutablePointer<RawRequest>?
  ) throws -> Void
) throws {
  if count <= Int(CInt.max) {
    if let pending = pending {
      try unsafe body(CInt(count), source.address, target.address, &pending.request)
    } else {
      try unsafe body(CInt(count), source.address, target.address, nil)
    }
    return
  }
  let extent = try source.datatype.extent()
  for start in stride(from: 0, to: count, by: chunkCount) {
    let length = CInt(min(chunkCount, count - start))
    let offset = start * extent
    let from =
      unsafe source.address == CMPI_IN_PLACE
      ? source.address : source.address.map { unsafe $0 + offset }
    let to = unsafe target.address.map { unsafe $0 + offset }
    guard let pending = pending else {
      try unsafe body(length, from, to, nil)
      continue
    }
    var request = CMPI_REQUEST_NULL as RawRequest
    try unsafe body(length, from, to, &request)
    if start == 0 {
      pending.request = request
    } else {
      pending.extras().add(request)
    }
  }
}
