internal import CMPI

// A program that calls C libraries of its own imports their headers, and with them <mpi.h> once more:
// its `MPI_Comm` is another Swift type than this module's, an `OpaquePointer` with some libraries and
// an integer with others. All have the same bits.
//
// Swift 6.3.1 takes the two for one type whose layout it then gets wrong, and miscompiles the program
// (docs/KnownIssues.md), unless the other module has the same API notes as this one. A number, which
// `fortranHandle` is, needs no <mpi.h> in the header.

extension AnyCommunicator {
  /// Lends the communicator to a function of C.
  ///
  ///     let norm = unsafe world.withUnsafeHandle { unsafe solver_norm($0, x, count) }
  ///
  /// - Important: A C module whose header includes `<mpi.h>` needs a copy of `CMPI.apinotes` beside its
  ///   module map, under its own name: the compiler confuses its types with this module's otherwise.
  ///   Where the header is yours, let it take the ``fortranHandle``, and include `<mpi.h>` in the source
  ///   only.
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

  /// The communicator as Fortran has it, a number that functions of C and Fortran take as an argument.
  ///
  ///     // solver.h:   int solver_norm(int communicator, …);
  ///     // solver.c:   MPI_Comm comm = MPI_Comm_f2c(communicator);
  ///     let norm = solver_norm(world.fortranHandle, …)
  ///
  /// It is of use as long as this communicator lives.
  ///
  /// The corresponding C function is `MPI_Comm_c2f` (MPI 3.1 §17.2.4).
  public final var fortranHandle: CInt { CMPI_Comm_c2f(raw) }

  /// The handle of a communicator that C has made, which must be of the kind that is asked for.
  fileprivate static func adopted(
    _ raw: RawCommunicator, betweenGroups: Bool
  ) throws -> RawCommunicator {
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
  public convenience init<Handle>(adopting handle: Handle, isOwned: Bool) throws {
    let raw = converted(handle, to: RawCommunicator.self)
    try self.init(owning: Self.adopted(raw, betweenGroups: false), isOwned: isOwned)
  }

  /// Makes a communicator of one that a function of C or Fortran has made, and that it knows as a number.
  ///
  /// As ``init(adopting:isOwned:)``.
  ///
  /// The corresponding C function is `MPI_Comm_f2c` (MPI 3.1 §17.2.4).
  @unsafe
  public convenience init(adoptingFortran handle: CInt, isOwned: Bool) throws {
    let raw = CMPI_Comm_f2c(handle) as RawCommunicator
    try self.init(owning: Self.adopted(raw, betweenGroups: false), isOwned: isOwned)
  }
}

extension Intercommunicator {
  /// Makes an intercommunicator of one that a function of C has made.
  ///
  /// As ``Communicator/init(adopting:isOwned:)``, for one between two groups.
  ///
  /// The corresponding C function is `MPI_Comm_test_inter` (MPI 3.1 §6.6.1).
  @unsafe
  public convenience init<Handle>(adopting handle: Handle, isOwned: Bool) throws {
    let raw = converted(handle, to: RawCommunicator.self)
    try self.init(owning: Self.adopted(raw, betweenGroups: true), isOwned: isOwned)
  }

  /// Makes an intercommunicator of one that a function of C or Fortran has made, and that it knows as a number.
  ///
  /// As ``init(adopting:isOwned:)``.
  ///
  /// The corresponding C function is `MPI_Comm_f2c` (MPI 3.1 §17.2.4).
  @unsafe
  public convenience init(adoptingFortran handle: CInt, isOwned: Bool) throws {
    let raw = CMPI_Comm_f2c(handle) as RawCommunicator
    try self.init(owning: Self.adopted(raw, betweenGroups: true), isOwned: isOwned)
  }
}

/// The same bits as another type.
private func converted<From, To>(_ handle: From, to type: To.Type) -> To {
  precondition(
    MemoryLayout<From>.size == MemoryLayout<To>.size && _isPOD(From.self) && _isPOD(To.self),
    "\(From.self) is not what MPI_Comm is in C")
  return unsafe unsafeBitCast(handle, to: type)
}
