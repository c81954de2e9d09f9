extension File {
  /// The nonblocking forms of a file's operations: each returns at once, with a ``FileRequest``.
  ///
  /// A view, as ``Communicator/immediate``: `file.immediate.write(…)`.
  @safe public struct Immediate {
    let handle: FileHandle
    /// Kept, since the view may outlive the file; it is of no use then.
    let file: FileStorage
  }

  /// The nonblocking forms of the file's operations.
  ///
  /// Any number of them may be under way at once. All must be complete before the file is closed, cut,
  /// or seen in another way: that traps.
  public var immediate: Immediate { Immediate(handle: handle, file: handle.file) }
}

extension File.Immediate {
  /// Begins to write what a view shows. The elements may be read, but not changed, until the request is complete.
  ///
  /// The parameters and errors are those of ``File/write(_:at:collectively:)``. What goes wrong may
  /// be told here, or by ``FileRequest/wait()``.
  ///
  /// - Precondition: Not both `collectively` and the shared pointer: MPI has only
  ///   ``File/split`` for those.
  ///
  /// The corresponding C functions are `MPI_File_iwrite`, `MPI_File_iwrite_at`,
  /// `MPI_File_iwrite_all`, `MPI_File_iwrite_at_all` and `MPI_File_iwrite_shared` (MPI 3.1 §13.4).
  @_lifetime(copy elements)
  public func write<V: OutgoingView & ~Escapable>(
    _ elements: V, at position: some FilePosition = File.Pointer.individual,
    collectively: Bool = false
  ) throws -> FileRequest {
    try FileRequest(
      writing: true, elements.operand, of: V.Element.self, at: position, collectively, handle)
  }

  /// Begins to write an array. It may be read, but not changed, until the request is complete.
  ///
  /// As ``write(_:at:collectively:)-(V,_,_)``.
  ///
  /// The corresponding C functions are those of ``write(_:at:collectively:)-(V,_,_)``.
  @_lifetime(borrow elements)
  public func write<B: OutgoingStorage & ~Copyable>(
    _ elements: borrowing @_addressable B,
    at position: some FilePosition = File.Pointer.individual, collectively: Bool = false
  ) throws -> FileRequest {
    try FileRequest(
      writing: true, elements.operand, of: B.Element.self, at: position, collectively, handle)
  }

  /// Begins to read elements into an array. It must not be touched until the request is complete.
  ///
  ///     let reading = try file.immediate.read(into: &block, at: offset)
  ///     computeSomethingElse()
  ///     print(try reading.wait().count(of: Double.self))
  ///
  /// The parameters and errors are those of ``File/read(into:at:collectively:)-(B,_,_)``;
  /// ``FileRequest/wait()`` tells how much was there.
  ///
  /// - Precondition: Not both `collectively` and the shared pointer.
  ///
  /// The corresponding C functions are `MPI_File_iread`, `MPI_File_iread_at`, `MPI_File_iread_all`,
  /// `MPI_File_iread_at_all` and `MPI_File_iread_shared` (MPI 3.1 §13.4).
  @_lifetime(&storage)
  public func read<B: IncomingStorage>(
    into storage: inout B, at position: some FilePosition = File.Pointer.individual,
    collectively: Bool = false
  ) throws -> FileRequest {
    try FileRequest(
      writing: false, storage.pinned, of: B.Element.self, at: position, collectively, handle)
  }

  /// Begins to read elements into what a view shows, which must not be touched until the request is complete.
  ///
  /// As ``read(into:at:collectively:)-(B,_,_)``.
  ///
  /// The corresponding C functions are those of ``read(into:at:collectively:)-(B,_,_)``.
  @_lifetime(copy view)
  public func read<V: IncomingView & ~Copyable & ~Escapable>(
    into view: consuming V, at position: some FilePosition = File.Pointer.individual,
    collectively: Bool = false
  ) throws -> FileRequest {
    try FileRequest(
      writing: false, view.pinned, of: V.Element.self, at: position, collectively, handle)
  }
}

/// An operation on a file that is under way, bound to its buffer.
///
/// What holds for a ``Request`` holds for it: the compiler refuses to touch a buffer that is being
/// read into, to change one that is being written, and to wait twice. One that goes out of scope
/// waits then; where that takes more than a minute, it ends the job, with a message.
@safe public struct FileRequest: ~Copyable, ~Escapable {
  private let operation: Unmanaged<FileOperation>

  @_lifetime(immortal)
  fileprivate init<T: Datatype>(
    writing isWriting: Bool, _ elements: borrowing Operand, of type: T.Type,
    at position: some FilePosition, _ isCollective: Bool, _ handle: FileHandle
  ) throws {
    let operation = try handle.start(
      FileTransfer(
        isWriting: isWriting, at: handle.place(position, of: type), collectively: isCollective,
        elements))
    unsafe self.operation = Unmanaged.passRetained(operation)
  }

  /// Waits until the operation is complete; its buffer may be used again then.
  ///
  /// - Returns: How much was read or written.
  /// - Throws: What the blocking operation would throw.
  ///
  /// The corresponding C function is `MPI_Wait` (MPI 3.1 §3.7.3).
  @discardableResult
  public consuming func wait() throws -> Status {
    let operation = unsafe operation.takeRetainedValue()
    discard self
    return try operation.wait()
  }

  deinit {
    let operation = unsafe operation.takeRetainedValue()
    if isRunning { operation.drop() }
  }

  /// Whether the operation has come to its end, so that ``wait()`` will return at once.
  ///
  /// The corresponding C functions are `MPI_Test` and `MPI_Request_get_status` (MPI 3.1 §3.7.3,
  /// §3.8).
  public func isComplete() -> Bool { unsafe operation._withUnsafeGuaranteedRef { $0.isComplete() } }
}
