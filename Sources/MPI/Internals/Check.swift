public import CMPI

// The only place where a return code is looked at.

/// Throws what a routine of MPI reported, with the routine's name and the communicator it was called on.
@inlinable @inline(__always)
func check(
  _ code: CInt, _ routine: StaticString, on communicator: RawCommunicator
) throws(MPIError) {
  if _slowPath(code != MPI_SUCCESS) {
    throw MPIError.reported(code, by: routine, on: communicator)
  }
}

/// Throws what a routine of MPI reported that concerns no communicator.
@inlinable @inline(__always)
func check(_ code: CInt, _ routine: StaticString) throws(MPIError) {
  if _slowPath(code != MPI_SUCCESS) {
    throw MPIError.reported(code, by: routine, on: CMPI_COMM_NULL)
  }
}
