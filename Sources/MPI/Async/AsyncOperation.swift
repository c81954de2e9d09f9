internal import CMPI
internal import Synchronization

/// An operation of a task that waits: what MPI works on, what must stay alive until it is done, and
/// whom to tell.
///
/// Whoever drives the ``ProgressEngine`` owns it, from the moment it is submitted.
@safe final class AsyncOperation: @unchecked Sendable {
  /// What becomes of an operation whose task is cancelled.
  enum Cancellation {
    /// The library is asked to cancel it, and the task learns the outcome.
    case request
    /// The task goes on at once, and the operation is left to complete without it. It must own all
    /// memory that the library uses.
    case detach
    /// The task waits until the operation is complete.
    case wait
  }

  /// How an operation ended.
  enum Outcome {
    case completed(Status)
    case failed(any Error)
  }

  /// What finds a message for an operation that is begun when there is one.
  @safe struct Matching {
    let pattern: Pattern
    /// Receives the message, or keeps it. Not called where the pattern leaves messages where they
    /// are.
    let take: (RawMessage, Status, Starting) throws -> Void
  }

  let routine: StaticString
  let communicator: Communicator
  let cancellation: Cancellation
  /// What the library reads or writes.
  let storage: AnyObject?

  var pending: Pending
  /// Begins the operation, where its task could not do that itself.
  var begin: ((Starting) throws -> Void)?
  /// Where the message is yet to be found.
  var matching: Matching?
  /// What the probe said, which is what the receive would say again.
  var matched: Status?

  var continuation: UnsafeContinuation<Outcome, Never>?
  var isAdmitted = false
  var isCancelled = false
  /// Its place in the table of requests.
  var index: Int?

  init(
    _ routine: StaticString, on communicator: Communicator, _ cancellation: Cancellation,
    keeping storage: AnyObject?, pending: consuming Pending = Pending()
  ) {
    self.routine = routine
    self.communicator = communicator
    self.cancellation = cancellation
    self.storage = storage
    self.pending = pending
  }

  /// Orders what the engine has done before what the task does next. So does the continuation, but
  /// not in a way that the thread sanitizer sees on Linux.
  private let ended = Atomic(false)
  /// The outcome that no one has waited for yet.
  private(set) var unclaimed: Outcome?

  func resume(_ outcome: Outcome) {
    guard let continuation = unsafe continuation else {
      unclaimed = outcome
      return
    }
    unsafe self.continuation = nil
    ended.store(true, ordering: .releasing)
    unsafe continuation.resume(returning: outcome)
  }

  /// Called by the task once it goes on.
  func hasResumed() { _ = ended.load(ordering: .acquiring) }

  /// The operation's end, as the library reported it.
  func outcome(_ code: CInt, _ raw: MPI_Status) -> Outcome {
    var code = code
    if let completion = pending.completion {
      let others = completion.waitForRequests()
      if code == CMPI_SUCCESS { code = others }
      completion.finish()
    }
    if code != CMPI_SUCCESS {
      return .failed(MPIError.reported(code, by: routine, on: communicator.raw))
    }
    let status = Status(raw)
    if isCancelled && cancellation == .request && matched == nil && status.isCancelled {
      return .failed(MPIError.cancelled(routine, on: communicator.raw))
    }
    return .completed(matched ?? status)
  }
}

/// Which messages a probe is for.
struct Pattern: Hashable {
  let communicator: RawCommunicator
  let source: CInt
  let tag: CInt
  /// Whether the message stays where it is.
  let isPeek: Bool

  /// Whether there may be a message for both.
  func overlaps(_ other: Pattern) -> Bool {
    communicator == other.communicator
      && (source == other.source || source == CMPI_ANY_SOURCE || other.source == CMPI_ANY_SOURCE)
      && (tag == other.tag || tag == CMPI_ANY_TAG || other.tag == CMPI_ANY_TAG)
  }

  /// Looks once.
  func find() throws -> (RawMessage, Status)? {
    var flag: CInt = 0
    var status = MPI_Status()
    var message = CMPI_MESSAGE_NULL as RawMessage
    if isPeek {
      try unsafe check(
        MPI_Iprobe(source, tag, communicator, &flag, &status), "MPI_Iprobe", on: communicator)
    } else {
      try unsafe check(
        MPI_Improbe(source, tag, communicator, &flag, &message, &status), "MPI_Improbe",
        on: communicator)
    }
    return flag == 0 ? nil : (message, Status(status))
  }
}

extension MPIError.Code {
  /// The task was cancelled that waited for the operation.
  ///
  /// A class of this module's: the standard's functions report a cancelled receive in its status.
  public static var cancelled: Self { Self(rawValue: -1) }
}

extension MPIError {
  static func cancelled(_ routine: StaticString, on communicator: RawCommunicator) -> MPIError {
    MPIError(
      .cancelled, routine: routine.description, message: "the task was cancelled",
      on: communicator)
  }
}
