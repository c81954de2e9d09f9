extension AnyCommunicator {
  /// What happens when the library finds an error in an operation on this communicator.
  ///
  /// It is local, and not inherited: a communicator that is made from this one throws.
  ///
  /// - Precondition: The communicator has not been disconnected.
  ///
  /// The corresponding C functions are `MPI_Comm_get_errhandler` and `MPI_Comm_set_errhandler` (MPI
  /// 3.1 §8.3.1).
  public final var errorHandler: ErrorHandler {
    get { unsafe ErrorSource.communicator(raw).errorHandler }
    set { errorHandlerStorage = unsafe ErrorSource.communicator(raw).setErrorHandler(newValue) }
  }

  /// Has an error of the program's own handled as one that the library found: by this communicator's
  /// ``errorHandler``. Where that throws, this does nothing: throw the error afterwards.
  ///
  ///     let error = MPIError(badInput, message: "line 7", on: world)
  ///     try world.callErrorHandler(error)
  ///     throw error
  ///
  /// The corresponding C function is `MPI_Comm_call_errhandler` (MPI 3.1 §8.3.4).
  public final func callErrorHandler(_ error: MPIError) throws {
    try unsafe ErrorSource.communicator(raw).callErrorHandler(error)
  }
}
