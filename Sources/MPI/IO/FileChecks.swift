internal import CMPI
internal import Synchronization

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

// What libraries report is not always what happened, in two cases: reads that reach behind the end
// of the file, and collective writes that fail. Here is found out beforehand how far a read may
// reach, and afterwards what became of a write.

extension FileHandle {
  /// The number of bytes of what offsets count.
  private var elementSize: Int { element.map { Status.size(of: $0.mpiDatatype) } ?? 1 }

  /// How many of the things that offsets count are transferred.
  func count(of transfer: FileTransfer) -> Int {
    let size = elementSize
    return size == 0 ? 0 : transfer.byteCount / size
  }

  /// Where a transfer begins, in what offsets count; `nil` for the shared pointer, which others move.
  func start(of transfer: FileTransfer) throws -> Int? {
    switch transfer.place {
    case .shared: return nil
    case .offset(let offset): return Int(offset)
    case .individual:
      var position: MPI_Offset = 0
      try unsafe file.check(MPI_File_get_position(raw, &position), "MPI_File_get_position")
      return Int(position)
    }
  }

  /// Where in the file an element ends, in bytes.
  private func end(of index: Int) throws -> Int {
    var start: MPI_Offset = 0
    try unsafe file.check(
      MPI_File_get_byte_offset(raw, MPI_Offset(index), &start), "MPI_File_get_byte_offset")
    return try Int(start) + (element?.mpiDatatype.trueEnd() ?? 1)
  }

  private func byteCount() throws -> Int {
    var size: MPI_Offset = 0
    try unsafe file.check(MPI_File_get_size(raw, &size), "MPI_File_get_size")
    return Int(size)
  }

