/// A layout at a place in a buffer: what one rank of a collective sends from there, or receives
/// into.
///
///     let column = try Layout<Double>.strided(count: rows, stride: columns)
///     let edges = [column.at(1), column.at(columns - 2)]
public struct PlacedLayout<Element: Datatype>: Sendable {
  /// Which elements take part.
  public var layout: Layout<Element>

  /// Where the first instance of the layout begins, in elements.
  public var position: Int

  /// How many instances follow each other, at the distance of the layout's extent.
  public var instances: Int

  /// Instances of a layout, of which the first begins at a position.
  public init(_ layout: Layout<Element>, at position: Int = 0, instances: Int = 1) {
    self.layout = layout
    self.position = position
    self.instances = instances
  }
}

extension Layout {
  /// The layout at a place in a buffer.
  ///
  /// - Parameters:
  ///   - position: Where the first instance begins, in elements.
  ///   - instances: How many instances follow each other.
  public func at(_ position: Int, instances: Int = 1) -> PlacedLayout<Element> {
    PlacedLayout(self, at: position, instances: instances)
  }
}
