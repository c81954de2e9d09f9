internal import CMPI

/// One side of an exchange with neighbors: for each of them a part of a buffer, as
/// `MPI_Neighbor_alltoallw` takes them.
///
/// An object, since the library may read the arrays until the operation is complete.
@safe final class NeighborParts {
  let base: UnsafeMutableRawPointer?
  let counts: UnsafeMutableBufferPointer<CInt>
  /// In bytes from the base.
  let displacements: UnsafeMutableBufferPointer<MPI_Aint>
  let datatypes: UnsafeMutableBufferPointer<RawDatatype>

  /// Layouts, whose datatypes are freed with the last reference.
  private let kept: [LayoutStorage]
  private var owned: [DatatypeHandle] = []

  /// - Parameters:
  ///   - parts: What is sent to each neighbor, or received from it, all within one buffer.
  ///   - base: Where that buffer begins.
  init(
    _ parts: [RawBuffer], of base: UnsafeMutableRawPointer?, keeping layouts: [LayoutStorage] = []
  ) throws {
    unsafe self.base = unsafe base
    kept = layouts
    // Room for one, so that there is an address.
    let capacity = max(1, parts.count)
    unsafe counts = .allocate(capacity: capacity)
    unsafe displacements = .allocate(capacity: capacity)
    unsafe datatypes = .allocate(capacity: capacity)
    unsafe counts.initialize(repeating: 0)
    unsafe displacements.initialize(repeating: 0)
    unsafe datatypes.initialize(repeating: UInt8.mpiDatatype.raw)
    for index in parts.indices {
      let part = parts[index]
      let narrowed = try Narrowed(part)
      if narrowed.isOwned { owned.append(narrowed.datatype) }
      unsafe counts[index] = narrowed.count
      unsafe datatypes[index] = narrowed.datatype.raw
      if let base = unsafe base, let address = unsafe part.address {
        unsafe displacements[index] = MPI_Aint(address - base)
      }
    }
  }

  deinit {
    for datatype in owned where isRunning { releaseDatatype(datatype) }
    unsafe counts.deallocate()
    unsafe displacements.deallocate()
    unsafe datatypes.deallocate()
  }

  /// The address of the part of one neighbor.
  func address(_ slot: Int) -> UnsafeMutableRawPointer? {
    unsafe base.map { unsafe $0 + displacements[slot] }
  }
}

extension NeighborParts {
  /// Parts of a buffer of elements.
  convenience init(of buffer: RawBuffer, _ parts: [Range<Int>]) throws {
    let stride = try buffer.datatype.extent()
    let buffers = parts.map { part in
      unsafe RawBuffer(
        address: buffer.address.map { unsafe $0 + part.lowerBound * stride }, count: part.count,
        datatype: buffer.datatype)
    }
    try unsafe self.init(buffers, of: buffer.address)
  }

  /// The parts of a partition, in elements, or in instances of a layout.
  ///
  /// - Precondition: There is one for each neighbor, and they lie within the elements.
  convenience init(
    _ elements: borrowing Operand, _ partition: Partition, _ neighbors: [Int?],
    _ what: StaticString
  ) throws {
    requireNeighborParts(partition, neighbors)
    try self.init(
      of: elements.divided(by: partition, what), neighbors.indices.map { partition[$0] })
  }

  /// Layouts at their places in a buffer of elements.
  ///
  /// - Precondition: There is one for each neighbor, or `nil`, and they lie within the elements.
  convenience init<T>(
    _ elements: borrowing Operand, _ layouts: [Layout<T>.Placed?], _ neighbors: [Int?],
    _ what: StaticString
  ) throws {
    precondition(
      layouts.count == neighbors.count,
      "\(what): \(layouts.count) layouts for \(neighbors.count) neighbors")
    precondition(elements.isWhole, "\(what): layouts in elements that are laid out already")
    let buffer = elements.elements
    let parts = layouts.map { placed in
      guard let placed else { return RawBuffer.none }
      return buffer.laidOut(
        placed.layout.storage, at: placed.position, instances: placed.instances, what)
    }
    try unsafe self.init(
      parts, of: buffer.address, keeping: layouts.compactMap { $0?.layout.storage })
  }
}

/// Traps where a partition is not one of a list of neighbors.
func requireNeighborParts(_ partition: Partition, _ neighbors: [Int?]) {
  precondition(
    partition.counts.count == neighbors.count,
    "a partition of \(partition.counts.count) parts for \(neighbors.count) neighbors")
}

