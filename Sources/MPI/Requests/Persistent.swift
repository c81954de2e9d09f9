public import CMPI

/// The persistent forms of a communicator's operations: set up once, and started as often as needed.
///
/// Each of them owns the storage that it sends from or receives into, and lends it as a span. While
/// it is under way, the compiler refuses the storage, and a second start:
///
///     var sending = try world.persistent.send(Double.self, count: 100, to: right)
///     var receiving = try world.persistent.receive(Double.self, count: 100, from: left)
///     for step in 0..<1000 {
///       fill(sending.mutableSpan, step)
///       let ghost = try receiving.start()
///       let edge = try sending.start()
///       relaxInterior()
///       // print(receiving[0])   error: overlapping accesses to 'receiving'
///       try edge.wait()
///       try ghost.wait()
///       relaxBoundary(receiving.span)
///     }
///
/// A start and its wait allocate nothing. A persistent operation that goes out of scope is freed; it
/// cannot be under way then, since a ``Request`` that is dropped waits.
///
/// A view, as the standard library's `lazy`.
public struct Persistent: Sendable {
  let communicator: Communicator
}

extension Communicator {
  /// The persistent forms of the communicator's operations.
  public final var persistent: Persistent { Persistent(communicator: self) }
}

/// A persistent request, and the memory that it reads or writes. The request goes first.
@safe @usableFromInline
struct PersistentCore: ~Copyable {
  /// In memory of its own, where a ``Request`` can tell that it is gone.
  @usableFromInline let request: UnsafeMutablePointer<RawRequest>
  @usableFromInline let raw: RawCommunicator
  /// Whether each start needs a new request.
  @usableFromInline let isRenewed: Bool
  /// What most operations do without.
  @usableFromInline let extras: PersistentExtras?
  private let communicator: Communicator
  private let memory: PersistentMemory
  private let begin: ((Starting) throws -> Void)?
  private let kept = KeptCompletions()

  /// Sets an operation up.
  ///
  /// - Parameters:
  ///   - received: What the operation writes to; it may need to be made valid after each time.
  ///   - isRenewed: Whether each start needs a new request.
  ///   - isMessage: Whether this rank alone can make another request.
  ///   - begin: Makes the request.
  init(
    on communicator: Communicator, owning memory: consuming PersistentMemory,
    received: RawBuffer?, isRenewed: Bool = false, isMessage: Bool = false,
    _ begin: @escaping (Starting) throws -> Void
  ) throws {
    let pending = try Pending.start { pending in
      try begin(pending)
    }
    unsafe request = memory.request
    unsafe request.initialize(to: pending.request)
    raw = communicator.raw
    self.isRenewed = isRenewed
    self.begin = isMessage ? begin : nil
    self.communicator = communicator
    self.memory = memory
    let normalized = received.flatMap { unsafe $0.datatype.structure == nil ? nil : $0 }
    if pending.completion != nil || normalized != nil || Quirk.endsWhatIsAskedFor {
      extras = PersistentExtras(pending.completion, normalized)
    } else {
      extras = nil
    }
  }

  deinit { free() }

  private func free() {
    guard unsafe request.pointee != CMPI_REQUEST_NULL, isRunning else { return }
    _ = unsafe MPI_Request_free(request)
  }

  @inlinable @inline(__always) @_lifetime(immortal)
  func start() throws -> Request {
    if unsafe _slowPath(isRenewed || request.pointee == CMPI_REQUEST_NULL) { try renew() }
    // The library may replace the handle, if what it did for the last time still goes on.
    try unsafe check(MPI_Start(request), "MPI_Start", on: raw)
    guard let extras else { return unsafe Request(request.pointee, origin: request, on: raw) }
    return unsafe Request(request.pointee, try extras.start(on: raw), origin: request, on: raw)
  }

  /// Makes the request anew.
  ///
  /// Open MPI frees a persistent request whose operation has failed (open-mpi/ompi#13432, seen in
  /// 4.1.4), and sends other bytes from the second start of a buffered send on
  /// (open-mpi/ompi#12797, seen in 4.1.4).
  @usableFromInline @inline(never)
  func renew() throws {
    guard let begin = begin else {
      throw MPIError(
        .invalidRequest, routine: "MPI_Start",
        message: "the library has freed the request when the operation failed", on: raw)
    }
    free()
    let pending = try Pending.start { pending in
      try begin(pending)
    }
    unsafe request.pointee = pending.request
    if let completion = pending.completion { kept.all.append(completion) }
  }
}

/// What requests that were made anew need, for as long as the operation exists.
private final class KeptCompletions {
  var all: [Completion] = []
}

/// What a persistent operation needs besides its request, for as long as it exists.
@safe @usableFromInline
final class PersistentExtras {
  /// Arrays and types that the library reads at each start.
  private let kept: Completion?
  private let received: RawBuffer?
  private var others: [RawRequest]

