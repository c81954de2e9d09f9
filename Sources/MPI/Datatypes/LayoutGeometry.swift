/// Which part of a buffer a layout concerns, in elements: what bounds checks need, and what MPI calls
/// the bounds of a datatype.
struct LayoutGeometry {
  /// The number of elements.
  var count = 0

  /// One more than the highest position.
  var span = 0

  /// What MPI calls the lower and the upper bound (MPI 3.1 §4.1.6); `nil` where there is nothing.
  var bounds: Range<Int>?

  /// The distance from one instance to the next.
  var extent: Int { bounds?.count ?? 0 }

  /// Nothing.
  init() {}

  init(count: Int, span: Int, bounds: Range<Int>?) {
    self.count = count
    self.span = span
    self.bounds = bounds
  }

  /// A run of elements, from the first on.
  init(run count: Int) {
    self.init(count: count, span: count, bounds: count == 0 ? nil : 0..<count)
  }

  /// Several of these, one behind the other.
  func repeated(_ times: Int) -> LayoutGeometry { repeated(times, stride: extent) }

  /// Several of these at equal distances.
  func repeated(_ times: Int, stride: Int) -> LayoutGeometry {
    guard times > 0 else { return LayoutGeometry() }
    let last = (times - 1) * stride
    return LayoutGeometry(
      count: times * count, span: count == 0 ? 0 : last + span,
      bounds: bounds.map { $0.lowerBound..<$0.upperBound + last })
  }

  /// Adds another at a position.
  mutating func add(_ other: LayoutGeometry, at position: Int) {
    count += other.count
    if other.count > 0 { span = max(span, position + other.span) }
    guard let added = other.bounds else { return }
    let (lower, upper) = (position + added.lowerBound, position + added.upperBound)
    bounds = bounds.map { min($0.lowerBound, lower)..<max($0.upperBound, upper) } ?? lower..<upper
  }

  /// The elements from the beginning of a buffer that instances touch.
  func touched(_ instances: Int) -> Int {
    instances == 0 || count == 0 ? 0 : (instances - 1) * extent + span
  }
}
