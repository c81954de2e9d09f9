import Foundation
import MPI
import Testing

// What the coder of values does with bytes; no messages. JSON, which others have written, tells what
// a type's own coding means.

/// A value, encoded and decoded.
func copied<T: Codable>(_ value: T) throws -> T {
  try MessageDecoder().decode(T.self, from: MessageEncoder().encode(value))
}

@Suite("Values as bytes") struct ObjectCodingTests {
  @Test("What JSON carries, comes back the same") func everything() throws {
    let value = Everything()
    let json = try JSONDecoder().decode(Everything.self, from: JSONEncoder().encode(value))
    #expect(json == value)
    #expect(try copied(value) == value)
    #expect(try copied([value, value]) == [value, value])
    #expect(try copied(["k": value]) == ["k": value])
  }

  @Test("The bytes of docs/ObjectFormat.md") func format() throws {
    struct Point: Encodable {
      var a = 1
      var b = "x"
    }
    let bytes = try MessageEncoder().encode(Point())
    let body: [UInt8] = [0xC6, 5, 0, 0, 0, 0x00, 1, 0x02, 0x81, 0x78]
    let names: [UInt8] = [1, 0x61, 1, 0x62]
    let footer: [UInt8] = [10, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 1]
    #expect(bytes == body + names + footer)

    let numbers = try MessageEncoder().encode([Int16(1), -2])
    let block: [UInt8] = [0xCA, 3, 4, 0, 0, 0, 1, 0, 0xFE, 0xFF]
    #expect(numbers == block + [10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1])

    let integers = try MessageEncoder().encode([127, 128, -1, 1 << 40].map { Optional($0) })
    let elements: [UInt8] =
      [0x7F] + [0xE3, 128, 0] + [0xE1, 0xFF] + [0xE7, 0, 0, 0, 0, 0, 1, 0, 0]
    let unkeyed: [UInt8] = [0xC8, 15, 0, 0, 0, 4, 0, 0, 0] + elements
    #expect(integers == unkeyed + [24, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1])
  }

  @Test("Names of fields stand in a message once") func names() throws {
    let long = (0..<1000).map { Job1(task: "\($0)", data: [$0]) }
    let bytes = try MessageEncoder().encode(long)
    let text = String(decoding: bytes, as: UTF8.self)
    #expect(text.components(separatedBy: "task").count == 2)
    #expect(bytes.count < 40 * 1000)
    #expect(try MessageDecoder().decode([Job1].self, from: bytes) == long)
  }

  @Test("Bit patterns of floating-point numbers") func floats() throws {
    let bits: [UInt64] = [
      0x7FF8_0000_0000_0001, 0x7FF0_0000_0000_0001, 0xFFF8_0000_DEAD_BEEF, 0x7FF0_0000_0000_0000,
      0xFFF0_0000_0000_0000, 0x8000_0000_0000_0000, 1,
    ]
    let doubles = bits.map { Double(bitPattern: $0) }
    #expect(try copied(doubles).map(\.bitPattern) == bits)
    for double in doubles {
      #expect(try copied(double).bitPattern == double.bitPattern)
      #expect(try copied(Optional(double))?.bitPattern == double.bitPattern)
    }
    let single = Float(bitPattern: 0x7FC0_1234)
    #expect(try copied(single).bitPattern == single.bitPattern)
    #expect(try copied([Float16(1.5), .infinity]) == [1.5, .infinity])
  }

  @Test("Integers of 128 bits") func wide() throws {
    struct Wide: Codable, Equatable {
      var signed: [Int128] = [.min, -1, 0, .max]
      var unsigned = UInt128.max
      var small: Int128 = 7
    }
    #expect(try copied(Wide()) == Wide())
  }

  @Test(
    "Every length of a string around the limits of its forms", arguments: [0, 1, 62, 63, 64, 65])
  func strings(length: Int) throws {
    for letter in ["x", "ü", "世", "👍"] {
      let text = String(repeating: letter, count: length)
      #expect(try copied(text) == text)
      #expect(try copied([text, ""]) == [text, ""])
      #expect(try copied([text: text]) == [text: text])
    }
    let long = String(repeating: "länger", count: 20_000 + length)
    #expect(try copied(long) == long)
  }

