internal import CMPI

extension MPIError.Code {
  /// A buffer pointer is invalid.
  ///
  /// The corresponding C constant is `MPI_ERR_BUFFER`.
  public static var invalidBuffer: Self { Self(CMPI_ERR_BUFFER) }

  /// A count is invalid.
  ///
  /// The corresponding C constant is `MPI_ERR_COUNT`.
  public static var invalidCount: Self { Self(CMPI_ERR_COUNT) }

  /// A datatype is invalid.
  ///
  /// The corresponding C constant is `MPI_ERR_TYPE`.
  public static var invalidDatatype: Self { Self(CMPI_ERR_TYPE) }

  /// A tag is negative, or above the library's bound.
  ///
  /// The corresponding C constant is `MPI_ERR_TAG`.
  public static var invalidTag: Self { Self(CMPI_ERR_TAG) }

  /// A communicator is invalid.
  ///
  /// The corresponding C constant is `MPI_ERR_COMM`.
  public static var invalidCommunicator: Self { Self(CMPI_ERR_COMM) }

  /// A rank is not in the communicator.
  ///
  /// The corresponding C constant is `MPI_ERR_RANK`.
  public static var invalidRank: Self { Self(CMPI_ERR_RANK) }

  /// A request is invalid.
  ///
  /// The corresponding C constant is `MPI_ERR_REQUEST`.
  public static var invalidRequest: Self { Self(CMPI_ERR_REQUEST) }

  /// A root is not in the communicator.
  ///
  /// The corresponding C constant is `MPI_ERR_ROOT`.
  public static var invalidRoot: Self { Self(CMPI_ERR_ROOT) }

  /// A group is invalid.
  ///
  /// The corresponding C constant is `MPI_ERR_GROUP`.
  public static var invalidGroup: Self { Self(CMPI_ERR_GROUP) }

  /// A reduction is invalid, or not defined for the datatype.
  ///
  /// The corresponding C constant is `MPI_ERR_OP`.
  public static var invalidReduction: Self { Self(CMPI_ERR_OP) }

  /// A topology is invalid.
  ///
  /// The corresponding C constant is `MPI_ERR_TOPOLOGY`.
  public static var invalidTopology: Self { Self(CMPI_ERR_TOPOLOGY) }

  /// The dimensions of a topology are invalid.
  ///
  /// The corresponding C constant is `MPI_ERR_DIMS`.
  public static var invalidDimensions: Self { Self(CMPI_ERR_DIMS) }

  /// An argument of another kind is invalid.
  ///
  /// The corresponding C constant is `MPI_ERR_ARG`.
  public static var invalidArgument: Self { Self(CMPI_ERR_ARG) }

  /// The library does not know what went wrong.
  ///
  /// The corresponding C constant is `MPI_ERR_UNKNOWN`.
  public static var unknown: Self { Self(CMPI_ERR_UNKNOWN) }

  /// A message is longer than the storage it is received into.
  ///
  /// The corresponding C constant is `MPI_ERR_TRUNCATE`.
  public static var truncated: Self { Self(CMPI_ERR_TRUNCATE) }

  /// A known error of another kind; the message says which.
  ///
  /// The corresponding C constant is `MPI_ERR_OTHER`.
  public static var other: Self { Self(CMPI_ERR_OTHER) }

  /// An error inside the library.
  ///
  /// The corresponding C constant is `MPI_ERR_INTERN`.
  public static var internalError: Self { Self(CMPI_ERR_INTERN) }

  /// Some of several operations failed; each status has its own error.
  ///
  /// The corresponding C constant is `MPI_ERR_IN_STATUS`.
  public static var inStatus: Self { Self(CMPI_ERR_IN_STATUS) }

  /// An operation among several is neither complete nor failed.
  ///
  /// The corresponding C constant is `MPI_ERR_PENDING`.
  public static var pending: Self { Self(CMPI_ERR_PENDING) }

