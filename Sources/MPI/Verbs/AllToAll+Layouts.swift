internal import CMPI

// Layouts of their own for each rank.

extension Communicator {
  /// Sends elements to every rank, and receives elements from each, in a layout of their own for each
  /// rank.
  ///
  /// **Collective**: every rank of the communicator calls it.
  ///
  ///     // Each rank has n rows of a square matrix, and gets n columns of it.
  ///     let block = try Layout<Double>.strided(count: n, blockLength: n, stride: n * world.size)
  ///     let whole = try Layout<Double>.contiguous(count: n * n)
  ///     try world.allToAll(
  ///       rows, layouts: (0..<world.size).map { block.placed(at: $0 * n) },
  ///       into: &columns, layouts: (0..<world.size).map { whole.placed(at: $0 * n * n) })
  ///
  /// - Parameters:
  ///   - elements: What is sent.
  ///   - layouts: Which of the elements go to which rank; `nil` for none.
  ///   - storage: Where it is received.
  ///   - storageLayouts: Where the elements of each rank go, as many as it sends; `nil` for none.
  /// - Throws: ``MPIError`` as reported by the library.
  /// - Precondition: One entry for each rank; all of them lie within the elements, and those that are
  ///   received into do not overlap. Neither operand is laid out besides.
  ///
  /// The corresponding C function is `MPI_Alltoallw` (MPI 3.1 §5.8).
  public func allToAll<
    S: Outgoing & ~Copyable & ~Escapable, R: Incoming & ~Copyable & ~Escapable
  >(
    _ elements: borrowing S, layouts: [Layout<S.Element>.Placed?],
    into storage: inout R, layouts storageLayouts: [Layout<R.Element>.Placed?]
  ) throws where S.Element == R.Element {
    try _allToAll(elements.operand, layouts, storage.incoming, storageLayouts)
  }

  /// Sends elements to every rank, and receives elements from each into what a view shows, in a layout of
  /// their own for each rank.
  ///
  /// **Collective**, as ``allToAll(_:layouts:into:layouts:)-(_,_,R,_)``.
  ///
  /// The corresponding C function is `MPI_Alltoallw` (MPI 3.1 §5.8).
  public func allToAll<
    S: Outgoing & ~Copyable & ~Escapable, V: IncomingView & ~Copyable & ~Escapable
  >(
    _ elements: borrowing S, layouts: [Layout<S.Element>.Placed?],
    into view: consuming V, layouts viewLayouts: [Layout<V.Element>.Placed?]
  ) throws where S.Element == V.Element {
    try _allToAll(elements.operand, layouts, view.incoming, viewLayouts)
  }

  /// Swaps elements with every rank, in a layout of their own for each rank.
  ///
  /// **Collective**: every rank of the communicator calls it. There is no nonblocking form: MPICH's
  /// fails with derived datatypes (seen in 4.0.2).
  ///
  /// - Parameters:
  ///   - elements: What is sent, and where the others' arrive.
  ///   - layouts: Which elements are swapped with which rank: as many as that rank swaps with this
  ///     one; `nil` for none.
  /// - Throws: ``MPIError`` as reported by the library.
  /// - Precondition: One entry for each rank; all of them lie within the elements, and do not overlap.
  ///
  /// The corresponding C function is `MPI_Alltoallw` with `MPI_IN_PLACE` (MPI 3.1 §5.8).
  public func allToAll<R: Incoming & ~Copyable & ~Escapable>(
    _ elements: inout R, exchanging layouts: [Layout<R.Element>.Placed?]
  ) throws {
    try _allToAll(inPlace: elements.incoming, layouts)
  }
}

extension Immediate where Context: Communicator {
  /// Begins to send elements to every rank, and to receive elements from each, in a layout of their
  /// own for each rank.
  ///
  /// **Collective**. The parameters and errors are those of
  /// ``Communicator/allToAll(_:layouts:into:layouts:)-(_,_,R,_)``.
  ///
  /// The corresponding C function is `MPI_Ialltoallw` (MPI 3.1 §5.12.6).
  @_lifetime(borrow elements, &storage)
  public func allToAll<S: OutgoingStorage & ~Copyable, R: IncomingStorage>(
    _ elements: borrowing @_addressable S, layouts: [Layout<S.Element>.Placed?],
    into storage: inout R, layouts storageLayouts: [Layout<R.Element>.Placed?]
  ) throws -> Request where S.Element == R.Element {
    try Request(elements.operand, storage.pinned, on: raw) { sent, received, starting in
      try communicator._allToAll(sent, layouts, received, storageLayouts, starting)
    }
  }

