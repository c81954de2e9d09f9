// Signposts: whoever types the name that C, Python or Julia has is told the name here.

extension OneSidedWindow where Self: ~Copyable & ~Escapable {
  /// The name in C of ``withLock(on:_:_:_:)``.
  @available(*, unavailable, message: "use withLock(on:) { target in … }, which unlocks at its end")
  public func lock(_ rank: Int) { fatalError() }

  /// The name in C of ``withLockAll(_:_:)``.
  @available(*, unavailable, message: "use withLockAll { ranks in … }, which unlocks at its end")
  public func lockAll() { fatalError() }

  /// The name in C of ``Epoch/end()``, for an epoch begun with ``start(to:_:)``.
  @available(*, unavailable, message: "use end() of the epoch that start(to:) returns")
  public func complete() { fatalError() }

  /// The name in C of ``Window/close()``.
  @available(*, unavailable, renamed: "close()")
  public func free() { fatalError() }
}

extension LockedTarget {
  /// The name in C of ``fetchAndReduce(_:_:at:)-(Element,_,Int)``.
  @available(*, unavailable, renamed: "fetchAndReduce(_:_:at:)")
  public func fetchAndOp<T>(_ value: T) { fatalError() }

  /// The name in C of ``flushLocally()``.
  @available(*, unavailable, renamed: "flushLocally()")
  public func flushLocal() { fatalError() }
}
