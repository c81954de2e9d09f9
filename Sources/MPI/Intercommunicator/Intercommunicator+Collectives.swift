internal import CMPI

extension Intercommunicator {
  /// Who gives or gets all in a collective between two groups.
  ///
  /// The group of the root says ``me`` on the root itself, and ``another`` elsewhere. The other group
  /// names the root by its rank, which may be written as a number: `from: 0`.
  public enum Root: Hashable, Sendable, ExpressibleByIntegerLiteral {
    /// This process.
    ///
    /// The corresponding C constant is `MPI_ROOT`.
    case me
    /// Another process of this group: this one takes no part.
    ///
    /// The corresponding C constant is `MPI_PROC_NULL`.
    case another
    /// A process of the other group.
    case rank(Int)

    /// A process of the other group.
    public init(integerLiteral rank: Int) { self = .rank(rank) }
  }

  /// A root as C has it.
  func rawRoot(_ root: Root, _ routine: StaticString) throws(MPIError) -> CInt {
    switch root {
    case .me: CMPI_ROOT
    case .another: CMPI_PROC_NULL
    case .rank(let rank): try across.rawRoot(rank, routine)
    }
  }

  /// The other group as the cores of collectives see it, which count what is exchanged with `size`
  /// ranks, and compare a root with this process's rank.
  var across: Communicator { Communicator(across: raw, size: remoteSize) }

  // MARK: - Barrier and broadcast

  /// Waits until all processes of the other group have called it.
  ///
  /// **Collective**: every process of both groups calls it.
  ///
  /// The corresponding C function is `MPI_Barrier` (MPI 3.1 §5.3).
  public func barrier() throws(MPIError) { try across.barrier() }

  /// Gives the root's elements to all processes of the other group.
  ///
  /// **Collective**: every process of both groups calls it, with as many elements.
  ///
  ///     // The first of the lower half tells the upper half.
  ///     try between.broadcast(
  ///       weights.mutableSpan, from: isUpper ? 0 : half.rank == 0 ? .me : .another)
  ///
  /// Shape: `[n]` on the root → `[n]` on each rank of the other group. The elements of the root's group
  /// stay as they are.
  ///
  /// - Throws: ``MPIError/Code/invalidRoot``, and what else the library reports.
  ///
  /// The corresponding C function is `MPI_Bcast` (MPI 3.1 §5.4).
  public func broadcast<T: Datatype>(
    _ elements: consuming MutableSpan<T>, from root: Root
  ) throws(MPIError) {
    let buffer = unsafe elements.rawBuffer()
    try unsafe across._broadcast(buffer, rawRoot(root, "MPI_Bcast"), nil)
    unsafe buffer.normalize()
  }

  /// Gives the root's value to all processes of the other group.
  ///
  /// **Collective**: every process of both groups calls it.
  ///
  /// The corresponding C function is `MPI_Bcast` (MPI 3.1 §5.4).
  public func broadcast<T: Datatype>(_ value: inout T, from root: Root) throws(MPIError) {
    var one: InlineArray<1, T> = [value]
    try broadcast(one.mutableSpan, from: root)
    value = one[0]
  }

  /// Gives the root's array to all processes of the other group, whatever the length of theirs was.
  ///
  /// **Collective**: every process of both groups calls it.
  ///
  /// - Complexity: As two broadcasts: that of the length comes first.
  ///
  /// The corresponding C function is `MPI_Bcast` (MPI 3.1 §5.4).
  public func broadcast<T: Datatype>(_ array: inout [T], from root: Root) throws(MPIError) {
    var count = array.count
    try broadcast(&count, from: root)
    if case .rank = root {
      array = try unsafe [T](receiving: count) { buffer throws(MPIError) in
        try unsafe across._broadcast(buffer, rawRoot(root, "MPI_Bcast"), nil)
      }
    } else {
      try broadcast(array.mutableSpan, from: root)
    }
  }

  // MARK: - Gather and scatter

  /// Gathers the elements of all processes of the other group on the root. They may have different
  /// numbers of elements.
  ///
  /// **Collective**: every process of both groups calls it. What the root's group gives is not looked
  /// at.
  ///
  /// Shape: `[n_r]` on rank *r* of the other group → `[n_0 + n_1 + …]` on the root.
  ///
  /// - Returns: The other group's elements on the root, in rank order; `nil` elsewhere.
  /// - Complexity: The numbers of elements are gathered first; give storage for the result to save
  ///   that.
  ///
  /// The corresponding C function is `MPI_Alltoallw` (MPI 3.1 §5.8).
  public func gather<T: Datatype>(_ elements: Span<T>, to root: Root) throws(MPIError) -> [T]? {
    let across = across
    let counts = try gather(elements.count, to: root)
    guard let counts else {
      try unsafe across._exchangeParts(
        elements.rawBuffer, { root == .rank($0) ? 0..<elements.count : 0..<0 }, .none,
        { _ in 0..<0 }, nil)
      return nil
    }
    let parts = Partition(counts: counts)
    return try unsafe [T](receiving: parts.count) { buffer throws(MPIError) in
      try unsafe across._exchangeParts(.none, { _ in 0..<0 }, buffer, { parts[$0] }, nil)
    }
  }

