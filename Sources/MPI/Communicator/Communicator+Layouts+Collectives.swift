// The forms of collectives that take layouts. Reductions have none: MPI combines elements of the types
// that an operation is defined for (MPI 3.1 §5.9.1).

extension Communicator {
  /// Gives the root's elements to all ranks, where they do not lie in one run.
  ///
  /// **Collective**: every rank of the communicator calls it, with the same root and a layout of as
  /// many elements; which elements those are may differ.
  ///
  /// Errors are those of ``broadcast(_:from:)-(MutableSpan<T>,_)``.
  ///
  /// - Parameters:
  ///   - elements: On the root the buffer that is given from, elsewhere that which it goes to.
  ///   - layout: Which of its elements take part.
  ///   - position: Where in the buffer the layout begins.
  ///   - instances: The number of times that the layout takes part, each time a ``Layout/extent``
  ///     further.
  ///   - root: The rank whose elements are given.
  /// - Precondition: All instances lie within the buffer.
  ///
  /// The corresponding C function is `MPI_Bcast` (MPI 3.1 §5.4).
  public func broadcast<T: Datatype>(
    _ elements: consuming MutableSpan<T>, layout: Layout<T>, at position: Int = 0,
    instances: Int = 1, from root: Int
  ) throws(MPIError) {
    let side = unsafe elements.side(layout, at: position, instances: instances)
    try unsafe _broadcast(side, from: root, "MPI_Bcast", nil).normalize()
  }

  /// Gathers as many elements of every rank on the root, where they do not lie in one run.
  ///
  /// **Collective**: every rank of the communicator calls it, with the same root; each rank's layout
  /// names as many elements as the root's does for each.
  ///
  ///     // Each rank has some columns of a matrix, together; the root puts them into the whole.
  ///     let columns = try Layout<Double>.strided(count: rows, blockLength: width, stride: size * width)
  ///       .resized(extent: width)
  ///     try world.gather(mine.span, layout: nil, into: all.mutableSpan, layout: columns, to: 0)
  ///
  /// - Parameters:
  ///   - elements: This rank's buffer.
  ///   - layout: Which of its elements are sent; `nil` for all.
  ///   - position: Where in it the layout begins.
  ///   - instances: How often the layout is sent, each time a ``Layout/extent`` further.
  ///   - result: On the root the buffer where all elements go; elsewhere it may be empty.
  ///   - resultLayout: How each rank's elements lie in it; `nil` for as many of all for each rank, in
  ///     one run.
  ///   - resultPosition: Where rank 0's begin.
  ///   - resultInstances: How many instances of the layout each rank's elements fill; those of the next
  ///     rank begin as many extents further.
  ///   - root: The rank that gets them all.
  /// - Throws: ``MPIError/Code/invalidRoot``, and what else the library reports.
  /// - Precondition: All instances lie within the buffers; on the root those for all ranks.
  ///
  /// The corresponding C function is `MPI_Gather` (MPI 3.1 §5.5).
  public func gather<S: Datatype, R: Datatype>(
    _ elements: Span<S>, layout: Layout<S>?, at position: Int = 0, instances: Int = 1,
    into result: consuming MutableSpan<R>, layout resultLayout: Layout<R>?,
    resultPosition: Int = 0, resultInstances: Int = 1, to root: Int
  ) throws(MPIError) {
    try unsafe _gather(
      elements.side(layout, at: position, instances: instances),
      result.side(resultLayout, at: resultPosition, instances: resultInstances),
      to: root, "MPI_Gather", nil
    ).normalize()
  }

  /// Gives each rank as many of the root's elements, where they do not lie in one run.
  ///
  /// **Collective**: every rank of the communicator calls it, with the same root; each rank's layout
  /// names as many elements as the root's does for each.
  ///
  ///     // Column r of a matrix goes to rank r.
  ///     let column = try Layout<Double>.strided(count: rows, stride: columns).resized(extent: 1)
  ///     try world.scatter(matrix.span, layout: column, into: mine.mutableSpan, layout: nil, from: 0)
  ///
  /// - Parameters:
  ///   - elements: The root's buffer; elsewhere it may be empty.
  ///   - layout: Which of its elements go to each rank; `nil` for as many of all to each, in one run.
  ///   - position: Where rank 0's begin.
  ///   - instances: How many instances of the layout each rank gets; those of the next rank begin as
  ///     many extents further.
  ///   - result: Where this rank's elements go.
  ///   - resultLayout: How they lie there; `nil` for one run.
  ///   - resultPosition: Where the layout begins.
  ///   - resultInstances: How often the layout is filled.
  ///   - root: The rank that gives.
  /// - Throws: ``MPIError/Code/invalidRoot``, and what else the library reports.
  /// - Precondition: All instances lie within the buffers; on the root those for all ranks.
  ///
  /// The corresponding C function is `MPI_Scatter` (MPI 3.1 §5.6).
  public func scatter<S: Datatype, R: Datatype>(
    _ elements: Span<S>, layout: Layout<S>?, at position: Int = 0, instances: Int = 1,
    into result: consuming MutableSpan<R>, layout resultLayout: Layout<R>?,
    resultPosition: Int = 0, resultInstances: Int = 1, from root: Int
  ) throws(MPIError) {
    try unsafe _scatter(
      elements.side(layout, at: position, instances: instances),
      result.side(resultLayout, at: resultPosition, instances: resultInstances),
      from: root, "MPI_Scatter", nil
    ).normalize()
  }

