internal import CMPI

/// What a program promises about an epoch, so that the library may save work. A promise that is not
/// kept is an error that no one detects.
///
/// That an epoch begins or ends a sequence of fences (`MPI_MODE_NOPRECEDE`, `MPI_MODE_NOSUCCEED`) is
/// known from the types, and not to be said.
///
/// The corresponding C constants begin with `MPI_MODE_` (MPI 3.1 §11.5.5).
public struct WindowAssertions: OptionSet, Sendable {
  /// The bits, which differ among libraries.
  public let rawValue: CInt

  /// A set of promises by its bits.
  public init(rawValue: CInt) { self.rawValue = rawValue }

  /// The other side is ready: what this one waits for has been called there, or no one else holds or
  /// wants a conflicting lock.
  ///
  /// The corresponding C constant is `MPI_MODE_NOCHECK`.
  public static var noCheck: Self { Self(rawValue: CMPI_MODE_NOCHECK) }

  /// Own memory was not written to by this process since the last synchronization.
  ///
  /// The corresponding C constant is `MPI_MODE_NOSTORE`.
  public static var noStore: Self { Self(rawValue: CMPI_MODE_NOSTORE) }

  /// Own memory will not be written to by others before the next synchronization.
  ///
  /// The corresponding C constant is `MPI_MODE_NOPUT`.
  public static var noPut: Self { Self(rawValue: CMPI_MODE_NOPUT) }
}

/// Whether several ranks may hold a lock of the same target.
///
/// The corresponding C constants are `MPI_LOCK_SHARED` and `MPI_LOCK_EXCLUSIVE` (MPI 3.1 §11.5.3).
public enum LockKind: Sendable {
  /// Others may hold a shared lock, too: for reading, and for the atomic operations.
  case shared
  /// Nobody else holds a lock.
  case exclusive

  var raw: CInt { self == .shared ? CMPI_LOCK_SHARED : CMPI_LOCK_EXCLUSIVE }
}
