internal import CMPI
internal import Synchronization

/// A key under which values are kept with communicators, windows and layouts.
///
/// What a library has worked out for a communicator it finds again at the next call, without a table
/// of its own, and it vanishes with the communicator:
///
///     let planKey = AttributeKey<Plan>(onDuplicate: .shared)
///
///     func plan(for communicator: Communicator) throws -> Plan {
///       if let plan = communicator[planKey] { return plan }
///       let plan = try Plan(communicator)
///       communicator[planKey] = plan
///       return plan
///     }
///
/// A value is local to its process. Make a key once, and keep it; values stay with their objects after
/// their key is gone, but cannot be found any more.
///
/// The corresponding C functions are `MPI_Comm_create_keyval`, `MPI_Win_create_keyval`,
/// `MPI_Type_create_keyval`, `MPI_Comm_free_keyval`, `MPI_Win_free_keyval` and
/// `MPI_Type_free_keyval` (MPI 3.1 §6.7).
public final class AttributeKey<Value: Sendable>: Sendable {
  /// What becomes of a value when its communicator is duplicated.
  public enum Duplication: Sendable {
    /// The duplicate has no value.
    case none
    /// The duplicate has the same value.
    case shared
    /// The duplicate has what the closure makes of the value, or none where that is `nil`.
    case copied(@Sendable (Value) -> Value?)
  }

  private let duplicate: (@Sendable (Value) -> Value?)?
  private let numbers = KeyNumbers()

  /// Creates a key.
  ///
  /// - Parameter duplication: What becomes of a value when its object is duplicated.
  public init(onDuplicate duplication: Duplication = .none) {
    switch duplication {
    case .none: duplicate = nil
    case .shared: duplicate = { $0 }
    case .copied(let body): duplicate = body
    }
  }

  /// The value that an object has.
  func value(of holder: AttributeHolder) -> Value? {
    guard let box = unsafe holder.box(numbers.number(for: holder)) else { return nil }
    return (box as? TypedBox)?.value
  }

  /// Gives an object a value, or takes it away.
  func setValue(_ value: Value?, of holder: AttributeHolder) {
    let box = value.map { TypedBox($0, duplicate) }
    unsafe holder.set(box, numbers.number(for: holder))
  }

  private final class TypedBox: AttributeBox, @unchecked Sendable {
    let value: Value
    let duplicate: (@Sendable (Value) -> Value?)?

    init(_ value: Value, _ duplicate: (@Sendable (Value) -> Value?)?) {
      self.value = value
      self.duplicate = duplicate
    }

    override func duplicated() -> AttributeBox? {
      duplicate?(value).map { TypedBox($0, duplicate) }
    }
  }
}

/// What the library keeps a reference to.
private class AttributeBox {
  /// What the duplicate of an object gets.
  func duplicated() -> AttributeBox? { nil }
}

/// The library's numbers of a key: one for each kind of object, made when it is first needed.
@safe private final class KeyNumbers: Sendable {
  private let numbers = Mutex<[CInt?]>([nil, nil, nil])
  /// Among what is freed at the latest when MPI is finalized: a key may be a static property.
  private let finalization = Mutex<Int?>(nil)

  func number(for holder: AttributeHolder) -> CInt {
    finalization.withLock { number in
      if number == nil { number = Finalization.run { [weak self] in self?.finish() } }
    }
    return numbers.withLock { numbers in
      let index = unsafe holder.index
      if let number = numbers[index] { return number }
      var number: CInt = 0
      let code = unsafe holder.createKey(&number)
      precondition(code == CMPI_SUCCESS, "MPI could not make a key of attributes")
      numbers[index] = number
      return number
    }
  }

  deinit {
    guard isRunning else { return }
    finalization.withLock { number in if let number { Finalization.forget(number) } }
    free()
  }

  /// Drops what the world has, and the keys. The library would do the former itself, but later, when what
  /// values hold (other communicators, say) cannot be freed any more.
  private func finish() {
    let world = unsafe AttributeHolder.communicator(CMPI_COMM_WORLD)
    if let number = numbers.withLock({ $0[unsafe world.index] }) { unsafe world.set(nil, number) }
    free()
  }

  private func free() {
    numbers.withLock { numbers in
      defer { numbers = [nil, nil, nil] }
      if var number = numbers[0] { _ = unsafe MPI_Comm_free_keyval(&number) }
      if var number = numbers[1] { _ = unsafe MPI_Win_free_keyval(&number) }
      if var number = numbers[2] { _ = unsafe MPI_Type_free_keyval(&number) }
    }
  }
}

/// An object of MPI's that keeps attributes. A class that has one offers a subscript:
///
///     subscript<Value>(key: AttributeKey<Value>) -> Value? {
///       get { unsafe key.value(of: .window(raw)) }
///       set { unsafe key.setValue(newValue, of: .window(raw)) }
///     }
@unsafe enum AttributeHolder {
  case communicator(RawCommunicator)
  case window(RawWindow)
  case datatype(RawDatatype)