  /// Gathers one value of every process of the other group on the root.
  ///
  /// **Collective**: every process of both groups calls it. What the root's group gives is not looked
  /// at.
  ///
  /// - Returns: The other group's values on the root, in rank order; `nil` elsewhere.
  ///
  /// The corresponding C function is `MPI_Gather` (MPI 3.1 §5.5).
  public func gather<T: Datatype>(_ value: T, to root: Root) throws(MPIError) -> [T]? {
    let one: InlineArray<1, T> = [value]
    let count = root == .me ? remoteSize : 0
    let values = try unsafe [T](receiving: count) { buffer throws(MPIError) in
      try unsafe across._gather(
        one.span.rawBuffer, buffer, 1, rawRoot(root, "MPI_Gather"), nil)
    }
    return root == .me ? values : nil
  }

  /// Gathers as many elements of every process of the other group in storage of the root's.
  ///
  /// **Collective**: every process of both groups calls it.
  ///
  /// Shape: `[n]` on each rank of the other group → `[remoteSize · n]` on the root.
  ///
  /// - Parameters:
  ///   - elements: What a process of the other group gives; not looked at in the root's group.
  ///   - result: Where they go on the root; elsewhere it may be empty.
  ///   - root: Who gets them all.
  /// - Precondition: The length of the root's storage is a multiple of the number of processes in the
  ///   other group.
  ///
  /// The corresponding C function is `MPI_Gather` (MPI 3.1 §5.5).
  public func gather<T: Datatype>(
    _ elements: Span<T>, into result: consuming MutableSpan<T>, to root: Root
  ) throws(MPIError) {
    let target = unsafe result.rawBuffer()
    let across = across
    let count = root == .me ? unsafe across.sharedCount(target.count) : elements.count
    try unsafe across._gather(
      elements.rawBuffer, target, count, rawRoot(root, "MPI_Gather"), nil)
    if root == .me { unsafe target.normalize() }
  }

  /// Divides the root's elements among the processes of the other group, as evenly as can be.
  ///
  /// **Collective**: every process of both groups calls it.
  ///
  /// Shape: `[n]` on the root → `[n / remoteSize]` on each rank of the other group; the first
  /// `n % remoteSize` ranks get one more.
  ///
  /// - Returns: This process's part in the other group; none in the root's.
  /// - Complexity: The number of elements is broadcast first; give storage for the result to save
  ///   that.
  ///
  /// The corresponding C function is `MPI_Alltoallw` (MPI 3.1 §5.8).
  public func scatter<T: Datatype>(_ elements: Span<T>, from root: Root) throws(MPIError) -> [T] {
    var count = elements.count
    try broadcast(&count, from: root)
    let across = across
    if case .rank(let giver) = root {
      let mine = Partition.balanced(count, part: rank, of: size).count
      return try unsafe [T](receiving: mine) { buffer throws(MPIError) in
        try unsafe across._exchangeParts(
          .none, { _ in 0..<0 }, buffer, { $0 == giver ? 0..<mine : 0..<0 }, nil)
      }
    }
    let parts = Partition(balancing: root == .me ? count : 0, over: remoteSize)
    try unsafe across._exchangeParts(
      elements.rawBuffer, { parts[$0] }, .none, { _ in 0..<0 }, nil)
    return []
  }

  /// Gives each process of the other group as many of the root's elements, in rank order, into storage
  /// of its own.
  ///
  /// **Collective**: every process of both groups calls it.
  ///
  /// Shape: `[remoteSize · n]` on the root → `[n]` on each rank of the other group.
  ///
  /// - Precondition: The number of the root's elements is a multiple of the number of processes in the
  ///   other group.
  ///
  /// The corresponding C function is `MPI_Scatter` (MPI 3.1 §5.6).
  public func scatter<T: Datatype>(
    _ elements: Span<T>, into result: consuming MutableSpan<T>, from root: Root
  ) throws(MPIError) {
    let target = unsafe result.rawBuffer()
    let across = across
    let count = root == .me ? across.sharedCount(elements.count) : unsafe target.count
    try unsafe across._scatter(
      elements.rawBuffer, target, count, rawRoot(root, "MPI_Scatter"), nil)
    unsafe target.normalize()
  }
}
