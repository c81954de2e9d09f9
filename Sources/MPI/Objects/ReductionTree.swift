internal import CMPI

/// What the values of some neighboring ranks have come to.
enum Partial<Value> {
  case value(Value)
  /// Why there is no value, and what the other ranks are told: which rank cannot do what.
  case failure(MPIError, String)

  func get() throws(MPIError) -> Value {
    switch self {
    case .value(let value): return value
    case .failure(let error, _): throw error
    }
  }
}

/// A binomial tree in which ranks combine values, each with those of the next higher ranks.
struct ReductionTree {
  private static let valueTag: MessageTag = 0
  private static let failureTag: MessageTag = 1

  /// The same processes in a context of their own: a receive from any rank with any tag must not get
  /// a message of a reduction.
  private let context: Communicator

  private static let contextKey = AttributeKey<Communicator>()

  /// The context of a communicator that was used already.
  static func context(of communicator: AnyCommunicator) -> Communicator? {
    communicator[contextKey]
  }

  /// **Collective**, where the communicator is used for the first time.
  init(_ communicator: Communicator) throws(MPIError) {
    if communicator.size == 1 {
      context = communicator
    } else if let known = Self.context(of: communicator) {
      context = known
    } else {
      // Not a duplicate, which would have attributes of the program copied.
      context = try Communicator(owning: communicator._split(0, communicator.rank))
      context.name = communicator.name
      communicator[Self.contextKey] = context
    }
  }

  /// Combines the values of all ranks, in rank order.
  ///
  /// - Returns: The result on rank 0, `nil` elsewhere.
  func combine<T: Codable>(
    _ value: T, _ combine: (T, T) -> T
  ) throws(MPIError) -> Partial<T>? {
    var partial = Partial.value(value)
    var distance = 1
    // Before each step, a rank that is still there has the values of as many ranks from its own on.
    while distance < context.size {
      if context.rank & distance != 0 {
        try pass(partial, to: context.rank - distance)
        return nil
      }
      let next = context.rank + distance
      if next < context.size {
        // Received also after a failure, so that the sender does not wait for ever.
        switch (partial, take(T.self, from: next)) {
        case (.value(let low), .value(let high)): partial = .value(combine(low, high))
        case (.value, let failure): partial = failure
        case (.failure, _): break
        }
      }
      distance *= 2
    }
    return partial
  }

  /// Sends what there is to a rank, which calls ``take(_:from:)``.
  ///
  /// - Throws: Why there is no value, after the other rank has been told.
  func pass<T: Encodable>(_ partial: Partial<T>, to rank: Int) throws(MPIError) {
    switch partial {
    case .value(let value):
      do throws(MPIError) {
        try context.send(encoding: value, to: rank, tag: Self.valueTag)
      } catch {
        if error.code == .conversion { try tell(text(error), to: rank) }
        throw error
      }
    case .failure(let error, let text):
      try tell(text, to: rank)
      throw error
    }
  }

  /// Receives what a rank has.
  func take<T: Decodable>(_ type: T.Type, from rank: Int) -> Partial<T> {
    do throws(MPIError) {
      let message = try context.matchedProbe(from: rank, tag: .any)
      if message.status.tag == Self.valueTag {
        return .value(try message.receive(decoding: type))
      }
      let text = String(decoding: try message.receive(UInt8.self), as: UTF8.self)
      return .failure(
        MPIError(.conversion, routine: "MPI_Mrecv", message: text, on: context.raw), text)
    } catch {
      return .failure(error, text(error))
    }
  }

  private func tell(_ text: String, to rank: Int) throws(MPIError) {
    let bytes = Array(text.utf8)
    try context.send(bytes.span, to: rank, tag: Self.failureTag)
  }

  private func text(_ error: MPIError) -> String { "rank \(context.rank) \(error.message)" }
}
