internal import Synchronization

/// How often to look again at an operation that has just begun, before its task is put aside.
///
/// To put a task aside and to resume it takes longer than the answer of a peer on the same machine
/// does, if it comes at once. Whether it does shows in how earlier operations went.
struct Eagerness: ~Copyable {
  private static let most = 32
  /// One operation in so many is given the most, to notice that answers have become quick.
  private static let trial = 64

  private let attempts = Atomic(most)
  private let count = Atomic(0)

  /// Looks until there is an answer, or until waiting for it has become unlikely to pay.
  func attempt<Answer>(
    _ look: () throws -> Answer?
  ) throws -> Answer? {
    if let answer = try look() { return answer }
    let usual = attempts.load(ordering: .relaxed)
    let isTrial =
      usual < Self.most
      && count.add(1, ordering: .relaxed).newValue % Self.trial == 0
    for _ in 0..<(isTrial ? Self.most : usual) {
      guard let answer = try look() else { continue }
      attempts.store(Self.most, ordering: .relaxed)
      return answer
    }
    if !isTrial { attempts.store(usual / 2, ordering: .relaxed) }
    return nil
  }
}
