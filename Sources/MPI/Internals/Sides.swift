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

extension RawBuffer {
  /// The same elements, where instances lie between each other as one element of a type that holds them
  /// all.
  ///
  /// Open MPI's tree algorithms keep what others send, or receive, in memory that they lay out as this
  /// rank's own, one rank's behind another's by the extents of the instances: where those lie between
  /// each other, one rank's overwrite another's (MPI_Gather, seen in 4.1.4).
  fileprivate func apart(
    _ layout: LayoutStorage?, _ pending: UnsafeMutablePointer<Pending>?
  ) throws(MPIError) -> (buffer: RawBuffer, owned: DatatypeHandle?) {
    guard let layout = layout else { return unsafe (self, nil) }
    let touched = unsafe layout.geometry.touched(count)
    if unsafe touched <= count * layout.extent { return unsafe (self, nil) }
    let construction = Construction()
    let all = try unsafe construction.contiguous(count, of: datatype.raw)
    var raw = try construction.resized(all, lowerBound: 0, extent: touched * layout.stride)
    _ = construction.finish()
    try unsafe check(MPI_Type_commit(&raw), "MPI_Type_commit")
    let whole = unsafe DatatypeHandle(raw)
    if let pending = unsafe pending { unsafe pending.pointee.extras().free(whole) }
    return unsafe (withCount(1, of: whole), pending == nil ? whole : nil)
  }
}

extension Span where Element: Datatype {
  func side(_ layout: Layout<Element>?, at position: Int, instances: Int) -> Side {
    unsafe Side(
      buffer: rawBuffer, layout: layout?.storage, position: position, instances: instances)
  }

  /// The side that holds the parts of all ranks, in instances of the layout, or in elements.
  func side(_ layout: Layout<Element>?, at position: Int, parts: Partition) -> Side {
    unsafe side(layout, at: position, instances: layout == nil ? 1 : parts.count)
  }
}

extension MutableSpan where Element: Datatype {
  mutating func side(_ layout: Layout<Element>?, at position: Int, instances: Int) -> Side {
    unsafe Side(
      buffer: rawBuffer(), layout: layout?.storage, position: position, instances: instances)
  }

  /// The side that holds the parts of all ranks, in instances of the layout, or in elements.
  mutating func side(_ layout: Layout<Element>?, at position: Int, parts: Partition) -> Side {
    unsafe side(layout, at: position, instances: layout == nil ? 1 : parts.count)
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
    let (apart, owned) = try unsafe source.apart(sent.layout, pending)
    defer { owned.map(releaseDatatype) }
    try unsafe _gather(each: apart, share(of: target), rawRoot, pending)
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
    let (apart, owned) = try unsafe target.apart(received.layout, pending)
    defer { owned.map(releaseDatatype) }
    try unsafe _scatter(each: share(of: source), apart, rawRoot, pending)
    return unsafe target
  }

  func _allGather(
    _ sent: Side, _ received: Side, _ pending: UnsafeMutablePointer<Pending>?
  ) throws(MPIError) -> RawBuffer {
    let source = unsafe sent.laidOut("allGather")
    let target = unsafe received.laidOut(times: size, "allGather")
    unsafe sent.keep(in: pending)
    unsafe received.keep(in: pending)
    let (apart, owned) = try unsafe source.apart(sent.layout, pending)
    defer { owned.map(releaseDatatype) }
    try unsafe _allGather(each: apart, share(of: target), pending)
    return unsafe target
  }

  /// - Parameter parts: How many instances come from each rank, and where the first one lies, in
  ///   extents of the receiving layout.
  func _gather(
    _ sent: Side, _ received: Side, _ parts: Partition, to root: Int, _ routine: StaticString,
    _ pending: UnsafeMutablePointer<Pending>?
  ) throws(MPIError) -> RawBuffer {
    requireParts(parts)
    let rawRoot = try rawRoot(root, routine)
    let source = unsafe sent.laidOut("gather")
    let target = unsafe rank == root ? received.laidOut("gather") : .none
    unsafe sent.keep(in: pending)
    unsafe received.keep(in: pending)
    try unsafe _gather(source, target, parts, isLarge: !parts.fitsC, rawRoot, pending)
    return unsafe target
  }

  /// - Parameter parts: How many instances go to each rank, and where the first one lies, in extents
  ///   of the sending layout.
  func _scatter(
    _ sent: Side, _ received: Side, _ parts: Partition, from root: Int, _ routine: StaticString,
    _ pending: UnsafeMutablePointer<Pending>?
  ) throws(MPIError) -> RawBuffer {
    requireParts(parts)
    let rawRoot = try rawRoot(root, routine)
    let source = unsafe rank == root ? sent.laidOut("scatter") : .none
    let target = unsafe received.laidOut("scatter")
    unsafe sent.keep(in: pending)
    unsafe received.keep(in: pending)
    try unsafe _scatter(source, target, parts, receiving: target.count, rawRoot, pending)
    return unsafe target
  }

  /// - Parameter parts: How many instances come from each rank, and where the first one lies, in
  ///   extents of the receiving layout.
  func _allGather(
    _ sent: Side, _ received: Side, _ parts: Partition, _ pending: UnsafeMutablePointer<Pending>?
  ) throws(MPIError) -> RawBuffer {
    let source = unsafe sent.laidOut("allGather")
    let target = unsafe received.laidOut("allGather")
    unsafe sent.keep(in: pending)
    unsafe received.keep(in: pending)
    try unsafe _allGather(source, target, parts, pending)
    return unsafe target
  }

  func _allToAll(
    _ sent: Side, _ received: Side, _ pending: UnsafeMutablePointer<Pending>?
  ) throws(MPIError) -> RawBuffer {
    let source = unsafe sent.laidOut(times: size, "allToAll")
    let target = unsafe received.laidOut(times: size, "allToAll")
    unsafe sent.keep(in: pending)
    unsafe received.keep(in: pending)
    let (outgoing, incoming) = unsafe (share(of: source), share(of: target))
    if Communicator.allToAllMixesTypes, unsafe pending == nil {
      let (sends, receives) = unsafe (outgoing.count, incoming.count)
      try unsafe _exchangeParts(
        source, { $0 * sends..<($0 + 1) * sends },
        target, { $0 * receives..<($0 + 1) * receives }, nil)
    } else {
      try unsafe _allToAll(each: outgoing, incoming, pending)
    }
    return unsafe target
  }

  /// Whether one of the library's algorithms for `MPI_Alltoall` takes the sent elements for those of
  /// the receiving type, so that `MPI_Alltoallw` is called instead: Open MPI's Bruck (seen in 4.1.4).
  private static var allToAllMixesTypes: Bool { CMPI_ALLTOALL_MIXES_TYPES != 0 }

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
