internal import CMPI

// MPI 3.1 counts in C's int. A buffer of more elements than that becomes one element of a type that
// holds them all.

/// A count and a datatype that C takes.
@unsafe struct Narrowed {
  let count: CInt
  let datatype: DatatypeHandle
  let isOwned: Bool

  init(_ buffer: RawBuffer) throws(MPIError) {
    if unsafe _fastPath(buffer.count <= Int(CInt.max)) {
      unsafe count = CInt(truncatingIfNeeded: buffer.count)
      unsafe datatype = unsafe buffer.datatype
      unsafe isOwned = false
    } else {
      unsafe count = 1
      unsafe datatype = try largeDatatype(buffer.count, of: buffer.datatype, at: 0)
      unsafe isOwned = true
    }
  }

  /// Frees the type, where it was made for this call. Operations under way keep what they need (MPI
  /// 3.1 §4.1.9).
  ///
  /// A collective under way gets the type to keep until it is complete: Open MPI's do not keep it
  /// themselves (seen in 4.1.4).
  func release(after pending: UnsafeMutablePointer<Pending>?) {
    guard unsafe isOwned else { return }
    if let pending = unsafe pending {
      unsafe pending.pointee.extras().free(datatype)
    } else {
      unsafe releaseDatatype(datatype)
    }
  }

  /// Frees the type, where it was made for this call.
  func release() {
    if unsafe _slowPath(isOwned) { unsafe releaseDatatype(datatype) }
  }
}

func releaseDatatype(_ datatype: DatatypeHandle) {
  var datatype = datatype.raw
  _ = unsafe MPI_Type_free(&datatype)
}

extension DatatypeHandle {
  /// The distance in bytes from one element to the next.
  func extent() throws(MPIError) -> Int {
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
) throws(MPIError) -> DatatypeHandle {
  let extent = try datatype.extent()

  // Whole chunks, as one type of a chunk repeated, and what is left over. The chunk is a power of
  // two well below 2^31.
  let chunk = 1 << 26
  let (chunks, rest) = count.quotientAndRemainder(dividingBy: chunk)
  var chunkType = CMPI_DATATYPE_NULL as RawDatatype
  var result = CMPI_DATATYPE_NULL as RawDatatype
  try unsafe check(
    MPI_Type_contiguous(CInt(chunk), datatype.raw, &chunkType), "MPI_Type_contiguous")
  defer { unsafe releaseDatatype(DatatypeHandle(chunkType)) }
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
  return unsafe DatatypeHandle(result)
}
