internal import MPI

/// How the elements of a pool become bytes.
struct PoolCoding<Element>: @unchecked Sendable {
  let encode: ([Element]) throws -> [UInt8]
  let decode: ([UInt8], _ count: Int) throws -> [Element]
}

extension PoolCoding where Element: Codable {
  static var objects: Self {
    Self(
      encode: { try MessageEncoder().encode($0) },
      decode: { bytes, _ in try MessageDecoder().decode([Element].self, from: bytes) })
  }
}

extension PoolCoding where Element: Datatype {
  /// As MPI packs them.
  static func elements(on communicator: Communicator) -> Self {
    Self(
      encode: { elements in
        var packer = Packer(for: communicator)
        try packer.pack(elements)
        return packer.bytes
      },
      decode: { bytes, count in
        var unpacker = Unpacker(bytes, for: communicator)
        return try unpacker.unpack(Element.self, count: count)
      })
  }
}

/// What the root tells a rank.
struct PoolOrder: Codable {
  /// The places of the tasks in `tasks`.
  var indices: [Int] = []
  var tasks: [UInt8] = []
  /// How many tasks that have not begun are to come back.
  var giveBack: Int?
  var isOver = false
  var failure: PoolFailure?
}

/// What a rank tells the root.
struct PoolReport: Codable {
  /// The places of the tasks in `outputs`, and the seconds that all of them took.
  var indices: [Int] = []
  var outputs: [UInt8] = []
  var seconds = 0.0
  var failures: [TaskFailure] = []
  /// The tasks that others have created: by which, and how many each.
  var parents: [Int] = []
  var created: [UInt8] = []
  var givenBack: [Int]?
  var isLast = false
}
