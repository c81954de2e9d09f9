/// Where in a rank's part of a window an operation takes place: from a position on, or where a layout says.
///
///     try epoch.put(values, to: 1, at: 3)                        // elements 3, 4, …
///     try epoch.put(values, to: 1, at: column.placed(at: 2))     // column 2 of what is a matrix there
///
/// Conformed to by `Int` and by ``Layout/Placed``, whose layout must be one of the window's elements, and name as many of
/// them as there are on the other side: an operation with another one traps.
public protocol TargetPlace: Sendable {
  /// The place in a window of elements of a type, as the module keeps it.
  func _elements<T: Datatype>(of type: T.Type) -> TargetElements
}

/// What a ``TargetPlace`` names.
@frozen @safe public struct TargetElements: Sendable {
  /// Where the elements begin, or the first instance of the layout.
  @usableFromInline let position: Int
  /// Which elements; `nil` for as many as there are on the other side, in one run.
  @usableFromInline let layout: LayoutStorage?
  @usableFromInline let instances: Int

  @inlinable @inline(__always)
  init(from position: Int) {
    self.position = position
    layout = nil
    instances = 1
  }

  init(_ layout: LayoutStorage, at position: Int, instances: Int) {
    self.position = position
    self.layout = layout
    self.instances = instances
  }
}

extension Int: TargetPlace {
  /// A position, in elements of the target's part.
  @inlinable @inline(__always)
  public func _elements<T: Datatype>(of type: T.Type) -> TargetElements {
    TargetElements(from: self)
  }
}

extension Layout.Placed: TargetPlace {
  /// The elements of the target's part that the layout names.
  ///
  /// - Precondition: The window's elements are of this layout's type.
  public func _elements<T: Datatype>(of type: T.Type) -> TargetElements {
    precondition(
      ObjectIdentifier(type) == ObjectIdentifier(Element.self),
      "a layout of \(Element.self) names no elements of a window of \(type)")
    return TargetElements(layout.storage, at: position, instances: instances)
  }
}
