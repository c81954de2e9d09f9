internal import CMPI

// All reading and writing comes here: what is transferred, where, by whom, as one value, and one
// function for each way to do it.

/// One operation that moves data.
@safe struct FileTransfer {
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
    self.isWriting = isWriting
    self.place = place
    self.isCollective = isCollective
    self.buffer = buffer
    self.element = element
    self.layout = layout
  }

  /// The elements that take part, as long as they stay where they are.
  init(
    isWriting: Bool, at place: RawPlace, collectively isCollective: Bool,
    _ elements: borrowing Operand
  ) {
    self.init(
      isWriting: isWriting, at: place, collectively: isCollective,
      elements.part(isWriting ? "write" : "read"), of: elements.elements.datatype, elements.layout)
  }

  /// The number of bytes that should be moved.
  var byteCount: Int { buffer.count * Status.size(of: buffer.datatype) }

  /// Makes received bytes valid at the end of an operation, be it a good one.
  func makeValid() {
    if !isWriting { buffer.normalize() }
  }

  /// Looks at what the library says it has done, since not all libraries report a full disk.
  func verify(
    _ status: Status, _ file: FileStorage, _ routine: StaticString
  ) throws {
    let (done, asked) = (status.byteCount, byteCount)
    if done == asked { return }
    if isWriting { throw file.shortfall(done, of: asked, routine) }
    let size = buffer.count == 0 ? 0 : asked / buffer.count
    // With a layout, an instance may be there in part: its elements are counted by the caller.
    if layout == nil && size > 0 && done % size != 0 {
      throw file.fragment(done, size, routine)
    }
  }
}

extension FileHandle {
  /// Moves data, and returns when that is done.
  func run<T: Datatype>(
    writing isWriting: Bool, _ elements: borrowing Operand, of type: T.Type,
    at position: some FilePosition, _ isCollective: Bool
  ) throws -> Status {
    try run(
      FileTransfer(
        isWriting: isWriting, at: place(position, of: type), collectively: isCollective,
        elements))
  }

  /// Moves data, and returns when that is done. What was read is not made valid yet.
  ///
  /// - Parameter isChecked: Whether all elements are known to be there.
  func run(_ transfer: FileTransfer, isChecked: Bool = false) throws -> Status {
    try requireNoPairs(transfer.element.raw, file)
    if !isChecked {
      if let other = try orderedReadBehindEnd(transfer) { return try run(other) }
      if let available = try shortage(transfer) {
        if transfer.isCollective { _ = try run(transfer.withoutElements) }
        return try read(available, of: transfer)
      }
    }
    try expectEnd(of: transfer)
    let narrowed = try Narrowed(transfer.buffer)
    defer { narrowed.release() }
    let (address, count) = unsafe (transfer.buffer.address, narrowed.count)
    let type = narrowed.datatype.raw
    var status = MPI_Status()
    let (code, routine): (CInt, StaticString)
    currentErrno = 0
    switch (transfer.isWriting, transfer.place, transfer.isCollective) {
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
    try file.checkErrno(after: transfer, routine)
    let result = Status(status)
    try transfer.verify(result, file, routine)
    return result
  }

  /// Begins to move data.
  func start(_ transfer: FileTransfer) throws -> FileOperation {
    precondition(!file.isClosed, "\(file.path) is closed")
    precondition(
      !(transfer.isCollective && transfer.place.isShared),
      "MPI has no nonblocking collective operations with the shared pointer: see File.split")
    try requireNoPairs(transfer.element.raw, file)
    let isShared = transfer.place.isShared
    if let available = try isShared ? 0 : shortage(transfer), !transfer.isWriting {
      // Done at once: see above. Where the shared pointer is, others may know better.
      let companion = try transfer.isCollective ? start(transfer.withoutElements) : nil
      let status = try isShared ? run(transfer) : read(available, of: transfer)
      let operation = try FileOperation(transfer, file, completed: status)
      operation.companion = companion
      return operation
    }
    if !CMPI_FAILED_FILE_REQUESTS_CRASH && transfer.isCollective,
      case .individual = transfer.place
    {
      return try startAtPointer(transfer)
    }
    try expectEnd(of: transfer)
    let narrowed = try Narrowed(transfer.buffer)
    let operation = FileOperation(transfer, file, narrowed)
    if !CMPI_FAILED_FILE_REQUESTS_CRASH && transfer.isWriting && !transfer.isCollective,
      let start = try start(of: transfer)
    {
      let again = transfer.moved(to: .offset(MPI_Offset(start)))
      operation.retry = { () throws in _ = try run(again) }
    }
    let (address, count) = unsafe (transfer.buffer.address, narrowed.count)
    let type = narrowed.datatype.raw
    let code: CInt
    currentErrno = 0
    switch (transfer.isWriting, transfer.place, transfer.isCollective) {
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
  private func startAtPointer(_ transfer: FileTransfer) throws -> FileOperation {
    let start = try start(of: transfer) ?? 0
    try file.check(
      MPI_File_seek(raw, MPI_Offset(start + count(of: transfer)), CMPI_SEEK_SET),
      "MPI_File_seek")
    return try self.start(
      FileTransfer(
        isWriting: transfer.isWriting, at: .offset(MPI_Offset(start)), collectively: true,
        transfer.buffer, of: transfer.element, transfer.layout))
  }

  /// Begins to move data, collectively; at most one such operation is under way.
  func begin(_ transfer: FileTransfer) throws -> FileOperation {
    try requireNoPairs(transfer.element.raw, file)
    let other = try orderedReadBehindEnd(transfer)
    let available = try shortage(transfer)
    if other != nil || available != nil {
      let operation = try begin(transfer.withoutElements)
      operation.leftOver = other ?? transfer.moved(to: transfer.place)
      return operation
    }
    try expectEnd(of: transfer)
    let narrowed = try Narrowed(transfer.buffer)
    let operation = FileOperation(transfer, file, narrowed)
    let (address, count) = unsafe (transfer.buffer.address, narrowed.count)
    let type = narrowed.datatype.raw
    let code: CInt
    currentErrno = 0
    switch (transfer.isWriting, transfer.place) {
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
  func end(_ operation: FileOperation) throws -> Status {
    let transfer = operation.transfer
    let address = unsafe transfer.buffer.address
    var status = MPI_Status()
    let (code, routine): (CInt, StaticString)
    currentErrno = 0
    switch (transfer.isWriting, transfer.place) {
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
    if let rest = operation.leftOver {
      defer { rest.makeValid() }
      return try run(rest)
    }
    return result
  }
}

extension RawPlace {
  var isShared: Bool {
    if case .shared = self { true } else { false }
  }
}
