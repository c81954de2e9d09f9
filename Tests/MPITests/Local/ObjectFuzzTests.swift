import MPI
import Testing

// No bytes are dangerous: whatever a message holds, decoding gives a value or throws.

@Suite("Bytes that no encoder has written") struct ObjectFuzzTests {
  /// Decodes, and encodes again what comes out; tells whether there was an error.
  private func fails<T: Codable>(_ bytes: [UInt8], as type: T.Type) -> Bool {
    do {
      _ = try MessageEncoder().encode(MessageDecoder().decode(type, from: bytes))
      return false
    } catch {
      return true
    }
  }

  @Test("Every message that was cut off") func truncated() throws {
    let everything = try MessageEncoder().encode(Everything())
    #expect(!fails(everything, as: Everything.self))
    for count in everything.indices {
      #expect(fails(Array(everything[..<count]), as: Everything.self))
    }
    let job = try MessageEncoder().encode(Job1(task: "resize", data: [1, 2, 3]))
    for count in job.indices {
      #expect(fails(Array(job[..<count]), as: Job1.self))
      #expect(fails(Array(job[count...].dropFirst()), as: Job1.self) || count == 0)
    }
  }

  @Test("Thousands of damaged messages", arguments: 0..<8) func mutated(seed: Int) throws {
    var random = SplitMix(seed)
    let everything = try MessageEncoder().encode(Everything())
    let tree = try MessageEncoder().encode(Tree(1, [Tree(2), Tree(3, [Tree(4)])]))
    let job = try MessageEncoder().encode(Job1(task: "resize", data: [1, 2, 3]))
    let figures = try MessageEncoder().encode(Everything().figures)
    var errors = 0
    for _ in 0..<500 {
      errors += fails(damaged(everything, &random), as: Everything.self) ? 1 : 0
      errors += fails(damaged(tree, &random), as: Tree.self) ? 1 : 0
      errors += fails(damaged(job, &random), as: Job1.self) ? 1 : 0
      errors += fails(damaged(job, &random), as: [String: [Double]].self) ? 1 : 0
      errors += fails(damaged(figures, &random), as: [Figure].self) ? 1 : 0
      errors += fails(damaged(figures, &random), as: [[String: [String: Double]]].self) ? 1 : 0
    }
    // Most are found out; a number may have become another one.
    #expect(errors > 1000)
  }

  /// A few bytes changed, removed, inserted or exchanged; more of them at the end, where the tables
  /// are.
  private func damaged(_ bytes: [UInt8], _ random: inout SplitMix) -> [UInt8] {
    var bytes = bytes
    let interesting: [UInt8] = [
      0, 1, 0x7F, 0x80, 0xBF, 0xC0, 0xC6, 0xC8, 0xCA, 0xCC, 0xCE, 0xEB, 0xFF,
    ]
    for _ in 0...Int.random(in: 0..<4, using: &random) {
      let isTail = Bool.random(using: &random)
      let first = isTail ? max(0, bytes.count - 24) : 0
      let index = Int.random(in: first..<bytes.count, using: &random)
      switch Int.random(in: 0..<6, using: &random) {
      case 0: bytes[index] = UInt8.random(in: 0...255, using: &random)
      case 1: bytes[index] = interesting.randomElement(using: &random) ?? 0
      case 2: bytes[index] ^= 1 << UInt8.random(in: 0..<8, using: &random)
      case 3: bytes.insert(UInt8.random(in: 0...255, using: &random), at: index)
      case 4 where bytes.count > 1: bytes.remove(at: index)
      default: bytes.swapAt(index, bytes.indices.randomElement(using: &random) ?? 0)
      }
    }
    return bytes
  }

  @Test("Random bytes") func noise() {
    var random = SplitMix(77)
    var errors = 0
    for length in 0..<600 {
      var bytes = (0..<length).map { _ in UInt8.random(in: 0...255, using: &random) }
      if bytes.count >= 16 {
        // A footer that passes, so that the body is looked at.
        bytes.replaceSubrange(
          (length - 16)..., with: footer(body: length - 16))
      }
      for type in [true, false] {
        errors += (type ? fails(bytes, as: [Int].self) : fails(bytes, as: Job1.self)) ? 1 : 0
      }
    }
    #expect(errors > 1100)
  }

  private func footer(body: Int, names: UInt32 = 0, externals: UInt16 = 0) -> [UInt8] {
    little(UInt64(body)) + little(names) + little(externals) + [0, 1]
  }

  private func little<T: FixedWidthInteger>(_ value: T) -> [UInt8] {
    (0..<T.bitWidth / 8).map { UInt8(truncatingIfNeeded: value >> T($0 * 8)) }
  }

  private func message(_ body: [UInt8]) -> [UInt8] { body + footer(body: body.count) }

