internal import CMPI

/// What detaches storage once.
@safe final class AttachmentStorage {
  private let window: WindowStorage
  private var base: UnsafeMutableRawPointer?

  init(_ window: WindowStorage, _ base: UnsafeMutableRawPointer?) {
    self.window = window
    unsafe self.base = unsafe base
  }

  func detach() throws {
    // A window that was closed has detached all.
    guard let base = unsafe base, window.raw != CMPI_WIN_NULL else { return }
    unsafe self.base = nil
    try unsafe check(
      MPI_Win_detach(window.raw, base), "MPI_Win_detach", of: window.raw,
      on: window.communicator.raw)
  }

  deinit {
    if isRunning { try? detach() }
  }
}

/// Storage that is attached to a ``DynamicWindow``, and borrowed for as long.
///
/// One that goes out of scope is detached. That others have ended their accesses is up to the program,
/// which has to end an epoch, or to wait for them, before.
@safe public struct Attachment<T: Datatype>: ~Copyable, ~Escapable {
  private let keeper: AttachmentStorage
  private let elements: UnsafeMutableBufferPointer<T>

  /// Where others find the storage.
  public let address: RemoteAddress<T>

  @_lifetime(immortal)
  init(
    _ keeper: AttachmentStorage, _ elements: UnsafeMutableBufferPointer<T>,
    _ address: RemoteAddress<T>
  ) {
    self.keeper = keeper
    unsafe self.elements = unsafe elements
    self.address = address
  }

  /// The storage, to read, between epochs.
  public var span: Span<T> {
    @_lifetime(borrow self) get {
      unsafe _overrideLifetime(
        Span(_unsafeElements: UnsafeBufferPointer(elements)), borrowing: self)
    }
  }

  /// The storage, to read and write, between epochs.
  public var mutableSpan: MutableSpan<T> {
    @_lifetime(&self) mutating get {
      unsafe _overrideLifetime(MutableSpan(_unsafeElements: elements), mutating: &self)
    }
  }

  /// Detaches the storage, and gives it back.
  ///
  /// - Throws: ``MPIError`` as the library reports it.
  ///
  /// The corresponding C function is `MPI_Win_detach` (MPI 3.1 §11.2.4).
  public consuming func detach() throws { try keeper.detach() }
}

/// Where elements are that a rank has attached to a ``DynamicWindow``: a value to be sent to others,
/// who can use it only with that window and that rank.
///
/// The corresponding C type is `MPI_Aint`.
public struct RemoteAddress<T: Datatype>: Datatype, BitwiseCopyable, Hashable {
  let address: Int
  /// The number of elements.
  public let count: Int

  init(address: Int, count: Int) {
    self.address = address
    self.count = count
  }

  /// Some of the elements.
  ///
  /// - Precondition: They are among these.
  ///
  /// The corresponding C function is `MPI_Aint_add` (MPI 3.1 §4.1.5).
  public subscript(range: Range<Int>) -> RemoteAddress {
    precondition(
      range.lowerBound >= 0 && range.upperBound <= count,
      "elements \(range) of \(count) at a remote address")
    // Addresses are counted in bytes on all machines that this module runs on, as MPI_Aint_add does.
    return RemoteAddress(
      address: address + range.lowerBound * MemoryLayout<T>.stride, count: range.count)
  }
}
