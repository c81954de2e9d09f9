internal import CMPI

extension Layout {
  /// A run of elements.
  ///
  /// - Throws: ``MPIError`` as the library reports it.
  /// - Precondition: `count` is not negative.
  ///
  /// The corresponding C function is `MPI_Type_contiguous` (MPI 3.1 §4.1.2).
  public static func contiguous(count: Int) throws -> Layout {
    precondition(count >= 0, "a layout of \(count) elements")
    let construction = Construction()
    _ = try construction.contiguous(count, of: Element.mpiDatatype.raw)
    return try Layout(construction, LayoutGeometry(run: count))
  }

  /// Blocks of elements at equal distances.
  ///
  ///     // Columns 2 and 3 of a matrix of 100 rows and 10 columns, at position 2:
  ///     try Layout<Double>.strided(count: 100, blockLength: 2, stride: 10)
  ///
  /// - Parameters:
  ///   - count: The number of blocks.
  ///   - blockLength: The number of elements of each block.
  ///   - stride: The distance, in elements, from the beginning of a block to that of the next one.
  /// - Throws: ``MPIError`` as the library reports it.
  /// - Precondition: None of them is negative.
  ///
  /// The corresponding C function is `MPI_Type_vector` (MPI 3.1 §4.1.2).
  public static func strided(
    count: Int, blockLength: Int = 1, stride: Int
  ) throws -> Layout {
    requireStrides(count, blockLength, stride)
    let construction = Construction()
    _ = try construction.strided(
      count, blockLength, extents: stride, bytes: MemoryLayout<Element>.stride,
      of: Element.mpiDatatype.raw)
    return try Layout(
      construction, LayoutGeometry(run: blockLength).repeated(count, stride: stride))
  }

  /// Blocks of instances of another layout at equal distances.
  ///
  ///     // Every second row of every second plane of a box of 10 · 20 · 30 elements:
  ///     let rows = try Layout<Float>.strided(count: 10, blockLength: 30, stride: 60)
  ///     let half = try Layout.strided(count: 5, stride: 2 * 20 * 30, of: rows)
  ///
  /// - Parameters:
  ///   - count: The number of blocks.
  ///   - blockLength: The number of instances of each block, each an ``extent`` behind the one before.
  ///   - stride: The distance, in elements, from the beginning of a block to that of the next one.
  ///   - layout: What is repeated.
  /// - Precondition: None of the numbers is negative.
  ///
  /// The corresponding C function is `MPI_Type_create_hvector` (MPI 3.1 §4.1.2).
  public static func strided(
    count: Int, blockLength: Int = 1, stride: Int, of layout: Layout
  ) throws -> Layout {
    requireStrides(count, blockLength, stride)
    let construction = Construction()
    let inner = layout.storage
    _ = try construction.strided(
      count, blockLength, bytes: stride * inner.stride, of: inner.handle.raw)
    return try Layout(
      construction, inner.geometry.repeated(blockLength).repeated(count, stride: stride))
  }

  private static func requireStrides(_ count: Int, _ blockLength: Int, _ stride: Int) {
    precondition(
      count >= 0 && blockLength >= 0 && stride >= 0,
      "a layout of \(count) blocks of \(blockLength) at distances of \(stride)")
  }

  /// Several instances of the layout, one behind the other.
  ///
  /// - Throws: ``MPIError`` as the library reports it.
  /// - Precondition: `count` is not negative.
  ///
  /// The corresponding C function is `MPI_Type_contiguous` (MPI 3.1 §4.1.2).
  public func repeated(_ count: Int) throws -> Layout {
    precondition(count >= 0, "\(count) instances of a layout")
    let construction = Construction()
    _ = try construction.contiguous(count, of: storage.handle.raw)
    return try Layout(construction, storage.geometry.repeated(count))
  }

  /// Blocks of elements of any lengths at any places, in the order in which they are given.
  ///
  ///     // The lower triangle of a square matrix that is stored by rows:
  ///     try Layout<Double>.blocks((0..<n).map { $0 * n ..< $0 * n + $0 + 1 })
  ///
  /// - Throws: ``MPIError`` as the library reports it.
  /// - Precondition: No position is negative.
  /// - Complexity: O(number of blocks); the layout keeps a description of that size.
  ///
  /// The corresponding C functions are `MPI_Type_indexed`, and `MPI_Type_create_hindexed` where a
  /// position is too large for it (MPI 3.1 §4.1.2).
  public static func blocks(_ blocks: [Range<Int>]) throws -> Layout {
    var geometry = LayoutGeometry()
    for block in blocks {
      precondition(block.lowerBound >= 0, "a block of a layout at \(block)")
      geometry.add(LayoutGeometry(run: block.count), at: block.lowerBound)
    }
    let construction = Construction()
    _ = try construction.blocks(
      blocks, bytes: MemoryLayout<Element>.stride, of: Element.mpiDatatype.raw)
    return try Layout(construction, geometry)
  }

  /// Blocks of as many elements at any places, in the order in which they are given.
  ///
  ///     // Some elements, in an order of their own:
  ///     try Layout<Double>.blocks(at: [7, 3, 5])
  ///
  /// - Throws: ``MPIError`` as the library reports it.
  /// - Precondition: Neither the length nor a position is negative.
  /// - Complexity: O(number of blocks); the layout keeps a description of that size.
  ///
  /// The corresponding C functions are `MPI_Type_create_indexed_block`, and
  /// `MPI_Type_create_hindexed_block` where a position is too large for it (MPI 3.1 §4.1.2).
  public static func blocks(length: Int = 1, at positions: [Int]) throws -> Layout {
    try blocks(
      length, positions, of: Element.mpiDatatype.raw, LayoutGeometry(run: 1), isElement: true)
  }

  /// Instances of another layout at any places, in the order in which they are given.
  ///
  ///     // Columns 1, 4 and 2 of a matrix:
  ///     try Layout.blocks(at: [1, 4, 2], of: column)
  ///
  /// - Parameters:
  ///   - length: The number of instances at each place, each an ``extent`` behind the one before.
  ///   - positions: The places, in elements.
  ///   - layout: What is placed there.
  /// - Precondition: Neither the length nor a position is negative.
  ///
  /// The corresponding C function is `MPI_Type_create_hindexed_block` (MPI 3.1 §4.1.2).
  public static func blocks(
    length: Int = 1, at positions: [Int], of layout: Layout
  ) throws -> Layout {
    let inner = layout.storage
    return try blocks(length, positions, of: inner.handle.raw, inner.geometry, isElement: false)
  }

  private static func blocks(
    _ length: Int, _ positions: [Int], of type: RawDatatype, _ inner: LayoutGeometry,
    isElement: Bool
  ) throws -> Layout {
    precondition(length >= 0, "blocks of \(length) in a layout")
    let block = inner.repeated(length)
    var geometry = LayoutGeometry()
    for position in positions {
      precondition(position >= 0, "a block of a layout at \(position)")
      geometry.add(block, at: position)
    }
    let construction = Construction()
    _ = try construction.blocks(
      length: length, at: positions, bytes: MemoryLayout<Element>.stride, of: type,
      isElement: isElement)
    return try Layout(construction, geometry)
  }
}
