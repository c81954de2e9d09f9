internal import CMPI
internal import Synchronization

extension MPIError.Code {
  /// Adds a class of errors to those that the library knows.
  ///
  ///     let badInput = try MPIError.Code.register("bad input")
  ///     …
  ///     throw MPIError(badInput, message: "line 7", on: world)
  ///
  /// The number of the class is local: ranks that register the same classes in the same order have
  /// the same numbers. It is never taken back.
  ///
  /// - Parameter text: What the library says of an error of this class; a longer text is cut.
  /// - Throws: ``MPIError`` as the library reports it.
  ///
  /// The corresponding C functions are `MPI_Add_error_class` and `MPI_Add_error_string` (MPI 3.1
  /// §8.5).
  public static func register(_ text: String) throws -> MPIError.Code {
    var number: CInt = 0
    try unsafe check(MPI_Add_error_class(&number), "MPI_Add_error_class")
    try setText(text, of: number)
    let code = MPIError.Code(rawValue: number)
    registered.withLock { $0[code] = text }
    return code
  }

  /// Adds an error of this class, told from the others of the class by its number and its text.
  ///
  /// - Returns: The number, which ``MPIError/init(nativeCode:routine:on:)`` takes.
  ///
  /// The corresponding C functions are `MPI_Add_error_code` and `MPI_Add_error_string` (MPI 3.1 §8.5).
  public func registerNativeCode(_ text: String) throws -> CInt {
    var number: CInt = 0
    try unsafe check(MPI_Add_error_code(rawValue, &number), "MPI_Add_error_code")
    try Self.setText(text, of: number)
    return number
  }

  private static func setText(_ text: String, of number: CInt) throws {
    var text = text
    while text.utf8.count >= Int(CMPI_MAX_ERROR_STRING) { text.removeLast() }
    try unsafe check(MPI_Add_error_string(number, text), "MPI_Add_error_string")
  }

  /// The highest number of a class or an error that is in use, those that were registered included.
  ///
  /// The corresponding C attribute is `MPI_LASTUSEDCODE` (MPI 3.1 §8.5).
  public static var lastUsed: CInt {
    predefinedAttribute(CMPI_LASTUSEDCODE).map { CInt($0) } ?? CMPI_ERR_LASTCODE
  }

  /// The classes that were registered here, and their texts.
  private static let registered = Mutex<[MPIError.Code: String]>([:])

  /// The text of a class that is not one of MPI 3.1's.
  static func registeredName(_ code: MPIError.Code) -> String? {
    namesOfFailures[code] ?? registered.withLock { $0[code] }
  }

  /// The class of what a routine has returned.
  init(ofNativeCode nativeCode: CInt) {
    var errorClass = nativeCode
    // A class is its own, which Open MPI does not know of those that were added (seen in 4.1.4).
    if !Self.registered.withLock({ $0[Self(rawValue: nativeCode)] != nil }) {
      _ = unsafe MPI_Error_class(nativeCode, &errorClass)
    }
    self.init(rawValue: errorClass)
  }
}

extension MPIError {
  /// An error of the program's own, of a class of the library's or one that was registered.
  ///
  /// - Parameters:
  ///   - code: The class.
  ///   - message: What went wrong; by default what the library says of the class.
  ///   - routine: Where it went wrong.
  ///   - communicator: Says on which rank it went wrong.
  public init(
    _ code: Code, message: String? = nil, routine: String = #function,
    on communicator: AnyCommunicator? = nil
  ) {
    self.init(
      code, routine: routine, message: message ?? errorString(code.rawValue),
      on: communicator?.raw ?? CMPI_COMM_NULL)
  }

  /// The error that a number stands for: one that a C routine has returned, or that
  /// ``Code/registerNativeCode(_:)`` has made.
  ///
  /// The corresponding C functions are `MPI_Error_class` and `MPI_Error_string` (MPI 3.1 §8.4).
  public init(
    nativeCode: CInt, routine: String = #function, on communicator: AnyCommunicator? = nil
  ) {
    self.init(
      Code(ofNativeCode: nativeCode), nativeCode: nativeCode, routine: routine,
      message: errorString(nativeCode), on: communicator?.raw ?? CMPI_COMM_NULL)
  }
}