  /// The place in an array with one entry for each kind.
  fileprivate var index: Int {
    switch unsafe self {
    case .communicator: 0
    case .window: 1
    case .datatype: 2
    }
  }

  fileprivate func createKey(_ number: inout CInt) -> CInt {
    switch unsafe self {
    case .communicator:
      unsafe MPI_Comm_create_keyval(
        { unsafe copyAttribute($3, $4, $5) }, { unsafe releaseAttribute($2, $3) }, &number, nil)
    case .window:
      unsafe MPI_Win_create_keyval(
        { unsafe copyAttribute($3, $4, $5) }, { unsafe releaseAttribute($2, $3) }, &number, nil)
    case .datatype:
      unsafe MPI_Type_create_keyval(
        { unsafe copyAttribute($3, $4, $5) }, { unsafe releaseAttribute($2, $3) }, &number, nil)
    }
  }

  fileprivate func box(_ key: CInt) -> AttributeBox? {
    var value: UnsafeMutableRawPointer?
    var found: CInt = 0
    let code =
      switch unsafe self {
      case .communicator(let raw): unsafe MPI_Comm_get_attr(raw, key, &value, &found)
      case .window(let raw): unsafe MPI_Win_get_attr(raw, key, &value, &found)
      case .datatype(let raw): unsafe MPI_Type_get_attr(raw, key, &value, &found)
      }
    guard code == CMPI_SUCCESS, found != 0, let value = unsafe value else { return nil }
    return unsafe Unmanaged<AttributeBox>.fromOpaque(value).takeUnretainedValue()
  }

  fileprivate func set(_ box: AttributeBox?, _ key: CInt) {
    let code: CInt
    if let box {
      let value = unsafe Unmanaged.passRetained(box).toOpaque()
      code =
        switch unsafe self {
        case .communicator(let raw): unsafe MPI_Comm_set_attr(raw, key, value)
        case .window(let raw): unsafe MPI_Win_set_attr(raw, key, value)
        case .datatype(let raw): unsafe MPI_Type_set_attr(raw, key, value)
        }
    } else if unsafe self.box(key) == nil {
      // Taking away what is not there is an error in some libraries.
      return
    } else {
      code =
        switch unsafe self {
        case .communicator(let raw): MPI_Comm_delete_attr(raw, key)
        case .window(let raw): MPI_Win_delete_attr(raw, key)
        case .datatype(let raw): MPI_Type_delete_attr(raw, key)
        }
    }
    precondition(code == CMPI_SUCCESS, "an attribute was set of what is closed or disconnected")
  }
}

/// Called by the library when an object with an attribute is duplicated.
private func copyAttribute(
  _ value: UnsafeMutableRawPointer?, _ copy: UnsafeMutableRawPointer?,
  _ flag: UnsafeMutablePointer<CInt>?
) -> CInt {
  guard let value = unsafe value, let copy = unsafe copy, let flag = unsafe flag else {
    return CMPI_ERR_ARG
  }
  let box = unsafe Unmanaged<AttributeBox>.fromOpaque(value).takeUnretainedValue()
  let duplicate = box.duplicated()
  unsafe flag.pointee = duplicate == nil ? 0 : 1
  if let duplicate {
    unsafe copy.storeBytes(
      of: Unmanaged.passRetained(duplicate).toOpaque(), as: UnsafeMutableRawPointer.self)
  }
  return CMPI_SUCCESS
}

/// Called by the library when an attribute is replaced or deleted, or its object freed.
private func releaseAttribute(
  _ value: UnsafeMutableRawPointer?, _: UnsafeMutableRawPointer?
) -> CInt {
  if let value = unsafe value { unsafe Unmanaged<AttributeBox>.fromOpaque(value).release() }
  return CMPI_SUCCESS
}

extension AnyCommunicator {
  /// The value that this communicator keeps under a key, `nil` where there is none.
  ///
  /// - Precondition: The communicator has not been disconnected when a value is set.
  ///
  /// The corresponding C functions are `MPI_Comm_get_attr`, `MPI_Comm_set_attr` and
  /// `MPI_Comm_delete_attr` (MPI 3.1 §6.7.2).
  public final subscript<Value: Sendable>(key: AttributeKey<Value>) -> Value? {
    get { unsafe key.value(of: .communicator(raw)) }
    set { unsafe key.setValue(newValue, of: .communicator(raw)) }
  }
}

extension Layout {
  /// The value that this layout keeps under a key, `nil` where there is none. All copies of a layout
  /// share it.
  ///
  /// The corresponding C functions are `MPI_Type_get_attr`, `MPI_Type_set_attr` and
  /// `MPI_Type_delete_attr` (MPI 3.1 §6.7.4).
  public subscript<Value: Sendable>(key: AttributeKey<Value>) -> Value? {
    get { unsafe key.value(of: .datatype(storage.handle.raw)) }
    nonmutating set { unsafe key.setValue(newValue, of: .datatype(storage.handle.raw)) }
  }
}
