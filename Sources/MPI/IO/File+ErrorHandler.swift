extension File {
  /// What happens when the library finds an error in an operation on this file. It is local.
  ///
  ///     file.errorHandler = .calling { error in log(error) }
  ///
  /// What a closure is told names no file; the error that is thrown afterwards does.
  ///
  /// The corresponding C functions are `MPI_File_get_errhandler` and `MPI_File_set_errhandler` (MPI
  /// 3.1 §8.3.3).
  public var errorHandler: ErrorHandler {
    get { unsafe ErrorSource.file(handle.raw).errorHandler }
    nonmutating set {
      handle.file.errorHandlerStorage = unsafe ErrorSource.file(handle.raw)
        .setErrorHandler(newValue)
    }
  }

  /// Has an error of the program's own handled as one that the library found: by this file's
  /// ``errorHandler``. Where that throws, this does nothing: throw the error afterwards.
  ///
  /// The corresponding C function is `MPI_File_call_errhandler` (MPI 3.1 §8.3.4).
  public func callErrorHandler(_ error: MPIError) throws {
    try unsafe ErrorSource.file(handle.raw).callErrorHandler(error)
  }
}