  @Test("Many names: more than are numbered") func manyNames() throws {
    let table = Dictionary(uniqueKeysWithValues: (0..<5000).map { ("name \($0)", $0) })
    #expect(try copied(table) == table)
    #expect(try copied([table, table]) == [table, table])
  }

  @Test("Arrays of numbers become numbers of another type that holds them")
  func conversion() throws {
    let bytes = try MessageEncoder().encode([1, 2, 300])
    #expect(try MessageDecoder().decode([Int16].self, from: bytes) == [1, 2, 300])
    #expect(try MessageDecoder().decode([UInt].self, from: bytes) == [1, 2, 300])
    #expect(try MessageDecoder().decode([Double].self, from: bytes) == [1, 2, 300])
    #expect(try MessageDecoder().decode(Set<Int>.self, from: bytes) == [1, 2, 300])
    #expect(try MessageDecoder().decode([Int?].self, from: bytes) == [1, 2, 300])
    #expect(throws: DecodingError.self) {
      try MessageDecoder().decode([UInt8].self, from: bytes)
    }
    let halves = try MessageEncoder().encode([0.5, 1])
    #expect(try MessageDecoder().decode([Float].self, from: halves) == [0.5, 1])
    #expect(throws: DecodingError.self) { try MessageDecoder().decode([Int].self, from: halves) }
    let tenth = try MessageEncoder().encode(0.1)
    #expect(throws: DecodingError.self) { try MessageDecoder().decode(Float.self, from: tenth) }
  }

  @Test("Deep values are refused, not followed until the stack ends") func depth() throws {
    var tree = Tree(0)
    for value in 1...100 { tree = Tree(value, [tree]) }
    #expect(try copied(tree) == tree)
    for value in 100...2000 { tree = Tree(value, [tree]) }
    #expect(throws: EncodingError.self) { try MessageEncoder().encode(tree) }
  }

  @Test("userInfo reaches types") func userInfo() throws {
    struct Reader: Codable {
      var text: String
      init() { text = "" }
      static let key = CodingUserInfoKey(rawValue: "key")
      init(from decoder: any Decoder) throws {
        text = Self.key.flatMap { decoder.userInfo[$0] as? String } ?? "none"
      }
      func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(Self.key.flatMap { encoder.userInfo[$0] as? String } ?? "none")
      }
    }
    let key = try #require(Reader.key)
    var encoder = MessageEncoder()
    encoder.userInfo[key] = "written"
    let bytes = try encoder.encode([Reader()])
    #expect(try MessageDecoder().decode([String].self, from: bytes) == ["written"])
    var decoder = MessageDecoder()
    decoder.userInfo[key] = "read"
    #expect(try decoder.decode([Reader].self, from: bytes).map(\.text) == ["read"])
    // The next one finds nothing of it.
    #expect(try MessageDecoder().decode([Reader].self, from: bytes).map(\.text) == ["none"])
    #expect(try copied([Reader()]).count == 1)
  }
}

@Suite("Values of other versions") struct ObjectEvolutionTests {
  struct Old: Codable, Equatable {
    var name: String
    var size: Int
    var notes: [String]
  }

  /// Other order, a field less, two more of which one is optional.
  struct New: Codable, Equatable {
    var color: String?
    var notes: [String]
    var name: String
  }

  struct Stricter: Codable {
    var name: String
    var weight: Double
  }

  @Test("Fields added, removed and in another order") func fields() throws {
    let old = Old(name: "n", size: 3, notes: ["a", "b"])
    let bytes = try MessageEncoder().encode([old, old])
    let new = New(color: nil, notes: ["a", "b"], name: "n")
    #expect(try MessageDecoder().decode([New].self, from: bytes) == [new, new])
  }

  @Test("An error names the place and the reason") func missing() throws {
    let old = Old(name: "n", size: 3, notes: [])
    let bytes = try MessageEncoder().encode(["list": [old, old]])
    do {
      _ = try MessageDecoder().decode([String: [Stricter]].self, from: bytes)
      Issue.record("no error")
    } catch DecodingError.keyNotFound(let key, let context) {
      #expect(key.stringValue == "weight")
      #expect(context.codingPath.map(\.stringValue) == ["list", "0"])
      #expect(context.codingPath.last?.intValue == 0)
    }
    do {
      _ = try MessageDecoder().decode([String: [[String: Int]]].self, from: bytes)
      Issue.record("no error")
    } catch DecodingError.typeMismatch(_, let context) {
      #expect(context.codingPath.map(\.stringValue) == ["list", "0", "name"])
    }
  }

