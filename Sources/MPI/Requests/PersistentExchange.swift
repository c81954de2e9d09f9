public import CMPI
internal import Synchronization

/// Sends and receives that are set up once, with all their buffers, and started often.
///
/// Together, with the compiler on guard until the wait:
///
///     var halo = world.persistent.exchange()
///     let west = try halo.receive(Double.self, count: n, from: left)
///     let east = try halo.send(Double.self, count: n, to: right)
///     for step in 0..<1000 {
///       fillEdge(halo.mutableSpan(of: east))
///       let active = try halo.start()
///       relaxInterior()
///       // halo[west, 0]   error: overlapping accesses to 'halo'
///       try active.wait()
///       relaxBoundary(halo.span(of: west))
///     }
///
/// Or one by one, as a server does that has a receive under way for each of its workers. Which of
/// the buffers belong to the library is known only when the program runs then, and touching one of
/// those traps:
///
///     var inbox = world.persistent.exchange()
///     var slots: [PersistentExchange.Slot<Double>] = []
///     for worker in workers {
///       slots.append(try inbox.receive(Double.self, count: capacity, from: worker))
///     }
///     for slot in slots { try inbox.start(slot) }
///     while let done = try inbox.waitAny() {
///       let slot = slots[done.index]
///       if handle(inbox.span(of: slot), done.status) { try inbox.start(slot) }
///     }
///
/// Neither form allocates anything once the exchange is set up. An exchange that goes out of scope
/// waits for what is under way, and is freed.
@safe public struct PersistentExchange: ~Copyable {
  @usableFromInline var requests: UnsafeMutablePointer<RawRequest>
  @usableFromInline var operations: UnsafeMutablePointer<Operation>
  var statuses: UnsafeMutablePointer<MPI_Status>
  var indices: UnsafeMutablePointer<CInt>
  private var capacity = 8

  /// The number of operations that have been set up.
  @inlinable public var count: Int { storedCount }
  @usableFromInline var storedCount = 0

  /// The number of operations that were started one by one, and have not ended.
  public internal(set) var activeCount = 0

  @usableFromInline let raw: RawCommunicator
  /// Whether something may be left to do when operations have ended together.
  @usableFromInline var hasSequel = false
  /// Whether some operation needs a new request for each start.
  @usableFromInline var renews = false
  private let communicator: Communicator
  /// The types of operations on more than 2³¹ elements.
  private var kept: [Completion] = []

  /// Tells the slots of one exchange from those of another.
  private let identity: Int
  private static let identities = Atomic<Int>(0)

  /// One of the operations of a ``PersistentExchange``.
  public struct Slot<Element: Datatype>: Hashable, Sendable {
    /// The number of operations that were set up before this one.
    public let index: Int
    fileprivate let identity: Int
  }

  /// What the exchange knows of one operation.
  @unsafe @usableFromInline
  struct Operation {
    let buffer: RawBuffer
    let peer: CInt
    let tag: MessageTag
    /// `nil` for a receive.
    let mode: SendMode?
    var isActive = false
    /// How it has ended, where the library has told before it was asked for that.
    var end: EarlyEnd?

    var isReceive: Bool { unsafe mode == nil }
    var isRenewed: Bool { unsafe mode == .buffered && renewsBufferedSends }

    func prepare(
      on raw: RawCommunicator, _ pending: Starting
    ) throws {
      if let mode = unsafe mode {
        try unsafe prepareSend(buffer, peer, tag, mode, on: raw, pending)
      } else {
        try unsafe prepareReceive(buffer, peer, tag, on: raw, pending)
      }
    }
  }

  init(on communicator: Communicator) {
    self.communicator = communicator
    raw = communicator.raw
    identity = Self.identities.add(1, ordering: .relaxed).newValue
    unsafe requests = .allocate(capacity: capacity)
    unsafe operations = .allocate(capacity: capacity)
    unsafe statuses = .allocate(capacity: capacity)
    unsafe indices = .allocate(capacity: capacity)
  }