  @Test("Lengths of 2⁶² and more make no room") func lengths() {
    for length in [UInt64(1) << 62, UInt64.max, UInt64(Int.max), 1 << 40] {
      // Blocks, strings, containers and runs, in their long forms.
      #expect(fails(message([0xCB, 10] + little(length)), as: [Double].self))
      #expect(fails(message([0xCB, 2] + little(length)), as: [UInt8].self))
      #expect(fails(message([0xC5] + little(length)), as: String.self))
      #expect(fails(message([0xC7] + little(length)), as: Job1.self))
      #expect(fails(message([0xC9] + little(length) + little(length)), as: [String].self))
      #expect(fails(message([0xC9] + little(UInt64(0)) + little(length)), as: [String].self))
      #expect(
        fails(
          message([0xC8, 10, 0, 0, 0, 1, 0, 0, 0, 0xCD, 2] + little(length)), as: [UInt8?].self))
      // An array that should stand before the body.
      #expect(
        fails(
          [0xCE, 10] + little(length) + little(UInt64(0)) + little(length)
            + footer(body: 10, externals: 1), as: [Double].self))
      // A body, and names, beyond the message.
      #expect(fails([1] + little(length) + [0, 0, 0, 0, 0, 0, 0, 1], as: Int.self))
      #expect(fails([1] + footer(body: 1, names: .max), as: Int.self))
      // A name that is too long, or does not exist.
      #expect(
        fails(
          message(
            [0xC6, 11, 0, 0, 0] + [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F, 0, 1]),
          as: [String: Int].self))
      #expect(fails(message([0xC6, 2, 0, 0, 0, 0x40, 1]), as: [String: Int].self))
    }
    // Few bytes do not become many elements.
    #expect(fails(message([0xC8, 0, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0x7F]), as: [String].self))
  }

  @Test("Containers that overlap, and elements that go beyond theirs") func overlap() {
    // The inner container claims the byte behind the outer one.
    let inner: [UInt8] = [0xC8, 3, 0, 0, 0, 3, 0, 0, 0, 1, 2]
    let outer: [UInt8] = [0xC8, UInt8(inner.count), 0, 0, 0, 1, 0, 0, 0] + inner
    #expect(fails(message(outer + [3]), as: [[Int?]].self))
    #expect(fails(message(outer), as: [[Int?]].self))
    // A block whose length is no multiple of its elements.
    #expect(fails(message([0xCA, 10, 7, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7]), as: [Double].self))
    // Invalid types, tags and versions.
    #expect(fails(message([0xCA, 15, 0, 0, 0, 0]), as: [Double].self))
    #expect(fails(message([0xD0]), as: Int.self))
    #expect(fails(message([0xFF]), as: Int.self))
    #expect(fails([1] + footer(body: 1).dropLast() + [2], as: Int.self))
    #expect(!fails(message([1]), as: Int.self))
  }

  @Test("Nesting without end") func nesting() {
    for levels in [10, 511, 512, 513, 5000, 200_000] {
      // A tree whose only child is a tree, and so on: { value: 0, children: [ … ] }.
      var lengths: [Int] = []
      var length = 0
      for _ in 0..<levels {
        // The entries of a tree: name, 0, name, and the array of the next one.
        lengths.append(length)
        length += 3 + 9 + 5
      }
      var body: [UInt8] = []
      for length in lengths.reversed() {
        body += [0xC6] + little(UInt32(length + 12)) + [0x00, 0, 0x02, 0xC8]
        body += little(UInt32(length)) + little(UInt32(length > 0 ? 1 : 0))
      }
      let names: [UInt8] = [5] + Array("value".utf8) + [8] + Array("children".utf8)
      let bytes = body + names + footer(body: body.count, names: 2)
      // A tree takes two levels: itself and its array.
      #expect(fails(bytes, as: Tree.self) == (levels > 256), "\(levels) levels")
    }
  }

  @Test("Bytes that are neither 0 nor 1 become a Bool") func bools() throws {
    let bytes = message([0xCA, 11, 3, 0, 0, 0, 0, 1, 77])
    #expect(try MessageDecoder().decode([Bool].self, from: bytes) == [false, true, true])
    #expect(try MessageDecoder().decode([Bool?].self, from: bytes) == [false, true, true])
    let scalar = message([0xEB, 9])
    let flag = try MessageDecoder().decode(Bool.self, from: scalar)
    #expect(flag == true && flag != false)
  }

  @Test("Strings that are not UTF-8") func strings() {
    #expect(fails(message([0x82, 0xC3, 0x28]), as: String.self))
    #expect(fails(message([0x81, 0xFF]), as: String.self))
    #expect(fails(message([0x83, 0xED, 0xA0, 0x80]), as: String.self))
    #expect(!fails(message([0x82, 0xC3, 0xBC]), as: String.self))
  }
}
