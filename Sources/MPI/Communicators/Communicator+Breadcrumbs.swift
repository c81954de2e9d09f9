// Signposts: whoever types the name that C, Python or Julia has is told the name here. They take whatever
// an operand is, and more, so that it is never the elements that the compiler complains about; what C
// writes to is `inout`.

extension Communicator {
  /// The name in C of ``receive(into:from:tag:)-(B,_,_)``.
  @available(*, unavailable, renamed: "receive(into:from:tag:)")
  public func recv<T: ~Copyable & ~Escapable>(
    _ elements: inout T, from source: some Source, tag: Int = 0
  ) { fatalError() }

  /// The name in C of ``receive(into:from:tag:)-(B,_,_)``.
  @available(*, unavailable, renamed: "receive(into:from:tag:)")
  public func recv<T: ~Copyable & ~Escapable>(
    _ elements: borrowing T, from source: some Source, tag: Int = 0
  ) { fatalError() }

  /// The name in C of ``receive(into:from:tag:)-(B,_,_)``.
  @available(*, unavailable, renamed: "receive(into:from:tag:)")
  public func recv<T: ~Copyable & ~Escapable>(
    _ elements: inout T, source: some Source, tag: Int = 0
  ) {
    fatalError()
  }

  /// The name in Python of ``receive(_:from:tag:)``.
  @available(*, unavailable, renamed: "receive(_:from:tag:)")
  public func recv(source: some Source, tag: Int = 0) { fatalError() }

  /// The name in C of ``sendReceive(_:to:tag:into:from:receiving:)-(_,_,_,R,_,_)``.
  @available(*, unavailable, renamed: "sendReceive(_:to:tag:into:from:receiving:)")
  public func sendrecv<T: ~Copyable & ~Escapable>(_ elements: borrowing T, to destination: Int?) {
    fatalError()
  }

  /// The name in C of ``sendReceive(_:to:tag:into:from:receiving:)-(_,_,_,R,_,_)``.
  @available(*, unavailable, renamed: "sendReceive(_:to:into:from:)")
  public func sendrecv<S: ~Copyable & ~Escapable, R: ~Copyable & ~Escapable>(
    _ elements: borrowing S, to destination: Int?, into storage: inout R, from source: some Source
  ) { fatalError() }

  /// The name in C of ``sendReceive(_:to:tag:into:from:receiving:)-(_,_,_,R,_,_)``.
  @available(*, unavailable, renamed: "sendReceive(_:to:into:from:)")
  public func sendrecv<S: ~Copyable & ~Escapable, R: ~Copyable & ~Escapable>(
    _ elements: borrowing S, dest: Int?, _ storage: inout R, source: some Source
  ) { fatalError() }

  /// The name in C of ``send(_:to:tag:mode:)`` with the mode ``SendMode/synchronous``.
  @available(*, unavailable, message: "use send(_:to:tag:mode: .synchronous)")
  public func ssend<T: ~Copyable & ~Escapable>(
    _ elements: borrowing T, to destination: Int?, tag: Int = 0
  ) { fatalError() }

  /// The name in C of ``send(_:to:tag:mode:)`` with the mode ``SendMode/synchronous``.
  @available(*, unavailable, message: "use send(_:to:tag:mode: .synchronous)")
  public func ssend<T: ~Copyable & ~Escapable>(_ elements: borrowing T, dest: Int?, tag: Int = 0) {
    fatalError()
  }

  /// The name in C of ``send(_:to:tag:mode:)`` with the mode ``SendMode/buffered``.
  @available(*, unavailable, message: "use send(_:to:tag:mode: .buffered)")
  public func bsend<T: ~Copyable & ~Escapable>(
    _ elements: borrowing T, to destination: Int?, tag: Int = 0
  ) { fatalError() }

  /// The name in C of ``send(_:to:tag:mode:)`` with the mode ``SendMode/buffered``.
  @available(*, unavailable, message: "use send(_:to:tag:mode: .buffered)")
  public func bsend<T: ~Copyable & ~Escapable>(_ elements: borrowing T, dest: Int?, tag: Int = 0) {
    fatalError()
  }

  /// The name in C of ``send(_:to:tag:mode:)`` with the mode ``SendMode/ready``.
  @available(*, unavailable, message: "use send(_:to:tag:mode: .ready)")
  public func rsend<T: ~Copyable & ~Escapable>(
    _ elements: borrowing T, to destination: Int?, tag: Int = 0
  ) { fatalError() }

