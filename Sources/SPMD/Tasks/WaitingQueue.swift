/// What one rank has and has not begun: it begins with the first, and gives back the last.
struct WaitingQueue<Element> {
  private var elements: [Element] = []
  private var head = 0

  var isEmpty: Bool { head == elements.count }

  mutating func append(contentsOf more: some Sequence<Element>) {
    if isEmpty { removeAll() }
    elements.append(contentsOf: more)
  }

  mutating func popFirst() -> Element? {
    guard head < elements.count else { return nil }
    defer { head += 1 }
    return elements[head]
  }

  /// Takes some out, at most so many.
  mutating func removeLast(atMost count: Int) -> ArraySlice<Element> {
    let last = elements[head...].suffix(count)
    elements.removeLast(last.count)
    return last
  }

  mutating func removeAll() {
    elements.removeAll(keepingCapacity: true)
    head = 0
  }
}
