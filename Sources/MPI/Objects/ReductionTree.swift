internal import CMPI

/// How ranks combine values: along a binomial tree, each those of the next higher ranks with its
/// own, or in the rounds of a scan.
struct ReductionTree {
  /// The same processes in a context of their own: a receive from any rank with any tag must not get
  /// a message of a reduction.
  let context: Communicator

  private static let contextKey = AttributeKey<Communicator>()

  /// The context of a communicator that was used already.
  static func context(of communicator: AnyCommunicator) -> Communicator? {
    communicator[contextKey]
  }

  /// Gives a communicator the context of its reductions.
  static func keep(_ context: Communicator, for communicator: Communicator) {
    context.name = communicator.name
    communicator[contextKey] = context
  }

  /// A tree in a context that there is already.
  init(context: Communicator) { self.context = context }

  /// **Collective**, where the communicator is used for the first time.
  init(_ communicator: Communicator) throws {
    if communicator.size == 1 {
      context = communicator
    } else if let known = Self.context(of: communicator) {
      context = known
    } else {
      // Not a duplicate, which would have attributes of the program copied.
      context = try Communicator(owning: communicator._split(0, communicator.rank))
      Self.keep(context, for: communicator)
    }
  }

  /// The steps of a rank in the tree, one after the other: it receives from the ranks that are given,
  /// and passes what all has come to.
  var steps: (sources: [Int], destination: Int?) {
    var sources: [Int] = []
    var distance = 1
    // Before each step, a rank that is still there has the values of as many ranks from its own on.
    while distance < context.size {
      if context.rank & distance != 0 { return (sources, context.rank - distance) }
      if context.rank + distance < context.size { sources.append(context.rank + distance) }
      distance *= 2
    }
    return (sources, nil)
  }

  /// Combines the values of all ranks, in rank order.
  ///
  /// - Returns: The result on rank 0, `nil` elsewhere.
  func combine<T: Codable>(
    _ value: T, _ combine: (T, T) -> T
  ) throws -> Partial<T>? {
    var partial = Partial.value(value)
    let (sources, destination) = steps
    // Received also after a failure, so that the sender does not wait for ever.
    for source in sources { partial = partial.combined(with: take(T.self, from: source), combine) }
    guard let destination else { return partial }
    try pass(partial, to: destination)
    return nil
  }

  /// Combines the values of all ranks up to this one, in rank order.
  ///
  /// - Returns: `nil` on rank 0 of a scan without each rank's own value.
  func scan<T: Codable>(
    _ value: T, excludingOwn: Bool, _ combine: (T, T) -> T
  ) throws -> T? {
    var rounds = ScanRounds(
      value, rank: context.rank, size: context.size, excludingOwn: excludingOwn)
    while !rounds.isOver {
      let (destination, source) = (rounds.destination, rounds.source)
      let received = try exchange(&rounds.partial, to: destination, from: source)
      rounds.advance(received, combine)
    }
    return try rounds.result?.get()
  }

  /// Sends what there is to a rank, which calls ``take(_:from:)``.
  ///
  /// - Throws: Why there is no value, after the other rank has been told.
  func pass<T: Codable>(_ partial: Partial<T>, to rank: Int) throws {
    var partial = partial
    _ = try exchange(&partial, to: rank, from: nil)
    if let failure = partial.failure { throw failure }
  }

  /// Sends what there is to one rank, and receives what another has, at the same time.
  ///
  /// - Parameter partial: What there is; a failure from then on, if it cannot be encoded.
  private func exchange<T: Codable>(
    _ partial: inout Partial<T>, to destination: Int?, from source: Int?
  ) throws -> Partial<T>? {
    guard let destination else { return source.map { take(T.self, from: $0) } }
    return try ObjectWriter.with { (writer) throws in
      let tag = writer.write(&partial, "MPI_Isend", of: context)
      return try writer.withMessage { (buffer) throws in
        var request = try startSend(
          buffer, CInt(destination), tag, .standard, on: context.raw)
        let received = source.map { take(T.self, from: $0) }
        try unsafe check(MPI_Wait(&request, CMPI_STATUS_IGNORE), "MPI_Wait", on: context.raw)
        return received
      }
    }
  }

  /// Receives what a rank has.
  func take<T: Decodable>(_ type: T.Type, from rank: Int) -> Partial<T> {
    do {
      let message = try context.matchedProbe(from: rank, tag: .any)
      if message.status.tag == .partialValue {
        return .value(try message.receive(decoding: type))
      }
      let text = String(decoding: try message.receive(UInt8.self), as: UTF8.self)
      return .failure(told: text, "MPI_Mrecv", on: context)
    } catch {
      return .failure(error, of: context)
    }
  }
}

extension MessageTag {
  /// Of a message with a value.
  static var partialValue: MessageTag { 0 }
  /// Of a message with the text that says why there is none.
  static var partialFailure: MessageTag { 1 }
}

extension Partial {
  /// A failure of this rank's own.
  static func failure(_ error: any Error, of context: Communicator) -> Partial {
    .failure(error, "rank \(context.rank) \(error.message)")
  }

  /// A failure that another rank has told of.
  static func failure(
    told text: String, _ routine: StaticString, on context: Communicator
  ) -> Partial {
    .failure(
      MPIError(.conversion, routine: routine.description, message: text, on: context.raw), text)
  }
}

extension ObjectWriter {
  /// Writes the message of a value, or of why there is none.
  ///
  /// - Parameter partial: What there is; a failure from then on, if it cannot be encoded.
  /// - Returns: The message's tag.
  func write<T: Encodable>(
    _ partial: inout Partial<T>, _ routine: StaticString, of context: Communicator
  ) -> MessageTag {
    if case .value(let value) = partial {
      do {
        try encode(value, inPlace: true, routine, on: context.raw)
        return .partialValue
      } catch {
        partial = .failure(error, of: context)
        reset()
      }
    }
    if case .failure(_, let text) = partial {
      let bytes = Array(text.utf8)
      unsafe bytes.withUnsafeBytes { unsafe buffer.put($0) }
    }
    return .partialFailure
  }
}
