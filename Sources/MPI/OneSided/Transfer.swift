public import CMPI

// The one core of all operations but the atomic ones on a single element: what is done, with which
// elements here, and which there.

/// What an operation does with the target's elements.
@safe @usableFromInline
enum Transfer {
  case put
  case get
  case accumulate(RawOperation)
  case getAccumulate(RawOperation)

  @usableFromInline
  var routine: StaticString {
    switch self {
    case .put: "MPI_Put"
    case .get: "MPI_Get"
    case .accumulate: "MPI_Accumulate"
    case .getAccumulate: "MPI_Get_accumulate"
    }
  }
}

/// A rank's elements in its window, as C describes them.
@safe @usableFromInline
struct RemoteBuffer {
  @usableFromInline let rank: CInt
  @usableFromInline let displacement: MPI_Aint
  @usableFromInline let count: Int
  @usableFromInline let datatype: DatatypeHandle

  /// - Parameter displacement: In the units of the window.
  @inlinable @inline(__always)
  init(rank: CInt, displacement: MPI_Aint, count: Int, datatype: DatatypeHandle) {
    self.rank = rank
    self.displacement = displacement
    self.count = count
    self.datatype = datatype
  }

  /// As many elements as a buffer has, of the same type.
  @inlinable @inline(__always)
  init(rank: CInt, displacement: MPI_Aint, like buffer: RawBuffer) {
    self.init(
      rank: rank, displacement: displacement, count: buffer.count, datatype: buffer.datatype)
  }

  /// The elements without a place, for what finds out about counts and types.
  var buffer: RawBuffer { unsafe RawBuffer(address: nil, count: count, datatype: datatype) }
}

/// One operation: what is done, with which elements here, and which there. Whoever begins it keeps the layouts that it needs
/// until its end.
@safe @usableFromInline
struct Access {
  @usableFromInline let transfer: Transfer
  @usableFromInline let origin: RawBuffer
  @usableFromInline let target: RemoteBuffer
  /// Where the results of ``Transfer/getAccumulate(_:)`` go.
  @usableFromInline let result: RawBuffer

  @inlinable @inline(__always)
  init(
    _ transfer: Transfer, _ origin: RawBuffer, _ target: RemoteBuffer, into result: RawBuffer
  ) {
    self.transfer = transfer
    self.origin = origin
    self.target = target
    self.result = result
  }

  /// - Parameters:
  ///   - displacement: In the units of the window.
  ///   - place: Which elements of the target's part; the range has been checked.
  ///   - reduction: What has a type of its own for elements, where there are no layouts.
  @inlinable @inline(__always)
  init<T: Datatype>(
    _ transfer: Transfer, _ elements: borrowing Operand, rank: CInt, displacement: MPI_Aint,
    _ place: TargetElements, as reduction: Reduction<T>?, into result: RawBuffer? = nil,
    _ routine: StaticString
  ) {
    let origin: RawBuffer
    let target: RemoteBuffer
    if _fastPath(elements.isWhole && place.layout == nil) {
      origin = reduction?.operand(elements.elements) ?? elements.elements
      target = RemoteBuffer(rank: rank, displacement: displacement, like: origin)
    } else {
      origin = elements.part(routine)
      target = place.buffer(rank, displacement, like: elements)
    }
    self.init(transfer, origin, target, into: result ?? origin)
  }

  /// Whether C's int can count all elements.
  @inlinable
  var fitsC: Bool {
    @inline(__always) get {
      origin.fitsC && target.count <= Int(CInt.max) && (received?.fitsC ?? true)
    }
  }

  /// Where it writes to on this side, which has to be made valid in the end.
  @inlinable
  var received: RawBuffer? {
    @inline(__always) get {
      switch transfer {
      case .put, .accumulate: nil
      case .get: origin
      case .getAccumulate: result
      }
    }
  }
}

extension TargetElements {
  @usableFromInline @inline(never)
  func buffer(
    _ rank: CInt, _ displacement: MPI_Aint, like elements: borrowing Operand
  ) -> RemoteBuffer {
    RemoteBuffer(
      rank: rank, displacement: displacement, count: layout == nil ? elements.count : instances,
      datatype: layout?.handle ?? elements.elements.datatype)
  }

  /// How far into the target's part the elements reach, from the position on.
  ///
  /// Traps where the layout does not name as many as there are on this side.
  @inlinable @inline(__always)
  func touched(with count: Int, _ routine: StaticString) -> Int {
    guard _slowPath(layout != nil) else { return count }
    return touchedByLayout(with: count, routine)
  }

  @usableFromInline @inline(never)
  func touchedByLayout(with count: Int, _ routine: StaticString) -> Int {
    guard let layout else { return count }
    precondition(
      instances >= 0 && layout.count * instances == count,
      """
      \(routine): \(count) elements here, \(layout.count * instances) at the target: \
      \(instances) instances of a layout of \(layout.count)
      """)
    return layout.geometry.touched(instances)
  }
}

// MARK: - Which elements

