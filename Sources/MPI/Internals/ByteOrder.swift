internal import CMPI

// MPICH's MPI_Pack_external, and those that belong to it, take datatypes of one basic type only: with a
// structure of several they end the process (seen in 4.0.2). There
// the library packs natively, and the bytes of each basic element are turned round here. Removable when
// no supported version needs it.

/// The numbers that a datatype consists of, in their order.
indirect enum ByteOrder {
  /// A number of so many bytes.
  case number(width: Int)
  case repeated(ByteOrder, Int)
  case sequence([ByteOrder])

  /// Turns the bytes of each number round.
  func reverse(_ bytes: inout [UInt8]) {
    var position = 0
    reverse(&bytes, &position)
  }

  private func reverse(_ bytes: inout [UInt8], _ position: inout Int) {
    switch self {
    case .number(let width):
      bytes[position..<position + width].reverse()
      position += width
    case .repeated(let inner, let count):
      for _ in 0..<count { inner.reverse(&bytes, &position) }
    case .sequence(let parts):
      for part in parts { part.reverse(&bytes, &position) }
    }
  }

  /// How many bytes the numbers have.
  private var byteCount: Int {
    switch self {
    case .number(let width): width
    case .repeated(let inner, let count): inner.byteCount * count
    case .sequence(let parts): parts.reduce(0) { $0 + $1.byteCount }
    }
  }

  /// The basic types of the library's that are two numbers, with the bytes of each.
  private static let pairs: [String: [Int]] = [
    "MPI_C_FLOAT_COMPLEX": [4, 4], "MPI_C_COMPLEX": [4, 4], "MPI_C_DOUBLE_COMPLEX": [8, 8],
    "MPI_FLOAT_INT": [4, 4], "MPI_DOUBLE_INT": [8, 4], "MPI_LONG_INT": [8, 4],
    "MPI_2INT": [4, 4], "MPI_SHORT_INT": [2, 4],
  ]

  private static var isNeeded: Bool { CMPI_EXTERNAL32_IS_UNIFORM != 0 }

  /// What has to be turned round by this module, or `nil` where the library does it.
  static func ofOwn(_ datatype: DatatypeHandle) throws -> ByteOrder? {
    guard isNeeded else { return nil }
    var names: Set<String> = []
    let order = try ByteOrder(datatype, &names)
    let isUniform = names.count <= 1 && names.allSatisfy { !$0.hasSuffix("INT") || $0 == "MPI_INT" }
    return isUniform ? nil : order
  }

  /// - Parameter names: Gets those of the basic types.
  private init(_ datatype: DatatypeHandle, _ names: inout Set<String>) throws {
    let size = Status.size(of: datatype)
    let contents = try DatatypeContents(of: datatype.raw)
    guard !contents.isNamed else {
      let name = datatype.name
      names.insert(name)
      self = .sequence((ByteOrder.pairs[name] ?? [size]).map { .number(width: $0) })
      return
    }
    var parts: [ByteOrder] = []
    for type in contents.types { parts.append(try ByteOrder(DatatypeHandle(type), &names)) }
    if contents.combiner == CMPI_COMBINER_STRUCT {
      self = .sequence(
        zip(parts, contents.integers.dropFirst()).map { .repeated($0, Int($1)) })
    } else {
      // All others repeat one type.
      let inner = parts.first ?? .sequence([])
      let width = inner.byteCount
      self = .repeated(inner, width == 0 ? 0 : size / width)
    }
  }
}
