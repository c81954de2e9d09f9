import MPI

// Values of many shapes, which messages carry.

struct Job1: Codable, Equatable {
  var task: String
  var data: [Int]
}

enum Figure: Codable, Equatable {
  case point
  case circle(radius: Double)
  case box(width: Double, height: Double, label: String?)
  case wrapped(Job1)
  indirect case union(Figure, Figure)
}

enum Level: String, Codable, CodingKeyRepresentable { case low, high }

final class Tree: Codable, Equatable {
  var value: Int
  var children: [Tree]

  init(_ value: Int, _ children: [Tree] = []) {
    self.value = value
    self.children = children
  }

  static func == (left: Tree, right: Tree) -> Bool {
    left.value == right.value && left.children == right.children
  }
}

class Animal: Codable {
  var name: String
  init(name: String) { self.name = name }
}

/// Encodes its superclass under a key of its own.
final class Dog: Animal, Equatable {
  var tricks: [String]

  init(name: String, tricks: [String]) {
    self.tricks = tricks
    super.init(name: name)
  }

  enum CodingKeys: String, CodingKey { case tricks }

  required init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    tricks = try container.decode([String].self, forKey: .tricks)
    try super.init(from: container.superDecoder())
  }

  override func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try super.encode(to: container.superEncoder())
    try container.encode(tricks, forKey: .tricks)
  }

  static func == (left: Dog, right: Dog) -> Bool {
    left.name == right.name && left.tricks == right.tricks
  }
}

/// Encodes its superclass into the same container.
final class Cat: Animal, Equatable {
  var lives: Int

  init(name: String, lives: Int) {
    self.lives = lives
    super.init(name: name)
  }

  enum CodingKeys: String, CodingKey { case lives }

  required init(from decoder: any Decoder) throws {
    lives = try decoder.container(keyedBy: CodingKeys.self).decode(Int.self, forKey: .lives)
    try super.init(from: decoder)
  }

  override func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(lives, forKey: .lives)
    try super.encode(to: encoder)
  }

  static func == (left: Cat, right: Cat) -> Bool {
    left.name == right.name && left.lives == right.lives
  }
}

/// Two numbers as one string, in a container for a single value.
struct Identifier: Codable, Hashable {
  var high: UInt64
  var low: UInt64

  init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let parts = try container.decode(String.self).split(separator: "-")
    guard parts.count == 2, let high = UInt64(parts[0], radix: 16),
      let low = UInt64(parts[1], radix: 16)
    else { throw DecodingError.dataCorruptedError(in: container, debugDescription: "\(parts)") }
    self.high = high
    self.low = low
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode("\(String(high, radix: 16))-\(String(low, radix: 16))")
  }
}

/// Elements of different types, one after the other, and containers within.
struct Mixture: Codable, Equatable {
  var number: Int
  var text: String
  var flag: Bool
  var bytes: [UInt8]
  var rows: [[Double]]
  var job: Job1

  init(number: Int, text: String, flag: Bool, bytes: [UInt8], rows: [[Double]], job: Job1) {
    self.number = number
    self.text = text
    self.flag = flag
    self.bytes = bytes
    self.rows = rows
    self.job = job
  }

  init(from decoder: any Decoder) throws {
    var container = try decoder.unkeyedContainer()
    number = try container.decode(Int.self)
    text = try container.decode(String.self)
    flag = try container.decode(Bool.self)
    bytes = []
    let count = try container.decode(Int.self)
    guard count >= 0 else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "\(count)")
    }
    for _ in 0..<count { bytes.append(try container.decode(UInt8.self)) }
    rows = []
    var nested = try container.nestedUnkeyedContainer()
    while !nested.isAtEnd { rows.append(try nested.decode([Double].self)) }
    guard try container.decodeNil() else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "not null")
    }
    var fields = try container.nestedContainer(keyedBy: Job1.Keys.self)
    job = Job1(
      task: try fields.decode(String.self, forKey: .task),
      data: try fields.decode([Int].self, forKey: .data))
    fields = try container.nestedContainer(keyedBy: Job1.Keys.self)
    guard fields.allKeys.isEmpty, container.isAtEnd, container.count == container.currentIndex
    else { throw DecodingError.dataCorruptedError(in: container, debugDescription: "too long") }
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.unkeyedContainer()
    try container.encode(number)
    try container.encode(text)
    try container.encode(flag)
    try container.encode(bytes.count)
    try container.encode(contentsOf: bytes)
    var nested = container.nestedUnkeyedContainer()
    for row in rows { try nested.encode(row) }
    try container.encodeNil()
    var fields = container.nestedContainer(keyedBy: Job1.Keys.self)
    try fields.encode(job.task, forKey: .task)
    try fields.encode(job.data, forKey: .data)
    _ = container.nestedContainer(keyedBy: Job1.Keys.self)
  }
}

