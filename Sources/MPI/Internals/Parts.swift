internal import CMPI

// Collectives with varying counts whose counts or offsets C's int does not hold become
// MPI_Alltoallw, the only one that takes a type for each rank: a part that is too large, or too far
// from the start, is one element of a type made for it.

/// One side of an all-to-all: for each rank how many elements, where, of what type.
@unsafe struct Parts {
  var counts: [CInt] = []
  var displacements: [CInt] = []
  var datatypes: [RawDatatype] = []
  var owned: [DatatypeHandle] = []

  init() {}

  /// The parts of a buffer: `part` tells which elements go to, or come from, a rank.
  init(
    of buffer: RawBuffer, ranks: Int, _ part: (Int) -> Range<Int>
  ) throws(MPIError) {
    let extent = try unsafe buffer.datatype.extent()
    unsafe counts.reserveCapacity(ranks)
    unsafe displacements.reserveCapacity(ranks)
    unsafe datatypes.reserveCapacity(ranks)
    for rank in 0..<ranks {
      let part = part(rank)
      if part.isEmpty {
        unsafe add(0, 0, buffer.datatype.raw)
      } else if let count = CInt(exactly: part.count),
        let displacement = CInt(exactly: part.lowerBound * extent)
      {
        unsafe add(count, displacement, buffer.datatype.raw)
      } else {
        let whole = try unsafe largeDatatype(
          part.count, of: buffer.datatype, at: part.lowerBound)
        unsafe owned.append(whole)
        unsafe add(1, 0, whole.raw)
      }
    }
  }

  mutating func add(_ count: CInt, _ displacement: CInt, _ datatype: RawDatatype) {
    unsafe counts.append(count)
    unsafe displacements.append(displacement)
    unsafe datatypes.append(datatype)
  }

  func release() {
    for datatype in unsafe owned { releaseDatatype(datatype) }
  }

  /// Hands all that the operation reads until it is complete to those who keep it.
  func keep(
    in completion: Completion
  ) -> (
    UnsafeMutablePointer<CInt>?, UnsafeMutablePointer<CInt>?, UnsafeMutablePointer<RawDatatype>?
  ) {
    for datatype in unsafe owned { completion.free(datatype) }
    return unsafe (
      completion.hold(counts), completion.hold(displacements), completion.hold(datatypes)
    )
  }
}

extension Communicator {
  /// Sends a part of one buffer to each rank, and receives a part of another from each.
  ///
  /// No rank needs to know another's counts, nor whether others have large ones: each describes its
  /// own side.
  func _exchangeParts(
    _ sent: RawBuffer, _ sending: (Int) -> Range<Int>,
    _ received: RawBuffer, _ receiving: (Int) -> Range<Int>,
    _ pending: UnsafeMutablePointer<Pending>?
  ) throws(MPIError) {
    // In place, the sending side says nothing.
    let isInPlace = unsafe sent.address == CMPI_IN_PLACE
    if size == 1, !isInPlace, sending(0).lowerBound != 0 || receiving(0).lowerBound != 0 {
      // On a communicator of one process, Open MPI's MPI_Alltoallw multiplies displacements by the
      // extent, though they are in bytes (seen in 4.1.4), and writes outside the buffer: let the
      // addresses say where.
      let (from, to) = (sending(0), receiving(0))
      try unsafe _exchangeParts(
        sent.dropping(from.lowerBound), { _ in 0..<from.count },
        received.dropping(to.lowerBound), { _ in 0..<to.count }, pending)
      return
    }
    let outgoing = try unsafe Parts(of: sent, ranks: isInPlace ? 0 : size, sending)
    let incoming = try unsafe Parts(of: received, ranks: size, receiving)
    try unsafe _exchangeParts(sent.address, outgoing, received.address, incoming, pending)
  }

  func _exchangeParts(
    _ sent: UnsafeMutableRawPointer?, _ outgoing: Parts,
    _ received: UnsafeMutableRawPointer?, _ incoming: Parts,
    _ pending: UnsafeMutablePointer<Pending>?
  ) throws(MPIError) {
    guard let pending = unsafe pending else {
      defer {
        unsafe outgoing.release()
        unsafe incoming.release()
      }
      try unsafe check(
        MPI_Alltoallw(
          sent, outgoing.counts, outgoing.displacements, outgoing.datatypes,
          received, incoming.counts, incoming.displacements, incoming.datatypes, raw),
        "MPI_Alltoallw", on: raw)
      return
    }
    let extras = unsafe pending.pointee.extras()
    let (sendCounts, sendOffsets, sendTypes) = unsafe outgoing.keep(in: extras)
    let (receiveCounts, receiveOffsets, receiveTypes) = unsafe incoming.keep(in: extras)
    try unsafe check(
      MPI_Ialltoallw(
        sent, sendCounts, sendOffsets, sendTypes,
        received, receiveCounts, receiveOffsets, receiveTypes, raw,
        &pending.pointee.request),
      "MPI_Ialltoallw", on: raw)
  }
}

extension RawBuffer {
  /// The buffer without its first elements.
  fileprivate func dropping(_ count: Int) throws(MPIError) -> RawBuffer {
    let extent = try unsafe datatype.extent()
    return unsafe RawBuffer(
      address: address.map { unsafe $0 + count * extent }, count: self.count - count,
      datatype: datatype)
  }
}

/// Traps where a buffer is shorter than an operation needs.
@inlinable @inline(__always)
func requireCount(_ count: Int, atLeast needed: Int, _ what: StaticString) {
  precondition(
    count >= needed, "\(what): a buffer of \(count) elements, where \(needed) are needed")
}
