public import MPI
internal import Synchronization

// Who receives from whom is known to the senders only. The ranks find out without telling each other
// how much they send, by the algorithm NBX of T. Hoefler, C. Siebert and A. Lumsdaine, *Scalable
// communication protocols for dynamic sparse data exchange*, PPoPP 2010: a synchronous send is complete
// when it has been received; a rank whose sends are all complete enters a nonblocking barrier, and
// receives until that is complete, too: then no message is under way any more.

/// What a rank has received from another in a sparse exchange.
public struct Delivery<Element: Datatype> {
  /// The rank that sent it.
  public let source: Int
  /// The elements that were sent.
  public let elements: [Element]
}

extension Delivery: Equatable where Element: Equatable {}
extension Delivery: Sendable where Element: Sendable {}

extension Communicator {
  /// Sends elements to some ranks, none of which knows who will send to it.
  ///
  /// **Collective**: every rank of the communicator calls it, those too that send nothing.
  ///
  ///     // Particles that have left this rank's part of the box go to whoever owns the place.
  ///     for delivery in try world.sparseExchange(leavingByOwner) { particles += delivery.elements }
  ///
  /// - Parameter messages: What goes to which rank; a rank may send to itself, and an empty array is a
  ///   message, too.
  /// - Returns: What the others have sent here, in the order of their ranks.
  /// - Throws: ``MPIError/Code/invalidRank``, before anything is sent, and what else the library reports.
  /// - Complexity: As many messages as there are, and a barrier of O(log `size`): nothing that grows with
  ///   the number of ranks. The elements are copied once. The first exchange of a communicator makes
  ///   another of the same ranks, which is freed with it.
  ///
  /// The corresponding C functions are `MPI_Issend`, `MPI_Improbe`, `MPI_Mrecv` and `MPI_Ibarrier`
  /// (MPI 3.1 §3.7.2, §3.8.2, §5.12.1).
  public func sparseExchange<T: Datatype>(
    _ messages: [Int: [T]]
  ) throws -> [Delivery<T>] {
    var all: [T] = []
    all.reserveCapacity(messages.values.reduce(0) { $0 + $1.count })
    var parts: [(destination: Int, part: Range<Int>)] = []
    for (destination, elements) in messages.sorted(by: { $0.key < $1.key }) {
      parts.append((destination, all.count..<all.count + elements.count))
      all += elements
    }
    return try sparseExchange(all.span, sending: parts)
  }

  /// Sends parts of an array to some ranks, none of which knows who will send to it.
  ///
  /// **Collective**: every rank of the communicator calls it, those too that send nothing.
  ///
  /// - Parameters:
  ///   - elements: What is sent from.
  ///   - parts: Which elements go to which rank; several parts for the same rank are several messages.
  /// - Returns: What the others have sent here, in the order of their ranks; messages of the same rank in
  ///   the order in which it has sent them.
  /// - Throws: ``MPIError/Code/invalidRank``, before anything is sent, and what else the library reports.
  /// - Precondition: All parts lie within the elements.
  /// - Complexity: As ``sparseExchange(_:)``; nothing is copied.
  ///
  /// The corresponding C functions are `MPI_Issend`, `MPI_Improbe`, `MPI_Mrecv` and `MPI_Ibarrier`
  /// (MPI 3.1 §3.7.2, §3.8.2, §5.12.1).
  public func sparseExchange<T: Datatype>(
    _ elements: Span<T>, sending parts: [(destination: Int, part: Range<Int>)]
  ) throws -> [Delivery<T>] {
    for (destination, part) in parts {
      precondition(
        part.lowerBound >= 0 && part.upperBound <= elements.count,
        "a part \(part) of \(elements.count) elements")
      // Throws where there is no such rank.
      if !(0..<size).contains(destination) { _ = try immediate.probe(from: destination) }
    }
    let rounds = try SparseRounds.of(self)
    let (messages, tag) = (rounds.messages, rounds.next())
    var received: [Delivery<T>] = []
    var sends = messages.exchange()
    for (destination, part) in parts {
      try sends.send(
        elements.extracting(part), to: destination, tag: tag, mode: .synchronous)
    }
    repeat { try messages.receiveAll(tag, into: &received) } while try !sends.isComplete()
    try sends.wait()
    let barrier = try messages.immediate.barrier()
    repeat { try messages.receiveAll(tag, into: &received) } while try !barrier.isComplete()
    try barrier.wait()
    // Stable: what one rank has sent stays in its order.
    return received.enumerated().sorted {
      ($0.element.source, $0.offset) < ($1.element.source, $1.offset)
    }.map(\.element)
  }

  /// Receives what is there with a tag.
  fileprivate func receiveAll<T: Datatype>(
    _ tag: MessageTag, into received: inout [Delivery<T>]
  ) throws {
    while let message = try immediate.matchedProbe(from: .any, tag: tag) {
      let source = message.status.source ?? rank
      received.append(Delivery(source: source, elements: try message.receive(T.self)))
    }
  }
}

/// The sparse exchanges of a communicator, one after the other.
///
/// A rank that is done with one may send messages of the next one to a rank that still receives: the two
/// have different tags. It cannot be two ahead, since the barrier of the next one needs the other rank.
private final class SparseRounds: Sendable {
  private static let key = AttributeKey<SparseRounds>()

  /// The same ranks, where no receive of the program takes a message away.
  let messages: Communicator
  // Collectives of a communicator are called one after the other, but on any thread.
  private let count = Atomic<Int32>(0)

  static func of(_ communicator: Communicator) throws -> SparseRounds {
    if let known = communicator[key] { return known }
    // Not a duplicate, which would have attributes of the program copied.
    guard let messages = try communicator.split(color: 0, key: communicator.rank) else {
      preconditionFailure("a split with a color makes a communicator")
    }
    let rounds = SparseRounds(messages)
    communicator[key] = rounds
    return rounds
  }

  private init(_ messages: Communicator) { self.messages = messages }

  /// The tag of a round: zero and one in turn.
  func next() -> MessageTag {
    MessageTag(rawValue: count.wrappingAdd(1, ordering: .relaxed).oldValue & 1)
  }
}
