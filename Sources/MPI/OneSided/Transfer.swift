public import CMPI

// The one core of all operations but the atomic ones on a single element: what is done, with which
// elements here, and which there.

/// What an operation does with the target's elements.
@unsafe @usableFromInline
enum Transfer {
  case put
  case get
  case accumulate(RawOperation)
  case getAccumulate(RawOperation, into: RawBuffer)

  @usableFromInline
  var routine: StaticString {
    switch unsafe self {
    case .put: "MPI_Put"
    case .get: "MPI_Get"
    case .accumulate: "MPI_Accumulate"
    case .getAccumulate: "MPI_Get_accumulate"
    }
  }
}

/// A rank's elements in its window, as C describes them.
@unsafe @usableFromInline
struct RemoteBuffer {
  @usableFromInline let rank: CInt
  @usableFromInline let displacement: MPI_Aint
  @usableFromInline let count: Int
  @usableFromInline let datatype: DatatypeHandle

  /// - Parameter displacement: In the units of the window.
  @inlinable @inline(__always)
  init(rank: CInt, displacement: MPI_Aint, count: Int, datatype: DatatypeHandle) {
    unsafe self.rank = rank
    unsafe self.displacement = displacement
    unsafe self.count = count
    unsafe self.datatype = datatype
  }

  /// As many elements as a buffer has, of the same type.
  @inlinable @inline(__always)
  init(rank: CInt, displacement: MPI_Aint, like buffer: RawBuffer) {
    unsafe self.init(
      rank: rank, displacement: displacement, count: buffer.count, datatype: buffer.datatype)
  }

  /// The elements without a place, for what finds out about counts and types.
  var buffer: RawBuffer { unsafe RawBuffer(address: nil, count: count, datatype: datatype) }
}

extension WindowReference {
  /// Begins an operation. The buffers belong to the library until it is complete.
  ///
  /// - Returns: What has to be kept until then, which is nothing for most operations.
  @inlinable @inline(__always)
  func start(
    _ transfer: Transfer, _ origin: RawBuffer, _ target: RemoteBuffer
  ) throws(MPIError) -> Completion? {
    guard unsafe _fastPath(origin.fitsC && target.count <= Int(CInt.max)) else {
      var pending = unsafe Pending()
      try unsafe startAny(
        transfer, origin, target, raw, communicator, &pending, isRequest: false)
      return unsafe pending.completion
    }
    let count = CInt(truncatingIfNeeded: unsafe target.count)
    switch unsafe transfer {
    case .put:
      try unsafe check(
        MPI_Put(
          origin.address, origin.rawCount, origin.datatype.raw, target.rank, target.displacement,
          count, target.datatype.raw, raw),
        "MPI_Put")
    case .get:
      try unsafe check(
        MPI_Get(
          origin.address, origin.rawCount, origin.datatype.raw, target.rank, target.displacement,
          count, target.datatype.raw, raw),
        "MPI_Get")
    case .accumulate(let operation):
      try unsafe check(
        MPI_Accumulate(
          origin.address, origin.rawCount, origin.datatype.raw, target.rank, target.displacement,
          count, target.datatype.raw, operation, raw),
        "MPI_Accumulate")
    case .getAccumulate(let operation, into: let result):
      try unsafe check(
        MPI_Get_accumulate(
          origin.address, origin.rawCount, origin.datatype.raw,
          result.address, result.rawCount, result.datatype.raw, target.rank, target.displacement,
          count, target.datatype.raw, operation, raw),
        "MPI_Get_accumulate")
    }
    return nil
  }
}

/// Begins an operation of any size, with or without a request of its own.
@usableFromInline @inline(never)
func startAny(
  _ transfer: Transfer, _ origin: RawBuffer, _ target: RemoteBuffer, _ raw: RawWindow,
  _ communicator: RawCommunicator, _ pending: UnsafeMutablePointer<Pending>, isRequest: Bool
) throws(MPIError) {
  let near = try unsafe Narrowed(origin)
  defer { unsafe near.release(after: pending) }
  let far = try unsafe Narrowed(target.buffer)
  defer { unsafe far.release(after: pending) }
  let (from, rank, place) = unsafe (origin.address, target.rank, target.displacement)
  let (count, type) = unsafe (near.count, near.datatype.raw)
  let (farCount, farType) = unsafe (far.count, far.datatype.raw)
  var request = CMPI_REQUEST_NULL as RawRequest
  let code: CInt
  switch unsafe (transfer, isRequest) {
  case (.put, false):
    unsafe code = MPI_Put(from, count, type, rank, place, farCount, farType, raw)
  case (.put, true):
    unsafe code = MPI_Rput(from, count, type, rank, place, farCount, farType, raw, &request)
  case (.get, false):
    unsafe code = MPI_Get(from, count, type, rank, place, farCount, farType, raw)
  case (.get, true):
    unsafe code = MPI_Rget(from, count, type, rank, place, farCount, farType, raw, &request)
  case (.accumulate(let operation), false):
    unsafe code = MPI_Accumulate(
      from, count, type, rank, place, farCount, farType, operation, raw)
  case (.accumulate(let operation), true):
    unsafe code = MPI_Raccumulate(
      from, count, type, rank, place, farCount, farType, operation, raw, &request)
  case (.getAccumulate(let operation, into: let result), let isRequest):
    let back = try unsafe Narrowed(result)
    defer { unsafe back.release(after: pending) }
    let (into, backCount, backType) = unsafe (result.address, back.count, back.datatype.raw)
    unsafe code =
      isRequest
      ? MPI_Rget_accumulate(
        from, count, type, into, backCount, backType, rank, place, farCount, farType, operation,
        raw, &request)
      : MPI_Get_accumulate(
        from, count, type, into, backCount, backType, rank, place, farCount, farType, operation,
        raw)
  }
  try unsafe check(code, transfer.routine, of: raw, on: communicator)
  unsafe pending.pointee.request = request
}

