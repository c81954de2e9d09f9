internal import CMPI

// MPI 3.1 constructs datatypes from counts, lengths and displacements in C's int. Where one of them is
// larger, the constructors here take another way to the same elements.

/// Makes datatypes out of others, and frees those that were needed on the way.
@safe final class Construction {
  /// All that were made; none is committed.
  private var made: [RawDatatype] = []

  init() { precondition(isRunning, "a Layout was made while MPI is not running") }

  deinit {
    guard isRunning else { return }
    for raw in made { releaseDatatype(DatatypeHandle(raw)) }
  }

  /// The one that was made last, which is now the caller's.
  func finish() -> RawDatatype { made.removeLast() }

  /// Has a datatype freed in the end.
  func keep(_ raw: RawDatatype) { made.append(raw) }

  private func add(
    _ routine: StaticString, _ make: (inout RawDatatype) -> CInt
  ) throws -> RawDatatype {
    var raw = CMPI_DATATYPE_NULL as RawDatatype
    try check(make(&raw), routine)
    made.append(raw)
    return raw
  }

  /// Lengths over this are cut.
  private static let chunk = 1 << 30

  func contiguous(_ count: Int, of type: RawDatatype) throws -> RawDatatype {
    if let count = CInt(exactly: count) {
      return try add("MPI_Type_contiguous") { unsafe MPI_Type_contiguous(count, type, &$0) }
    }
    let extent = try DatatypeHandle(type).extent()
    return try strided(count, 1, bytes: extent, of: type)
  }

  /// Blocks at distances of a number of extents.
  func strided(
    _ count: Int, _ length: Int, extents stride: Int, bytes: Int, of type: RawDatatype
  ) throws -> RawDatatype {
    guard let rawCount = CInt(exactly: count), let rawLength = CInt(exactly: length),
      let rawStride = CInt(exactly: stride)
    else { return try strided(count, length, bytes: stride * bytes, of: type) }
    return try add("MPI_Type_vector") {
      unsafe MPI_Type_vector(rawCount, rawLength, rawStride, type, &$0)
    }
  }

  /// Blocks at distances of a number of bytes.
  func strided(
    _ count: Int, _ length: Int, bytes stride: Int, of type: RawDatatype
  ) throws -> RawDatatype {
    guard let rawLength = CInt(exactly: length) else {
      return try strided(count, 1, bytes: stride, of: contiguous(length, of: type))
    }
    if let rawCount = CInt(exactly: count) {
      return try add("MPI_Type_create_hvector") {
        unsafe MPI_Type_create_hvector(rawCount, rawLength, stride, type, &$0)
      }
    }
    // Whole chunks, and what is left over.
    let (chunks, rest) = count.quotientAndRemainder(dividingBy: Construction.chunk)
    let chunk = try strided(Construction.chunk, length, bytes: stride, of: type)
    let whole = try strided(chunks, 1, bytes: Construction.chunk * stride, of: chunk)
    let last = try strided(rest, length, bytes: stride, of: type)
    return try structure([
      (1, 0, whole), (1, chunks * Construction.chunk * stride, last),
    ])
  }

  /// Blocks of any lengths at any places, both in elements of `bytes`.
  func blocks(
    _ blocks: [Range<Int>], bytes: Int, of type: RawDatatype
  ) throws -> RawDatatype {
    if blocks.allSatisfy({ $0.upperBound <= Int(CInt.max) }) {
      let count = try rawCount(blocks.count, "MPI_Type_indexed")
      let lengths = blocks.map { CInt($0.count) }
      let offsets = blocks.map { CInt($0.lowerBound) }
      return try add("MPI_Type_indexed") {
        unsafe MPI_Type_indexed(count, lengths, offsets, type, &$0)
      }
    }
    // A block that is too long is several.
    let pieces = blocks.flatMap { block in
      block.count <= Int(CInt.max)
        ? [block]
        : stride(from: block.lowerBound, to: block.upperBound, by: Construction.chunk).map {
          $0..<min($0 + Construction.chunk, block.upperBound)
        }
    }
    let count = try rawCount(pieces.count, "MPI_Type_create_hindexed")
    let lengths = pieces.map { CInt($0.count) }
    let offsets = pieces.map { MPI_Aint($0.lowerBound * bytes) }
    return try add("MPI_Type_create_hindexed") {
      unsafe MPI_Type_create_hindexed(count, lengths, offsets, type, &$0)
    }
  }

