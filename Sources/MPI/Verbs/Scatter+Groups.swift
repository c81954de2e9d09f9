internal import CMPI

// Between two groups.

extension Intercommunicator {
  /// Divides the root's elements among the processes of the other group, as evenly as can be.
  ///
  /// **Collective**: every process of both groups calls it.
  ///
  /// Shape: `[n]` on the root → `[n / remoteSize]` on each rank of the other group; the first
  /// `n % remoteSize` ranks get one more.
  ///
  /// - Returns: This process's part in the other group; none in the root's.
  /// - Throws: ``MPIError/Code/invalidRoot``, and what else the library reports.
  /// - Complexity: The number of elements is broadcast first; give storage for the result to save
  ///   that.
  ///
  /// The corresponding C function is `MPI_Alltoallw` (MPI 3.1 §5.8).
  public func scatter<B: Outgoing & ~Copyable & ~Escapable>(
    _ elements: borrowing B, from root: Root
  ) throws -> [B.Element] {
    try _scatter(elements.operand, from: root)
  }

  /// Gives each process of the other group as many of the root's elements, in rank order, into storage
  /// of its own.
  ///
  /// **Collective**: every process of both groups calls it.
  ///
  /// Shape: `[remoteSize · n]` on the root → `[n]` on each rank of the other group.
  ///
  /// - Parameters:
  ///   - elements: What the root gives; elsewhere it may be empty.
  ///   - storage: Where this process's elements go; not looked at in the root's group.
  ///   - root: Who gives.
  /// - Throws: ``MPIError/Code/invalidRoot``, and what else the library reports.
  /// - Precondition: The number of the root's elements is a multiple of the number of processes in the
  ///   other group.
  ///
  /// The corresponding C function is `MPI_Scatter` (MPI 3.1 §5.6).
  public func scatter<
    S: Outgoing & ~Copyable & ~Escapable, R: Incoming & ~Copyable & ~Escapable
  >(
    _ elements: borrowing S, into storage: inout R, from root: Root
  ) throws where S.Element == R.Element {
    try _scatter(elements.operand, storage.incoming, from: root)
  }

  /// Gives each process of the other group as many of the root's elements, in rank order, into what a
  /// view shows.
  ///
  /// **Collective**, as ``scatter(_:into:from:)-(_,R,_)``.
  ///
  /// The corresponding C function is `MPI_Scatter` (MPI 3.1 §5.6).
  public func scatter<
    S: Outgoing & ~Copyable & ~Escapable, V: IncomingView & ~Copyable & ~Escapable
  >(
    _ elements: borrowing S, into view: consuming V, from root: Root
  ) throws where S.Element == V.Element {
    try _scatter(elements.operand, view.incoming, from: root)
  }

  private func _scatter<T: Datatype>(_ sent: borrowing Operand, from root: Root) throws -> [T] {
    let across = across
    var count = sent.count(ranks: remoteSize)
    try broadcast(&count, from: root)
    if case .rank(let giver) = root {
      let mine = Partition.balanced(count, part: rank, of: size).count
      return try [T](receiving: mine) { buffer throws in
        try across._exchangeParts(
          .none, { _ in 0..<0 }, buffer, { $0 == giver ? 0..<mine : 0..<0 }, nil)
      }
    }
    let source = root == .me ? sent.part("scatter", times: remoteSize) : .none
    let parts = Partition(balancing: source.count, over: remoteSize)
    try across._exchangeParts(source, { parts[$0] }, .none, { _ in 0..<0 }, nil)
    return []
  }

  private func _scatter(
    _ sent: borrowing Operand, _ received: borrowing Operand, from root: Root
  ) throws {
    let across = across
    let rawRoot = try rawRoot(root, "MPI_Scatter")
    switch root {
    case .me:
      let source = sent.part("scatter", times: remoteSize)
      try across._scatter(each: across.share(of: source), .none, rawRoot, nil)
    case .another:
      try across._scatter(each: .none, .none, rawRoot, nil)
    case .rank:
      try across._scatter(
        each: .none, received.part("scatter"), apart: received.layout, rawRoot, nil)
    }
  }
}
