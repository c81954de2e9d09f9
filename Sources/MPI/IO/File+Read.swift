extension File {
  /// Reads elements into storage of their own.
  ///
  /// **Collective** where `collectively` is `true`: all processes that have the file open call it.
  ///
  ///     let status = try file.read(into: block.mutableSpan, at: offset, collectively: true)
  ///     print(status.count(of: Double.self))     // fewer at the end of the file
  ///
  /// - Parameters:
  ///   - elements: Where the elements go; those behind the end of the file stay as they were.
  ///   - position: An offset in elements of this type, from the beginning of the view;
  ///     ``FilePosition/byte(_:)``; or a pointer, which moves on.
  ///   - collectively: Whether all processes read at once. With the shared pointer, they get what
  ///     follows each other in the order of ranks.
  /// - Returns: How much was there.
  /// - Throws: ``MPIError/Code/truncated`` where the file ends within an element,
  ///   ``MPIError/Code/access`` in a file that was not opened to read, and what else the library
  ///   reports. The message names the file.
  /// - Precondition: The file is seen as bytes, or as elements of this type; the offset is not
  ///   negative.
  ///
  /// The corresponding C functions are `MPI_File_read`, `MPI_File_read_at`, `MPI_File_read_all`,
  /// `MPI_File_read_at_all`, `MPI_File_read_shared` and `MPI_File_read_ordered` (MPI 3.1 §13.4).
  @discardableResult
  public func read<T: Datatype>(
    into elements: consuming MutableSpan<T>, at position: some FilePosition = Pointer.individual,
    collectively: Bool = false
  ) throws(MPIError) -> Status {
    let buffer = unsafe elements.rawBuffer()
    return try unsafe handle.run(
      FileTransfer(
        isWriting: false, at: handle.place(position, of: T.self), collectively: collectively,
        buffer, of: T.mpiDatatype))
  }

  /// Reads elements into those places of a buffer that a layout names.
  ///
  /// The parameters and errors are those of ``read(into:at:collectively:)``, and those of the layout
  /// are as in ``write(_:layout:at:instances:to:collectively:)``.
  ///
  /// The corresponding C functions are those of ``read(into:at:collectively:)``.
  @discardableResult
  public func read<T: Datatype>(
    into elements: consuming MutableSpan<T>, layout: Layout<T>, at start: Int = 0,
    instances: Int = 1, from position: some FilePosition = Pointer.individual,
    collectively: Bool = false
  ) throws(MPIError) -> Status {
    let buffer = try unsafe elements.rawBuffer(layout, at: start, instances: instances, "read")
    return try unsafe handle.run(
      FileTransfer(
        isWriting: false, at: handle.place(position, of: T.self), collectively: collectively,
        buffer, of: T.mpiDatatype, layout.storage))
  }

  /// Reads up to `count` elements.
  ///
  ///     let header = try file.read(Int32.self, count: 4, at: 0)
  ///
  /// The parameters and errors are those of ``read(into:at:collectively:)``.
  ///
  /// - Returns: The elements that are there: fewer than `count` at the end of the file, none behind
  ///   it.
  /// - Precondition: `count` is not negative.
  ///
  /// The corresponding C functions are those of ``read(into:at:collectively:)``.
  public func read<T: Datatype>(
    _ type: T.Type, count: Int, at position: some FilePosition = Pointer.individual,
    collectively: Bool = false
  ) throws(MPIError) -> [T] {
    precondition(count >= 0, "\(handle.file.path): \(count) elements cannot be read")
    let place = try handle.place(position, of: type)
    var failure: MPIError?
    let result = unsafe [T](unsafeUninitializedCapacity: count) { storage, initializedCount in
      // Zeroed, since those behind the end of the file are made valid along with the others.
      let bytes = UnsafeMutableRawBufferPointer(storage)
      _ = unsafe bytes.initializeMemory(as: UInt8.self, repeating: 0)
      let buffer = unsafe RawBuffer(
        address: bytes.baseAddress, count: count, datatype: T.mpiDatatype)
      do throws(MPIError) {
        let status = try unsafe handle.run(
          FileTransfer(
            isWriting: false, at: place, collectively: collectively, buffer,
            of: T.mpiDatatype))
        initializedCount = status.count(of: type)
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    return result
  }
}
