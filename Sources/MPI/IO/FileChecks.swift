internal import CMPI

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

// What libraries report of collective operations is not what happened, in two cases: a read that
// reaches behind the end of the file, and a write that fails. (Seen in Open MPI 4.1.4 and MPICH
// 4.0.2; in the latter, only the former.)

extension FileHandle {
  /// Where in the file the last element of a transfer ends, in bytes; `nil` where there is none, or
  /// no one knows.
  func end(of transfer: FileTransfer) throws(MPIError) -> Int? {
    var start: MPI_Offset = 0
    switch unsafe transfer.place {
    case .shared: return nil
    case .offset(let offset): start = offset
    case .individual:
      try unsafe file.check(MPI_File_get_position(raw, &start), "MPI_File_get_position")
    }
    let size = elementSize
    let count = unsafe size == 0 ? 0 : transfer.byteCount / size
    if count == 0 { return nil }
    var last: MPI_Offset = 0
    try unsafe file.check(
      MPI_File_get_byte_offset(raw, start + MPI_Offset(count) - 1, &last),
      "MPI_File_get_byte_offset")
    return try Int(last) + (element?.mpiDatatype.trueEnd() ?? 1)
  }

  /// The number of bytes of what offsets count.
  private var elementSize: Int { element.map { Status.size(of: $0.mpiDatatype) } ?? 1 }

  /// Whether a read reaches behind the end of the file, or may do so for all that is known here.
  ///
  /// Libraries report all elements of a collective read then, those that are not there, too, and
  /// overwrite their storage with what is in their buffers. Such a read takes part with nothing, and
  /// is done by each process alone.
  func mayReachBehindEnd(_ transfer: FileTransfer) throws(MPIError) -> Bool {
    if unsafe transfer.isWriting || transfer.buffer.count == 0 { return false }
    if unsafe transfer.place.isShared { return unsafe !transfer.isCollective }
    guard let end = try unsafe end(of: transfer) else { return false }
    var size: MPI_Offset = 0
    try unsafe file.check(MPI_File_get_size(raw, &size), "MPI_File_get_size")
    return end > Int(size)
  }

  /// What takes the place of a read in the order of ranks that reaches behind the end of the file: a
  /// read of the same elements by their offsets. The shared pointer has moved on then.
  ///
  /// **Collective**, as the read is. `nil` where the read is another one, or reaches not as far.
  func orderedReadBehindEnd(_ transfer: FileTransfer) throws(MPIError) -> FileTransfer? {
    guard
      unsafe !transfer.isWriting && transfer.isCollective && transfer.place.isShared,
      !file.isSequential
    else { return nil }
    let communicator = file.communicator
    let size = elementSize
    let counts = try communicator.allGather(unsafe size == 0 ? 0 : transfer.byteCount / size)
    let total = counts.reduce(0, +)
    var place: [MPI_Offset] = [0, 0]
    if communicator.rank == 0 && total > 0 {
      try unsafe file.check(
        MPI_File_get_position_shared(raw, &place[0]), "MPI_File_get_position_shared")
      let whole = unsafe FileTransfer(
        isWriting: false, at: .offset(place[0]), collectively: false,
        RawBuffer(address: nil, count: total * size, datatype: UInt8.mpiDatatype))
      place[1] = try unsafe mayReachBehindEnd(whole) ? 1 : 0
    }
    try communicator.broadcast(place.mutableSpan, from: 0)
    if place[1] == 0 { return nil }
    try file.check(
      MPI_File_seek_shared(raw, place[0] + MPI_Offset(total), CInt(MPI_SEEK_SET)),
      "MPI_File_seek_shared")
    let before = counts.prefix(communicator.rank).reduce(0, +)
    return unsafe FileTransfer(
      isWriting: false, at: .offset(place[0] + MPI_Offset(before)), collectively: false,
      transfer.buffer, transfer.layout)
  }

  /// Where this process's pointer stands before a read by it.
  func pointer(before transfer: FileTransfer) throws(MPIError) -> MPI_Offset? {
    guard unsafe !transfer.isWriting, case .individual = unsafe transfer.place else { return nil }
    var start: MPI_Offset = 0
    try unsafe file.check(MPI_File_get_position(raw, &start), "MPI_File_get_position")
    return start
  }

  /// Has the pointer stand behind what was read. In Open MPI it stands behind what was asked for, be
  /// it there or not; in MPICH, that depends.
  func correctPointer(
    from start: MPI_Offset?, after transfer: FileTransfer, _ status: Status
  ) throws(MPIError) {
    let size = elementSize
    let done = status.byteCount
    guard let start, size > 0, unsafe done < transfer.byteCount else { return }
    try file.check(
      MPI_File_seek(raw, start + MPI_Offset(done / size), CInt(MPI_SEEK_SET)), "MPI_File_seek")
  }

