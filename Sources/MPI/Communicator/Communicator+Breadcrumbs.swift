// Signposts: whoever types the name that C, Python or Julia has is told the name here.

extension Communicator {
  /// The name in C of ``receive(into:from:tag:)-(_,Int?,_)``.
  @available(*, unavailable, renamed: "receive(into:from:tag:)")
  public func recv<T: Datatype>(_ elements: Span<T>, from source: Int, tag: Int = 0) {
    fatalError()
  }

  /// The name in C of ``sendReceive(_:to:tag:into:from:receiving:)-(_,_,_,_,Int?,_)``.
  @available(*, unavailable, renamed: "sendReceive(_:to:tag:into:from:receiving:)")
  public func sendrecv<T: Datatype>(_ elements: Span<T>, to destination: Int) { fatalError() }

  /// The name in C of ``send(_:to:tag:mode:)`` with the mode ``SendMode/synchronous``.
  @available(*, unavailable, message: "use send(_:to:tag:mode: .synchronous)")
  public func ssend<T: Datatype>(_ elements: Span<T>, to destination: Int, tag: Int = 0) {
    fatalError()
  }

  /// The name in C of ``send(_:to:tag:mode:)`` with the mode ``SendMode/buffered``.
  @available(*, unavailable, message: "use send(_:to:tag:mode: .buffered)")
  public func bsend<T: Datatype>(_ elements: Span<T>, to destination: Int, tag: Int = 0) {
    fatalError()
  }

  /// The name in C of ``send(_:to:tag:mode:)`` with the mode ``SendMode/ready``.
  @available(*, unavailable, message: "use send(_:to:tag:mode: .ready)")
  public func rsend<T: Datatype>(_ elements: Span<T>, to destination: Int, tag: Int = 0) {
    fatalError()
  }

  /// The name in C of ``Immediate/send(_:to:tag:mode:)``.
  @available(*, unavailable, renamed: "immediate.send(_:to:tag:)")
  public func isend<T: Datatype>(_ elements: Span<T>, to destination: Int, tag: Int = 0) {
    fatalError()
  }

  /// The name in C of ``Immediate/receive(into:from:tag:)-(_,Int?,_)``.
  @available(*, unavailable, renamed: "immediate.receive(into:from:tag:)")
  public func irecv<T: Datatype>(_ elements: Span<T>, from source: Int, tag: Int = 0) {
    fatalError()
  }

  /// The name in C of ``matchedProbe(from:tag:)-(Int?,_)``.
  @available(*, unavailable, renamed: "matchedProbe(from:tag:)")
  public func mprobe(_ source: Int, tag: Int = 0) { fatalError() }

  /// The name in C of ``Immediate/probe(from:tag:)-(Int?,_)``.
  @available(*, unavailable, renamed: "immediate.probe(from:tag:)")
  public func iprobe(_ source: Int, tag: Int = 0) { fatalError() }

  /// The name in C of ``broadcast(_:from:)-(MutableSpan<T>,_)``.
  @available(*, unavailable, renamed: "broadcast(_:from:)")
  public func bcast<T>(_ elements: T, root: Int = 0) { fatalError() }

  /// The name in C of ``allGather(_:)-(Span<T>)``.
  @available(*, unavailable, renamed: "allGather(_:)")
  public func allgather<T>(_ elements: T) { fatalError() }

  /// The name in C of ``allGather(_:counts:)-(Span<T>,_)``.
  @available(*, unavailable, renamed: "allGather(_:counts:)")
  public func allgatherv<T>(_ elements: T) { fatalError() }

  /// The name in C of ``gather(_:to:counts:)``.
  @available(*, unavailable, renamed: "gather(_:to:counts:)")
  public func gatherv<T>(_ elements: T, root: Int = 0) { fatalError() }

  /// The name in C of ``scatter(_:from:counts:)``.
  @available(*, unavailable, renamed: "scatter(_:from:counts:)")
  public func scatterv<T>(_ elements: T, root: Int = 0) { fatalError() }

  /// The name in C of ``allToAll(_:)-(Span<T>)``.
  @available(*, unavailable, renamed: "allToAll(_:)")
  public func alltoall<T>(_ elements: T) { fatalError() }

  /// The name in C of ``allToAll(_:sending:)``.
  @available(*, unavailable, renamed: "allToAll(_:sending:)")
  public func alltoallv<T>(_ elements: T) { fatalError() }

  /// The name in C of ``allReduce(_:_:)-(T,_)``.
  @available(*, unavailable, renamed: "allReduce(_:_:)")
  public func allreduce<T, R>(_ elements: T, _ operation: R) { fatalError() }

  /// The name in C of ``exclusiveScan(_:_:)-(T,_)``.
  @available(*, unavailable, renamed: "exclusiveScan(_:_:)")
  public func exscan<T, R>(_ elements: T, _ operation: R) { fatalError() }

  /// The name in C of ``duplicated()``.
  @available(*, unavailable, renamed: "duplicated()")
  public func dup() { fatalError() }
}
