internal import MPI

/// What a rank has received of one part of the output: a sorted piece of each run of all ranks.
struct ReceivedPieces {
  /// The pieces' bytes, one after the other, and room behind them.
  let buffer: LargeBuffer
  /// How long the pieces are: in the order of the ranks, and of the runs of each.
  let counts: [Int]
  /// The pieces in the order of the input.
  let order: [Int]
}

/// Brings pieces of sorted runs to the ranks that merge them, in rounds of bounded size.
final class RunExchange {
  private let runs: [any SortedRun]
  private let communicator: Communicator
  private let sendBuffer: LargeBuffer
  private var receiveBuffer: LargeBuffer
  /// The runs of all ranks in the order of the input.
  private let order: [Int]

  /// **Collective**.
  ///
  /// - Parameters:
  ///   - runs: The runs of this rank.
  ///   - sendLimit: How many bytes a rank sends at once; the same on all ranks.
  ///   - receiveLimit: How many bytes a part has, about.
  init(
    _ runs: RunCollection, sendLimit: Int, receiveLimit: Int, on communicator: Communicator
  ) throws {
    self.runs = runs.runs
    self.communicator = communicator
    let words = runs.places.flatMap(\.words)
    var reader = WordReader(try communicator.allGather(words))
    var places: [RunPlace] = []
    while !reader.isAtEnd { places.append(RunPlace(from: &reader)) }
    order = places.indices.sorted { places[$0] < places[$1] }
    sendBuffer = LargeBuffer(capacity: sendLimit)
    receiveBuffer = LargeBuffer(capacity: receiveLimit)
  }

  /// Sends a piece of each run to each rank, and receives what all others have for this one.
  ///
  /// **Collective**. No rank packs more than the limit at once, whatever the distribution: who has
  /// more to send makes all others wait for another turn.
  ///
  /// - Parameter pieces: For each rank, the bytes of each run.
  func exchange(_ pieces: [[Range<Int>]]) throws -> ReceivedPieces {
    let size = communicator.size
    let lengths = pieces.flatMap { $0.map(\.count) }
    let counts = try communicator.allToAll(
      lengths, sending: Partition(counts: [Int](repeating: runs.count, count: size)))
    let totals = pieces.map { $0.reduce(0) { $0 + $1.count } }
    let incoming = try communicator.allToAll(totals)
    let places = Partition(counts: incoming)
    receiveBuffer.reserve(places.count + LineTable.padding, keeping: 0)

    let turns = (totals.reduce(0, +) + sendBuffer.capacity - 1) / sendBuffer.capacity
    var left = try communicator.allReduce(turns, .max)
    // Each rank begins with another one, so that nobody is sent to by all.
    let receivers = (0..<size).map { (communicator.rank + $0) % size }
    var sent = [Int](repeating: 0, count: size)
    var received = [Int](repeating: 0, count: size)
    while left > 0 {
      left -= 1
      var sending = [Int](repeating: 0, count: size)
      var offsets = [Int](repeating: 0, count: size)
      var filled = 0
      for receiver in receivers where filled < sendBuffer.capacity {
        let count = min(totals[receiver] - sent[receiver], sendBuffer.capacity - filled)
        pack(pieces[receiver], sent[receiver], count, at: filled)
        sending[receiver] = count
        offsets[receiver] = filled
        sent[receiver] += count
        filled += count
      }
      let receiving = try communicator.allToAll(sending)
      let starts = zip(places.offsets, received).map(+)
      try unsafe communicator.allToAll(
        UnsafeBufferPointer(
          start: UnsafePointer(sendBuffer.base.assumingMemoryBound(to: UInt8.self)),
          count: sendBuffer.capacity
        ).span,
        into: UnsafeMutableBufferPointer(
          start: receiveBuffer.base.assumingMemoryBound(to: UInt8.self),
          count: receiveBuffer.capacity
        ).mutableSpan,
        sending: Partition(counts: sending, offsets: offsets),
        receiving: Partition(counts: receiving, offsets: starts))
      for source in 0..<size { received[source] += receiving[source] }
    }
    return ReceivedPieces(buffer: receiveBuffer, counts: counts, order: order)
  }

  /// Copies some bytes of what one rank gets to the buffer for sending.
  private func pack(_ pieces: [Range<Int>], _ start: Int, _ count: Int, at place: Int) {
    var target = unsafe sendBuffer.base.assumingMemoryBound(to: UInt8.self) + place
    var skipped = 0
    for (run, piece) in zip(runs, pieces) {
      let own = (start..<(start + count)).clamped(to: skipped..<(skipped + piece.count))
      if !own.isEmpty {
        let first = piece.lowerBound + own.lowerBound - skipped
        unsafe run.copy(first..<(first + own.count), to: target)
        unsafe target += own.count
      }
      skipped += piece.count
    }
  }
}
