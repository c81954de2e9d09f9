internal import CMPI
internal import Synchronization

extension Persistent {
  /// Sets up a send of a message whose parts become ready one by one, as the threads of a program
  /// compute them, say.
  ///
  ///     var sending = try world.persistent.send(Double.self, partitions: 8, of: 1000, to: 1)
  ///     let active = try sending.start()
  ///     DispatchQueue.concurrentPerform(iterations: 8) { part in
  ///       do { try active.fill(part) { compute(part, &$0) } } catch { world.abort() }
  ///     }
  ///     try active.wait()
  ///
  /// - Parameters:
  ///   - type: The type of the elements; they begin as zeros.
  ///   - partitions: The number of parts. The receive may have another number of them, with as many
  ///     elements in all.
  ///   - count: The number of elements in each part.
  ///   - destination: The receiving rank.
  ///   - tag: The label that the receive asks for. The receive must be a partitioned one, too.
  ///   - info: Hints for the library.
  /// - Throws: ``MPIError/Code/unsupportedOperation`` where the library has no partitioned messages,
  ///   ``MPIError/Code/invalidRank``, and what else the library reports.
  ///
  /// The corresponding C function is `MPI_Psend_init` (MPI 4.0 §4.2.1).
  public func send<T: Datatype>(
    _ type: T.Type, partitions: Int, of count: Int, to destination: Int, tag: MessageTag = 0,
    info: Info = Info()
  ) throws -> PartitionedSend<T> {
    let raw = communicator.raw
    return PartitionedSend(
      try unsafe PartitionedMessage(
        communicator, partitions, count, peer: destination, "MPI_Psend_init", receives: false
      ) { (buffer, partitions, peer, request) in
        unsafe CMPI_Psend_init(
          buffer.address, partitions, MPI_Count(count), buffer.datatype.raw, peer, tag.rawValue,
          raw, info.raw, request)
      })
  }

  /// Sets up a receive of a message whose parts arrive one by one.
  ///
  ///     var receiving = try world.persistent.receive(Double.self, partitions: 8, of: 1000, from: 0)
  ///     let active = try receiving.start()
  ///     var next = 0
  ///     while next < 8 {
  ///       if try active.hasArrived(next) {
  ///         active.withPartition(next) { use($0) }
  ///         next += 1
  ///       }
  ///     }
  ///     try active.wait()
  ///
  /// - Parameters:
  ///   - type: The type of the elements; they begin as zeros.
  ///   - partitions: The number of parts.
  ///   - count: The number of elements in each part.
  ///   - source: The sending rank.
  ///   - tag: The label of the message.
  ///   - info: Hints for the library.
  /// - Throws: ``MPIError/Code/unsupportedOperation`` where the library has no partitioned messages,
  ///   ``MPIError/Code/invalidRank``, and what else the library reports.
  ///
  /// The corresponding C function is `MPI_Precv_init` (MPI 4.0 §4.2.1).
  public func receive<T: Datatype>(
    _ type: T.Type, partitions: Int, of count: Int, from source: Int, tag: MessageTag = 0,
    info: Info = Info()
  ) throws -> PartitionedReceive<T> {
    let raw = communicator.raw
    return PartitionedReceive(
      try unsafe PartitionedMessage(
        communicator, partitions, count, peer: source, "MPI_Precv_init", receives: true
      ) { (buffer, partitions, peer, request) in
        unsafe CMPI_Precv_init(
          buffer.address, partitions, MPI_Count(count), buffer.datatype.raw, peer, tag.rawValue,
          raw, info.raw, request)
      })
  }
}

/// A send, set up once, of a message whose parts become ready one by one.
///
/// Made by ``Persistent``.
@safe public struct PartitionedSend<Element: Datatype>: ~Copyable, @unchecked Sendable {
  private var message: PartitionedMessage<Element>

  init(_ message: consuming PartitionedMessage<Element>) { self.message = message }

  /// The number of parts.
  public var partitions: Int { message.partitions }

  /// All elements, one part after the other.
  public var mutableSpan: MutableSpan<Element> {
    @_lifetime(&self) mutating get {
      unsafe _overrideLifetime(
        MutableSpan(_unsafeStart: message.first, count: message.partitions * message.count),
        mutating: &self)
    }
  }

  /// Starts the send. No part is sent before it is said to be ready.
  ///
  /// - Throws: ``MPIError`` as the library reports it.
  ///
  /// The corresponding C function is `MPI_Start` (MPI 4.0 §4.2.2).
  @_lifetime(&self)
  public mutating func start() throws -> ActivePartitionedSend<Element> {
    ActivePartitionedSend(try message.start())
  }
}

