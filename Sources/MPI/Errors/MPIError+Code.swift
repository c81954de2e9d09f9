internal import CMPI

extension MPIError {
  /// The class of an error: those of the standard by name, and any other by its number.
  ///
  /// The set is open, since a library may add classes of its own, and a program may with
  /// `MPI_Add_error_class`.
  public struct Code: RawRepresentable, Hashable, Sendable {
    /// The number of the class, which differs among implementations.
    public let rawValue: CInt

    /// Creates the code of a class from its number.
    public init(rawValue: CInt) { self.rawValue = rawValue }

    init(_ rawValue: CInt) { self.rawValue = rawValue }
  }
}

extension MPIError.Code {
  /// Matches an error by its class: `catch MPIError.Code.truncated { … }`.
  public static func ~= (code: Self, error: any Error) -> Bool {
    (error as? MPIError)?.code == code
  }
}

extension MPIError.Code: CustomStringConvertible {
  /// The name of the class in the standard, such as `MPI_ERR_TRUNCATE`, or its number.
  public var description: String {
    Self.names[self] ?? Self.registeredName(self) ?? "error class \(rawValue)"
  }

  private static let names: [Self: String] = [
    .invalidBuffer: "MPI_ERR_BUFFER",
    .invalidCount: "MPI_ERR_COUNT",
    .invalidDatatype: "MPI_ERR_TYPE",
    .invalidTag: "MPI_ERR_TAG",
    .invalidCommunicator: "MPI_ERR_COMM",
    .invalidRank: "MPI_ERR_RANK",
    .invalidRequest: "MPI_ERR_REQUEST",
    .invalidRoot: "MPI_ERR_ROOT",
    .invalidGroup: "MPI_ERR_GROUP",
    .invalidReduction: "MPI_ERR_OP",
    .invalidTopology: "MPI_ERR_TOPOLOGY",
    .invalidDimensions: "MPI_ERR_DIMS",
    .invalidArgument: "MPI_ERR_ARG",
    .unknown: "MPI_ERR_UNKNOWN",
    .truncated: "MPI_ERR_TRUNCATE",
    .other: "MPI_ERR_OTHER",
    .internalError: "MPI_ERR_INTERN",
    .inStatus: "MPI_ERR_IN_STATUS",
    .pending: "MPI_ERR_PENDING",
    .access: "MPI_ERR_ACCESS",
    .accessMode: "MPI_ERR_AMODE",
    .assertion: "MPI_ERR_ASSERT",
    .badFile: "MPI_ERR_BAD_FILE",
    .base: "MPI_ERR_BASE",
    .conversion: "MPI_ERR_CONVERSION",
    .displacement: "MPI_ERR_DISP",
    .duplicateDataRepresentation: "MPI_ERR_DUP_DATAREP",
    .fileExists: "MPI_ERR_FILE_EXISTS",
    .fileInUse: "MPI_ERR_FILE_IN_USE",
    .invalidFile: "MPI_ERR_FILE",
    .invalidInfoKey: "MPI_ERR_INFO_KEY",
    .noInfoKey: "MPI_ERR_INFO_NOKEY",
    .invalidInfoValue: "MPI_ERR_INFO_VALUE",
    .invalidInfo: "MPI_ERR_INFO",
    .inputOutput: "MPI_ERR_IO",
    .invalidAttributeKey: "MPI_ERR_KEYVAL",
    .invalidLockType: "MPI_ERR_LOCKTYPE",
    .noSuchName: "MPI_ERR_NAME",
    .noMemory: "MPI_ERR_NO_MEM",
    .notSame: "MPI_ERR_NOT_SAME",
    .noSpace: "MPI_ERR_NO_SPACE",
    .noSuchFile: "MPI_ERR_NO_SUCH_FILE",
    .invalidPort: "MPI_ERR_PORT",
    .quota: "MPI_ERR_QUOTA",
    .readOnly: "MPI_ERR_READ_ONLY",
    .conflictingAccess: "MPI_ERR_RMA_CONFLICT",
    .oneSidedSynchronization: "MPI_ERR_RMA_SYNC",
    .oneSidedRange: "MPI_ERR_RMA_RANGE",
    .oneSidedAttach: "MPI_ERR_RMA_ATTACH",
    .oneSidedShared: "MPI_ERR_RMA_SHARED",
    .oneSidedFlavor: "MPI_ERR_RMA_FLAVOR",
    .service: "MPI_ERR_SERVICE",
    .invalidSize: "MPI_ERR_SIZE",
    .spawn: "MPI_ERR_SPAWN",
    .unsupportedDataRepresentation: "MPI_ERR_UNSUPPORTED_DATAREP",
    .unsupportedOperation: "MPI_ERR_UNSUPPORTED_OPERATION",
    .invalidWindow: "MPI_ERR_WIN",
  ]
}

extension Error {
  /// The class of an error that MPI has reported; ``MPIError/Code/other`` for any other error.
  ///
  /// In a `catch` without a pattern an error is an `any Error`, whatever was called:
  ///
  ///     do { try world.send(1, to: world.size) } catch { print(error.code) }     // MPI_ERR_RANK
  public var code: MPIError.Code { (self as? MPIError)?.code ?? .other }
}

extension Error {
  /// What an error says, without its place.
  var message: String { (self as? MPIError)?.message ?? "\(self)" }
}