  /// How many of the things that offsets count are there to be read, where those are not all.
  ///
  /// Of a collective read, libraries report all elements then (seen in Open MPI 4.1.4, MPICH 4.0.2),
  /// and overwrite the storage of those that are not there with what is in their buffers. MPICH does
  /// so for any read by a view with gaps. A nonblocking one never ends in Open MPI.
  func shortage(_ transfer: FileTransfer) throws -> Int? {
    if transfer.isWriting { return nil }
    let count = count(of: transfer)
    guard count > 0, let start = try start(of: transfer) else { return nil }
    let size = try byteCount()
    if try end(of: start + count - 1) <= size { return nil }
    // The first that is not there, by halving: they are in order.
    var (low, high) = (0, count - 1)
    while low < high {
      let middle = (low + high) / 2
      if try end(of: start + middle) <= size { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// Reads what is there, and no more.
  func read(_ available: Int, of transfer: FileTransfer) throws -> Status {
    let datatype = transfer.element
    let size = Status.size(of: datatype)
    let bytes = available * elementSize
    guard size > 0, bytes % size == 0 else { throw file.fragment(bytes, size, "MPI_File_read") }
    let count = bytes / size
    func narrowed(_ address: UnsafeMutableRawPointer?) -> FileTransfer {
      unsafe FileTransfer(
        isWriting: false, at: transfer.place, collectively: false,
        RawBuffer(address: address, count: count, datatype: datatype), of: datatype)
    }
    if transfer.layout == nil {
      return try unsafe run(narrowed(transfer.buffer.address), isChecked: true)
    }
    // Part of a layout's elements: read one after the other, and put into their places by a message
    // to this process itself, which may be shorter than what it is received into.
    let storage = UnsafeMutableRawBufferPointer.allocate(
      byteCount: max(1, count * (try datatype.extent())), alignment: 16)
    defer { unsafe storage.deallocate() }
    let status = try unsafe run(narrowed(storage.baseAddress), isChecked: true)
    let source = try unsafe Narrowed(
      RawBuffer(address: nil, count: count, datatype: datatype))
    let target = try Narrowed(transfer.buffer)
    defer {
      source.release()
      target.release()
    }
    try unsafe MPI.check(
      MPI_Sendrecv(
        storage.baseAddress, source.count, source.datatype.raw, 0, 0, transfer.buffer.address,
        target.count, target.datatype.raw, 0, 0, CMPI_COMM_SELF, CMPI_STATUS_IGNORE),
      "MPI_Sendrecv")
    return status
  }

  /// What takes the place of a read in the order of ranks that reaches behind the end of the file: a
  /// read of the same elements by their offsets. The shared pointer has moved on then.
  ///
  /// **Collective**, as the read is. `nil` where the read is another one, or reaches not as far.
  func orderedReadBehindEnd(_ transfer: FileTransfer) throws -> FileTransfer? {
    guard
      !transfer.isWriting && transfer.isCollective && transfer.place.isShared,
      !file.isSequential
    else { return nil }
    let communicator = file.communicator
    let counts = try communicator.allGather(count(of: transfer))
    let total = counts.reduce(0, +)
    var place: [MPI_Offset] = [0, 0]
    if communicator.rank == 0 && total > 0 {
      try unsafe file.check(
        MPI_File_get_position_shared(raw, &place[0]), "MPI_File_get_position_shared")
      place[1] = try end(of: Int(place[0]) + total - 1) > byteCount() ? 1 : 0
    }
    try communicator.broadcast(place.mutableSpan, from: 0)
    if place[1] == 0 { return nil }
    try file.check(
      MPI_File_seek_shared(raw, place[0] + MPI_Offset(total), CMPI_SEEK_SET),
      "MPI_File_seek_shared")
    let before = counts.prefix(communicator.rank).reduce(0, +)
    return transfer.moved(to: .offset(place[0] + MPI_Offset(before)))
  }

  /// Remembers how long the file must be after a collective write.
  func expectEnd(of transfer: FileTransfer) throws {
    let count = count(of: transfer)
    guard
      transfer.isWriting && transfer.isCollective, count > 0,
      let start = try start(of: transfer)
    else { return }
    let end = try end(of: start + count - 1)
    file.notes.withLock { $0.writtenEnd = max($0.writtenEnd, end) }
  }
}

extension FileTransfer {
  /// The same operation on no elements: its part in what others do.
  var withoutElements: FileTransfer {
    unsafe FileTransfer(
      isWriting: isWriting, at: place, collectively: isCollective,
      RawBuffer(address: buffer.address, count: 0, datatype: buffer.datatype), of: element, layout)
  }

  /// The same operation of this process alone, at another place.
  func moved(to place: RawPlace) -> FileTransfer {
    FileTransfer(
      isWriting: isWriting, at: place, collectively: false, buffer, of: element, layout)
  }
}

extension FileStorage {
  /// Throws where a collective write has failed that the library says was done: the process that
  /// wrote for the others has an error number (Open MPI 4.1.4).
  func checkErrno(after transfer: FileTransfer, _ routine: StaticString) throws {
    let reason = currentErrno
    guard
      transfer.isWriting && transfer.isCollective,
      [ENOSPC, EDQUOT, EFBIG, EIO].contains(reason)
    else { return }
    throw MPIError(
      code(of: reason) ?? .inputOutput, routine: routine.description,
      message: "\(path): \(text(of: reason))", on: communicator.raw)
  }

  /// Throws where the file is shorter than what was written to it collectively.
  ///
  /// - Parameter end: The greatest end of all processes.
  func checkEnd(_ end: Int, _ raw: RawFile, _ routine: StaticString) throws {
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
  fileprivate func trueEnd() throws -> Int {
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
) throws {
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
    unsafe MPI_Type_get_envelope(datatype, &integers, &addresses, &types, &combiner)
      == CMPI_SUCCESS,
    !cmpi_is_named(combiner), types > 0
  else { return false }
  var integerValues = [CInt](repeating: 0, count: Int(integers))
  var addressValues = [MPI_Aint](repeating: 0, count: Int(addresses))
  var typeValues = [RawDatatype](repeating: CMPI_DATATYPE_NULL, count: Int(types))
  let code = unsafe MPI_Type_get_contents(
    datatype, integers, addresses, types, &integerValues, &addressValues, &typeValues)
  guard code == CMPI_SUCCESS else { return false }
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
  if code == CMPI_SUCCESS && !cmpi_is_named(combiner) {
    releaseDatatype(DatatypeHandle(datatype))
  }
}