  deinit {
    for index in 0..<storedCount {
      // What was started one by one may be under way; of all others this asks in vain.
      unsafe drop(requests[index], nil, requests + index)
      if unsafe requests[index] != CMPI_REQUEST_NULL, isRunning {
        _ = unsafe MPI_Request_free(requests + index)
      }
      unsafe operations[index].buffer.address?.deallocate()
    }
    unsafe requests.deallocate()
    unsafe operations.deallocate()
    unsafe statuses.deallocate()
    unsafe indices.deallocate()
  }
}

extension Persistent {
  /// Begins a set of persistent sends and receives, which is empty at first.
  public func exchange() -> PersistentExchange { PersistentExchange(on: communicator) }
}

// Any thread may start it, or wait for it, one at a time.
extension PersistentExchange: @unchecked Sendable {}

extension PersistentExchange {
  /// Adds a send to one rank. Its elements begin as zeros.
  ///
  /// The parameters and errors are those of ``Persistent/send(_:count:to:tag:mode:)``.
  ///
  /// The corresponding C functions are `MPI_Send_init`, `MPI_Ssend_init`, `MPI_Bsend_init` and
  /// `MPI_Rsend_init` (MPI 3.1 §3.9).
  public mutating func send<T: Datatype>(
    _ type: T.Type, count: Int, to destination: Int?, tag: MessageTag = 0,
    mode: SendMode = .standard
  ) throws -> Slot<T> {
    try add(type, count, communicator.rawPeer(destination, "MPI_Send_init"), tag, mode)
  }

  /// Adds a receive of messages. Its elements begin as zeros.
  ///
  /// The parameters and errors are those of ``Persistent/receive(_:count:from:tag:)``.
  ///
  /// The corresponding C function is `MPI_Recv_init` (MPI 3.1 §3.9).
  public mutating func receive<T: Datatype>(
    _ type: T.Type, count: Int, from source: some Source, tag: MessageTag = 0
  ) throws -> Slot<T> {
    try add(type, count, communicator.rawSource(source, "MPI_Recv_init"), tag, nil)
  }

  private mutating func add<T: Datatype>(
    _ type: T.Type, _ elements: Int, _ peer: CInt, _ tag: MessageTag, _ mode: SendMode?
  ) throws -> Slot<T> {
    precondition(elements >= 0, "a persistent operation on \(elements) elements")
    if storedCount == capacity { grow() }
    let buffer = unsafe RawBuffer(
      address: allocateZeroed(elements * MemoryLayout<T>.stride), count: elements,
      datatype: T.mpiDatatype)
    let operation = unsafe Operation(buffer: buffer, peer: peer, tag: tag, mode: mode)
    do {
      try unsafe prepare(operation, storedCount)
    } catch {
      unsafe buffer.address?.deallocate()
      throw error
    }
    unsafe (operations + storedCount).initialize(to: operation)
    // Received bytes may have to be made valid, or an early end may have to be told of.
    if unsafe operation.isReceive && buffer.datatype.structure != nil || Quirk.endsWhatIsAskedFor {
      hasSequel = true
    }
    if unsafe operation.isRenewed { renews = true }
    storedCount += 1
    return Slot(index: storedCount - 1, identity: identity)
  }

  /// Makes the request of an operation.
  private mutating func prepare(_ operation: Operation, _ index: Int) throws {
    let pending = try Pending.start { pending in
      try unsafe operation.prepare(on: raw, pending)
    }
    if let completion = pending.completion { kept.append(completion) }
    unsafe (requests + index).initialize(to: pending.request)
  }

  /// Makes requests anew that are gone, or cannot be used again: see ``PersistentCore/renew()``.
  @usableFromInline @inline(never)
  mutating func renew(_ indices: Range<Int>) throws {
    for index in indices {
      let operation = unsafe operations[index]
      let isGone = unsafe requests[index] == CMPI_REQUEST_NULL
      guard unsafe isGone || operation.isRenewed else { continue }
      if !isGone {
        try unsafe check(MPI_Request_free(requests + index), "MPI_Request_free", on: raw)
      }
      try unsafe prepare(operation, index)
    }
  }

