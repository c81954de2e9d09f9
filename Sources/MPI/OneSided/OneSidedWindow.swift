internal import CMPI

/// A window of any kind: memory of each rank that the others read and write without its help.
///
/// Operations are done in epochs, which are values that the compiler keeps inside the window:
///
/// | all ranks take part | ``fence(_:)`` |
/// | the two sides know each other | ``post(to:_:)`` and ``start(to:_:)`` |
/// | the target does nothing | ``withLock(on:_:_:_:)``, ``withLockAll(_:_:)`` |
///
/// Conformed to by ``Window``, ``BorrowingWindow``, ``SharedWindow`` and ``DynamicWindow``; types of
/// your own cannot conform.
///
/// The corresponding C type is `MPI_Win` (MPI 3.1 §11).
public protocol OneSidedWindow<Element>: ~Copyable, ~Escapable {
  /// What the window consists of.
  associatedtype Element
  /// What operations need to know of the window.
  var reference: WindowReference { get }
}

/// How a window was made.
///
/// The corresponding C constants are `MPI_WIN_FLAVOR_CREATE`, `MPI_WIN_FLAVOR_ALLOCATE`,
/// `MPI_WIN_FLAVOR_DYNAMIC` and `MPI_WIN_FLAVOR_SHARED` (MPI 3.1 §11.2.6).
public enum WindowFlavor: Sendable {
  /// Over memory of the program's: a ``BorrowingWindow``.
  case created
  /// With memory of the library's: a ``Window``.
  case allocated
  /// Without memory at first: a ``DynamicWindow``.
  case dynamic
  /// With memory that the processes of one host share: a ``SharedWindow``.
  case shared
}

/// Whether a window's memory is the same for the process that owns it and for the others.
///
/// The corresponding C constants are `MPI_WIN_UNIFIED` and `MPI_WIN_SEPARATE` (MPI 3.1 §11.4).
public enum WindowMemoryModel: Sendable {
  /// There is one copy: what others have written is seen after a synchronization such as
  /// ``LockedTargets/synchronize()``.
  case unified
  /// There are two, which only the end of an epoch makes equal.
  case separate
}

extension OneSidedWindow where Self: ~Copyable & ~Escapable {
  var storage: WindowStorage { unsafe reference.storage.takeUnretainedValue() }

  /// The communicator whose ranks the window connects.
  public var communicator: Communicator { storage.communicator }

  /// The processes that the window connects.
  ///
  /// The corresponding C function is `MPI_Win_get_group` (MPI 3.1 §11.2.6).
  public var group: Group {
    get throws {
      var group = CMPI_GROUP_NULL as RawGroup
      try unsafe reference.check(
        MPI_Win_get_group(reference.raw, &group), "MPI_Win_get_group")
      return try Group(owning: group)
    }
  }

  /// How the window was made, by the library's account.
  ///
  /// The corresponding C function is `MPI_Win_get_attr`, with `MPI_WIN_CREATE_FLAVOR` (MPI 3.1
  /// §11.2.6).
  public var flavor: WindowFlavor {
    switch unsafe attribute(CMPI_WIN_CREATE_FLAVOR)?.load(as: CInt.self) {
    case CMPI_WIN_FLAVOR_CREATE: .created
    case CMPI_WIN_FLAVOR_DYNAMIC: .dynamic
    case CMPI_WIN_FLAVOR_SHARED: .shared
    default: .allocated
    }
  }

  /// Whether there are one or two copies of the window's memory.
  ///
  /// The corresponding C function is `MPI_Win_get_attr`, with `MPI_WIN_MODEL` (MPI 3.1 §11.4).
  public var memoryModel: WindowMemoryModel {
    let model = unsafe attribute(CMPI_WIN_MODEL)?.load(as: CInt.self)
    return model == CMPI_WIN_UNIFIED ? .unified : .separate
  }

  /// The number of bytes of this rank's part, and of those from one position to the next, by the
  /// library's account.
  ///
  /// The corresponding C function is `MPI_Win_get_attr`, with `MPI_WIN_SIZE` and
  /// `MPI_WIN_DISP_UNIT` (MPI 3.1 §11.2.6).
  public var byteCounts: (total: Int, unit: Int) {
    let total = unsafe attribute(CMPI_WIN_SIZE)?.load(as: MPI_Aint.self) ?? 0
    let unit = unsafe attribute(CMPI_WIN_DISP_UNIT)?.load(as: CInt.self) ?? 1
    return (Int(total), Int(unit))
  }