  /// Begins to send elements to every rank, and to receive elements from each, in what views show, in a
  /// layout of their own for each rank.
  ///
  /// **Collective**, as ``allToAll(_:layouts:into:layouts:)-(_,_,R,_)``.
  ///
  /// The corresponding C function is `MPI_Ialltoallw` (MPI 3.1 §5.12.6).
  @_lifetime(copy elements, copy view)
  public func allToAll<S: OutgoingView & ~Escapable, V: IncomingView & ~Copyable & ~Escapable>(
    _ elements: S, layouts: [Layout<S.Element>.Placed?], into view: consuming V,
    layouts viewLayouts: [Layout<V.Element>.Placed?]
  ) throws -> Request where S.Element == V.Element {
    try Request(elements.operand, view.pinned, on: raw) { sent, received, starting in
      try communicator._allToAll(sent, layouts, received, viewLayouts, starting)
    }
  }
}

extension Communicator {
  fileprivate func _allToAll<T: Datatype>(
    _ sent: borrowing Operand, _ sending: [Layout<T>.Placed?], _ received: borrowing Operand,
    _ receiving: [Layout<T>.Placed?], _ starting: Starting? = nil
  ) throws {
    let outgoing = try Parts(sending, in: sent, ranks: size, starting)
    let incoming = try Parts(receiving, in: received, ranks: size, starting)
    try unsafe _exchangeParts(
      sent.elements.address(of: sending, ranks: size), outgoing,
      received.elements.address(of: receiving, ranks: size), incoming, starting)
  }

  fileprivate func _allToAll<T: Datatype>(
    inPlace elements: borrowing Operand, _ layouts: [Layout<T>.Placed?]
  ) throws {
    let parts = try Parts(layouts, in: elements, ranks: size, nil)
    try unsafe _exchangeParts(
      CMPI_IN_PLACE, Parts(), elements.elements.address(of: layouts, ranks: size), parts, nil)
  }
}

extension RawBuffer {
  /// Where the displacements of parts begin: on a communicator of one process at the part itself, since
  /// Open MPI's MPI_Alltoallw multiplies displacements by the extent there; see Parts.swift.
  fileprivate func address<T>(
    of layouts: [Layout<T>.Placed?], ranks: Int
  ) -> UnsafeMutableRawPointer? {
    guard ranks == 1, let placed = layouts.first ?? nil else { return unsafe address }
    return unsafe address.map { unsafe $0 + placed.position * placed.layout.storage.stride }
  }
}

extension Parts {
  /// Parts that each have a layout of their own.
  fileprivate init<T>(
    _ layouts: [Layout<T>.Placed?], in operand: borrowing Operand, ranks: Int,
    _ starting: Starting?
  ) throws {
    precondition(layouts.count == ranks, "\(layouts.count) layouts for \(ranks) ranks")
    precondition(operand.isWhole, "allToAll: layouts of elements that are laid out already")
    self.init()
    for placed in layouts {
      guard let placed else {
        add(0, 0, CMPI_BYTE)
        continue
      }
      let (layout, instances) = (placed.layout.storage, placed.instances)
      layout.requireRoom(
        at: placed.position, instances: instances, in: operand.elements.count, "allToAll")
      starting?.extras().retain(layout)
      let displacement = ranks == 1 ? 0 : placed.position * layout.stride
      if let count = CInt(exactly: instances), let displacement = CInt(exactly: displacement) {
        add(count, displacement, layout.handle.raw)
        continue
      }
      let construction = Construction()
      _ = try construction.structure([(instances, displacement, layout.handle.raw)])
      var whole = construction.finish()
      try unsafe check(MPI_Type_commit(&whole), "MPI_Type_commit")
      owned.append(DatatypeHandle(whole))
      add(1, 0, whole)
    }
  }
}

extension Communicator {
  /// Whether one of the library's algorithms for `MPI_Alltoall` takes the sent elements for those of
  /// the receiving type: Open MPI's Bruck (seen in 4.1.4).
  static var allToAllMixesTypes: Bool { CMPI_ALLTOALL_MIXES_TYPES != 0 }

  /// Sends elements that do not lie in one run through memory where they do.
  ///
  /// Not by `MPI_Alltoallw`, which takes a type for each side: other ranks, whose elements lie in one
  /// run, call `MPI_Alltoall`.
  func _allToAllInRuns(
    _ sent: borrowing Operand, _ received: borrowing Operand
  ) throws {
    let source = sent.part("allToAll", times: size)
    let target = received.part("allToAll", times: size)
    let (copiesSource, copiesTarget) = (!sent.isWhole, !received.isWhole)
    try sent.withRun(ranks: size) { outgoing in
      if copiesSource { try source.copy(to: outgoing) }
      try received.withRun(ranks: size) { incoming in
        try _allToAll(each: share(of: outgoing), share(of: incoming), nil)
        if copiesTarget { try incoming.copy(to: target) }
      }
    }
  }
}

extension Operand {
  /// Calls `body` with the elements for all ranks if they lie in one run, with memory for as many
  /// otherwise.
  fileprivate func withRun(ranks: Int, _ body: (RawBuffer) throws -> Void) throws {
    if isWhole { return try body(elements) }
    let count = count(ranks: ranks)
    let byteCount = try count * elements.datatype.extent()
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: byteCount, alignment: 16)
    defer { unsafe memory.deallocate() }
    try unsafe body(
      RawBuffer(address: memory.baseAddress, count: count, datatype: elements.datatype))
  }
}