  /// Gathers as many elements of every rank onto all ranks, where they do not lie in one run.
  ///
  /// **Collective**: every rank of the communicator calls it. The parameters are those of
  /// ``gather(_:layout:at:instances:into:layout:resultPosition:resultInstances:to:)``, with a result on every rank.
  ///
  /// The corresponding C function is `MPI_Allgather` (MPI 3.1 §5.7).
  public func allGather<S: Datatype, R: Datatype>(
    _ elements: Span<S>, layout: Layout<S>?, at position: Int = 0, instances: Int = 1,
    into result: consuming MutableSpan<R>, layout resultLayout: Layout<R>?,
    resultPosition: Int = 0, resultInstances: Int = 1
  ) throws(MPIError) {
    try unsafe _allGather(
      elements.side(layout, at: position, instances: instances),
      result.side(resultLayout, at: resultPosition, instances: resultInstances), nil
    ).normalize()
  }

  /// Gathers elements of every rank on the root, in numbers of their own, where they do not lie in one
  /// run.
  ///
  /// **Collective**: every rank of the communicator calls it, with the same root and the same counts.
  ///
  ///     // Each rank has some columns of a matrix; the root puts them into the whole.
  ///     let column = try Layout<Double>.strided(count: rows, stride: columns).resized(extent: 1)
  ///     let parts = Partition(balancing: columns, over: world.size)
  ///     try world.gather(
  ///       mine.span, layout: nil, into: all.mutableSpan, layout: column, to: 0, counts: parts)
  ///
  /// - Parameters:
  ///   - elements: This rank's buffer.
  ///   - layout: Which of its elements are sent; `nil` for all.
  ///   - position: Where in it the layout begins.
  ///   - instances: How often the layout is sent, each time a ``Layout/extent`` further.
  ///   - result: On the root the buffer where all elements go; elsewhere it may be empty.
  ///   - resultLayout: How the elements lie in it; `nil` for one run.
  ///   - resultPosition: The position to which the offsets of `counts` add.
  ///   - root: The rank that gets them all.
  ///   - counts: How many instances of `resultLayout` the elements of each rank fill, and where the
  ///     first one lies, in extents of that layout; in elements where it is `nil`.
  /// - Throws: ``MPIError/Code/invalidRoot``, and what else the library reports.
  /// - Precondition: All instances lie within the buffers; those that are received do not overlap.
  ///
  /// The corresponding C function is `MPI_Gatherv` (MPI 3.1 §5.5).
  public func gather<S: Datatype, R: Datatype>(
    _ elements: Span<S>, layout: Layout<S>?, at position: Int = 0, instances: Int = 1,
    into result: consuming MutableSpan<R>, layout resultLayout: Layout<R>?,
    resultPosition: Int = 0, to root: Int, counts: Partition
  ) throws(MPIError) {
    try unsafe _gather(
      elements.side(layout, at: position, instances: instances),
      result.side(resultLayout, at: resultPosition, parts: counts),
      counts, to: root, "MPI_Gatherv", nil
    ).normalize()
  }

  /// Gives each rank some of the root's elements, in numbers of their own, where they do not lie in one
  /// run.
  ///
  /// **Collective**: every rank of the communicator calls it, with the same root and the same counts.
  ///
  /// - Parameters:
  ///   - elements: The root's buffer; elsewhere it may be empty.
  ///   - layout: How the elements lie in it; `nil` for one run.
  ///   - position: The position to which the offsets of `counts` add.
  ///   - result: Where this rank's elements go.
  ///   - resultLayout: How they lie there; `nil` for one run, as long as the buffer.
  ///   - resultPosition: Where the layout begins.
  ///   - resultInstances: How often the layout is filled.
  ///   - root: The rank that gives.
  ///   - counts: How many instances of `layout` each rank gets, and where the first one lies, in
  ///     extents of that layout; in elements where it is `nil`.
  /// - Throws: ``MPIError/Code/invalidRoot``, and what else the library reports.
  /// - Precondition: All instances lie within the buffers.
  ///
  /// The corresponding C function is `MPI_Scatterv` (MPI 3.1 §5.6).
  public func scatter<S: Datatype, R: Datatype>(
    _ elements: Span<S>, layout: Layout<S>?, at position: Int = 0,
    into result: consuming MutableSpan<R>, layout resultLayout: Layout<R>?,
    resultPosition: Int = 0, resultInstances: Int = 1, from root: Int, counts: Partition
  ) throws(MPIError) {
    try unsafe _scatter(
      elements.side(layout, at: position, parts: counts),
      result.side(resultLayout, at: resultPosition, instances: resultInstances),
      counts, from: root, "MPI_Scatterv", nil
    ).normalize()
  }