  init(_ kept: Completion?, _ received: RawBuffer?) {
    self.kept = kept
    self.received = received
    others = kept?.requests ?? []
  }

  deinit {
    guard isRunning else { return }
    for index in others.indices { _ = unsafe MPI_Request_free(&others[index]) }
  }

  /// Starts what else there is to start, and says what is left to do at the end.
  @usableFromInline
  func start(on communicator: RawCommunicator) throws -> Completion {
    let completion = Completion()
    completion.communicator = communicator
    for index in others.indices {
      try unsafe check(MPI_Start(&others[index]), "MPI_Start", on: communicator)
      completion.add(others[index])
    }
    if let received = received { completion.normalize(received) }
    return completion
  }
}

/// Zeroed memory, aligned to cache lines, and before it room for a request.
@safe struct PersistentMemory: ~Copyable {
  private static let header = 128
  private let start: UnsafeMutableRawPointer

  init<T: Datatype>(_ count: Int, of type: T.Type) {
    precondition(count >= 0, "a persistent operation on \(count) elements")
    unsafe start = allocateZeroed(Self.header + count * MemoryLayout<T>.stride)
  }

  deinit { unsafe start.deallocate() }

  var request: UnsafeMutablePointer<RawRequest> {
    unsafe start.bindMemory(to: RawRequest.self, capacity: 1)
  }

  var address: UnsafeMutableRawPointer { unsafe start + Self.header }
}

/// Memory for values of any datatype, for each of which zero bytes are a value.
func allocateZeroed(_ byteCount: Int) -> UnsafeMutableRawPointer {
  let address = UnsafeMutableRawPointer.allocate(byteCount: max(byteCount, 1), alignment: 128)
  unsafe address.initializeMemory(as: UInt8.self, repeating: 0, count: byteCount)
  return unsafe address
}

/// A send, a receive or a broadcast that is set up once and started often, with the elements that it
/// sends or receives.
///
/// Made by ``Persistent``. Between one ``start()`` and the end of its ``Request`` the compiler
/// refuses the elements.
@safe public struct PersistentOperation<Element: Datatype>: ~Copyable {
  // A constant: the optimizer of Swift 6.3.1 crashes on the setter that a variable would have.
  @usableFromInline let core: PersistentCore
  @usableFromInline let address: UnsafeMutablePointer<Element>

  /// The number of elements that there is room for.
  public let count: Int

  init(
    on communicator: Communicator, count: Int, receives: Bool, isRenewed: Bool = false,
    isMessage: Bool = false,
    _ begin: @escaping (RawBuffer, Starting) throws -> Void
  ) throws {
    let memory = PersistentMemory(count, of: Element.self)
    let address = unsafe memory.address.bindMemory(to: Element.self, capacity: count)
    let buffer = unsafe RawBuffer(
      address: memory.address, count: count, datatype: Element.mpiDatatype)
    core = try PersistentCore(
      on: communicator, owning: memory, received: receives ? buffer : nil,
      isRenewed: isRenewed, isMessage: isMessage
    ) { pending throws in try begin(buffer, pending) }
    unsafe self.address = unsafe address
    self.count = count
  }

  /// Starts the operation: the elements cannot be touched until the request is complete.
  ///
  /// - Returns: The operation under way. ``Request/wait()`` tells who sent how much.
  /// - Throws: What the library reports.
  /// - Complexity: No allocation, unless the elements hold a `Bool`.
  ///
  /// The corresponding C function is `MPI_Start` (MPI 3.1 §3.9).
  @inlinable @inline(__always) @_lifetime(&self)
  public mutating func start() throws -> Request { try core.start() }

  /// The elements, to be read.
  @inlinable
  public var span: Span<Element> {
    @inline(__always) @_lifetime(borrow self) get {
      unsafe _overrideLifetime(Span(_unsafeStart: address, count: count), borrowing: self)
    }
  }

  /// The elements, to be read and written.
  @inlinable
  public var mutableSpan: MutableSpan<Element> {
    @inline(__always) @_lifetime(&self) mutating get {
      unsafe _overrideLifetime(
        MutableSpan(_unsafeStart: address, count: count), mutating: &self)
    }
  }

  /// One of the elements.
  ///
  /// - Precondition: `index` is in `0..<count`.
  @inlinable
  public subscript(index: Int) -> Element {
    @inline(__always) get {
      precondition(UInt(bitPattern: index) < UInt(bitPattern: count), "index out of range")
      return unsafe address[index]
    }
    @inline(__always) set {
      precondition(UInt(bitPattern: index) < UInt(bitPattern: count), "index out of range")
      unsafe address[index] = newValue
    }
  }
}

// Any thread may start it, or wait for it, one at a time.
extension PersistentOperation: @unchecked Sendable {}
