public import CMPI

/// The label of a message: a receive takes only messages of its tag.
///
/// Give tags names where they are more than one:
///
///     extension MessageTag {
///       static let halo: MessageTag = 1
///       static let result: MessageTag = 2
///     }
///
/// Valid tags are 0 to ``upperBound``; an operation with another one throws
/// ``MPIError/Code/invalidTag``. In particular
/// a negative number is never ``any``, whatever number the library has given to that.
public struct MessageTag: RawRepresentable, ExpressibleByIntegerLiteral, Hashable, Sendable {
  /// The number that travels with the message.
  public let rawValue: CInt

  /// Creates a tag from its number.
  @inlinable public init(rawValue: CInt) {
    // Invalid in all libraries, of which each has other negative numbers that mean something.
    self.rawValue = rawValue < 0 ? CInt.min : rawValue
  }

  /// Creates a tag from a computed number.
  ///
  ///     try world.send(row, to: 1, tag: MessageTag(step % 100))
  ///
  /// - Precondition: The number is in 0...2³¹ − 1.
  @inlinable public init(_ number: Int) {
    guard let tag = MessageTag(exactly: number) else {
      preconditionFailure("\(number) cannot be a message's tag")
    }
    self = tag
  }

  /// Creates a tag from a computed number, or none where the number does not fit.
  @inlinable public init?(exactly number: Int) {
    guard let rawValue = CInt(exactly: number), rawValue >= 0 else { return nil }
    self.rawValue = rawValue
  }

  /// Creates a tag from a number in the program's text.
  @inlinable public init(integerLiteral value: CInt) { self.init(rawValue: value) }

  /// A tag of which the library has spoken.
  @inlinable init(native rawValue: CInt) { self.rawValue = rawValue }

  /// Any tag; for receives and probes only.
  ///
  /// The corresponding C constant is `MPI_ANY_TAG`.
  @inlinable public static var any: MessageTag { MessageTag(native: CMPI_ANY_TAG) }

  /// The largest tag that the library takes: at least 32 767.
  ///
  /// The corresponding C attribute is `MPI_TAG_UB` (MPI 3.1 §8.1.2).
  public static var upperBound: MessageTag {
    var value: UnsafeMutableRawPointer?
    var found: CInt = 0
    guard
      unsafe MPI_Comm_get_attr(CMPI_COMM_WORLD, CMPI_TAG_UB, &value, &found) == CMPI_SUCCESS,
      found != 0, let value = unsafe value
    else { return 32_767 }
    return unsafe MessageTag(rawValue: value.load(as: CInt.self))
  }
}

extension MessageTag: CustomStringConvertible {
  /// The number, or `any`.
  public var description: String { self == .any ? "any" : "\(rawValue)" }
}
