internal import CMPI

/// One side of an operation: a buffer of elements, and how those that take part lie in it.
@unsafe struct Side {
  let buffer: RawBuffer
  let layout: LayoutStorage?
  let position: Int
  let instances: Int

  /// What takes part, if it does so several times over, once for each rank.
  func laidOut(times: Int = 1, _ what: StaticString) -> RawBuffer {
    let total = unsafe layout == nil ? instances : instances * times
    return unsafe buffer.laidOut(layout, at: position, instances: total, what)
  }

  /// Has the datatype live as long as an operation under way: Open MPI's nonblocking collectives do
  /// not keep it themselves (seen in 4.1.4), and received `Bool`s are made valid in the end.
  func keep(in pending: UnsafeMutablePointer<Pending>?) {
    if let pending = unsafe pending, let layout = unsafe layout {
      unsafe pending.pointee.extras().retain(layout)
    }
  }
}

extension Span where Element: Datatype {
  func side(_ layout: Layout<Element>?, at position: Int, instances: Int) -> Side {
    unsafe Side(
      buffer: rawBuffer, layout: layout?.storage, position: position, instances: instances)
  }
}

extension MutableSpan where Element: Datatype {
  mutating func side(_ layout: Layout<Element>?, at position: Int, instances: Int) -> Side {
    unsafe Side(
      buffer: rawBuffer(), layout: layout?.storage, position: position, instances: instances)
  }
}

extension Array {
  /// The parts of a buffer of elements that an all-to-all with layouts sends, or receives.
  func sides<T>(in buffer: RawBuffer) -> [Side?] where Element == Layout<T>.Placed? {
    unsafe map { part in
      unsafe part.map {
        unsafe Side(
          buffer: buffer, layout: $0.layout.storage, position: $0.position, instances: $0.instances)
      }
    }
  }
}

// Each of these starts an operation, or does all of it, and returns where it receives: to be made
// valid when the operation is complete.
extension Communicator {
  func _broadcast(
    _ side: Side, from root: Int, _ routine: StaticString,
    _ pending: UnsafeMutablePointer<Pending>?
  ) throws(MPIError) -> RawBuffer {
    let root = try rawRoot(root, routine)
    let buffer = unsafe side.laidOut("broadcast")
    unsafe side.keep(in: pending)
    try unsafe _broadcast(buffer, root, pending)
    return unsafe buffer
  }

  func _gather(
    _ sent: Side, _ received: Side, to root: Int, _ routine: StaticString,
    _ pending: UnsafeMutablePointer<Pending>?
  ) throws(MPIError) -> RawBuffer {
    let rawRoot = try rawRoot(root, routine)
    let source = unsafe sent.laidOut("gather")
    let target = unsafe rank == root ? received.laidOut(times: size, "gather") : .none
    unsafe sent.keep(in: pending)
    unsafe received.keep(in: pending)
    try unsafe _gather(each: source, share(of: target), rawRoot, pending)
    return unsafe target
  }

  func _scatter(
    _ sent: Side, _ received: Side, from root: Int, _ routine: StaticString,
    _ pending: UnsafeMutablePointer<Pending>?
  ) throws(MPIError) -> RawBuffer {
    let rawRoot = try rawRoot(root, routine)
    let source = unsafe rank == root ? sent.laidOut(times: size, "scatter") : .none
    let target = unsafe received.laidOut("scatter")
    unsafe sent.keep(in: pending)
    unsafe received.keep(in: pending)
    try unsafe _scatter(each: share(of: source), target, rawRoot, pending)
    return unsafe target
  }

  func _allGather(
    _ sent: Side, _ received: Side, _ pending: UnsafeMutablePointer<Pending>?
  ) throws(MPIError) -> RawBuffer {
    let source = unsafe sent.laidOut("allGather")
    let target = unsafe received.laidOut(times: size, "allGather")
    unsafe sent.keep(in: pending)
    unsafe received.keep(in: pending)
    try unsafe _allGather(each: source, share(of: target), pending)
    return unsafe target
  }

  func _allToAll(
    _ sent: Side, _ received: Side, _ pending: UnsafeMutablePointer<Pending>?
  ) throws(MPIError) -> RawBuffer {
    let source = unsafe sent.laidOut(times: size, "allToAll")
    let target = unsafe received.laidOut(times: size, "allToAll")
    unsafe sent.keep(in: pending)
    unsafe received.keep(in: pending)
    try unsafe _allToAll(each: share(of: source), share(of: target), pending)
    return unsafe target
  }

  /// What of a buffer for all ranks is for the first one; the library finds the others'.
  private func share(of buffer: RawBuffer) -> RawBuffer {
    unsafe buffer.withCount(sharedCount(buffer.count), of: buffer.datatype)
  }

  /// Sends a part of one buffer to each rank, and receives a part of another from each, where each
  /// part has a layout of its own.
  ///
  /// - Parameter sending: `nil` in place.
  func _allToAll(
    _ sent: RawBuffer, _ sending: [Side?]?, _ received: RawBuffer, _ receiving: [Side?],
    _ pending: UnsafeMutablePointer<Pending>?
  ) throws(MPIError) -> [RawBuffer] {
    unsafe sending?.forEach { unsafe $0?.keep(in: pending) }
    unsafe receiving.forEach { unsafe $0?.keep(in: pending) }
    var (from, to) = unsafe (sent.address, received.address)
    if size == 1 {
      // Open MPI's MPI_Alltoallw on one process multiplies displacements by the extent: see
      // Parts.swift.
      if let side = unsafe sending?.first ?? nil { unsafe from = side.laidOut("allToAll").address }
      if let side = unsafe receiving.first ?? nil { unsafe to = side.laidOut("allToAll").address }
    }
    let outgoing = try unsafe Parts(sending, ranks: size)
    let incoming = try unsafe Parts(receiving, ranks: size)
    try unsafe _exchangeParts(from, outgoing, to, incoming, pending)
    return unsafe receiving.compactMap { unsafe $0?.laidOut("allToAll") }
  }
}

extension Parts {
  /// Parts that each have a layout of their own; `nil` says nothing, in place.
  fileprivate init(_ sides: [Side?]?, ranks: Int) throws(MPIError) {
    unsafe self.init()
    guard let sides = unsafe sides else { return }
    precondition(unsafe sides.count == ranks, "\(unsafe sides.count) layouts for \(ranks) ranks")
    for index in 0..<ranks {
      guard let side = unsafe sides[index], let layout = unsafe side.layout else {
        unsafe add(0, 0, CMPI_BYTE)
        continue
      }
      // Looks whether they lie within the buffer.
      _ = unsafe side.laidOut("allToAll")
      let displacement = unsafe ranks == 1 ? 0 : side.position * layout.stride
      if let count = unsafe CInt(exactly: side.instances),
        let displacement = CInt(exactly: displacement)
      {
        unsafe add(count, displacement, layout.handle.raw)
        continue
      }
      let construction = Construction()
      _ = try unsafe construction.structure([(side.instances, displacement, layout.handle.raw)])
      var whole = construction.finish()
      try unsafe check(MPI_Type_commit(&whole), "MPI_Type_commit")
      unsafe owned.append(DatatypeHandle(whole))
      unsafe add(1, 0, whole)
    }
  }
}
