internal import CMPI

/// How a datatype was constructed, as the library remembers it: for debugging.
///
///     let column = try Layout<Double>.strided(count: 3, stride: 10)
///     print(column)   // vector(count: 3, blockLength: 1, stride: 10, of: MPI_DOUBLE)
///
/// Lengths and strides are in units of the type a datatype was made of, unless their name says bytes.
///
/// The corresponding C functions are `MPI_Type_get_envelope` and `MPI_Type_get_contents` (MPI 3.1
/// §4.1.13).
public indirect enum DatatypeStructure: Hashable, Sendable {
  /// A type of the library's own.
  case named(String)
  /// `MPI_Type_dup`.
  case duplicate(of: DatatypeStructure)
  /// `MPI_Type_contiguous`.
  case contiguous(count: Int, of: DatatypeStructure)
  /// `MPI_Type_vector`.
  case vector(count: Int, blockLength: Int, stride: Int, of: DatatypeStructure)
  /// `MPI_Type_create_hvector`.
  case byteVector(count: Int, blockLength: Int, strideInBytes: Int, of: DatatypeStructure)
  /// `MPI_Type_indexed`.
  case indexed(lengths: [Int], positions: [Int], of: DatatypeStructure)
  /// `MPI_Type_create_hindexed`.
  case byteIndexed(lengths: [Int], bytes: [Int], of: DatatypeStructure)
  /// `MPI_Type_create_indexed_block`.
  case indexedBlock(length: Int, positions: [Int], of: DatatypeStructure)
  /// `MPI_Type_create_hindexed_block`.
  case byteIndexedBlock(length: Int, bytes: [Int], of: DatatypeStructure)
  /// `MPI_Type_create_struct`.
  case structure(lengths: [Int], bytes: [Int], of: [DatatypeStructure])
  /// `MPI_Type_create_subarray`.
  case subarray(
    shape: [Int], lengths: [Int], starts: [Int], order: ArrayOrder, of: DatatypeStructure)
  /// `MPI_Type_create_darray`.
  case distributedArray(
    shape: [Int], distributions: [Distribution], grid: [Int], part: Int, order: ArrayOrder,
    of: DatatypeStructure)
  /// `MPI_Type_create_resized`.
  case resized(lowerByte: Int, bytes: Int, of: DatatypeStructure)
  /// What no constructor of MPI 3.1 for C makes.
  case other(combiner: Int, of: [DatatypeStructure])
}

extension Layout: CustomStringConvertible {
  /// How the layout was constructed, as the library remembers it.
  ///
  /// The corresponding C functions are `MPI_Type_get_envelope` and `MPI_Type_get_contents` (MPI 3.1
  /// §4.1.13).
  public var structure: DatatypeStructure {
    get throws { try DatatypeStructure(of: storage.handle.raw) }
  }

  /// The name, if there is one, and the ``structure``.
  public var description: String {
    let name = name
    let text = (try? structure)?.description ?? "layout of \(count) elements"
    return name.isEmpty ? text : "\(name): \(text)"
  }
}

/// What the library tells of a datatype, in the order of the arguments of its constructor.
final class DatatypeContents {
  let combiner: CInt
  private(set) var integers: [CInt] = []
  private(set) var addresses: [MPI_Aint] = []

  /// The datatypes it was made of, which live as long as this.
  private(set) var types: [RawDatatype] = []

  /// Whether it is one of the library's own.
  var isNamed: Bool { combiner == CMPI_COMBINER_NAMED }

  init(of raw: RawDatatype) throws {
    let envelope = try DatatypeContents.envelope(of: raw)
    combiner = envelope.combiner
    if isNamed { return }
    integers = [CInt](repeating: 0, count: Int(envelope.integers))
    addresses = [MPI_Aint](repeating: 0, count: Int(envelope.addresses))
    types = [RawDatatype](repeating: CMPI_DATATYPE_NULL, count: Int(envelope.types))
    try unsafe check(
      MPI_Type_get_contents(
        raw, envelope.integers, envelope.addresses, envelope.types, &integers, &addresses, &types),
      "MPI_Type_get_contents")
  }

  deinit {
    // Those that are not the library's own are new references.
    for type in types where isRunning {
      guard let inner = try? DatatypeContents.envelope(of: type) else { continue }
      if inner.combiner != CMPI_COMBINER_NAMED { releaseDatatype(DatatypeHandle(type)) }
    }
  }

  private static func envelope(
    of raw: RawDatatype
  ) throws -> (integers: CInt, addresses: CInt, types: CInt, combiner: CInt) {
    var result: (integers: CInt, addresses: CInt, types: CInt, combiner: CInt) = (0, 0, 0, 0)
    try unsafe check(
      MPI_Type_get_envelope(
        raw, &result.integers, &result.addresses, &result.types, &result.combiner),
      "MPI_Type_get_envelope")
    return result
  }

  /// `count` integers, behind `skipped` others.
  func integers(_ count: Int, behind skipped: Int) -> [Int] {
    integers.dropFirst(skipped).prefix(count).map { Int($0) }
  }

  var order: ArrayOrder { integers.last == CMPI_ORDER_C ? .rowMajor : .columnMajor }
}