  private mutating func grow() {
    unsafe requests = enlarged(requests, storedCount)
    unsafe operations = enlarged(operations, storedCount)
    // These hold nothing between two calls.
    unsafe statuses.deallocate()
    unsafe indices.deallocate()
    capacity *= 2
    unsafe statuses = .allocate(capacity: capacity)
    unsafe indices = .allocate(capacity: capacity)
  }

  /// The operation of a slot.
  ///
  /// - Precondition: It is one of this exchange.
  func checked<T: Datatype>(_ slot: Slot<T>) -> Int {
    precondition(slot.identity == identity, "a slot of another exchange")
    return slot.index
  }

  /// The elements of an operation that is not under way.
  private func address<T: Datatype>(
    of slot: Slot<T>
  ) -> (first: UnsafeMutablePointer<T>, count: Int) {
    let operation = unsafe operations[checked(slot)]
    precondition(
      unsafe !operation.isActive, "the buffer of operation \(slot.index) is in use: it is under way"
    )
    guard let address = unsafe operation.buffer.address else {
      preconditionFailure("an operation without a buffer")
    }
    return unsafe (address.assumingMemoryBound(to: T.self), operation.buffer.count)
  }

  /// The elements of an operation, to be read.
  ///
  /// - Precondition: The slot is one of this exchange, and its operation is not under way.
  @_lifetime(borrow self)
  public func span<T: Datatype>(of slot: Slot<T>) -> Span<T> {
    let (first, count) = unsafe address(of: slot)
    return unsafe _overrideLifetime(Span(_unsafeStart: first, count: count), borrowing: self)
  }

  /// The elements of an operation, to be read and written.
  ///
  /// - Precondition: The slot is one of this exchange, and its operation is not under way.
  @_lifetime(&self)
  public mutating func mutableSpan<T: Datatype>(of slot: Slot<T>) -> MutableSpan<T> {
    let (first, count) = unsafe address(of: slot)
    return unsafe _overrideLifetime(
      MutableSpan(_unsafeStart: first, count: count), mutating: &self)
  }

  /// One element of an operation.
  ///
  /// - Precondition: The slot is one of this exchange, its operation is not under way, and it has
  ///   such an element.
  public subscript<T: Datatype>(slot: Slot<T>, index: Int) -> T {
    get { span(of: slot)[index] }
    set {
      var elements = mutableSpan(of: slot)
      elements[index] = newValue
    }
  }
}

private func enlarged<T>(_ old: UnsafeMutablePointer<T>, _ count: Int) -> UnsafeMutablePointer<T> {
  let new = UnsafeMutablePointer<T>.allocate(capacity: 2 * count)
  unsafe new.moveInitialize(from: old, count: count)
  unsafe old.deallocate()
  return unsafe new
}

extension PersistentExchange {
  /// Starts all operations: their elements cannot be touched until they are complete.
  ///
  /// - Throws: What the library reports.
  /// - Precondition: None of them was started alone and is under way.
  /// - Complexity: No allocation.
  ///
  /// The corresponding C function is `MPI_Startall` (MPI 3.1 §3.9).
  @inlinable @inline(__always) @_lifetime(&self)
  public mutating func start() throws -> ActiveExchange {
    precondition(activeCount == 0, "some operations are under way")
    var isRenewed = renews
    for index in 0..<storedCount {
      isRenewed = unsafe isRenewed || requests[index] == CMPI_REQUEST_NULL
    }
    if _slowPath(isRenewed) { try renew(0..<storedCount) }
    try unsafe check(
      MPI_Startall(CInt(truncatingIfNeeded: storedCount), requests), "MPI_Startall", on: raw)
    return unsafe ActiveExchange(requests, storedCount, hasSequel ? operations : nil, on: raw)
  }
}
