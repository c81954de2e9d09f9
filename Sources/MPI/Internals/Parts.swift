internal import CMPI

// Collectives with varying counts whose counts or offsets C's int does not hold become
// MPI_Alltoallw, the only one that takes a type for each rank: a part that is too large, or too far
// from the start, is one element of a type made for it.

/// One side of an all-to-all: for each rank how many elements, where, of what type.
@safe struct Parts {
  var counts: [CInt] = []
  var displacements: [CInt] = []
  var datatypes: [RawDatatype] = []
  var owned: [DatatypeHandle] = []

  init() {}

  /// The parts of a buffer: `part` tells which elements go to, or come from, a rank.
  init(
    of buffer: RawBuffer, ranks: Int, _ part: (Int) -> Range<Int>
  ) throws {
    let extent = try buffer.datatype.extent()
    counts.reserveCapacity(ranks)
    displacements.reserveCapacity(ranks)
    datatypes.reserveCapacity(ranks)
    for rank in 0..<ranks {
      let part = part(rank)
      if part.isEmpty {
        add(0, 0, buffer.datatype.raw)
      } else if let count = CInt(exactly: part.count),
        let displacement = CInt(exactly: part.lowerBound * extent)
      {
        add(count, displacement, buffer.datatype.raw)
      } else {
        let whole = try largeDatatype(
          part.count, of: buffer.datatype, at: part.lowerBound)
        owned.append(whole)
        add(1, 0, whole.raw)
      }
    }
  }

  mutating func add(_ count: CInt, _ displacement: CInt, _ datatype: RawDatatype) {
    counts.append(count)
    displacements.append(displacement)
    datatypes.append(datatype)
  }

  func release() {
    for datatype in owned { releaseDatatype(datatype) }
  }

  /// Hands all that the operation reads until it is complete to those who keep it.
  func keep(
    in completion: Completion
  ) -> (
    UnsafeMutablePointer<CInt>?, UnsafeMutablePointer<CInt>?, UnsafeMutablePointer<RawDatatype>?
  ) {
    for datatype in owned { completion.free(datatype) }
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
    _ pending: Starting?
  ) throws {
    // In place, the sending side says nothing.
    let isInPlace = unsafe sent.address == CMPI_IN_PLACE
    if size == 1, !isInPlace, sending(0).lowerBound != 0 || receiving(0).lowerBound != 0 {
      // On a communicator of one process, Open MPI's MPI_Alltoallw multiplies displacements by the
      // extent, though they are in bytes (seen in 4.1.4), and writes outside the buffer: let the
      // addresses say where.
      let (from, to) = (sending(0), receiving(0))
      try _exchangeParts(
        sent.dropping(from.lowerBound), { _ in 0..<from.count },
        received.dropping(to.lowerBound), { _ in 0..<to.count }, pending)
      return
    }
    let outgoing = try Parts(of: sent, ranks: isInPlace ? 0 : size, sending)
    let incoming = try Parts(of: received, ranks: size, receiving)
    try unsafe _exchangeParts(sent.address, outgoing, received.address, incoming, pending)
  }

  func _exchangeParts(
    _ sent: UnsafeMutableRawPointer?, _ outgoing: Parts,
    _ received: UnsafeMutableRawPointer?, _ incoming: Parts,
    _ pending: Starting?
  ) throws {
    guard let pending = pending else {
      defer {
        outgoing.release()
        incoming.release()
      }
      try unsafe check(
        MPI_Alltoallw(
          sent, outgoing.counts, outgoing.displacements, outgoing.datatypes,
          received, incoming.counts, incoming.displacements, incoming.datatypes, raw),
        "MPI_Alltoallw", on: raw)
      return
    }
    let extras = pending.extras()
    let (sendCounts, sendOffsets, sendTypes) = unsafe outgoing.keep(in: extras)
    let (receiveCounts, receiveOffsets, receiveTypes) = unsafe incoming.keep(in: extras)
    try unsafe check(
      MPI_Ialltoallw(
        sent, sendCounts, sendOffsets, sendTypes,
        received, receiveCounts, receiveOffsets, receiveTypes, raw,
        &pending.request),
      "MPI_Ialltoallw", on: raw)
  }
}

extension RawBuffer {
  /// The buffer without its first elements.
  fileprivate func dropping(_ count: Int) throws -> RawBuffer {
    let extent = try datatype.extent()
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
