internal import CMPI

// All reading and writing comes here: what is transferred, where, by whom, as one value, and one
// function for each way to do it.

/// One operation that moves data.
@unsafe struct FileTransfer {
  let isWriting: Bool
  let place: RawPlace
  let isCollective: Bool
  let buffer: RawBuffer
  /// The type of the elements, be they in a layout or not.
  let element: DatatypeHandle
  /// What the buffer's datatype belongs to, where that is a layout.
  let layout: LayoutStorage?

  init(
    isWriting: Bool, at place: RawPlace, collectively isCollective: Bool, _ buffer: RawBuffer,
    of element: DatatypeHandle, _ layout: LayoutStorage? = nil
  ) {
    unsafe self.isWriting = isWriting
    unsafe self.place = place
    unsafe self.isCollective = isCollective
    unsafe self.buffer = unsafe buffer
    unsafe self.element = element
    unsafe self.layout = layout
  }

  /// The number of bytes that should be moved.
  var byteCount: Int { unsafe buffer.count * Status.size(of: buffer.datatype) }

  /// Looks at what the library says it has done, since not all libraries report a full disk.
  func verify(
    _ status: Status, _ file: FileStorage, _ routine: StaticString
  ) throws(MPIError) {
    let (done, asked) = unsafe (status.byteCount, byteCount)
    if done == asked { return }
    if unsafe isWriting { throw file.shortfall(done, of: asked, routine) }
    let size = unsafe buffer.count == 0 ? 0 : asked / buffer.count
    // With a layout, an instance may be there in part: its elements are counted by the caller.
    if unsafe layout == nil && size > 0 && done % size != 0 {
      throw file.fragment(done, size, routine)
    }
  }
}

extension FileHandle {
  /// Moves data, and returns when that is done.
  ///
  /// - Parameter isChecked: Whether all elements are known to be there.
  func run(_ transfer: FileTransfer, isChecked: Bool = false) throws(MPIError) -> Status {
    try unsafe requireNoPairs(transfer.element.raw, file)
    if !isChecked {
      if let other = try unsafe orderedReadBehindEnd(transfer) { return try unsafe run(other) }
      if let available = try unsafe shortage(transfer) {
        if unsafe transfer.isCollective { _ = try unsafe run(transfer.withoutElements) }
        return try unsafe read(available, of: transfer)
      }
    }
    try unsafe expectEnd(of: transfer)
    let narrowed = try unsafe Narrowed(transfer.buffer)
    defer { unsafe narrowed.release() }
    let (address, count) = unsafe (transfer.buffer.address, narrowed.count)
    let type = unsafe narrowed.datatype.raw
    var status = MPI_Status()
    let (code, routine): (CInt, StaticString)
    currentErrno = 0
    switch unsafe (transfer.isWriting, transfer.place, transfer.isCollective) {
    case (true, .offset(let at), false):
      routine = "MPI_File_write_at"
      code = unsafe MPI_File_write_at(raw, at, address, count, type, &status)
    case (true, .offset(let at), true):
      routine = "MPI_File_write_at_all"
      code = unsafe MPI_File_write_at_all(raw, at, address, count, type, &status)
    case (true, .individual, false):
      routine = "MPI_File_write"
      code = unsafe MPI_File_write(raw, address, count, type, &status)
    case (true, .individual, true):
      routine = "MPI_File_write_all"
      code = unsafe MPI_File_write_all(raw, address, count, type, &status)
    case (true, .shared, false):
      routine = "MPI_File_write_shared"
      code = unsafe MPI_File_write_shared(raw, address, count, type, &status)
    case (true, .shared, true):
      routine = "MPI_File_write_ordered"
      code = unsafe MPI_File_write_ordered(raw, address, count, type, &status)
    case (false, .offset(let at), false):
      routine = "MPI_File_read_at"
      code = unsafe MPI_File_read_at(raw, at, address, count, type, &status)
    case (false, .offset(let at), true):
      routine = "MPI_File_read_at_all"
      code = unsafe MPI_File_read_at_all(raw, at, address, count, type, &status)
    case (false, .individual, false):
      routine = "MPI_File_read"
      code = unsafe MPI_File_read(raw, address, count, type, &status)
    case (false, .individual, true):
      routine = "MPI_File_read_all"
      code = unsafe MPI_File_read_all(raw, address, count, type, &status)
    case (false, .shared, false):
      routine = "MPI_File_read_shared"
      code = unsafe MPI_File_read_shared(raw, address, count, type, &status)
    case (false, .shared, true):
      routine = "MPI_File_read_ordered"
      code = unsafe MPI_File_read_ordered(raw, address, count, type, &status)
    }
    try file.check(code, routine)
    try unsafe file.checkErrno(after: transfer, routine)
    let result = Status(status)
    if unsafe !transfer.isWriting { unsafe transfer.buffer.normalize() }
    try unsafe transfer.verify(result, file, routine)
    return result
  }

