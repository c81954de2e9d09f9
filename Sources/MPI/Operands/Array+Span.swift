extension Array where Element: BitwiseCopyable {
  /// An array of the elements that a span shows.
  ///
  ///     let first = Array(samples.span.extracting(0..<10))
  public init(_ span: Span<Element>) {
    self = unsafe span.withUnsafeBufferPointer { unsafe Array($0) }
  }
}
