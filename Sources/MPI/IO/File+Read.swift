extension File {
  /// Reads elements into storage.
  ///
  /// **Collective** where `collectively` is `true`: all processes that have the file open call it.
  ///
  ///     let status = try file.read(into: &block, at: offset, collectively: true)
  ///     print(status.count(of: Double.self))     // fewer at the end of the file
  ///
  /// - Parameters:
  ///   - storage: Where the elements go, from the first on; those behind the end of the file stay as they were.
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
  public func read<B: Incoming & ~Copyable & ~Escapable>(
    into storage: inout B, at position: some FilePosition = Pointer.individual,
    collectively: Bool = false
  ) throws -> Status {
    try handle.run(
      writing: false, storage.incoming, of: B.Element.self, at: position, collectively)
  }

  /// Reads elements into what a view shows.
  ///
  ///     try file.read(into: matrix.mutableSpan.laid(out: column, at: 2), at: offset)
  ///
  /// As ``read(into:at:collectively:)-(B,_,_)``.
  ///
  /// The corresponding C functions are those of ``read(into:at:collectively:)-(B,_,_)``.
  @discardableResult
  public func read<V: IncomingView & ~Copyable & ~Escapable>(
    into view: consuming V, at position: some FilePosition = Pointer.individual,
    collectively: Bool = false
  ) throws -> Status {
    try handle.run(
      writing: false, view.incoming, of: V.Element.self, at: position, collectively)
  }

  /// Reads up to `count` elements.
  ///
  ///     let header = try file.read(Int32.self, count: 4, at: 0)
  ///
  /// The parameters and errors are those of ``read(into:at:collectively:)-(B,_,_)``.
  ///
  /// - Returns: The elements that are there: fewer than `count` at the end of the file, none behind
  ///   it.
  /// - Precondition: `count` is not negative.
  ///
  /// The corresponding C functions are those of ``read(into:at:collectively:)-(B,_,_)``.
  public func read<T: Datatype>(
    _ type: T.Type, count: Int, at position: some FilePosition = Pointer.individual,
    collectively: Bool = false
  ) throws -> [T] {
    precondition(count >= 0, "\(handle.file.path): \(count) elements cannot be read")
    var failure: (any Error)?
    let result = unsafe [T](unsafeUninitializedCapacity: count) { storage, initializedCount in
      // Zeroed, since those behind the end of the file are made valid along with the others.
      let bytes = UnsafeMutableRawBufferPointer(storage)
      _ = unsafe bytes.initializeMemory(as: UInt8.self, repeating: 0)
      let buffer = unsafe RawBuffer(
        address: bytes.baseAddress, count: count, datatype: T.mpiDatatype)
      do {
        let status = try handle.run(
          writing: false, Operand(buffer), of: type, at: position, collectively)
        buffer.normalize()
        initializedCount = status.count(of: type)
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    return result
  }
}
