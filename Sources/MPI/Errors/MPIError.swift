internal import CMPI

/// An error that the MPI library, or a check before it, has reported.
///
/// The code says what went wrong; catch a particular one by its name:
///
///     do {
///       try world.send(halo, to: neighbor)
///     } catch MPIError.Code.invalidRank {
///       …
///     }
///
/// An error that leaves the closure of ``run(threading:_:)->Result`` ends the whole job, with this error's
/// description on standard error.
public struct MPIError: Error, Sendable {
  /// One word, so that a throwing call hands its error over in a register.
  private let storage: Storage

  private final class Storage: Sendable {
    let code: Code
    let nativeCode: CInt
    let routine: String
    let message: String
    let communicator: String?
    let rank: Int?

    init(
      code: Code, nativeCode: CInt, routine: String, message: String, communicator: String?,
      rank: Int?
    ) {
      self.code = code
      self.nativeCode = nativeCode
      self.routine = routine
      self.message = message
      self.communicator = communicator
      self.rank = rank
    }
  }

  /// The class of the error.
  public var code: Code { storage.code }

  /// The number that the library returned; implementations put more than the class into it.
  public var nativeCode: CInt { storage.nativeCode }

  /// The name of the C routine that failed, such as `MPI_Recv`.
  public var routine: String { storage.routine }

  /// What the library says of the error.
  public var message: String { storage.message }

  /// The name of the communicator that the routine was called on, or `nil` where there is none.
  public var communicator: String? { storage.communicator }

  /// The rank in ``communicator`` on which the error happened, or `nil` where there is no
  /// communicator.
  public var rank: Int? { storage.rank }

  init(
    _ code: Code, nativeCode: CInt? = nil, routine: String, message: String,
    on communicator: RawCommunicator = CMPI_COMM_NULL
  ) {
    self.init(
      code, nativeCode: nativeCode, routine: routine, message: message,
      at: communicatorNameAndRank(communicator))
  }

  /// - Parameter place: The name of the communicator, and the rank.
  init(
    _ code: Code, nativeCode: CInt?, routine: String, message: String,
    at place: (name: String, rank: Int)?
  ) {
    storage = Storage(
      code: code, nativeCode: nativeCode ?? code.rawValue, routine: routine, message: message,
      communicator: place?.name, rank: place?.rank)
  }
}

extension MPIError: Hashable {
  /// Whether two errors tell of the same failure at the same place.
  public static func == (left: MPIError, right: MPIError) -> Bool {
    left.code == right.code && left.nativeCode == right.nativeCode
      && left.routine == right.routine && left.message == right.message
      && left.communicator == right.communicator && left.rank == right.rank
  }

  /// Hashes the code, the routine, and the rank.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(nativeCode)
    hasher.combine(routine)
    hasher.combine(rank)
  }
}

extension MPIError: CustomStringConvertible {
  /// One line: routine, place, class and message.
  ///
  ///     MPI_Recv on rank 1 of MPI_COMM_WORLD: MPI_ERR_TRUNCATE: message truncated
  public var description: String {
    var text = routine
    if let rank, let communicator { text += " on rank \(rank) of \(communicator)" }
    text += ": "
    if !message.hasPrefix(code.description) { text += "\(code): " }
    return text + message
  }
}

/// What an error says of the place where it happened.
func communicatorNameAndRank(_ communicator: RawCommunicator) -> (name: String, rank: Int)? {
  guard communicator != CMPI_COMM_NULL, isInitialized, !isFinalized else { return nil }
  var rank: CInt = 0
  guard unsafe MPI_Comm_rank(communicator, &rank) == CMPI_SUCCESS else { return nil }
  let name = rawName(of: communicator)
  return (name.isEmpty ? "an unnamed communicator" : name, Int(rank))
}