  @Test("The path of what is being encoded") func path() throws {
    struct Failing: Encodable {
      func encode(to encoder: any Encoder) throws {
        throw EncodingError.invalidValue(
          self, EncodingError.Context(codingPath: encoder.codingPath, debugDescription: "no"))
      }
    }
    struct Outer: Encodable {
      enum Keys: String, CodingKey { case first, list, inner, deep }
      func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Keys.self)
        try container.encode(1, forKey: .first)
        var inner = container.nestedContainer(keyedBy: Keys.self, forKey: .inner)
        try inner.encode("x", forKey: .first)
        var list = inner.nestedUnkeyedContainer(forKey: .list)
        try list.encode(5)
        #expect(list.codingPath.map(\.stringValue) == ["0", "inner", "list"])
        try list.encode(["deep": Failing()])
      }
    }
    do {
      _ = try MessageEncoder().encode([Outer()])
      Issue.record("no error")
    } catch EncodingError.invalidValue(_, let context) {
      #expect(
        context.codingPath.map(\.stringValue) == ["0", "inner", "list", "1", "deep"])
    }
  }

  @Test("What is caught leaves nothing behind") func caught() throws {
    struct Failing: Encodable {
      func encode(to encoder: any Encoder) throws {
        var container = encoder.unkeyedContainer()
        try container.encode("half")
        throw CancellationError()
      }
    }
    struct Tolerant: Encodable {
      enum Keys: String, CodingKey { case a, b, c }
      func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Keys.self)
        try container.encode(1, forKey: .a)
        try? container.encode(Failing(), forKey: .b)
        var list = container.nestedUnkeyedContainer(forKey: .c)
        try? list.encode(Failing())
        try list.encode(3)
      }
    }
    struct Result: Decodable, Equatable {
      var a: Int
      var b: Int?
      var c: [Int]
    }
    let bytes = try MessageEncoder().encode(Tolerant())
    #expect(try MessageDecoder().decode(Result.self, from: bytes) == Result(a: 1, b: nil, c: [3]))
  }

  @Test("Fields of a large structure in any order") func order() throws {
    let names = (0..<300).map { "field \($0)" }
    let table = Dictionary(uniqueKeysWithValues: names.enumerated().map { ($1, $0) })
    struct Sorted: Decodable {
      var values: [Int] = []
      struct Key: CodingKey {
        var stringValue: String
        var intValue: Int? { nil }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
      }
      init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        for number in (0..<300).reversed() {
          let key = Key(stringValue: "field \(number)")
          guard container.contains(key) else { continue }
          values.append(try container.decode(Int.self, forKey: key))
        }
        #expect(container.allKeys.count == 300)
        #expect(!container.contains(Key(stringValue: "another")))
        #expect(try container.decodeIfPresent(Int.self, forKey: Key(stringValue: "x")) == nil)
      }
    }
    let bytes = try MessageEncoder().encode(table)
    let sorted = try MessageDecoder().decode(Sorted.self, from: bytes)
    #expect(sorted.values == (0..<300).reversed())
  }

  @Test("A decoder that someone keeps reads nothing afterwards") func kept() throws {
    struct Keeper: Decodable {
      nonisolated(unsafe) static var decoder: (any Decoder)?
      init(from decoder: any Decoder) throws { unsafe Keeper.decoder = decoder }
    }
    let bytes = try MessageEncoder().encode(Job1(task: "t", data: [1, 2, 3]))
    _ = try MessageDecoder().decode(Keeper.self, from: bytes)
    let decoder = try #require(unsafe Keeper.decoder)
    #expect(throws: DecodingError.self) { try Job1(from: decoder) }
    #expect(try copied(Job1(task: "u", data: [])) == Job1(task: "u", data: []))
    #expect(throws: DecodingError.self) { try Job1(from: decoder) }
    unsafe Keeper.decoder = nil
  }
}
