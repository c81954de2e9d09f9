extension File {
  /// Writes elements.
  ///
  /// **Collective** where `collectively` is `true`: all processes that have the file open call it.
  ///
  ///     try file.write(header, at: 0)
  ///     try file.write(block, at: offset, collectively: true)
  ///     try file.write(line, at: .shared, collectively: true)     // in the order of ranks
  ///     try file.write(matrix.span.laid(out: column, at: 2), at: offset)
  ///
  /// - Parameters:
  ///   - elements: What is written, one after the other, without padding between properties.
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
  public func write<B: Outgoing & ~Copyable & ~Escapable>(
    _ elements: borrowing B, at position: some FilePosition = Pointer.individual,
    collectively: Bool = false
  ) throws -> Status {
    try handle.run(
      writing: true, elements.operand, of: B.Element.self, at: position, collectively)
  }
}