  /// Begins to move data.
  func start(_ transfer: FileTransfer) throws(MPIError) -> FileOperation {
    precondition(!file.isClosed, "\(file.path) is closed")
    precondition(
      unsafe !(transfer.isCollective && transfer.place.isShared),
      "MPI has no nonblocking collective operations with the shared pointer: see File.split")
    try unsafe requireNoPairs(transfer.element.raw, file)
    let isShared = unsafe transfer.place.isShared
    if let available = try unsafe isShared ? 0 : shortage(transfer), unsafe !transfer.isWriting {
      // Done at once: see above. Where the shared pointer is, others may know better.
      let companion = try unsafe transfer.isCollective ? start(transfer.withoutElements) : nil
      let status = try unsafe isShared ? run(transfer) : read(available, of: transfer)
      let operation = try unsafe FileOperation(transfer, file, completed: status)
      operation.companion = companion
      return operation
    }
    if unsafe !CMPI_FAILED_FILE_REQUESTS_CRASH && transfer.isCollective,
      case .individual = unsafe transfer.place
    {
      return try unsafe startAtPointer(transfer)
    }
    try unsafe expectEnd(of: transfer)
    let narrowed = try unsafe Narrowed(transfer.buffer)
    let operation = unsafe FileOperation(transfer, file, narrowed)
    if unsafe !CMPI_FAILED_FILE_REQUESTS_CRASH && transfer.isWriting && !transfer.isCollective,
      let start = try unsafe start(of: transfer)
    {
      let again = unsafe transfer.moved(to: .offset(MPI_Offset(start)))
      operation.retry = { () throws(MPIError) in _ = try unsafe run(again) }
    }
    let (address, count) = unsafe (transfer.buffer.address, narrowed.count)
    let type = unsafe narrowed.datatype.raw
    let code: CInt
    currentErrno = 0
    switch unsafe (transfer.isWriting, transfer.place, transfer.isCollective) {
    case (true, .offset(let at), false):
      operation.routine = "MPI_File_iwrite_at"
      code = unsafe MPI_File_iwrite_at(raw, at, address, count, type, &operation.request)
    case (true, .offset(let at), true):
      operation.routine = "MPI_File_iwrite_at_all"
      code = unsafe MPI_File_iwrite_at_all(raw, at, address, count, type, &operation.request)
    case (true, .individual, false):
      operation.routine = "MPI_File_iwrite"
      code = unsafe MPI_File_iwrite(raw, address, count, type, &operation.request)
    case (true, .individual, true):
      operation.routine = "MPI_File_iwrite_all"
      code = unsafe MPI_File_iwrite_all(raw, address, count, type, &operation.request)
    case (true, .shared, _):
      operation.routine = "MPI_File_iwrite_shared"
      code = unsafe MPI_File_iwrite_shared(raw, address, count, type, &operation.request)
    case (false, .offset(let at), false):
      operation.routine = "MPI_File_iread_at"
      code = unsafe MPI_File_iread_at(raw, at, address, count, type, &operation.request)
    case (false, .offset(let at), true):
      operation.routine = "MPI_File_iread_at_all"
      code = unsafe MPI_File_iread_at_all(raw, at, address, count, type, &operation.request)
    case (false, .individual, false):
      operation.routine = "MPI_File_iread"
      code = unsafe MPI_File_iread(raw, address, count, type, &operation.request)
    case (false, .individual, true):
      operation.routine = "MPI_File_iread_all"
      code = unsafe MPI_File_iread_all(raw, address, count, type, &operation.request)
    case (false, .shared, _):
      operation.routine = "MPI_File_iread_shared"
      code = unsafe MPI_File_iread_shared(raw, address, count, type, &operation.request)
    }
    try file.check(code, operation.routine)
    return operation
  }

