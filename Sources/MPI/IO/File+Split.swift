extension File {
  /// Collective operations in two steps: each is begun, and ended later, on all processes.
  ///
  /// A view, as ``immediate``: `file.split.write(…)`. In contrast to nonblocking operations there is
  /// one at a time, and there are those that are ordered by rank, with the shared pointer.
  @safe public struct Split: ~Escapable {
    let handle: FileHandle

    @_lifetime(&file)
    init(_ file: inout File) { handle = file.handle }
  }

  /// Collective operations in two steps.
  ///
  /// The file cannot be used otherwise until the operation has ended: MPI allows no other collective
  /// operation on it, and the compiler none at all.
  public var split: Split {
    @_lifetime(&self) mutating get { Split(&self) }
  }
}

extension File.Split {
  /// Begins to write elements, collectively. They may be read, but not changed, until the end.
  ///
  /// **Collective**: all processes that have the file open call it, and end it.
  ///
  ///     let writing = try file.split.write(block.span, at: offset)
  ///     computeSomethingElse()
  ///     try writing.end()
  ///
  /// The parameters and errors are those of ``File/write(_:at:collectively:)``.
  ///
  /// The corresponding C functions are `MPI_File_write_all_begin`, `MPI_File_write_at_all_begin` and
  /// `MPI_File_write_ordered_begin` (MPI 3.1 §13.4.5).
  @_lifetime(copy self, copy elements)
  public func write<T: Datatype>(
    _ elements: Span<T>, at position: some FilePosition = File.Pointer.individual
  ) throws(MPIError) -> SplitOperation {
    unsafe SplitOperation(
      try handle.begin(
        FileTransfer(
          isWriting: true, at: handle.place(position, of: T.self), collectively: true,
          elements.rawBuffer, of: T.mpiDatatype)), handle)
  }

  /// Begins to write those elements of a buffer that a layout names, collectively.
  ///
  /// The parameters are those of ``File/write(_:layout:at:instances:to:collectively:)``.
  ///
  /// The corresponding C functions are those of ``write(_:at:)``.
  @_lifetime(copy self, copy elements)
  public func write<T: Datatype>(
    _ elements: Span<T>, layout: Layout<T>, at start: Int = 0, instances: Int = 1,
    to position: some FilePosition = File.Pointer.individual
  ) throws(MPIError) -> SplitOperation {
    unsafe SplitOperation(
      try handle.begin(
        FileTransfer(
          isWriting: true, at: handle.place(position, of: T.self), collectively: true,
          elements.rawBuffer(layout, at: start, instances: instances, "write"), of: T.mpiDatatype,
          layout.storage)),
      handle)
  }

  /// Begins to read elements, collectively. The storage must not be touched until the end.
  ///
  /// **Collective**: all processes that have the file open call it, and end it.
  ///
  /// The parameters and errors are those of ``File/read(into:at:collectively:)``.
  ///
  /// The corresponding C functions are `MPI_File_read_all_begin`, `MPI_File_read_at_all_begin` and
  /// `MPI_File_read_ordered_begin` (MPI 3.1 §13.4.5).
  @_lifetime(copy self, copy elements)
  public func read<T: Datatype>(
    into elements: consuming MutableSpan<T>,
    at position: some FilePosition = File.Pointer.individual
  ) throws(MPIError) -> SplitOperation {
    let buffer = unsafe elements.rawBuffer()
    return unsafe SplitOperation(
      try handle.begin(
        FileTransfer(
          isWriting: false, at: handle.place(position, of: T.self), collectively: true, buffer,
          of: T.mpiDatatype)),
      handle)
  }

  /// Begins to read elements into those places of a buffer that a layout names, collectively.
  ///
  /// The parameters are those of ``File/read(into:layout:at:instances:from:collectively:)``.
  ///
  /// The corresponding C functions are those of ``read(into:at:)``.
  @_lifetime(copy self, copy elements)
  public func read<T: Datatype>(
    into elements: consuming MutableSpan<T>, layout: Layout<T>, at start: Int = 0,
    instances: Int = 1, from position: some FilePosition = File.Pointer.individual
  ) throws(MPIError) -> SplitOperation {
    let buffer = try unsafe elements.rawBuffer(layout, at: start, instances: instances, "read")
    return unsafe SplitOperation(
      try handle.begin(
        FileTransfer(
          isWriting: false, at: handle.place(position, of: T.self), collectively: true, buffer,
          of: T.mpiDatatype, layout.storage)), handle)
  }
}

/// A collective operation on a file that has been begun, bound to the file and to the buffer.
///
/// One that goes out of scope is ended then, which may wait for the other processes.
@safe public struct SplitOperation: ~Copyable, ~Escapable {
  private let operation: Unmanaged<FileOperation>
  private let handle: FileHandle

  @_lifetime(immortal)
  init(_ operation: FileOperation, _ handle: FileHandle) {
    unsafe self.operation = Unmanaged.passRetained(operation)
    self.handle = handle
  }

  /// Ends the operation; its buffer may be used again then.
  ///
  /// **Collective**: all processes that have the file open call it.
  ///
  /// - Returns: How much was read or written.
  /// - Throws: What the operation in one step would throw.
  ///
  /// The corresponding C functions are `MPI_File_write_all_end`, `MPI_File_write_at_all_end`,
  /// `MPI_File_write_ordered_end`, `MPI_File_read_all_end`, `MPI_File_read_at_all_end` and
  /// `MPI_File_read_ordered_end` (MPI 3.1 §13.4.5).
  @discardableResult
  public consuming func end() throws(MPIError) -> Status {
    let (operation, handle) = unsafe (operation.takeRetainedValue(), handle)
    discard self
    return try handle.end(operation)
  }

  deinit {
    let operation = unsafe operation.takeRetainedValue()
    if isRunning { _ = try? handle.end(operation) }
  }
}