extension DatatypeStructure {
  /// Asks the library about a datatype, and about those it was made of.
  init(of raw: RawDatatype) throws {
    let contents = try DatatypeContents(of: raw)
    guard !contents.isNamed else {
      self = .named(DatatypeHandle(raw).name)
      return
    }
    var inner: [DatatypeStructure] = []
    for type in contents.types { inner.append(try DatatypeStructure(of: type)) }
    self.init(contents, of: inner)
  }

  private init(_ contents: DatatypeContents, of types: [DatatypeStructure]) {
    let (i, addresses) = (contents.integers.map { Int($0) }, contents.addresses)
    let first = types.first ?? .named("")
    let n = i.first ?? 0
    switch contents.combiner {
    case CMPI_COMBINER_DUP: self = .duplicate(of: first)
    case CMPI_COMBINER_CONTIGUOUS: self = .contiguous(count: n, of: first)
    case CMPI_COMBINER_VECTOR:
      self = .vector(count: n, blockLength: i[1], stride: i[2], of: first)
    case CMPI_COMBINER_HVECTOR:
      self = .byteVector(count: n, blockLength: i[1], strideInBytes: addresses[0], of: first)
    case CMPI_COMBINER_INDEXED:
      self = .indexed(
        lengths: contents.integers(n, behind: 1), positions: contents.integers(n, behind: n + 1),
        of: first)
    case CMPI_COMBINER_HINDEXED:
      self = .byteIndexed(lengths: contents.integers(n, behind: 1), bytes: addresses, of: first)
    case CMPI_COMBINER_INDEXED_BLOCK:
      self = .indexedBlock(length: i[1], positions: contents.integers(n, behind: 2), of: first)
    case CMPI_COMBINER_HINDEXED_BLOCK:
      self = .byteIndexedBlock(length: i[1], bytes: addresses, of: first)
    case CMPI_COMBINER_STRUCT:
      self = .structure(
        lengths: contents.integers(n, behind: 1), bytes: addresses, of: types)
    case CMPI_COMBINER_SUBARRAY:
      self = .subarray(
        shape: contents.integers(n, behind: 1), lengths: contents.integers(n, behind: n + 1),
        starts: contents.integers(n, behind: 2 * n + 1), order: contents.order, of: first)
    case CMPI_COMBINER_DARRAY:
      // Processes, rank, axes; then sizes, distributions, their arguments and the grid; the order.
      let n = i[2]
      let kinds = contents.integers(n, behind: n + 3)
      let arguments = contents.integers(n, behind: 2 * n + 3)
      self = .distributedArray(
        shape: contents.integers(n, behind: 3),
        distributions: zip(kinds, arguments).map { Distribution(raw: $0, argument: $1) },
        grid: contents.integers(n, behind: 3 * n + 3), part: i[1], order: contents.order, of: first)
    case CMPI_COMBINER_RESIZED:
      self = .resized(lowerByte: addresses[0], bytes: addresses[1], of: first)
    default: self = .other(combiner: Int(contents.combiner), of: types)
    }
  }
}

extension Distribution {
  fileprivate init(raw: Int, argument: Int) {
    let isDefault = argument == Int(CMPI_DISTRIBUTE_DFLT_DARG)
    switch CInt(raw) {
    case CMPI_DISTRIBUTE_BLOCK: self = isDefault ? .block : .blocks(of: argument)
    case CMPI_DISTRIBUTE_CYCLIC: self = .cyclic(blockLength: isDefault ? 1 : argument)
    default: self = .whole
    }
  }
}

extension DatatypeStructure: CustomStringConvertible {
  /// The constructor with its arguments.
  public var description: String {
    switch self {
    case .named(let name): name
    case .duplicate(let inner): "duplicate(of: \(inner))"
    case .contiguous(let count, let inner): "contiguous(count: \(count), of: \(inner))"
    case .vector(let count, let length, let stride, let inner):
      "vector(count: \(count), blockLength: \(length), stride: \(stride), of: \(inner))"
    case .byteVector(let count, let length, let stride, let inner):
      "byteVector(count: \(count), blockLength: \(length), strideInBytes: \(stride), of: \(inner))"
    case .indexed(let lengths, let positions, let inner):
      "indexed(lengths: \(lengths), positions: \(positions), of: \(inner))"
    case .byteIndexed(let lengths, let bytes, let inner):
      "byteIndexed(lengths: \(lengths), bytes: \(bytes), of: \(inner))"
    case .indexedBlock(let length, let positions, let inner):
      "indexedBlock(length: \(length), positions: \(positions), of: \(inner))"
    case .byteIndexedBlock(let length, let bytes, let inner):
      "byteIndexedBlock(length: \(length), bytes: \(bytes), of: \(inner))"
    case .structure(let lengths, let bytes, let inner):
      "structure(lengths: \(lengths), bytes: \(bytes), of: \(inner))"
    case .subarray(let shape, let lengths, let starts, let order, let inner):
      "subarray(shape: \(shape), lengths: \(lengths), starts: \(starts), order: \(order), "
        + "of: \(inner))"
    case .distributedArray(let shape, let distributions, let grid, let part, let order, let inner):
      "distributedArray(shape: \(shape), distributions: \(distributions), grid: \(grid), "
        + "part: \(part), order: \(order), of: \(inner))"
    case .resized(let lower, let bytes, let inner):
      "resized(lowerByte: \(lower), bytes: \(bytes), of: \(inner))"
    case .other(let combiner, let inner): "other(combiner: \(combiner), of: \(inner))"
    }
  }
}