  /// Begins a collective operation at the pointer of this process, which moves on.
  ///
  /// MPICH (seen in 4.0.2) moves the pointer when the operation is complete, so that the next one
  /// would begin at the same place. One with an offset puts the pointer back to where it was when the
  /// operation began, so that it is moved before.
  private func startAtPointer(_ transfer: FileTransfer) throws(MPIError) -> FileOperation {
    let start = try unsafe start(of: transfer) ?? 0
    try unsafe file.check(
      MPI_File_seek(raw, MPI_Offset(start + count(of: transfer)), CMPI_SEEK_SET),
      "MPI_File_seek")
    return try unsafe self.start(
      FileTransfer(
        isWriting: transfer.isWriting, at: .offset(MPI_Offset(start)), collectively: true,
        transfer.buffer, of: transfer.element, transfer.layout))
  }

  /// Begins to move data, collectively; at most one such operation is under way.
  func begin(_ transfer: FileTransfer) throws(MPIError) -> FileOperation {
    try unsafe requireNoPairs(transfer.element.raw, file)
    let other = try unsafe orderedReadBehindEnd(transfer)
    let available = try unsafe shortage(transfer)
    if unsafe other != nil || available != nil {
      let operation = try unsafe begin(transfer.withoutElements)
      unsafe operation.leftOver = unsafe other ?? transfer.moved(to: transfer.place)
      return operation
    }
    try unsafe expectEnd(of: transfer)
    let narrowed = try unsafe Narrowed(transfer.buffer)
    let operation = unsafe FileOperation(transfer, file, narrowed)
    let (address, count) = unsafe (transfer.buffer.address, narrowed.count)
    let type = unsafe narrowed.datatype.raw
    let code: CInt
    currentErrno = 0
    switch unsafe (transfer.isWriting, transfer.place) {
    case (true, .offset(let at)):
      operation.routine = "MPI_File_write_at_all_begin"
      code = unsafe MPI_File_write_at_all_begin(raw, at, address, count, type)
    case (true, .individual):
      operation.routine = "MPI_File_write_all_begin"
      code = unsafe MPI_File_write_all_begin(raw, address, count, type)
    case (true, .shared):
      operation.routine = "MPI_File_write_ordered_begin"
      code = unsafe MPI_File_write_ordered_begin(raw, address, count, type)
    case (false, .offset(let at)):
      operation.routine = "MPI_File_read_at_all_begin"
      code = unsafe MPI_File_read_at_all_begin(raw, at, address, count, type)
    case (false, .individual):
      operation.routine = "MPI_File_read_all_begin"
      code = unsafe MPI_File_read_all_begin(raw, address, count, type)
    case (false, .shared):
      operation.routine = "MPI_File_read_ordered_begin"
      code = unsafe MPI_File_read_ordered_begin(raw, address, count, type)
    }
    try file.check(code, operation.routine)
    return operation
  }

  /// Ends what ``begin(_:)`` has begun.
  func end(_ operation: FileOperation) throws(MPIError) -> Status {
    let transfer = unsafe operation.transfer
    let address = unsafe transfer.buffer.address
    var status = MPI_Status()
    let (code, routine): (CInt, StaticString)
    currentErrno = 0
    switch unsafe (transfer.isWriting, transfer.place) {
    case (true, .offset):
      routine = "MPI_File_write_at_all_end"
      code = unsafe MPI_File_write_at_all_end(raw, address, &status)
    case (true, .individual):
      routine = "MPI_File_write_all_end"
      code = unsafe MPI_File_write_all_end(raw, address, &status)
    case (true, .shared):
      routine = "MPI_File_write_ordered_end"
      code = unsafe MPI_File_write_ordered_end(raw, address, &status)
    case (false, .offset):
      routine = "MPI_File_read_at_all_end"
      code = unsafe MPI_File_read_at_all_end(raw, address, &status)
    case (false, .individual):
      routine = "MPI_File_read_all_end"
      code = unsafe MPI_File_read_all_end(raw, address, &status)
    case (false, .shared):
      routine = "MPI_File_read_ordered_end"
      code = unsafe MPI_File_read_ordered_end(raw, address, &status)
    }
    operation.routine = routine
    let result = try operation.finish(code, Status(status))
    if let rest = unsafe operation.leftOver { return try unsafe run(rest) }
    return result
  }
}

extension RawPlace {
  var isShared: Bool {
    if case .shared = self { true } else { false }
  }
}