  /// The name in C of ``send(_:to:tag:mode:)`` with the mode ``SendMode/ready``.
  @available(*, unavailable, message: "use send(_:to:tag:mode: .ready)")
  public func rsend<T: ~Copyable & ~Escapable>(_ elements: borrowing T, dest: Int?, tag: Int = 0) {
    fatalError()
  }

  /// The name in C of ``Immediate/send(_:to:tag:mode:)``.
  @available(*, unavailable, renamed: "immediate.send(_:to:tag:)")
  public func isend<T: ~Copyable & ~Escapable>(
    _ elements: borrowing T, to destination: Int?, tag: Int = 0
  ) { fatalError() }

  /// The name in C of ``Immediate/send(_:to:tag:mode:)``.
  @available(*, unavailable, renamed: "immediate.send(_:to:tag:)")
  public func isend<T: ~Copyable & ~Escapable>(_ elements: borrowing T, dest: Int?, tag: Int = 0) {
    fatalError()
  }

  /// The name in C of ``Immediate/receive(into:from:tag:)-(B,_,_)``.
  @available(*, unavailable, renamed: "immediate.receive(into:from:tag:)")
  public func irecv<T: ~Copyable & ~Escapable>(
    _ elements: inout T, from source: some Source, tag: Int = 0
  ) { fatalError() }

  /// The name in C of ``Immediate/receive(into:from:tag:)-(B,_,_)``.
  @available(*, unavailable, renamed: "immediate.receive(into:from:tag:)")
  public func irecv<T: ~Copyable & ~Escapable>(
    _ elements: borrowing T, from source: some Source, tag: Int = 0
  ) { fatalError() }

  /// The name in C of ``Immediate/receive(into:from:tag:)-(B,_,_)``.
  @available(*, unavailable, renamed: "immediate.receive(into:from:tag:)")
  public func irecv<T: ~Copyable & ~Escapable>(
    _ elements: inout T, source: some Source, tag: Int = 0
  ) {
    fatalError()
  }

  /// The name in C of ``matchedProbe(from:tag:)``.
  @available(*, unavailable, renamed: "matchedProbe(from:tag:)")
  public func mprobe(_ source: some Source, tag: Int = 0) { fatalError() }

  /// The name in C of ``Immediate/probe(from:tag:)``.
  @available(*, unavailable, renamed: "immediate.probe(from:tag:)")
  public func iprobe(_ source: some Source, tag: Int = 0) { fatalError() }

  /// The name in C of ``broadcast(_:from:)-(B,_)``.
  @available(*, unavailable, renamed: "broadcast(_:from:)")
  public func bcast<T: ~Copyable & ~Escapable>(_ elements: inout T, root: Int = 0) { fatalError() }

  /// The name in C of ``broadcast(_:from:)-(B,_)``.
  @available(*, unavailable, renamed: "broadcast(_:from:)")
  public func bcast<T: ~Copyable & ~Escapable>(_ elements: borrowing T, root: Int = 0) {
    fatalError()
  }

  /// The name in C of ``allGather(_:counts:)-(B,_)``.
  @available(*, unavailable, renamed: "allGather(_:)")
  public func allgather<T: ~Copyable & ~Escapable>(_ elements: borrowing T) { fatalError() }

  /// The name in C of ``allGather(_:into:counts:)-(_,R,_)``.
  @available(*, unavailable, renamed: "allGather(_:into:)")
  public func allgather<S: ~Copyable & ~Escapable, R: ~Copyable & ~Escapable>(
    _ elements: borrowing S, _ storage: inout R
  ) { fatalError() }

  /// The name in C of ``allGather(_:counts:)-(B,_)``.
  @available(*, unavailable, renamed: "allGather(_:counts:)")
  public func allgatherv<T: ~Copyable & ~Escapable>(_ elements: borrowing T) { fatalError() }

  /// The name in C of ``allGather(_:into:counts:)-(_,R,_)``.
  @available(*, unavailable, renamed: "allGather(_:into:counts:)")
  public func allgatherv<S: ~Copyable & ~Escapable, R: ~Copyable & ~Escapable>(
    _ elements: borrowing S, _ storage: inout R
  ) { fatalError() }

  /// The name in C of ``gather(_:to:counts:)-(B,_,_)``.
  @available(*, unavailable, renamed: "gather(_:to:counts:)")
  public func gatherv<T: ~Copyable & ~Escapable>(_ elements: borrowing T, root: Int = 0) {
    fatalError()
  }