extension WindowReference {
  /// An operation on elements here, and as many of a rank's part.
  @inlinable @inline(__always)
  func access<T: Datatype>(
    _ transfer: Transfer, _ elements: borrowing Operand, _ rank: Int?, _ place: TargetElements,
    of type: T.Type, as reduction: Reduction<T>? = nil, into result: RawBuffer? = nil,
    _ routine: StaticString
  ) throws -> Access {
    let rank = try rawTarget(rank, routine)
    let count = place.touched(with: elements.count, routine)
    try checkRange(place.position, count, on: rank, routine)
    return Access(
      transfer, elements, rank: rank, displacement: displacement(of: place.position, type), place,
      as: reduction, into: result, routine)
  }

  /// An accumulation.
  @inlinable @inline(__always)
  func access<T: Datatype>(
    accumulating elements: borrowing Operand, _ reduction: Reduction<T>, _ rank: Int?,
    _ place: TargetElements, _ routine: StaticString
  ) throws -> Access {
    try reduction.requirePredefined(routine, on: self)
    return try access(
      .accumulate(reduction.raw), elements, rank, place, of: T.self, as: reduction, routine)
  }

  /// An accumulation, with the results where `result` has room.
  ///
  /// - Precondition: There are as many results as operands; more room than that only without a layout.
  @inlinable
  func access<T: Datatype>(
    fetching result: borrowing Operand, _ elements: borrowing Operand,
    _ reduction: Reduction<T>, _ rank: Int?, _ place: TargetElements, _ routine: StaticString
  ) throws -> Access {
    try reduction.requirePredefined(routine, on: self)
    let isWhole = elements.isWhole && result.isWhole && place.layout == nil
    let back = result.results(of: elements.count, routine)
    return try access(
      .getAccumulate(reduction.raw), elements, rank, place, of: T.self,
      as: isWhole ? reduction : nil, into: isWhole ? reduction.operand(back) : back, routine)
  }
}

extension Operand {
  /// The first elements, for as many results.
  @usableFromInline
  func results(of count: Int, _ routine: StaticString) -> RawBuffer {
    guard isWhole else {
      precondition(
        self.count == count, "\(routine): \(count) operands, storage for \(self.count) results")
      return part(routine)
    }
    requireCount(self.count, atLeast: count, routine)
    return unsafe RawBuffer(address: elements.address, count: count, datatype: elements.datatype)
  }
}

// MARK: - Beginning it

extension WindowReference {
  /// Begins an operation. The buffers belong to the library until it is complete.
  ///
  /// - Returns: What has to be kept until then besides layouts, which is nothing for most operations.
  @inlinable @inline(__always)
  func start(_ access: Access) throws -> Completion? {
    guard _fastPath(access.fitsC) else {
      // In parts that fit registers, so that nothing is in memory on the usual path.
      return try startLarge(
        access.transfer, access.origin, access.result, access.target.rank,
        access.target.displacement, access.target.count, access.target.datatype, raw,
        communicator)
    }
    let (origin, target) = (access.origin, access.target)
    let count = CInt(truncatingIfNeeded: target.count)
    switch access.transfer {
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
    case .getAccumulate(let operation):
      let result = access.result
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

@usableFromInline @inline(never)
func startLarge(
  _ transfer: Transfer, _ origin: RawBuffer, _ result: RawBuffer, _ rank: CInt,
  _ displacement: MPI_Aint, _ count: Int, _ datatype: DatatypeHandle, _ raw: RawWindow,
  _ communicator: RawCommunicator
) throws -> Completion? {
  let target = RemoteBuffer(
    rank: rank, displacement: displacement, count: count, datatype: datatype)
  let access = Access(transfer, origin, target, into: result)
  return try Pending.start {
    try startAny(access, raw, communicator, $0, isRequest: false)
  }.completion
}

/// Begins an operation of any size, with or without a request of its own.
func startAny(
  _ access: Access, _ raw: RawWindow, _ communicator: RawCommunicator, _ pending: Starting,
  isRequest: Bool
) throws {
  let (transfer, origin, target) = (access.transfer, access.origin, access.target)
  let near = try Narrowed(origin)
  defer { near.release(after: pending) }
  let far = try Narrowed(target.buffer)
  defer { far.release(after: pending) }
  let (from, rank, place) = unsafe (origin.address, target.rank, target.displacement)
  let (count, type) = (near.count, near.datatype.raw)
  let (farCount, farType) = (far.count, far.datatype.raw)
  var request = CMPI_REQUEST_NULL as RawRequest
  let code: CInt
  switch (transfer, isRequest) {
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
  case (.getAccumulate(let operation), let isRequest):
    let result = access.result
    let back = try Narrowed(result)
    defer { back.release(after: pending) }
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
  try check(code, transfer.routine, of: raw, on: communicator)
  pending.request = request
}

// MARK: - Reductions

extension Reduction {
  /// Puts the new element in the place of the old one. In ``Epoch/accumulate(_:_:to:at:)-(V,_,_,TargetPlace)`` and its
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
  func requirePredefined(_ routine: StaticString, on window: WindowReference) throws {
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
