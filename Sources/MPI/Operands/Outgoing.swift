/// Elements in memory that can be sent: an array, a slice, a `ContiguousArray`, an `InlineArray`, a
/// `Span`, or a span that is
/// laid out.
///
///     try world.send([1, 2, 3], to: 1)
///     try world.send(samples[10..<20], to: 1)
///     try world.send(matrix.span.laid(out: column, at: 2), to: 1)
///
/// A type of your own becomes one by conforming to ``ElementContainer``.
public protocol Outgoing<Element>: ~Copyable, ~Escapable {
  /// The type of the elements.
  associatedtype Element: Datatype
  /// The elements, for the duration of the access.
  var operand: Operand { get }
}

/// A copyable view of elements that are elsewhere: a `Span`, or one that is laid out. A request
/// that sends it is bound to
/// what the view is bound to.
public protocol OutgoingView<Element>: Outgoing, ~Escapable {}

/// Storage that holds elements: an array, a slice, a `ContiguousArray`. A request that sends it is
/// bound to the storage.
public protocol OutgoingStorage<Element>: Outgoing, ~Copyable {}

extension Span: OutgoingView, Outgoing where Element: Datatype {
  /// The elements.
  @inlinable public var operand: Operand {
    @inline(__always) get { Operand(rawBuffer) }
  }
}

extension Array: OutgoingStorage, Outgoing where Element: Datatype {
  /// The elements.
  @inlinable public var operand: Operand {
    @inline(__always) _read {
      yield Operand(span.rawBuffer)
      withExtendedLifetime(self) {}
    }
  }
}

extension ArraySlice: OutgoingStorage, Outgoing where Element: Datatype {
  /// The elements.
  @inlinable public var operand: Operand {
    @inline(__always) _read {
      yield Operand(span.rawBuffer)
      withExtendedLifetime(self) {}
    }
  }
}

extension ContiguousArray: OutgoingStorage, Outgoing where Element: Datatype {
  /// The elements.
  @inlinable public var operand: Operand {
    @inline(__always) _read {
      yield Operand(span.rawBuffer)
      withExtendedLifetime(self) {}
    }
  }
}

// No storage for requests: what a parameter names may be a copy of the variable, at another place.
extension InlineArray: Outgoing where Element: Datatype {
  /// The elements.
  @inlinable public var operand: Operand {
    @inline(__always) _read {
      yield Operand(span.rawBuffer)
      withExtendedLifetime(self) {}
    }
  }
}
