public import CMPI

// Open MPI and the standard ABI make handles pointers, which import as optionals; MPICH makes them
// integers, which do not. No other source depends on which.
#if MPI_INTEGER_HANDLES
  @usableFromInline typealias RawCommunicator = MPI_Comm
  @usableFromInline typealias RawGroup = MPI_Group
  @usableFromInline typealias RawRequest = MPI_Request
  @usableFromInline typealias RawMessage = MPI_Message
  @usableFromInline typealias RawDatatype = MPI_Datatype
  @usableFromInline typealias RawOperation = MPI_Op
  @usableFromInline typealias RawInfo = MPI_Info
  @usableFromInline typealias RawErrorHandler = MPI_Errhandler
  @usableFromInline typealias RawWindow = MPI_Win
#else
  @usableFromInline typealias RawCommunicator = MPI_Comm?
  @usableFromInline typealias RawGroup = MPI_Group?
  @usableFromInline typealias RawRequest = MPI_Request?
  @usableFromInline typealias RawMessage = MPI_Message?
  @usableFromInline typealias RawDatatype = MPI_Datatype?
  @usableFromInline typealias RawOperation = MPI_Op?
  @usableFromInline typealias RawInfo = MPI_Info?
  @usableFromInline typealias RawErrorHandler = MPI_Errhandler?
  @usableFromInline typealias RawWindow = MPI_Win?
#endif

// A pointer in all of them.
@usableFromInline typealias RawFile = MPI_File?
