internal import CMPI

// Between two groups.

extension Intercommunicator {
  /// Gathers the elements of all processes of the other group on the root. They may have different
  /// numbers of elements.
  ///
  /// **Collective**: every process of both groups calls it. What the root's group gives is not looked
  /// at.
  ///
  /// Shape: `[n_r]` on rank *r* of the other group → `[n_0 + n_1 + …]` on the root.
  ///
  /// - Returns: The other group's elements on the root, in rank order; `nil` elsewhere.
  /// - Throws: ``MPIError/Code/invalidRoot``, and what else the library reports.
  /// - Complexity: The numbers of elements are gathered first; give storage for the result to save
  ///   that.
  ///
  /// The corresponding C function is `MPI_Alltoallw` (MPI 3.1 §5.8).
  public func gather<B: Outgoing & ~Copyable & ~Escapable>(
    _ elements: borrowing B, to root: Root
  ) throws -> [B.Element]? {
    try _gather(elements.operand, to: root)
  }

  /// Gathers one value of every process of the other group on the root.
  ///
  /// As ``gather(_:to:)-(B,_)`` with an array of one element.
  ///
  /// The corresponding C function is `MPI_Gather` (MPI 3.1 §5.5).
  @_disfavoredOverload
  public func gather<T: Datatype>(_ value: T, to root: Root) throws -> [T]? {
    try gather([value], to: root)
  }

  /// Gathers as many elements of every process of the other group in storage of the root's.
  ///
  /// **Collective**: every process of both groups calls it.
  ///
  /// Shape: `[n]` on each rank of the other group → `[remoteSize · n]` on the root.
  ///
  /// - Parameters:
  ///   - elements: What a process of the other group gives; not looked at in the root's group.
  ///   - storage: Where they go on the root; elsewhere it may be empty.
  ///   - root: Who gets them all.
  /// - Throws: ``MPIError/Code/invalidRoot``, and what else the library reports.
  /// - Precondition: The length of the root's storage is a multiple of the number of processes in the
  ///   other group.
  ///
  /// The corresponding C function is `MPI_Gather` (MPI 3.1 §5.5).
  public func gather<
    S: Outgoing & ~Copyable & ~Escapable, R: Incoming & ~Copyable & ~Escapable
  >(
    _ elements: borrowing S, into storage: inout R, to root: Root
  ) throws where S.Element == R.Element {
    try _gather(elements.operand, storage.incoming, to: root)
  }

  /// Gathers as many elements of every process of the other group in what a view of the root's shows.
  ///
  /// **Collective**, as ``gather(_:into:to:)-(_,R,_)``.
  ///
  /// The corresponding C function is `MPI_Gather` (MPI 3.1 §5.5).
  public func gather<
    S: Outgoing & ~Copyable & ~Escapable, V: IncomingView & ~Copyable & ~Escapable
  >(
    _ elements: borrowing S, into view: consuming V, to root: Root
  ) throws where S.Element == V.Element {
    try _gather(elements.operand, view.incoming, to: root)
  }

  private func _gather<T: Datatype>(
    _ sent: borrowing Operand, to root: Root
  ) throws -> [T]? {
    let isRoot = root == .me
    let count: InlineArray<1, Int> = [sent.count]
    let counts = try [Int](receiving: isRoot ? remoteSize : 0) { buffer in
      try _gather(count.operand, Operand(buffer), to: root)
    }
    let across = across
    guard isRoot else {
      guard case .rank(let taker) = root else {
        try across._exchangeParts(.none, { _ in 0..<0 }, .none, { _ in 0..<0 }, nil)
        return nil
      }
      let source = sent.part("gather")
      try across._exchangeParts(
        source, { $0 == taker ? 0..<source.count : 0..<0 }, .none, { _ in 0..<0 }, nil)
      return nil
    }
    let parts = Partition(counts: counts)
    return try [T](receiving: parts) { buffer in
      try across._exchangeParts(.none, { _ in 0..<0 }, buffer, { parts[$0] }, nil)
    }
  }

  private func _gather(
    _ sent: borrowing Operand, _ received: borrowing Operand, to root: Root
  ) throws {
    let across = across
    let rawRoot = try rawRoot(root, "MPI_Gather")
    switch root {
    case .me:
      let target = received.part("gather", times: remoteSize)
      try across._gather(each: .none, across.share(of: target), rawRoot, nil)
    case .another:
      try across._gather(each: .none, .none, rawRoot, nil)
    case .rank:
      try across._gather(each: sent.part("gather"), apart: sent.layout, .none, rawRoot, nil)
    }
  }
}
