// Signposts: whoever types the name that C, Python or Julia has is told the name here.

extension File {
  /// The name in C of ``write(_:at:collectively:)`` with an offset.
  @available(*, unavailable, renamed: "write(_:at:)")
  public func write_at<T: Datatype>(_ offset: Int, _ elements: Span<T>) { fatalError() }

  /// The name in C of ``write(_:at:collectively:)`` with an offset, collectively.
  @available(*, unavailable, message: "use write(_:at:collectively: true)")
  public func write_at_all<T: Datatype>(_ offset: Int, _ elements: Span<T>) { fatalError() }

  /// The name in C of ``write(_:at:collectively:)``, collectively.
  @available(*, unavailable, message: "use write(_:collectively: true)")
  public func write_all<T: Datatype>(_ elements: Span<T>) { fatalError() }

  /// The name in C of ``write(_:at:collectively:)`` with the shared pointer.
  @available(*, unavailable, message: "use write(_:at: .shared)")
  public func write_shared<T: Datatype>(_ elements: Span<T>) { fatalError() }

  /// The name in C of ``write(_:at:collectively:)`` with the shared pointer, collectively.
  @available(*, unavailable, message: "use write(_:at: .shared, collectively: true)")
  public func write_ordered<T: Datatype>(_ elements: Span<T>) { fatalError() }

  /// The name in C of ``read(into:at:collectively:)`` with an offset.
  @available(*, unavailable, renamed: "read(into:at:)")
  public func read_at<T: Datatype>(_ offset: Int, _ elements: Span<T>) { fatalError() }

  /// The name in C of ``read(into:at:collectively:)`` with an offset, collectively.
  @available(*, unavailable, message: "use read(into:at:collectively: true)")
  public func read_at_all<T: Datatype>(_ offset: Int, _ elements: Span<T>) { fatalError() }

  /// The name in C of ``read(into:at:collectively:)``, collectively.
  @available(*, unavailable, message: "use read(into:collectively: true)")
  public func read_all<T: Datatype>(_ elements: Span<T>) { fatalError() }

  /// The name in C of ``Immediate/write(_:at:collectively:)``.
  @available(*, unavailable, renamed: "immediate.write(_:at:)")
  public func iwrite<T: Datatype>(_ elements: Span<T>) { fatalError() }

  /// The name in C of ``Immediate/read(into:at:collectively:)``.
  @available(*, unavailable, renamed: "immediate.read(into:at:)")
  public func iread<T: Datatype>(_ elements: Span<T>) { fatalError() }

  /// The name in C of ``synchronize()``.
  @available(*, unavailable, renamed: "synchronize()")
  public func sync() { fatalError() }

  /// The name in C of ``setView(of:from:layout:representation:info:)``.
  @available(*, unavailable, renamed: "setView(of:from:layout:representation:info:)")
  public func set_view(_ displacement: Int) { fatalError() }
}
