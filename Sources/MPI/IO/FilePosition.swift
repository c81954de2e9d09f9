internal import CMPI

/// Where in a file an operation takes place.
///
/// - An `Int`: an offset, in elements of the type that is read or written. Neither pointer moves.
/// - ``byte(_:)``: an offset in bytes, in a file that is seen as bytes.
/// - ``individual``, ``shared``: where a pointer stands, which then moves behind what was accessed.
public protocol FilePosition: Sendable {
  /// The position, as the module keeps it.
  var _place: FilePlace { get }
}

/// What kinds of ``FilePosition`` there are.
public enum FilePlace: Sendable {
  /// An offset in elements.
  case element(Int)
  /// An offset in bytes.
  case byte(Int)
  /// A pointer.
  case pointer(File.Pointer)
}

extension Int: FilePosition {
  /// An offset, in elements of the type that is read or written.
  public var _place: FilePlace { .element(self) }
}

extension File {
  /// A place in a file that the library keeps, and moves with each operation:
  /// ``FilePosition/individual`` or ``FilePosition/shared``.
  public struct Pointer: FilePosition, Hashable {
    let isShared: Bool

    /// The pointer itself.
    public var _place: FilePlace { .pointer(self) }
  }

  /// An offset in bytes.
  public struct ByteOffset: FilePosition {
    let offset: Int

    /// The offset.
    public var _place: FilePlace { .byte(offset) }
  }
}

extension FilePosition where Self == File.Pointer {
  /// Where this process's pointer stands.
  public static var individual: File.Pointer { File.Pointer(isShared: false) }
  /// Where the pointer stands that all processes share.
  public static var shared: File.Pointer { File.Pointer(isShared: true) }
}

extension FilePosition where Self == File.ByteOffset {
  /// A distance in bytes from the beginning of the view, for a file that is seen as bytes.
  public static func byte(_ offset: Int) -> File.ByteOffset { File.ByteOffset(offset: offset) }
}

/// A position as C has it: in units of the view.
enum RawPlace {
  case offset(MPI_Offset)
  case individual
  case shared
}

extension FileHandle {
  /// Where elements of a type go.
  ///
  /// - Precondition: The file is seen as elements of that type, or as bytes; the offset is not
  ///   negative.
  func place<T: Datatype>(
    _ position: some FilePosition, of type: T.Type
  ) throws -> RawPlace {
    if let element, ObjectIdentifier(element) != ObjectIdentifier(type) {
      preconditionFailure(
        "\(file.path) is seen as elements of \(element), and cannot hold \(type): see File.setView")
    }
    let place = position._place
    if case .pointer(let pointer) = place, pointer.isShared { return .shared }
    if file.isSequential {
      // Not all libraries care.
      throw MPIError(
        .unsupportedOperation, routine: "MPI_File_seek",
        message: "\(file.path): a .sequential file has only the pointer .shared",
        on: file.communicator.raw)
    }
    switch place {
    case .pointer: return .individual
    case .byte(let offset):
      if let element {
        preconditionFailure(
          "\(file.path) is seen as elements of \(element): an offset in bytes has no meaning")
      }
      requireOffset(offset)
      return .offset(MPI_Offset(offset))
    case .element(let offset):
      requireOffset(offset)
      if element != nil { return .offset(MPI_Offset(offset)) }
      let (bytes, overflow) = offset.multipliedReportingOverflow(
        by: Status.size(of: T.mpiDatatype))
      if overflow {
        throw MPIError(
          .invalidArgument, routine: "MPI_File_seek",
          message: "\(file.path): the offset of \(offset) elements is beyond 2^63 bytes",
          on: file.communicator.raw)
      }
      return .offset(MPI_Offset(bytes))
    }
  }

  private func requireOffset(_ offset: Int) {
    precondition(offset >= 0, "\(file.path): the offset \(offset) is negative")
  }
}
