extension File {
  /// Writes elements.
  ///
  /// **Collective** where `collectively` is `true`: all processes that have the file open call it.
  ///
  ///     try file.write(header.span, at: 0)
  ///     try file.write(block.span, at: offset, collectively: true)
  ///     try file.write(line.span, at: .shared, collectively: true)     // in the order of ranks
  ///
  /// - Parameters:
  ///   - elements: What is written, without padding between properties.
  ///   - position: An offset in elements of this type, from the beginning of the view;
  ///     ``FilePosition/byte(_:)``; or a pointer, which moves on.
  ///   - collectively: Whether all processes write at once. With the shared pointer, their elements
  ///     follow each other in the order of ranks.
  /// - Returns: How much was written: everything.
  /// - Throws: ``MPIError/Code/noSpace`` where the disk is full, ``MPIError/Code/inputOutput`` where
  ///   less was written for another reason, ``MPIError/Code/readOnly`` in a file that was not
  ///   opened to write, and what else the library reports. The message names the file.
  /// - Precondition: The file is seen as bytes, or as elements of this type; the offset is not
  ///   negative.
  ///
  /// The corresponding C functions are `MPI_File_write`, `MPI_File_write_at`, `MPI_File_write_all`,
  /// `MPI_File_write_at_all`, `MPI_File_write_shared` and `MPI_File_write_ordered` (MPI 3.1 §13.4).
  @discardableResult
  public func write<T: Datatype>(
    _ elements: Span<T>, at position: some FilePosition = Pointer.individual,
    collectively: Bool = false
  ) throws(MPIError) -> Status {
    try unsafe handle.run(
      FileTransfer(
        isWriting: true, at: handle.place(position, of: T.self), collectively: collectively,
        elements.rawBuffer, of: T.mpiDatatype))
  }

  /// Writes those elements of a buffer that a layout names.
  ///
  ///     try file.write(matrix.span, layout: column, at: 2, to: offset)
  ///
  /// The errors are those of ``write(_:at:collectively:)``.
  ///
  /// - Parameters:
  ///   - elements: The buffer.
  ///   - layout: Which of its elements are written.
  ///   - start: Where in the buffer the first instance of the layout begins.
  ///   - instances: How many of them follow each other.
  ///   - position: Where in the file the elements go, one after the other.
  ///   - collectively: Whether all processes write at once.
  ///
  /// The corresponding C functions are those of ``write(_:at:collectively:)``.
  @discardableResult
  public func write<T: Datatype>(
    _ elements: Span<T>, layout: Layout<T>, at start: Int = 0, instances: Int = 1,
    to position: some FilePosition = Pointer.individual, collectively: Bool = false
  ) throws(MPIError) -> Status {
    try unsafe handle.run(
      FileTransfer(
        isWriting: true, at: handle.place(position, of: T.self), collectively: collectively,
        elements.rawBuffer(layout, at: start, instances: instances, "write"), of: T.mpiDatatype,
        layout.storage))
  }
}