  /// Permission to a file is denied.
  ///
  /// The corresponding C constant is `MPI_ERR_ACCESS`.
  public static var access: Self { Self(CMPI_ERR_ACCESS) }

  /// The access mode of a file is invalid.
  ///
  /// The corresponding C constant is `MPI_ERR_AMODE`.
  public static var accessMode: Self { Self(CMPI_ERR_AMODE) }

  /// An assertion given to a one-sided operation is invalid.
  ///
  /// The corresponding C constant is `MPI_ERR_ASSERT`.
  public static var assertion: Self { Self(CMPI_ERR_ASSERT) }

  /// A file name is invalid.
  ///
  /// The corresponding C constant is `MPI_ERR_BAD_FILE`.
  public static var badFile: Self { Self(CMPI_ERR_BAD_FILE) }

  /// The base address of a window is invalid.
  ///
  /// The corresponding C constant is `MPI_ERR_BASE`.
  public static var base: Self { Self(CMPI_ERR_BASE) }

  /// A user's data conversion function failed.
  ///
  /// The corresponding C constant is `MPI_ERR_CONVERSION`.
  public static var conversion: Self { Self(CMPI_ERR_CONVERSION) }

  /// The displacement of a window is invalid.
  ///
  /// The corresponding C constant is `MPI_ERR_DISP`.
  public static var displacement: Self { Self(CMPI_ERR_DISP) }

  /// A data representation of that name is defined already.
  ///
  /// The corresponding C constant is `MPI_ERR_DUP_DATAREP`.
  public static var duplicateDataRepresentation: Self { Self(CMPI_ERR_DUP_DATAREP) }

  /// The file exists already.
  ///
  /// The corresponding C constant is `MPI_ERR_FILE_EXISTS`.
  public static var fileExists: Self { Self(CMPI_ERR_FILE_EXISTS) }

  /// The file is open elsewhere.
  ///
  /// The corresponding C constant is `MPI_ERR_FILE_IN_USE`.
  public static var fileInUse: Self { Self(CMPI_ERR_FILE_IN_USE) }

  /// A file handle is invalid.
  ///
  /// The corresponding C constant is `MPI_ERR_FILE`.
  public static var invalidFile: Self { Self(CMPI_ERR_FILE) }

  /// An info key is too long.
  ///
  /// The corresponding C constant is `MPI_ERR_INFO_KEY`.
  public static var invalidInfoKey: Self { Self(CMPI_ERR_INFO_KEY) }

  /// There is no such info key.
  ///
  /// The corresponding C constant is `MPI_ERR_INFO_NOKEY`.
  public static var noInfoKey: Self { Self(CMPI_ERR_INFO_NOKEY) }

  /// An info value is too long.
  ///
  /// The corresponding C constant is `MPI_ERR_INFO_VALUE`.
  public static var invalidInfoValue: Self { Self(CMPI_ERR_INFO_VALUE) }

  /// An info object is invalid.
  ///
  /// The corresponding C constant is `MPI_ERR_INFO`.
  public static var invalidInfo: Self { Self(CMPI_ERR_INFO) }

  /// Another error of input or output.
  ///
  /// The corresponding C constant is `MPI_ERR_IO`.
  public static var inputOutput: Self { Self(CMPI_ERR_IO) }

  /// An attribute key is invalid.
  ///
  /// The corresponding C constant is `MPI_ERR_KEYVAL`.
  public static var invalidAttributeKey: Self { Self(CMPI_ERR_KEYVAL) }

  /// The lock type of a window is invalid.
  ///
  /// The corresponding C constant is `MPI_ERR_LOCKTYPE`.
  public static var invalidLockType: Self { Self(CMPI_ERR_LOCKTYPE) }

  /// No service of that name is published.
  ///
  /// The corresponding C constant is `MPI_ERR_NAME`.
  public static var noSuchName: Self { Self(CMPI_ERR_NAME) }

  /// Memory is exhausted.
  ///
  /// The corresponding C constant is `MPI_ERR_NO_MEM`.
  public static var noMemory: Self { Self(CMPI_ERR_NO_MEM) }

