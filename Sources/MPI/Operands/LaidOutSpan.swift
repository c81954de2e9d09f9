/// A span of which a layout names the elements that are meant: a column of a matrix, a face of a
/// block.
///
/// Made by `Span.laid(out:at:instances:)`; it is sent as any other operand is, and bound to what
/// the span is bound to.
public struct LaidOutSpan<Element: Datatype>: ~Escapable, OutgoingView {
  let span: Span<Element>
  let layout: LayoutStorage
  let position: Int
  let instances: Int

  @_lifetime(copy span)
  init(_ span: Span<Element>, _ layout: LayoutStorage, at position: Int, instances: Int) {
    self.span = span
    self.layout = layout
    self.position = position
    self.instances = instances
  }

  /// The elements that the layout names.
  public var operand: Operand {
    Operand(span.rawBuffer, layout, at: position, instances: instances)
  }
}

/// A mutable span of which a layout names the elements that are meant.
///
/// Made by `MutableSpan.laid(out:at:instances:)`; it is received into as any other operand is.
public struct MutableLaidOutSpan<Element: Datatype>: ~Copyable, ~Escapable, IncomingView {
  var span: MutableSpan<Element>
  let layout: LayoutStorage
  let position: Int
  let instances: Int

  @_lifetime(copy span)
  init(
    _ span: consuming MutableSpan<Element>, _ layout: LayoutStorage, at position: Int,
    instances: Int
  ) {
    self.span = span
    self.layout = layout
    self.position = position
    self.instances = instances
  }

  /// The elements that the layout names.
  public var pinned: Operand {
    mutating get { Operand(span.rawBuffer(), layout, at: position, instances: instances) }
  }

  /// The elements that the layout names.
  public var incoming: Operand {
    mutating _read {
      let buffer = span.rawBuffer()
      defer { buffer.normalize() }
      yield Operand(buffer, layout, at: position, instances: instances)
    }
  }
}

extension Span where Element: Datatype {
  /// The elements that a layout names.
  ///
  ///     let column = try Layout<Double>.strided(count: rows, stride: columns)
  ///     try world.send(matrix.span.laid(out: column, at: 2), to: 1)     // column 2
  ///
  /// - Parameters:
  ///   - layout: Which elements are meant.
  ///   - position: Where the layout begins, in elements.
  /// - instances: How often it takes part, each time a ``Layout/extent`` further; in a collective
  /// for several ranks, how
  ///     many instances are each rank's.
  /// - Precondition: All instances lie within the span: an operation on others traps.
  @_lifetime(copy self)
  public func laid(
    out layout: Layout<Element>, at position: Int = 0, instances: Int = 1
  ) -> LaidOutSpan<Element> {
    LaidOutSpan(self, layout.storage, at: position, instances: instances)
  }
}

extension MutableSpan where Element: Datatype {
  /// The elements that a layout names, to be received into.
  ///
  ///     try world.receive(into: matrix.mutableSpan.laid(out: column, at: 2), from: 0)
  ///
  /// The parameters are those of `Span.laid(out:at:instances:)`.
  ///
  /// - Precondition: All instances lie within the span, and no element is named twice.
  @_lifetime(copy self)
  public consuming func laid(
    out layout: Layout<Element>, at position: Int = 0, instances: Int = 1
  ) -> MutableLaidOutSpan<Element> {
    MutableLaidOutSpan(self, layout.storage, at: position, instances: instances)
  }
}
