internal import CMPI

// MPI 3.1 counts in C's int. A buffer of more elements than that becomes one element of a type that
// holds them all.

/// A count and a datatype that C takes.
@safe struct Narrowed {
  let count: CInt
  let datatype: DatatypeHandle
  let isOwned: Bool

  init(_ buffer: RawBuffer) throws {
    if _fastPath(buffer.count <= Int(CInt.max)) {
      count = CInt(truncatingIfNeeded: buffer.count)
      datatype = buffer.datatype
      isOwned = false
    } else {
      count = 1
      datatype = try largeDatatype(buffer.count, of: buffer.datatype, at: 0)
      isOwned = true
    }
  }

  /// Frees the type, where it was made for this call. Operations under way keep what they need (MPI
  /// 3.1 §4.1.9).
  ///
  /// A collective under way gets the type to keep until it is complete: Open MPI's do not keep it
  /// themselves (seen in 4.1.4).
  func release(after pending: Starting?) {
    guard isOwned else { return }
    if let pending = pending {
      pending.extras().free(datatype)
    } else {
      releaseDatatype(datatype)
    }
  }

  /// Frees the type, where it was made for this call.
  func release() {
    if _slowPath(isOwned) { releaseDatatype(datatype) }
  }
}

func releaseDatatype(_ datatype: DatatypeHandle) {
  var datatype = datatype.raw
  _ = unsafe MPI_Type_free(&datatype)
}

extension DatatypeHandle {
  /// The distance in bytes from one element to the next.
  func extent() throws -> Int {
    var lowerBound: MPI_Count = 0
    var extent: MPI_Count = 0
    try unsafe check(
      MPI_Type_get_extent_x(raw, &lowerBound, &extent), "MPI_Type_get_extent_x")
    return Int(extent)
  }
}

/// A type that stands for `count` elements which begin `offset` elements into the buffer.
func largeDatatype(
  _ count: Int, of datatype: DatatypeHandle, at offset: Int
) throws -> DatatypeHandle {
  let extent = try datatype.extent()

  // Whole chunks, as one type of a chunk repeated, and what is left over. The chunk is a power of
  // two well below 2^31.
  let chunk = 1 << 26
  let (chunks, rest) = count.quotientAndRemainder(dividingBy: chunk)
  var chunkType = CMPI_DATATYPE_NULL as RawDatatype
  var result = CMPI_DATATYPE_NULL as RawDatatype
  try unsafe check(
    MPI_Type_contiguous(CInt(chunk), datatype.raw, &chunkType), "MPI_Type_contiguous")
  defer { releaseDatatype(DatatypeHandle(chunkType)) }
  guard let rawChunks = CInt(exactly: chunks) else {
    throw MPIError(
      .invalidCount, routine: "MPI_Type_create_struct",
      message: "\(count) elements are more than one operation can carry")
  }
  let start = offset * extent
  var lengths = [rawChunks, CInt(rest)]
  var displacements = [MPI_Aint(start), MPI_Aint(start + chunks * chunk * extent)]
  var types = [chunkType, datatype.raw]
  try unsafe check(
    MPI_Type_create_struct(2, &lengths, &displacements, &types, &result), "MPI_Type_create_struct")
  try unsafe check(MPI_Type_commit(&result), "MPI_Type_commit")
  return DatatypeHandle(result)
}