  /// Gathers elements of every rank onto all ranks, in numbers of their own, where they do not lie in
  /// one run.
  ///
  /// **Collective**: every rank of the communicator calls it, with the same counts. The parameters are
  /// those of ``gather(_:layout:at:instances:into:layout:resultPosition:to:counts:)``, with a result on
  /// every rank.
  ///
  /// The corresponding C function is `MPI_Allgatherv` (MPI 3.1 §5.7).
  public func allGather<S: Datatype, R: Datatype>(
    _ elements: Span<S>, layout: Layout<S>?, at position: Int = 0, instances: Int = 1,
    into result: consuming MutableSpan<R>, layout resultLayout: Layout<R>?,
    resultPosition: Int = 0, counts: Partition
  ) throws(MPIError) {
    try unsafe _allGather(
      elements.side(layout, at: position, instances: instances),
      result.side(resultLayout, at: resultPosition, parts: counts), counts, nil
    ).normalize()
  }

  /// Sends as many elements to every rank, and receives as many from each, where they do not lie in
  /// one run.
  ///
  /// **Collective**: every rank of the communicator calls it.
  ///
  /// - Parameters:
  ///   - elements: What is sent.
  ///   - layout: Which of the elements go to each rank; `nil` for as many of all to each, in one run.
  ///   - position: Where rank 0's begin.
  ///   - instances: How many instances of the layout each rank gets; those of the next rank begin as
  ///     many extents further.
  ///   - result: Where it is received.
  ///   - resultLayout: How each rank's elements lie there; `nil` for as many of all for each rank.
  ///   - resultPosition: Where those of rank 0 begin.
  ///   - resultInstances: How many instances of the layout the elements of each rank fill.
  /// - Precondition: The instances for all ranks lie within the buffers.
  ///
  /// The corresponding C functions are `MPI_Alltoall`, and on Open MPI `MPI_Alltoallw` (MPI 3.1 §5.8).
  public func allToAll<S: Datatype, R: Datatype>(
    _ elements: Span<S>, layout: Layout<S>?, at position: Int = 0, instances: Int = 1,
    into result: consuming MutableSpan<R>, layout resultLayout: Layout<R>?,
    resultPosition: Int = 0, resultInstances: Int = 1
  ) throws(MPIError) {
    try unsafe _allToAll(
      elements.side(layout, at: position, instances: instances),
      result.side(resultLayout, at: resultPosition, instances: resultInstances), nil
    ).normalize()
  }

  /// Sends elements to every rank, and receives elements from each, in a layout of their own for each
  /// rank.
  ///
  /// **Collective**: every rank of the communicator calls it.
  ///
  ///     // Each rank has n rows of a square matrix, and gets n columns of it.
  ///     let block = try Layout<Double>.strided(count: n, blockLength: n, stride: n * world.size)
  ///     let whole = try Layout<Double>.contiguous(count: n * n)
  ///     try world.allToAll(
  ///       rows.span, layouts: (0..<world.size).map { block.placed(at: $0 * n) },
  ///       into: columns.mutableSpan, layouts: (0..<world.size).map { whole.placed(at: $0 * n * n) })
  ///
  /// - Parameters:
  ///   - elements: What is sent.
  ///   - layouts: Which of the elements go to which rank; `nil` for none.
  ///   - result: Where it is received.
  ///   - resultLayouts: Where the elements of each rank go, as many as it sends; `nil` for none.
  /// - Precondition: One entry for each rank; all of them lie within the buffers, and those that are
  ///   received into do not overlap.
  ///
  /// The corresponding C function is `MPI_Alltoallw` (MPI 3.1 §5.8).
  public func allToAll<S: Datatype, R: Datatype>(
    _ elements: Span<S>, layouts: [Layout<S>.Placed?],
    into result: consuming MutableSpan<R>, layouts resultLayouts: [Layout<R>.Placed?]
  ) throws(MPIError) {
    let (source, target) = unsafe (elements.rawBuffer, result.rawBuffer())
    try unsafe _allToAll(
      source, layouts.sides(in: source), target, resultLayouts.sides(in: target), nil
    ).forEach { unsafe $0.normalize() }
  }

  /// Swaps elements with every rank, in a layout of their own for each rank.
  ///
  /// **Collective**: every rank of the communicator calls it. There is no nonblocking form: MPICH's
  /// fails with derived datatypes (seen in 4.0.2).
  ///
  /// - Parameters:
  ///   - elements: What is sent, and where the others' arrive.
  ///   - layouts: Which elements are swapped with which rank: as many as that rank swaps with this
  ///     one; `nil` for none.
  /// - Precondition: One entry for each rank; all of them lie within the buffer, and do not overlap.
  ///
  /// The corresponding C function is `MPI_Alltoallw` with `MPI_IN_PLACE` (MPI 3.1 §5.8).
  public func allToAll<T: Datatype>(
    _ elements: consuming MutableSpan<T>, exchanging layouts: [Layout<T>.Placed?]
  ) throws(MPIError) {
    let buffer = unsafe elements.rawBuffer()
    try unsafe _allToAll(.inPlace, nil, buffer, layouts.sides(in: buffer), nil).forEach {
      unsafe $0.normalize()
    }
  }
}