extension Job1 {
  enum Keys: String, CodingKey { case task, data }
}

/// Three containers that are open, and written, at the same time.
struct Columns: Codable, Equatable {
  var x: [Int]
  var y: [String]
  var tag: String

  enum Keys: String, CodingKey { case x, y, inner, tag }

  init(x: [Int], y: [String], tag: String) {
    self.x = x
    self.y = y
    self.tag = tag
  }

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Keys.self)
    x = try container.decode([Int].self, forKey: .x)
    let inner = try container.nestedContainer(keyedBy: Keys.self, forKey: .inner)
    y = try inner.decode([String].self, forKey: .y)
    tag = try container.decode(String.self, forKey: .tag)
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Keys.self)
    var xs = container.nestedUnkeyedContainer(forKey: .x)
    var inner = container.nestedContainer(keyedBy: Keys.self, forKey: .inner)
    var ys = inner.nestedUnkeyedContainer(forKey: .y)
    for index in x.indices {
      try xs.encode(x[index])
      try ys.encode(y[index])
      if index == 1 { try container.encode(tag, forKey: .tag) }
    }
    if x.count < 2 { try container.encode(tag, forKey: .tag) }
  }
}

struct Everything: Codable, Equatable {
  var int8: [Int8] = [.min, -1, 0, 1, .max]
  var uint8: [UInt8] = [0, 1, 127, 128, .max]
  var int16: [Int16] = [.min, -129, 0, 128, .max]
  var uint16: [UInt16] = [0, 255, 256, .max]
  var int32: [Int32] = [.min, -32769, 0, 32768, .max]
  var uint32: [UInt32] = [0, 65536, .max]
  var int64: [Int64] = [.min, -1 << 31 - 1, 0, 1 << 31, .max]
  var uint64: [UInt64] = [0, 1 << 32, 1 << 63, .max]
  var floats: [Float] = [0, -1.5, .greatestFiniteMagnitude, .leastNonzeroMagnitude]
  var doubles: [Double] = [0, 0.1, -1e300, .leastNonzeroMagnitude]
  var flags = [true, false, true]
  var strings = ["", "a", String(repeating: "x", count: 63), String(repeating: "y", count: 64)]
  var unicode = "Grüße, 世界 👩‍👩‍👧‍👦 \u{0} e\u{301}"
  var smallest = Int.min
  var largest = UInt.max
  var none: Int?
  var some: Int? = 5
  var nested: [[Int?]] = [[], [nil], [1, nil, 3]]
  var byName = ["a": 1, "": 2, "é": -3]
  var byNumber = [1: "one", -2: "minus two", .max: "max"]
  var byIdentifier = [Identifier(high: 1, low: 2): 3.5]
  var byLevel = [Level.low: 1, .high: 2]
  var set: Set<Int> = [1, 2, 3, 500]
  var range = 3..<17
  var closed = 1.5...2.5
  var vector = SIMD4<Float>(1, 2, 3, 4)
  var figures: [Figure] = [
    .point, .circle(radius: 2), .box(width: 1, height: 2, label: nil),
    .box(width: 1, height: 2, label: "b"), .wrapped(Job1(task: "t", data: [1])),
    .union(.point, .union(.circle(radius: 1), .point)),
  ]
  var tree = Tree(1, [Tree(2, [Tree(3)]), Tree(4)])
  var dog = Dog(name: "Rex", tricks: ["sit", "roll"])
  var cat = Cat(name: "Tom", lives: 9)
  var columns = Columns(x: [1, 2, 300], y: ["a", "b", "c"], tag: "t")
  var mixture = Mixture(
    number: -77, text: "mixed", flag: true, bytes: [1, 2, 255], rows: [[], [1], [2, 3]],
    job: Job1(task: "inner", data: []))
  var contiguous: ContiguousArray<Int16> = [1, -2, 3]
  var empty = Empty()
  var pairs = [Couple(first: 1, second: "a"), Couple(first: 2, second: "b")]
}

struct Empty: Codable, Equatable {}

struct Couple<First: Codable & Equatable, Second: Codable & Equatable>: Codable, Equatable {
  var first: First
  var second: Second
}