extension Operand {
  /// What a partition divides: the elements, or instances of their layout, as many as it says.
  ///
  /// - Precondition: There are as many.
  fileprivate func divided(by partition: Partition, _ what: StaticString) -> RawBuffer {
    guard let layout else {
      requireCount(elements.count, atLeast: partition.count, what)
      return elements
    }
    return elements.laidOut(layout, at: position, instances: partition.count, what)
  }

  /// What of this is for, or from, the first of several neighbors, of as many elements each; the
  /// library finds the others'.
  func block(of count: Int, times: Int, _ what: StaticString) -> RawBuffer {
    // Open MPI compares both sides even where there is no neighbor (seen in 4.1.4).
    guard let layout, times > 0 else {
      requireCount(elements.count, atLeast: count * times, what)
      return elements.withCount(count, of: elements.datatype)
    }
    precondition(
      count == self.count,
      "\(what): a layout of \(self.count) elements for each neighbor, where \(count) are needed")
    return part(what, times: times).withCount(instances, of: layout.handle)
  }
}

extension TopologyCommunicator {
  /// Sends a part of one buffer to each neighbor, and receives a part of another from each.
  ///
  /// No rank needs to know whether others have large parts: each describes its own side.
  func _exchange(
    _ outgoing: NeighborParts, _ incoming: NeighborParts, _ starting: Starting?
  ) throws {
    try requireNeighborhood("MPI_Neighbor_alltoallw")
    if let messages {
      try _exchange(outgoing, incoming, on: messages, starting)
    } else if let starting {
      try unsafe check(
        MPI_Ineighbor_alltoallw(
          outgoing.base, outgoing.counts.baseAddress, outgoing.displacements.baseAddress,
          outgoing.datatypes.baseAddress, incoming.base, incoming.counts.baseAddress,
          incoming.displacements.baseAddress, incoming.datatypes.baseAddress, raw,
          &starting.request),
        "MPI_Ineighbor_alltoallw", on: raw)
      starting.extras().retain(outgoing)
      starting.extras().retain(incoming)
    } else {
      let code = unsafe MPI_Neighbor_alltoallw(
        outgoing.base, outgoing.counts.baseAddress, outgoing.displacements.baseAddress,
        outgoing.datatypes.baseAddress, incoming.base, incoming.counts.baseAddress,
        incoming.displacements.baseAddress, incoming.datatypes.baseAddress, raw)
      withExtendedLifetime((outgoing, incoming)) {}
      try check(code, "MPI_Neighbor_alltoallw", on: raw)
    }
  }

  /// The same by single messages, for topologies whose neighbors libraries confuse.
  ///
  /// - Where a process has a neighbor twice, blocks are exchanged by Open MPI in nonblocking
  ///   operations on grids with rings of one or two processes (seen in 4.1.4,
  ///   open-mpi/ompi#14430), and by MPICH there and in graphs (seen in 4.0.2, pmodels/mpich#2194,
  ///   pmodels/mpich#7945).
  /// - Where a process of a graph receives from more neighbors than it sends to, MPICH's
  ///   MPI_Neighbor_alltoallw is complete before all messages have come (seen in 4.0.2).
  private func _exchange(
    _ outgoing: NeighborParts, _ incoming: NeighborParts, on messages: Communicator,
    _ starting: Starting?
  ) throws {
    var requests: [RawRequest] = []
    func begin(_ routine: StaticString, _ body: (inout RawRequest) -> CInt) throws {
      var request = CMPI_REQUEST_NULL as RawRequest
      try check(body(&request), routine, on: raw)
      requests.append(request)
    }
    for (slot, peer) in inNeighbors.enumerated() {
      guard let peer else { continue }
      let tag = messageTags(slot).receiving
      try begin("MPI_Irecv") { request in
        unsafe MPI_Irecv(
          incoming.address(slot), incoming.counts[slot], incoming.datatypes[slot], CInt(peer), tag,
          messages.raw, &request)
      }
    }
    for (slot, peer) in outNeighbors.enumerated() {
      guard let peer else { continue }
      let tag = messageTags(slot).sending
      try begin("MPI_Isend") { request in
        unsafe MPI_Isend(
          outgoing.address(slot), outgoing.counts[slot], outgoing.datatypes[slot], CInt(peer), tag,
          messages.raw, &request)
      }
    }
    let completion = starting?.extras() ?? Completion()
    completion.retain(outgoing)
    completion.retain(incoming)
    // The request of a nonblocking operation stays null, which is complete; these are its own.
    for request in requests { completion.add(request) }
    if starting == nil { try check(completion.waitForRequests(), "MPI_Wait", on: raw) }
  }
}
