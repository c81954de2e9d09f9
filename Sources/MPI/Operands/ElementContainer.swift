/// A type of your own that holds elements in an array, and is sent and received as that array is.
///
///     struct Matrix: ElementContainer {
///       var elements: [Double]
///       let columns: Int
///     }
///     try world.broadcast(&matrix, from: 0)
///
/// A property of another name takes a line: `var elements: [Double] { get { cells } set { cells =
/// newValue } }`; with a
/// `_modify` beside it nothing is copied where it is received into.
///
/// Blocking operations take such a value itself, requests its `elements`.
public protocol ElementContainer<Element>: Outgoing, Incoming, Reducible {
  /// The type of what holds the elements.
  associatedtype Elements: Outgoing<Element>, Incoming<Element>
  /// The elements.
  var elements: Elements { get set }
}

extension ElementContainer {
  /// The elements.
  @inlinable public var operand: Operand {
    _read { yield elements.operand }
  }

  /// The elements.
  @inlinable public var incoming: Operand {
    mutating _read { yield elements.incoming }
  }
}