  /// Blocks of one length at any places, in elements of `bytes`.
  func blocks(
    length: Int, at positions: [Int], bytes: Int, of type: RawDatatype, isElement: Bool
  ) throws -> RawDatatype {
    guard let rawLength = CInt(exactly: length) else {
      return try blocks(
        length: 1, at: positions, bytes: bytes, of: contiguous(length, of: type), isElement: false)
    }
    if isElement, positions.allSatisfy({ $0 <= Int(CInt.max) }) {
      let count = try rawCount(positions.count, "MPI_Type_create_indexed_block")
      let offsets = positions.map { CInt($0) }
      return try add("MPI_Type_create_indexed_block") {
        unsafe MPI_Type_create_indexed_block(count, rawLength, offsets, type, &$0)
      }
    }
    let count = try rawCount(positions.count, "MPI_Type_create_hindexed_block")
    let offsets = positions.map { MPI_Aint($0 * bytes) }
    return try add("MPI_Type_create_hindexed_block") {
      unsafe MPI_Type_create_hindexed_block(count, rawLength, offsets, type, &$0)
    }
  }

  /// Several of each type, at a place in bytes.
  func structure(
    _ parts: [(count: Int, offset: Int, type: RawDatatype)]
  ) throws -> RawDatatype {
    let count = try rawCount(parts.count, "MPI_Type_create_struct")
    var lengths: [CInt] = []
    var types: [RawDatatype] = []
    for part in parts {
      if let length = CInt(exactly: part.count) {
        lengths.append(length)
        types.append(part.type)
      } else {
        lengths.append(1)
        types.append(try contiguous(part.count, of: part.type))
      }
    }
    let offsets = parts.map { MPI_Aint($0.offset) }
    return try add("MPI_Type_create_struct") {
      unsafe MPI_Type_create_struct(count, lengths, offsets, types, &$0)
    }
  }

  func resized(
    _ type: RawDatatype, lowerBound: Int, extent: Int
  ) throws -> RawDatatype {
    try add("MPI_Type_create_resized") {
      unsafe MPI_Type_create_resized(type, lowerBound, extent, &$0)
    }
  }

  func duplicate(_ type: RawDatatype) throws -> RawDatatype {
    try add("MPI_Type_dup") { unsafe MPI_Type_dup(type, &$0) }
  }

  func subarray(
    _ ranges: [Range<Int>], of shape: [Int], _ order: ArrayOrder, of type: RawDatatype
  ) throws -> RawDatatype {
    let axes = CInt(shape.count)
    let sizes = shape.map { CInt($0) }
    let lengths = ranges.map { CInt($0.count) }
    let starts = ranges.map { CInt($0.lowerBound) }
    return try add("MPI_Type_create_subarray") {
      unsafe MPI_Type_create_subarray(axes, sizes, lengths, starts, order.raw, type, &$0)
    }
  }

  func distributedArray(
    _ shape: [Int], _ distributions: [Distribution], over grid: [Int], part: Int,
    _ order: ArrayOrder, of type: RawDatatype
  ) throws -> RawDatatype {
    let processes = CInt(grid.reduce(1, *))
    let rank = CInt(part)
    let axes = CInt(shape.count)
    let sizes = shape.map { CInt($0) }
    let kinds = distributions.map(\.raw)
    let arguments = distributions.map(\.rawArgument)
    let parts = grid.map { CInt($0) }
    return try add("MPI_Type_create_darray") {
      unsafe MPI_Type_create_darray(
        processes, rank, axes, sizes, kinds, arguments, parts, order.raw, type, &$0)
    }
  }

  private func rawCount(_ count: Int, _ routine: StaticString) throws -> CInt {
    if let count = CInt(exactly: count) { return count }
    throw MPIError(
      .invalidCount, routine: routine.description,
      message: "\(count) blocks are more than one datatype can have")
  }
}