// MARK: - Which elements

extension WindowReference {
  /// As many elements of a rank's part as a buffer has.
  @inlinable @inline(__always)
  func target<T: Datatype>(
    _ rank: Int?, at position: Int, of type: T.Type, like buffer: RawBuffer, width: Int = 1,
    _ routine: StaticString
  ) throws(MPIError) -> RemoteBuffer {
    let rank = try rawTarget(rank, routine)
    let count = unsafe width == 1 ? buffer.count : buffer.count / width
    try checkRange(position, count, on: rank, routine)
    return unsafe RemoteBuffer(
      rank: rank, displacement: displacement(of: position, type), like: buffer)
  }

  /// Elements of a rank's part that a layout names; without one, a run of them.
  ///
  /// - Parameter elements: How many the other side has.
  func target<T: Datatype>(
    _ rank: Int?, _ layout: Layout<T>?, at position: Int, instances: Int, elements: Int,
    _ routine: StaticString
  ) throws(MPIError) -> RemoteBuffer {
    let rank = try rawTarget(rank, routine)
    guard let layout else {
      try checkRange(position, elements, on: rank, routine)
      return unsafe RemoteBuffer(
        rank: rank, displacement: displacement(of: position, T.self), count: elements,
        datatype: T.mpiDatatype)
    }
    precondition(
      instances >= 0 && layout.count * instances == elements,
      """
      \(routine): \(elements) elements here, \(layout.count * instances) at the target: \
      \(instances) instances of a layout of \(layout.count)
      """)
    try checkRange(position, layout.storage.geometry.touched(instances), on: rank, routine)
    return unsafe RemoteBuffer(
      rank: rank, displacement: displacement(of: position, T.self), count: instances,
      datatype: layout.storage.handle)
  }
}

extension Span where Element: Datatype {
  /// The elements that a layout names, and how many they are; without one, all from a position on.
  func part(
    _ layout: Layout<Element>?, at position: Int, instances: Int, _ what: StaticString
  ) throws(MPIError) -> (buffer: RawBuffer, elements: Int) {
    guard let layout else {
      return unsafe (rawBuffer.suffix(from: position, Element.self), count - position)
    }
    return try unsafe (
      rawBuffer(layout, at: position, instances: instances, what), layout.count * instances
    )
  }
}

extension MutableSpan where Element: Datatype {
  /// The elements that a layout names, and how many they are; without one, all from a position on.
  mutating func part(
    _ layout: Layout<Element>?, at position: Int, instances: Int, _ what: StaticString
  ) throws(MPIError) -> (buffer: RawBuffer, elements: Int) {
    let count = count
    guard let layout else {
      return unsafe (rawBuffer().suffix(from: position, Element.self), count - position)
    }
    return try unsafe (
      rawBuffer(layout, at: position, instances: instances, what), layout.count * instances
    )
  }
}

extension RawBuffer {
  fileprivate func suffix<T>(from position: Int, _ type: T.Type) -> RawBuffer {
    precondition(
      unsafe position >= 0 && position <= count,
      unsafe "position \(position) of \(count) elements")
    return unsafe RawBuffer(
      address: address.map { unsafe $0 + position * MemoryLayout<T>.stride },
      count: count - position, datatype: datatype)
  }
}

// MARK: - Reductions

extension Reduction {
  /// Puts the new element in the place of the old one. In ``Epoch/accumulate(_:_:to:at:)-(_,_,_,Int)`` and its
  /// relatives only: an atomic put.
  ///
  /// The corresponding C constant is `MPI_REPLACE` (MPI 3.1 §11.3.4).
  @inlinable public static var replace: Reduction { Reduction(predefined: CMPI_REPLACE) }

  /// Leaves the old element as it is. In the operations that fetch only: an atomic get.
  ///
  /// The corresponding C constant is `MPI_NO_OP` (MPI 3.1 §11.3.4).
  @inlinable public static var noOp: Reduction { Reduction(predefined: CMPI_NO_OP) }

  /// Throws for a function of the program's: no other process could call it.
  @inlinable @inline(__always)
  func requirePredefined(_ routine: StaticString, on window: WindowReference) throws(MPIError) {
    if _slowPath(function != nil) { throw MPIError.notPredefined(routine, window.communicator) }
  }
}

extension MPIError {
  @usableFromInline @inline(never)
  static func notPredefined(_ routine: StaticString, _ communicator: RawCommunicator) -> MPIError {
    MPIError(
      .invalidReduction, routine: routine.description,
      message: "a function cannot be applied at the target: only predefined reductions can",
      on: communicator)
  }
}