/// A partitioned send under way. Several threads may fill its parts.
@safe
public struct ActivePartitionedSend<Element: Datatype>: ~Copyable, ~Escapable,
  @unchecked Sendable
{
  private let message: ActivePartitionedMessage<Element>

  @_lifetime(copy message)
  init(_ message: consuming ActivePartitionedMessage<Element>) { self.message = message }

  /// Lets a closure write the elements of one part, which is ready then.
  ///
  /// - Throws: ``MPIError`` as the library reports it.
  /// - Precondition: The part is not ready, and no other thread fills it.
  ///
  /// The corresponding C function is `MPI_Pready` (MPI 4.0 §4.2.2).
  public func fill(
    _ partition: Int, _ body: (inout MutableSpan<Element>) -> Void
  ) throws {
    precondition(
      message.move(partition, from: Stage.before, to: Stage.between),
      "partition \(partition) is ready, or another thread fills it")
    var elements = unsafe MutableSpan(
      _unsafeStart: message.first + partition * message.count, count: message.count)
    body(&elements)
    _ = message.move(partition, from: Stage.between, to: Stage.after)
    try check(
      CMPI_Pready(CInt(partition), message.request.raw), "MPI_Pready", on: message.communicator)
  }

  /// Says that a part is ready as it is.
  ///
  /// - Throws: ``MPIError`` as the library reports it.
  /// - Precondition: It is not ready already.
  ///
  /// The corresponding C function is `MPI_Pready` (MPI 4.0 §4.2.2).
  public func ready(_ partition: Int) throws {
    take(partition)
    try check(
      CMPI_Pready(CInt(partition), message.request.raw), "MPI_Pready", on: message.communicator)
  }

  /// Says that a run of parts is ready as it is.
  ///
  /// - Throws: ``MPIError`` as the library reports it.
  /// - Precondition: None of them is ready already.
  ///
  /// The corresponding C function is `MPI_Pready_range` (MPI 4.0 §4.2.2).
  public func ready(_ partitions: Range<Int>) throws {
    for partition in partitions { take(partition) }
    if partitions.isEmpty { return }
    try check(
      CMPI_Pready_range(
        CInt(partitions.lowerBound), CInt(partitions.upperBound - 1), message.request.raw),
      "MPI_Pready_range", on: message.communicator)
  }

  /// Says that some parts are ready as they are.
  ///
  /// - Throws: ``MPIError`` as the library reports it.
  /// - Precondition: None of them is ready already, and none is named twice.
  ///
  /// The corresponding C function is `MPI_Pready_list` (MPI 4.0 §4.2.2).
  public func ready(_ partitions: [Int]) throws {
    for partition in partitions { take(partition) }
    if partitions.isEmpty { return }
    let list = partitions.map { CInt($0) }
    try unsafe check(
      CMPI_Pready_list(CInt(list.count), list, message.request.raw), "MPI_Pready_list",
      on: message.communicator)
  }

  private func take(_ partition: Int) {
    precondition(
      message.move(partition, from: Stage.before, to: Stage.after),
      "partition \(partition) is ready already, or another thread fills it")
  }

  /// Waits until the whole message is sent; the elements may be used again then.
  ///
  /// - Throws: ``MPIError`` as the library reports it.
  /// - Precondition: All parts are ready.
  ///
  /// The corresponding C function is `MPI_Wait` (MPI 4.0 §4.2.2).
  public consuming func wait() throws {
    let message = message
    let missing = (0..<message.partitions).count { message.stage(of: $0) != Stage.after }
    precondition(missing == 0, "\(missing) of \(message.partitions) partitions are not ready")
    try message.request.wait()
  }
}

/// A receive, set up once, of a message whose parts arrive one by one.
///
/// Made by ``Persistent``.
@safe public struct PartitionedReceive<Element: Datatype>: ~Copyable, @unchecked Sendable {
  private var message: PartitionedMessage<Element>

  init(_ message: consuming PartitionedMessage<Element>) { self.message = message }

  /// The number of parts.
  public var partitions: Int { message.partitions }

  /// All elements, one part after the other.
  public var span: Span<Element> {
    @_lifetime(borrow self) get {
      unsafe _overrideLifetime(
        Span(_unsafeStart: message.first, count: message.partitions * message.count),
        borrowing: self)
    }
  }

  /// Starts the receive.
  ///
  /// - Throws: ``MPIError`` as the library reports it.
  ///
  /// The corresponding C function is `MPI_Start` (MPI 4.0 §4.2.2).
  @_lifetime(&self)
  public mutating func start() throws -> ActivePartitionedReceive<Element> {
    ActivePartitionedReceive(try message.start())
  }
}

/// A partitioned receive under way. Several threads may use the parts that have arrived.
@safe
public struct ActivePartitionedReceive<Element: Datatype>: ~Copyable, ~Escapable,
  @unchecked Sendable
{
  private let message: ActivePartitionedMessage<Element>

  @_lifetime(copy message)
  init(_ message: consuming ActivePartitionedMessage<Element>) { self.message = message }

  /// Whether all elements of a part have come, so that it can be read.
  ///
  /// - Throws: ``MPIError`` as the library reports it.
  ///
  /// The corresponding C function is `MPI_Parrived` (MPI 4.0 §4.2.3).
  public func hasArrived(_ partition: Int) throws -> Bool {
    if message.stage(of: partition) == Stage.after { return true }
    var flag: CInt = 0
    try unsafe check(
      CMPI_Parrived(message.request.raw, CInt(partition), &flag), "MPI_Parrived",
      on: message.communicator)
    if flag == 0 { return false }
    // One thread makes the elements valid, the others have to ask again.
    guard message.move(partition, from: Stage.before, to: Stage.between) else { return false }
    message.buffer(of: partition).normalize()
    return message.move(partition, from: Stage.between, to: Stage.after)
  }

  /// Lets a closure read the elements of a part that has arrived.
  ///
  /// - Precondition: ``hasArrived(_:)`` has said so.
  public func withPartition<Result, Failure: Error>(
    _ partition: Int, _ body: (Span<Element>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    precondition(
      message.stage(of: partition) == Stage.after, "partition \(partition) is not here yet")
    let elements = unsafe Span(
      _unsafeStart: message.first + partition * message.count, count: message.count)
    return try body(elements)
  }

  /// Waits until the whole message has come.
  ///
  /// - Returns: Who sent it.
  /// - Throws: ``MPIError`` as the library reports it.
  ///
  /// The corresponding C function is `MPI_Wait` (MPI 4.0 §4.2.3).
  @discardableResult
  public consuming func wait() throws -> Status {
    let message = message
    return try message.request.wait()
  }
}