  /// The name in C of ``gather(_:into:to:counts:)-(_,R,_,_)``.
  @available(*, unavailable, renamed: "gather(_:into:to:counts:)")
  public func gatherv<S: ~Copyable & ~Escapable, R: ~Copyable & ~Escapable>(
    _ elements: borrowing S, _ storage: inout R, root: Int = 0
  ) { fatalError() }

  /// The name in C of ``scatter(_:from:counts:)-(B,_,_)``.
  @available(*, unavailable, renamed: "scatter(_:from:counts:)")
  public func scatterv<T: ~Copyable & ~Escapable>(_ elements: borrowing T, root: Int = 0) {
    fatalError()
  }

  /// The name in C of ``scatter(_:into:from:counts:)-(_,R,_,_)``.
  @available(*, unavailable, renamed: "scatter(_:into:from:counts:)")
  public func scatterv<S: ~Copyable & ~Escapable, R: ~Copyable & ~Escapable>(
    _ elements: borrowing S, _ storage: inout R, root: Int = 0
  ) { fatalError() }

  /// The name in C of ``allToAll(_:sending:)``.
  @available(*, unavailable, renamed: "allToAll(_:)")
  public func alltoall<T: ~Copyable & ~Escapable>(_ elements: borrowing T) { fatalError() }

  /// The name in C of ``allToAll(_:into:sending:receiving:)-(_,R,_,_)``.
  @available(*, unavailable, renamed: "allToAll(_:into:)")
  public func alltoall<S: ~Copyable & ~Escapable, R: ~Copyable & ~Escapable>(
    _ elements: borrowing S, _ storage: inout R
  ) { fatalError() }

  /// The name in C of ``allToAll(_:sending:)``.
  @available(*, unavailable, renamed: "allToAll(_:sending:)")
  public func alltoallv<T: ~Copyable & ~Escapable>(_ elements: borrowing T) { fatalError() }

  /// The name in C of ``allToAll(_:into:sending:receiving:)-(_,R,_,_)``.
  @available(*, unavailable, renamed: "allToAll(_:into:sending:receiving:)")
  public func alltoallv<S: ~Copyable & ~Escapable, R: ~Copyable & ~Escapable>(
    _ elements: borrowing S, _ storage: inout R
  ) { fatalError() }

  /// The name in C of ``allReduce(_:_:)-(B,_)``.
  @available(*, unavailable, renamed: "allReduce(_:_:)")
  public func allreduce<T: ~Copyable & ~Escapable, O>(_ elements: borrowing T, _ operation: O) {
    fatalError()
  }

  /// The name in C of ``allReduce(_:_:)-(R,_)``.
  @available(*, unavailable, renamed: "allReduce(_:_:)")
  public func allreduce<T: ~Copyable & ~Escapable, O>(_ elements: inout T, _ operation: O) {
    fatalError()
  }

  /// The name in C of ``allReduce(_:into:_:)-(_,R,_)``.
  @available(*, unavailable, renamed: "allReduce(_:into:_:)")
  public func allreduce<S: ~Copyable & ~Escapable, R: ~Copyable & ~Escapable, O>(
    _ elements: borrowing S, _ storage: inout R, _ operation: O
  ) { fatalError() }

  /// The name in C of ``exclusiveScan(_:_:)-(B,_)``.
  @available(*, unavailable, renamed: "exclusiveScan(_:_:)")
  public func exscan<T: ~Copyable & ~Escapable, O>(_ elements: borrowing T, _ operation: O) {
    fatalError()
  }

  /// The name in C of ``exclusiveScan(_:_:)-(R,_)``.
  @available(*, unavailable, renamed: "exclusiveScan(_:_:)")
  public func exscan<T: ~Copyable & ~Escapable, O>(_ elements: inout T, _ operation: O) {
    fatalError()
  }

  /// The name in C of ``exclusiveScan(_:into:_:)-(_,R,_)``.
  @available(*, unavailable, renamed: "exclusiveScan(_:into:_:)")
  public func exscan<S: ~Copyable & ~Escapable, R: ~Copyable & ~Escapable, O>(
    _ elements: borrowing S, _ storage: inout R, _ operation: O
  ) { fatalError() }

  /// The name in C of ``duplicated()``.
  @available(*, unavailable, renamed: "duplicated()")
  public func dup() { fatalError() }
}
