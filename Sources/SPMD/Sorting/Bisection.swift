extension Range<Int> {
  /// The first number of the range for which something is false that is true up to there, or the end.
  ///
  /// - Complexity: O(log `count`) questions.
  @inline(__always)
  func bisected(by isBefore: (Int) throws -> Bool) rethrows -> Int {
    var low = lowerBound
    var high = upperBound
    while low < high {
      let middle = (low + high) / 2
      if try isBefore(middle) { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
