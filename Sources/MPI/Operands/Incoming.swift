/// Elements in memory that can be received into: an array, a slice, a `ContiguousArray`, an
/// `InlineArray`, a `MutableSpan`, or
/// one that is laid out.
///
///     try world.receive(into: &samples, from: 0)
///     try world.receive(into: &samples[10..<20], from: 0)
///     try world.receive(into: matrix.mutableSpan.laid(out: column, at: 2), from: 0)
///
/// A type of your own becomes one by conforming to ``ElementContainer``.
public protocol Incoming<Element>: ~Copyable, ~Escapable {
  /// The type of the elements.
  associatedtype Element: Datatype
  /// The elements, for the duration of the access, at whose end what was received is made valid: a
  /// byte that is neither 0
  /// nor 1 never becomes a `Bool`.
  var incoming: Operand { mutating get }
}

/// Elements that stay where they are while a request receives into them.
public protocol Pinned<Element>: Incoming, ~Copyable, ~Escapable {
  /// The elements, for a request, which makes them valid when it is complete.
  var pinned: Operand { mutating get }
}

/// A view of elements that are elsewhere, to be received into, which uses it up: a `MutableSpan`,
/// or one that is laid out.
public protocol IncomingView<Element>: Pinned, ~Copyable, ~Escapable {}

/// Storage whose elements stay where they are while a request receives into them: an array, a
/// `ContiguousArray`, an
/// ``AllocatedArray``.
public protocol IncomingStorage<Element>: Pinned, ~Copyable {}

extension MutableSpan: IncomingView, Pinned, Incoming where Element: Datatype {
  /// The elements.
  @inlinable public var pinned: Operand {
    @inline(__always) mutating get { Operand(rawBuffer()) }
  }

  /// The elements.
  @inlinable public var incoming: Operand {
    @inline(__always) mutating _read {
      let buffer = rawBuffer()
      defer { buffer.normalize() }
      yield Operand(buffer)
    }
  }
}

extension Array: IncomingStorage, Pinned, Incoming where Element: Datatype {
  /// The elements.
  @inlinable public var pinned: Operand {
    @inline(__always) mutating get {
      var view = mutableSpan
      return Operand(view.rawBuffer())
    }
  }

  /// The elements.
  @inlinable public var incoming: Operand {
    @inline(__always) mutating _read {
      var view = mutableSpan
      let buffer = view.rawBuffer()
      defer { buffer.normalize() }
      yield Operand(buffer)
    }
  }
}

extension ContiguousArray: IncomingStorage, Pinned, Incoming where Element: Datatype {
  /// The elements.
  @inlinable public var pinned: Operand {
    @inline(__always) mutating get {
      var view = mutableSpan
      return Operand(view.rawBuffer())
    }
  }

  /// The elements.
  @inlinable public var incoming: Operand {
    @inline(__always) mutating _read {
      var view = mutableSpan
      let buffer = view.rawBuffer()
      defer { buffer.normalize() }
      yield Operand(buffer)
    }
  }
}

// None of these two is storage for requests: a slice that is written to may move, and what a
// parameter names may be a copy of an inline array.

extension ArraySlice: Incoming where Element: Datatype {
  /// The elements.
  @inlinable public var incoming: Operand {
    @inline(__always) mutating _read {
      var view = mutableSpan
      let buffer = view.rawBuffer()
      defer { buffer.normalize() }
      yield Operand(buffer)
    }
  }
}

extension InlineArray: Incoming where Element: Datatype {
  /// The elements.
  @inlinable public var incoming: Operand {
    @inline(__always) mutating _read {
      var view = mutableSpan
      let buffer = view.rawBuffer()
      defer { buffer.normalize() }
      yield Operand(buffer)
    }
  }
}
