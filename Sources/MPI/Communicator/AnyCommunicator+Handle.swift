internal import CMPI

// A program that calls C libraries of its own imports their headers, and with them <mpi.h> once more:
// its `MPI_Comm` is another Swift type than this module's, an `OpaquePointer` with some libraries and
// an integer with others. All have the same bits.

extension AnyCommunicator {
  /// Lends the communicator to a function of C.
  ///
  ///     let norm = unsafe world.withUnsafeHandle { unsafe solver_norm($0, x, count) }
  ///
  /// The type of the handle is that of `MPI_Comm` as the caller's C module has it; mostly it follows
  /// from the function that takes it.
  ///
  /// - Parameters:
  ///   - type: The type of the handle.
  ///   - body: What is done with it. It must not be freed, nor used when `body` has returned.
  /// - Precondition: `Handle` is as large as `MPI_Comm`.
  ///
  /// The corresponding C type is `MPI_Comm`.
  @unsafe
  public final func withUnsafeHandle<Handle, Result, Failure: Error>(
    as type: Handle.Type = Handle.self, _ body: (Handle) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try withExtendedLifetime(self) { () throws(Failure) -> Result in
      try body(converted(raw, to: type))
    }
  }

  /// The handle of a communicator that C has made, which must be of the kind that is asked for.
  fileprivate static func adopted<Handle>(
    _ handle: Handle, betweenGroups: Bool
  ) throws(MPIError) -> RawCommunicator {
    let raw = converted(handle, to: RawCommunicator.self)
    var isInter: CInt = 0
    try unsafe check(MPI_Comm_test_inter(raw, &isInter), "MPI_Comm_test_inter")
    guard (isInter != 0) == betweenGroups else {
      throw MPIError(
        .invalidCommunicator, routine: "MPI_Comm_test_inter",
        message: "a communicator \(isInter != 0 ? "between two groups" : "of one group")", on: raw)
    }
    return raw
  }
}

extension Communicator {
  /// Makes a communicator of one that a function of C has made.
  ///
  ///     let grid = unsafe try Communicator(adopting: solver_grid(), isOwned: false)
  ///
  /// Its errors come back as codes from now on, which this module throws.
  ///
  /// - Parameters:
  ///   - handle: An `MPI_Comm`, as the caller's C module has it.
  ///   - isOwned: Whether it is freed with the last reference to the new object; if not, it must live
  ///     as long.
  /// - Throws: ``MPIError/Code/invalidCommunicator`` for the null communicator, and for one between two
  ///   groups.
  /// - Precondition: `Handle` is as large as `MPI_Comm`.
  ///
  /// The corresponding C function is `MPI_Comm_test_inter` (MPI 3.1 §6.6.1).
  @unsafe
  public convenience init<Handle>(adopting handle: Handle, isOwned: Bool) throws(MPIError) {
    try self.init(owning: Self.adopted(handle, betweenGroups: false), isOwned: isOwned)
  }
}

extension Intercommunicator {
  /// Makes an intercommunicator of one that a function of C has made.
  ///
  /// As ``Communicator/init(adopting:isOwned:)``, for one between two groups.
  ///
  /// The corresponding C function is `MPI_Comm_test_inter` (MPI 3.1 §6.6.1).
  @unsafe
  public convenience init<Handle>(adopting handle: Handle, isOwned: Bool) throws(MPIError) {
    try self.init(owning: Self.adopted(handle, betweenGroups: true), isOwned: isOwned)
  }
}

/// The same bits as another type.
private func converted<From, To>(_ handle: From, to type: To.Type) -> To {
  precondition(
    MemoryLayout<From>.size == MemoryLayout<To>.size && _isPOD(From.self) && _isPOD(To.self),
    "\(From.self) is not what MPI_Comm is in C")
  return unsafe unsafeBitCast(handle, to: type)
}