  /// Remembers how long the file must be after a collective write.
  func expectEnd(of transfer: FileTransfer) throws(MPIError) {
    guard unsafe transfer.isWriting && transfer.isCollective, let end = try unsafe end(of: transfer)
    else { return }
    file.writtenEnd = max(file.writtenEnd, end)
  }
}

extension FileTransfer {
  /// The same operation on no elements: its part in what others do.
  var withoutElements: FileTransfer {
    unsafe FileTransfer(
      isWriting: isWriting, at: place, collectively: isCollective,
      RawBuffer(address: buffer.address, count: 0, datatype: buffer.datatype), layout)
  }

  /// The same operation of this process alone.
  var alone: FileTransfer {
    unsafe FileTransfer(isWriting: isWriting, at: place, collectively: false, buffer, layout)
  }
}

extension FileStorage {
  /// Throws where a collective write has failed that the library says was done: the process that
  /// wrote for the others has an error number (Open MPI 4.1.4).
  func checkErrno(after transfer: FileTransfer, _ routine: StaticString) throws(MPIError) {
    let reason = currentErrno
    guard
      unsafe transfer.isWriting && transfer.isCollective,
      [ENOSPC, EDQUOT, EFBIG, EIO].contains(reason)
    else { return }
    throw MPIError(
      code(of: reason) ?? .inputOutput, routine: routine.description,
      message: "\(path): \(text(of: reason))", on: communicator.raw)
  }

  /// Throws where the file is shorter than what was written to it collectively.
  ///
  /// - Parameter end: The greatest end of all processes.
  func checkEnd(_ end: Int, _ raw: RawFile, _ routine: StaticString) throws(MPIError) {
    var status = stat()
    // A device has no size, nor has what is deleted already.
    guard end > 0, unsafe stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      return
    }
    var size: MPI_Offset = 0
    try unsafe check(MPI_File_get_size(raw, &size), "MPI_File_get_size")
    if Int(size) >= end { return }
    throw MPIError(
      .inputOutput, routine: routine.description,
      message: "\(path) has \(size) bytes, where \(end) were written: is the disk full?",
      on: communicator.raw)
  }
}

extension DatatypeHandle {
  /// The number of bytes from the beginning of an element to the end of its last property.
  fileprivate func trueEnd() throws(MPIError) -> Int {
    var lowerBound: MPI_Count = 0
    var extent: MPI_Count = 0
    try unsafe check(
      MPI_Type_get_true_extent_x(raw, &lowerBound, &extent), "MPI_Type_get_true_extent_x")
    return Int(lowerBound + extent)
  }
}

// MARK: - Pairs

/// Throws for a type that holds a pair of a value and an int with padding, which MPICH (seen in
/// 4.0.2) reads and writes as if there were none.
func requireNoPairs(
  _ datatype: RawDatatype, _ file: FileStorage
) throws(MPIError) {
  if CMPI_FAILED_FILE_REQUESTS_CRASH || !containsPair(datatype) { return }
  throw MPIError(
    .invalidDatatype, routine: "MPI_File_open",
    message: "\(file.path): MPICH cannot read or write Located values of these types in files",
    on: file.communicator.raw)
}

private func containsPair(_ datatype: RawDatatype) -> Bool {
  let pairs = [CMPI_DOUBLE_INT as RawDatatype, CMPI_LONG_INT, CMPI_SHORT_INT]
  if pairs.contains(datatype) { return true }
  var integers: CInt = 0
  var addresses: CInt = 0
  var types: CInt = 0
  var combiner: CInt = 0
  guard
    unsafe MPI_Type_get_envelope(datatype, &integers, &addresses, &types, &combiner) == MPI_SUCCESS,
    !cmpi_is_named(combiner), types > 0
  else { return false }
  var integerValues = [CInt](repeating: 0, count: Int(integers))
  var addressValues = [MPI_Aint](repeating: 0, count: Int(addresses))
  var typeValues = [RawDatatype](repeating: CMPI_DATATYPE_NULL, count: Int(types))
  let code = unsafe MPI_Type_get_contents(
    datatype, integers, addresses, types, &integerValues, &addressValues, &typeValues)
  guard code == MPI_SUCCESS else { return false }
  let result = typeValues.contains { containsPair($0) }
  for type in typeValues { releaseDerived(type) }
  return result
}

/// Frees a datatype that the library has handed out, unless it is one of its own.
func releaseDerived(_ datatype: RawDatatype) {
  var numbers: (CInt, CInt, CInt) = (0, 0, 0)
  var combiner: CInt = 0
  let code = unsafe MPI_Type_get_envelope(
    datatype, &numbers.0, &numbers.1, &numbers.2, &combiner)
  if code == MPI_SUCCESS && !cmpi_is_named(combiner) {
    unsafe releaseDatatype(DatatypeHandle(datatype))
  }
}
