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

  private let parts: [RawBuffer]
  /// Layouts, whose datatypes are freed with the last reference.
  private let kept: [LayoutStorage]
  private var owned: [DatatypeHandle] = []

  /// - Parameters:
  ///   - parts: What is sent to each neighbor, or received from it, all within one buffer.
  ///   - base: Where that buffer begins.
  init(
    _ parts: [RawBuffer], of base: UnsafeMutableRawPointer?, keeping layouts: [LayoutStorage] = []
  ) throws(MPIError) {
    unsafe self.parts = unsafe parts
    unsafe self.base = unsafe base
    kept = layouts
    // Room for one, so that there is an address.
    let capacity = unsafe max(1, parts.count)
    unsafe counts = .allocate(capacity: capacity)
    unsafe displacements = .allocate(capacity: capacity)
    unsafe datatypes = .allocate(capacity: capacity)
    unsafe counts.initialize(repeating: 0)
    unsafe displacements.initialize(repeating: 0)
    unsafe datatypes.initialize(repeating: UInt8.mpiDatatype.raw)
    for index in unsafe parts.indices {
      let part = unsafe parts[index]
      let narrowed = try unsafe Narrowed(part)
      if unsafe narrowed.isOwned { unsafe owned.append(narrowed.datatype) }
      unsafe counts[index] = unsafe narrowed.count
      unsafe datatypes[index] = unsafe narrowed.datatype.raw
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

  /// Has all parts made valid, now or when an operation is complete.
  func normalize(after pending: UnsafeMutablePointer<Pending>?) {
    for index in unsafe parts.indices {
      let part = unsafe parts[index]
      guard unsafe part.datatype.structure != nil else { continue }
      if let pending = unsafe pending {
        unsafe pending.pointee.extras().normalize(part)
      } else {
        unsafe part.normalize()
      }
    }
  }
}

extension NeighborParts {
  /// Parts of a buffer of elements.
  convenience init(of buffer: RawBuffer, _ parts: [Range<Int>]) throws(MPIError) {
    let stride = try unsafe buffer.datatype.extent()
    let buffers = unsafe parts.map { part in
      unsafe RawBuffer(
        address: buffer.address.map { unsafe $0 + part.lowerBound * stride }, count: part.count,
        datatype: buffer.datatype)
    }
    try unsafe self.init(buffers, of: buffer.address)
  }

  /// Layouts at their places in a buffer of elements.
  convenience init<T>(
    _ layouts: [Layout<T>.Placed], in buffer: RawBuffer, _ what: StaticString
  ) throws(MPIError) {
    var buffers: [RawBuffer] = unsafe []
    for placed in layouts {
      unsafe buffers.append(
        buffer.laidOut(
          placed.layout.storage, at: placed.position, instances: placed.instances, what))
    }
    try unsafe self.init(
      buffers, of: buffer.address, keeping: layouts.map { $0.layout.storage })
  }
}

extension TopologyCommunicator {
  /// Sends a part of one buffer to each neighbor, and receives a part of another from each.
  ///
  /// No rank needs to know whether others have large parts: each describes its own side.
  func _exchange(
    _ outgoing: NeighborParts, _ incoming: NeighborParts, _ pending: UnsafeMutablePointer<Pending>?
  ) throws(MPIError) {
    try requireNeighborhood("MPI_Neighbor_alltoallw")
    if let messages {
      try unsafe _exchange(outgoing, incoming, on: messages, pending)
    } else if let pending = unsafe pending {
      try unsafe check(
        MPI_Ineighbor_alltoallw(
          outgoing.base, outgoing.counts.baseAddress, outgoing.displacements.baseAddress,
          outgoing.datatypes.baseAddress, incoming.base, incoming.counts.baseAddress,
          incoming.displacements.baseAddress, incoming.datatypes.baseAddress, raw,
          &pending.pointee.request),
        "MPI_Ineighbor_alltoallw", on: raw)
      unsafe pending.pointee.extras().retain(outgoing)
      unsafe pending.pointee.extras().retain(incoming)
    } else {
      let code = unsafe MPI_Neighbor_alltoallw(
        outgoing.base, outgoing.counts.baseAddress, outgoing.displacements.baseAddress,
        outgoing.datatypes.baseAddress, incoming.base, incoming.counts.baseAddress,
        incoming.displacements.baseAddress, incoming.datatypes.baseAddress, raw)
      withExtendedLifetime((outgoing, incoming)) {}
      try check(code, "MPI_Neighbor_alltoallw", on: raw)
    }
    unsafe incoming.normalize(after: pending)
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
    _ pending: UnsafeMutablePointer<Pending>?
  ) throws(MPIError) {
    var requests: [RawRequest] = []
    func begin(_ routine: StaticString, _ body: (inout RawRequest) -> CInt) throws(MPIError) {
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
    let completion = unsafe pending?.pointee.extras() ?? Completion()
    completion.retain(outgoing)
    completion.retain(incoming)
    // The request of a nonblocking operation stays null, which is complete; these are its own.
    for request in requests { completion.add(request) }
    if unsafe pending == nil { try check(completion.waitForRequests(), "MPI_Wait", on: raw) }
  }
}
