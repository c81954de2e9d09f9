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
  /// Begins to write what a view shows, collectively. The elements may be read, but not changed, until the end.
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
  public func write<V: OutgoingView & ~Escapable>(
    _ elements: V, at position: some FilePosition = File.Pointer.individual
  ) throws -> SplitOperation {
    try SplitOperation(writing: true, elements.operand, of: V.Element.self, at: position, handle)
  }

  /// Begins to write an array, collectively. It may be read, but not changed, until the end.
  ///
  /// As ``write(_:at:)-(V,_)``.
  ///
  /// The corresponding C functions are those of ``write(_:at:)-(V,_)``.
  @_lifetime(copy self, borrow elements)
  public func write<B: OutgoingStorage & ~Copyable>(
    _ elements: borrowing @_addressable B,
    at position: some FilePosition = File.Pointer.individual
  ) throws -> SplitOperation {
    try SplitOperation(writing: true, elements.operand, of: B.Element.self, at: position, handle)
  }

  /// Begins to read elements into an array, collectively. It must not be touched until the end.
  ///
  /// **Collective**: all processes that have the file open call it, and end it.
  ///
  /// The parameters and errors are those of ``File/read(into:at:collectively:)-(B,_,_)``.
  ///
  /// The corresponding C functions are `MPI_File_read_all_begin`, `MPI_File_read_at_all_begin` and
  /// `MPI_File_read_ordered_begin` (MPI 3.1 §13.4.5).
  @_lifetime(copy self, &storage)
  public func read<B: IncomingStorage>(
    into storage: inout B, at position: some FilePosition = File.Pointer.individual
  ) throws -> SplitOperation {
    try SplitOperation(writing: false, storage.pinned, of: B.Element.self, at: position, handle)
  }

  /// Begins to read elements into what a view shows, collectively. It must not be touched until the end.
  ///
  /// As ``read(into:at:)-(B,_)``.
  ///
  /// The corresponding C functions are those of ``read(into:at:)-(B,_)``.
  @_lifetime(copy self, copy view)
  public func read<V: IncomingView & ~Copyable & ~Escapable>(
    into view: consuming V, at position: some FilePosition = File.Pointer.individual
  ) throws -> SplitOperation {
    try SplitOperation(writing: false, view.pinned, of: V.Element.self, at: position, handle)
  }
}

/// A collective operation on a file that has been begun, bound to the file and to the buffer.
///
/// One that goes out of scope is ended then, which may wait for the other processes.
@safe public struct SplitOperation: ~Copyable, ~Escapable {
  private let operation: Unmanaged<FileOperation>
  private let handle: FileHandle

  @_lifetime(immortal)
  fileprivate init<T: Datatype>(
    writing isWriting: Bool, _ elements: borrowing Operand, of type: T.Type,
    at position: some FilePosition, _ handle: FileHandle
  ) throws {
    let operation = try handle.begin(
      FileTransfer(
        isWriting: isWriting, at: handle.place(position, of: type), collectively: true, elements))
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
  public consuming func end() throws -> Status {
    let (operation, handle) = unsafe (operation.takeRetainedValue(), handle)
    discard self
    return try handle.end(operation)
  }

  deinit {
    let operation = unsafe operation.takeRetainedValue()
    if isRunning { _ = try? handle.end(operation) }
  }
}