  /// An argument that must be equal on all ranks is not.
  ///
  /// The corresponding C constant is `MPI_ERR_NOT_SAME`.
  public static var notSame: Self { Self(CMPI_ERR_NOT_SAME) }

  /// The disk is full.
  ///
  /// The corresponding C constant is `MPI_ERR_NO_SPACE`.
  public static var noSpace: Self { Self(CMPI_ERR_NO_SPACE) }

  /// The file does not exist.
  ///
  /// The corresponding C constant is `MPI_ERR_NO_SUCH_FILE`.
  public static var noSuchFile: Self { Self(CMPI_ERR_NO_SUCH_FILE) }

  /// A port name is invalid.
  ///
  /// The corresponding C constant is `MPI_ERR_PORT`.
  public static var invalidPort: Self { Self(CMPI_ERR_PORT) }

  /// A quota is exceeded.
  ///
  /// The corresponding C constant is `MPI_ERR_QUOTA`.
  public static var quota: Self { Self(CMPI_ERR_QUOTA) }

  /// The file, or its file system, is read-only.
  ///
  /// The corresponding C constant is `MPI_ERR_READ_ONLY`.
  public static var readOnly: Self { Self(CMPI_ERR_READ_ONLY) }

  /// Accesses to a window conflict.
  ///
  /// The corresponding C constant is `MPI_ERR_RMA_CONFLICT`.
  public static var conflictingAccess: Self { Self(CMPI_ERR_RMA_CONFLICT) }

  /// A window is not synchronized as the operation needs.
  ///
  /// The corresponding C constant is `MPI_ERR_RMA_SYNC`.
  public static var oneSidedSynchronization: Self { Self(CMPI_ERR_RMA_SYNC) }

  /// A one-sided operation reaches outside the window.
  ///
  /// The corresponding C constant is `MPI_ERR_RMA_RANGE`.
  public static var oneSidedRange: Self { Self(CMPI_ERR_RMA_RANGE) }

  /// Memory cannot be attached to a window.
  ///
  /// The corresponding C constant is `MPI_ERR_RMA_ATTACH`.
  public static var oneSidedAttach: Self { Self(CMPI_ERR_RMA_ATTACH) }

  /// Memory cannot be shared.
  ///
  /// The corresponding C constant is `MPI_ERR_RMA_SHARED`.
  public static var oneSidedShared: Self { Self(CMPI_ERR_RMA_SHARED) }

  /// The window is of the wrong flavor for the operation.
  ///
  /// The corresponding C constant is `MPI_ERR_RMA_FLAVOR`.
  public static var oneSidedFlavor: Self { Self(CMPI_ERR_RMA_FLAVOR) }

  /// A service could not be published or withdrawn.
  ///
  /// The corresponding C constant is `MPI_ERR_SERVICE`.
  public static var service: Self { Self(CMPI_ERR_SERVICE) }

  /// The size of a window is invalid.
  ///
  /// The corresponding C constant is `MPI_ERR_SIZE`.
  public static var invalidSize: Self { Self(CMPI_ERR_SIZE) }

  /// Processes could not be started.
  ///
  /// The corresponding C constant is `MPI_ERR_SPAWN`.
  public static var spawn: Self { Self(CMPI_ERR_SPAWN) }

  /// The data representation is not supported.
  ///
  /// The corresponding C constant is `MPI_ERR_UNSUPPORTED_DATAREP`.
  public static var unsupportedDataRepresentation: Self { Self(CMPI_ERR_UNSUPPORTED_DATAREP) }

  /// The operation is not supported on that file.
  ///
  /// The corresponding C constant is `MPI_ERR_UNSUPPORTED_OPERATION`.
  public static var unsupportedOperation: Self { Self(CMPI_ERR_UNSUPPORTED_OPERATION) }

  /// A window is invalid.
  ///
  /// The corresponding C constant is `MPI_ERR_WIN`.
  public static var invalidWindow: Self { Self(CMPI_ERR_WIN) }
}