  /// The value that this window keeps under a key, `nil` where there is none.
  ///
  /// The corresponding C functions are `MPI_Win_get_attr`, `MPI_Win_set_attr` and
  /// `MPI_Win_delete_attr` (MPI 3.1 §6.7.3).
  public subscript<Value: Sendable>(key: AttributeKey<Value>) -> Value? {
    get { unsafe key.value(of: .window(reference.raw)) }
    nonmutating set { unsafe key.setValue(newValue, of: .window(reference.raw)) }
  }

  /// An attribute that the library keeps of each window: the address of a number.
  private func attribute(_ key: CInt) -> UnsafeMutableRawPointer? {
    var value: UnsafeMutableRawPointer?
    var flag: CInt = 0
    let code = unsafe MPI_Win_get_attr(reference.raw, key, &value, &flag)
    return unsafe code == CMPI_SUCCESS && flag != 0 ? value : nil
  }

  /// The hints that the library makes use of.
  ///
  /// The corresponding C function is `MPI_Win_get_info` (MPI 3.1 §11.2.7).
  public var info: Info {
    get throws {
      var info = CMPI_INFO_NULL as RawInfo
      try unsafe reference.check(
        MPI_Win_get_info(reference.raw, &info), "MPI_Win_get_info")
      return Info(owning: info)
    }
  }

  /// Gives the library hints.
  ///
  /// **Collective**: every rank of the window calls it.
  ///
  /// - Throws: ``MPIError`` as the library reports it.
  ///
  /// The corresponding C function is `MPI_Win_set_info` (MPI 3.1 §11.2.7).
  public func setInfo(_ info: Info) throws {
    try reference.check(
      MPI_Win_set_info(reference.raw, info.raw), "MPI_Win_set_info")
  }

  /// The name that debuggers show. It is local, and cut where it is longer than the library allows.
  ///
  /// The corresponding C functions are `MPI_Win_get_name` and `MPI_Win_set_name` (MPI 3.1 §6.8).
  public var name: String {
    get {
      unsafe text(capacity: CMPI_MAX_OBJECT_NAME) {
        unsafe MPI_Win_get_name(reference.raw, $0, $1)
      }
    }
    nonmutating set {
      var name = newValue
      while name.utf8.count >= Int(CMPI_MAX_OBJECT_NAME) { name.removeLast() }
      _ = unsafe MPI_Win_set_name(reference.raw, name)
    }
  }
}

/// A window whose own memory is elements of one type: all but dynamic ones.
public protocol ElementWindow<Element>: OneSidedWindow, ~Copyable, ~Escapable
where Element: Datatype {}

extension ElementWindow where Self: ~Copyable & ~Escapable {
  /// The number of elements of this rank's own part.
  public var count: Int { storage.count }

  /// The number of elements of a rank's part.
  ///
  /// - Throws: ``MPIError/Code/invalidRank`` for a rank outside the window.
  public func count(of rank: Int) throws -> Int {
    _ = try reference.rawTarget(rank, "MPI_Win_get_attr")
    return storage.count(of: rank)
  }

  /// This rank's own part, to read, between epochs.
  ///
  /// In a ``OneSidedWindow/fence(_:)`` epoch, and while it is exposed by
  /// ``OneSidedWindow/post(to:_:)``, the compiler refuses it, since others may be writing. Where
  /// others use locks they may do so at any time: ``withElements(_:)`` keeps them out.
  ///
  /// The corresponding C attribute is `MPI_WIN_BASE` (MPI 3.1 §11.2.6).
  public var span: Span<Element> {
    @_lifetime(borrow self) get {
      unsafe _overrideLifetime(storage.elements(Element.self), borrowing: self)
    }
  }

  /// This rank's own part, to read and write, between epochs.
  ///
  /// The compiler refuses it in all epochs of this rank's. Where others use locks,
  /// ``withMutableElements(_:)`` keeps them out.
  ///
  /// The corresponding C attribute is `MPI_WIN_BASE` (MPI 3.1 §11.2.6).
  public var mutableSpan: MutableSpan<Element> {
    @_lifetime(&self) mutating get {
      unsafe _overrideLifetime(storage.mutableElements(Element.self), mutating: &self)
    }
  }
}
