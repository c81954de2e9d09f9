// Signposts: whoever types the name that C or Python has is told the name here.

extension Communicator {
  /// The name in C of ``Persistent/send(_:count:to:tag:mode:)``.
  @available(*, unavailable, renamed: "persistent.send(_:count:to:tag:)")
  public func sendInit<T: ~Copyable & ~Escapable>(
    _ elements: borrowing T, to destination: Int, tag: Int = 0
  ) { fatalError() }

  /// The name in C of ``Persistent/receive(_:count:from:tag:)``.
  @available(*, unavailable, renamed: "persistent.receive(_:count:from:tag:)")
  public func recvInit<T: ~Copyable & ~Escapable>(
    _ elements: inout T, from source: Int, tag: Int = 0
  ) { fatalError() }

  /// The name in C of ``Persistent/send(_:partitions:of:to:tag:info:)``.
  @available(*, unavailable, renamed: "persistent.send(_:partitions:of:to:tag:)")
  public func psendInit<T: ~Copyable & ~Escapable>(
    _ elements: borrowing T, to destination: Int, tag: Int = 0
  ) { fatalError() }

  /// The name in C of ``Persistent/receive(_:partitions:of:from:tag:info:)``.
  @available(*, unavailable, renamed: "persistent.receive(_:partitions:of:from:tag:)")
  public func precvInit<T: ~Copyable & ~Escapable>(
    _ elements: inout T, from source: Int, tag: Int = 0
  ) { fatalError() }
}
