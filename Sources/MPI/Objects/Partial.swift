/// What the values of some neighboring ranks have come to.
enum Partial<Value> {
  case value(Value)
  /// Why there is no value, and what the other ranks are told: which rank cannot do what.
  case failure(any Error, String)

  var failure: (any Error)? {
    switch self {
    case .value: nil
    case .failure(let error, _): error
    }
  }

  func get() throws -> Value {
    switch self {
    case .value(let value): return value
    case .failure(let error, _): throw error
    }
  }

  /// What these ranks and the next higher ones have come to; a failure, where either is one.
  func combined(with higher: Partial, _ combine: (Value, Value) -> Value) -> Partial {
    switch (self, higher) {
    case (.value(let low), .value(let high)): .value(combine(low, high))
    case (.value, let failure): failure
    case (.failure, _): self
    }
  }
}

/// A scan in rounds: before each, a rank has what as many ranks have come to as the distance says,
/// itself the last of them. It passes that to the rank at this distance, and gets the same from the
/// one before it, so that the number doubles.
///
/// The algorithm is from W. D. Hillis, G. L. Steele, "Data parallel algorithms", CACM 29 (1986).
struct ScanRounds<Value> {
  private let rank: Int
  private let size: Int
  private let excludesOwn: Bool
  private var distance = 1
  /// What is passed on; a failure, once that could not be done.
  var partial: Partial<Value>
  /// The same without this rank's own value, if that is what is asked for.
  private var before: Partial<Value>?

  init(_ value: Value, rank: Int, size: Int, excludingOwn: Bool) {
    (self.rank, self.size, excludesOwn) = (rank, size, excludingOwn)
    partial = .value(value)
  }

  var isOver: Bool { distance >= size }

  /// To whom the partial result goes in this round.
  var destination: Int? { rank + distance < size ? rank + distance : nil }

  /// From whom one comes in this round.
  var source: Int? { rank >= distance ? rank - distance : nil }

  /// Ends a round.
  mutating func advance(_ received: Partial<Value>?, _ combine: (Value, Value) -> Value) {
    if let received {
      // With its own value, such a rank needs only what it will pass on.
      let isNeeded = !excludesOwn || rank + 2 * distance < size
      if excludesOwn { before = before.map { received.combined(with: $0, combine) } ?? received }
      if isNeeded { partial = received.combined(with: partial, combine) }
    }
    distance *= 2
  }

  /// What is left in the end: `nil` where there are no ranks before this one, and its own does not
  /// count.
  var result: Partial<Value>? {
    if !excludesOwn || partial.failure != nil { return partial }
    return before
  }
}
