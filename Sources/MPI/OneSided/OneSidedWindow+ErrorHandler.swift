extension OneSidedWindow where Self: ~Copyable & ~Escapable {
  /// What happens when the library finds an error in an operation on this window. It is local.
  ///
  ///     window.errorHandler = .calling { error in log(error) }
  ///
  /// The corresponding C functions are `MPI_Win_get_errhandler` and `MPI_Win_set_errhandler` (MPI 3.1
  /// §8.3.2).
  public var errorHandler: ErrorHandler {
    get { unsafe ErrorSource.window(reference.raw).errorHandler }
    nonmutating set {
      storage.errorHandlerStorage = unsafe ErrorSource.window(reference.raw)
        .setErrorHandler(newValue)
    }
  }

  /// Has an error of the program's own handled as one that the library found: by this window's
  /// ``errorHandler``. Where that throws, this does nothing: throw the error afterwards.
  ///
  /// The corresponding C function is `MPI_Win_call_errhandler` (MPI 3.1 §8.3.4).
  public func callErrorHandler(_ error: MPIError) throws {
    try unsafe ErrorSource.window(reference.raw).callErrorHandler(error)
  }
}
