// Signposts: whoever types the name that C, Python or Julia has is told the name here.

extension File {
  /// The name in C of ``write(_:at:collectively:)`` with an offset.
  @available(*, unavailable, renamed: "write(_:at:)")
  public func write_at<B: ~Copyable & ~Escapable>(_ offset: Int, _ elements: borrowing B) {
    fatalError()
  }

  /// The name in C of ``write(_:at:collectively:)`` with an offset, collectively.
  @available(*, unavailable, message: "use write(_:at:collectively: true)")
  public func write_at_all<B: ~Copyable & ~Escapable>(_ offset: Int, _ elements: borrowing B) {
    fatalError()
  }

  /// The name in C of ``write(_:at:collectively:)``, collectively.
  @available(*, unavailable, message: "use write(_:collectively: true)")
  public func write_all<B: ~Copyable & ~Escapable>(_ elements: borrowing B) { fatalError() }

  /// The name in C of ``write(_:at:collectively:)`` with the shared pointer.
  @available(*, unavailable, message: "use write(_:at: .shared)")
  public func write_shared<B: ~Copyable & ~Escapable>(_ elements: borrowing B) { fatalError() }

  /// The name in C of ``write(_:at:collectively:)`` with the shared pointer, collectively.
  @available(*, unavailable, message: "use write(_:at: .shared, collectively: true)")
  public func write_ordered<B: ~Copyable & ~Escapable>(_ elements: borrowing B) { fatalError() }

  /// The name in C of ``read(into:at:collectively:)-(B,_,_)`` with an offset.
  @available(*, unavailable, renamed: "read(into:at:)")
  public func read_at<B: ~Copyable & ~Escapable>(_ offset: Int, _ elements: inout B) {
    fatalError()
  }

  /// The name in C of ``read(into:at:collectively:)-(B,_,_)`` with an offset, collectively.
  @available(*, unavailable, message: "use read(into:at:collectively: true)")
  public func read_at_all<B: ~Copyable & ~Escapable>(_ offset: Int, _ elements: inout B) {
    fatalError()
  }

  /// The name in C of ``read(into:at:collectively:)-(B,_,_)``, collectively.
  @available(*, unavailable, message: "use read(into:collectively: true)")
  public func read_all<B: ~Copyable & ~Escapable>(_ elements: inout B) { fatalError() }

  /// The name in C of ``read(into:at:collectively:)-(B,_,_)`` with the shared pointer.
  @available(*, unavailable, message: "use read(into:at: .shared)")
  public func read_shared<B: ~Copyable & ~Escapable>(_ elements: inout B) { fatalError() }

  /// The name in C of ``read(into:at:collectively:)-(B,_,_)`` with the shared pointer, collectively.
  @available(*, unavailable, message: "use read(into:at: .shared, collectively: true)")
  public func read_ordered<B: ~Copyable & ~Escapable>(_ elements: inout B) { fatalError() }

  /// The name in C of ``Immediate/write(_:at:collectively:)-(V,_,_)``.
  @available(*, unavailable, renamed: "immediate.write(_:at:)")
  public func iwrite<B: ~Copyable & ~Escapable>(_ elements: borrowing B) { fatalError() }

  /// The name in C of ``Immediate/read(into:at:collectively:)-(B,_,_)``.
  @available(*, unavailable, renamed: "immediate.read(into:at:)")
  public func iread<B: ~Copyable & ~Escapable>(_ elements: inout B) { fatalError() }

  /// The name in C of ``synchronize()``.
  @available(*, unavailable, renamed: "synchronize()")
  public func sync() { fatalError() }

  /// The name in C of ``setView(of:from:layout:representation:info:)``.
  @available(*, unavailable, renamed: "setView(of:from:layout:representation:info:)")
  public func set_view(_ displacement: Int) { fatalError() }
}
