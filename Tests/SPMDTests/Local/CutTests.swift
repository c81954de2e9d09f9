import Testing

@testable import SPMD

/// The same answer, wherever the file is cut.
@Suite struct CutTests {
  /// Fields that make each byte of a file mean something else.
  private static let fields = [
    "1", "22", "-3.5", "", "x", "\"\"", "\"a\"", "\"a,b\"", "\"a\nb\"", "\"\"\"\"", "\"a\"\"b\"",
    "\"\n\"", "\"\r\n\"", "\",\"", "a\"b", "a\"\"", "\"a\"b", "\"a\"b\"c", "é", "\"é,\n\"",
    "\"\"\",\"\"\"",
    "\"\"\"\n\"\"\"", " 4 ", "\"5\"",
  ]

  private func table(_ generator: inout SampleGenerator) -> [UInt8] {
    var text = "first,second,\"third\n,\"\"\""
    let newline = Bool.random(using: &generator) ? "\r\n" : "\n"
    for _ in 0..<Int.random(in: 0...30, using: &generator) {
      text += newline
      let width = Int.random(in: 0...20, using: &generator) == 0 ? 2 : 3
      text += (0..<width).map { _ in Self.fields.randomElement(using: &generator) ?? "" }
        .joined(separator: ",")
      if Int.random(in: 0...20, using: &generator) == 0 { text += newline }
    }
    if Bool.random(using: &generator) { text += newline }
    return Array(text.utf8)
  }

  @Test func randomTables() throws {
    var generator = SampleGenerator(seed: 11)
    for _ in 0..<40 {
      let bytes = table(&generator)
      let records = plainRecords(bytes).dropFirst()
      let blockSize = Int.random(in: 1...60, using: &generator)
      try withFile(bytes) { path in
        var options = TableStatistics.Options()
        options.blockSize = blockSize
        options.top = 50
        let whole = try TableStatistics(of: [path], options: options)
        #expect(whole.rows == records.count)
        for (i, column) in whole.columns.enumerated() {
          let values = records.map { $0.count > i ? $0[i] : "" }.filter { !$0.isEmpty }
          #expect(column.count == values.count)
          guard column.type == .string else { continue }
          #expect(column.distinct == Set(values).count)
          let counts = Dictionary(values.map { ($0, 1) }, uniquingKeysWith: +)
          for (value, count) in column.top { #expect(counts[value.description] == count) }
        }
        for ranges in [2, 3, 4, 7, 20] {
          let parts = try TableStatistics(of: [path], options: options, ranges: ranges)
          let text = String(decoding: bytes, as: UTF8.self)
          #expect(
            fingerprint(parts) == fingerprint(whole), "\(ranges) ranges, \(blockSize): \(text)")
        }
      }
    }
  }

  /// Every cut of one file, at every place.
  @Test func everyPlace() throws {
    let text = "a,b\r\n\"x\"\"\n,\"\"\",1\r\n\"\",2\r\n\r\n\"\r\n\r\n\",3\r\n"
    try withFile(Array(text.utf8)) { path in
      for blockSize in 1...text.utf8.count {
        var options = TableStatistics.Options()
        options.blockSize = blockSize
        let whole = try TableStatistics(of: [path], options: options)
        #expect(whole.rows == 3)
        #expect(whole.columns[0].count == 2)
        #expect(whole.columns[0].minimum == .text("\r\n\r\n"))
        for ranges in 2...5 {
          let parts = try TableStatistics(of: [path], options: options, ranges: ranges)
          #expect(fingerprint(parts) == fingerprint(whole), "\(blockSize), \(ranges)")
        }
      }
    }
  }

  /// Text in quotes that looks like records, so that every guess is wrong.
  @Test func everyGuessIsWrong() throws {
    var text = "a,b\n"
    for i in 0..<20 {
      text += "\"" + String(repeating: "1,\"\"2\n", count: 40) + "\",\(i)\n"
    }
    try withFile(Array(text.utf8)) { path in
      var options = TableStatistics.Options()
      options.blockSize = 64
      let whole = try TableStatistics(of: [path], options: options)
      #expect(whole.rows == 20)
      #expect(whole.columns[1].mean == 9.5)
      for ranges in 2...9 {
        let parts = try TableStatistics(of: [path], options: options, ranges: ranges)
        #expect(fingerprint(parts) == fingerprint(whole))
      }
    }
  }

  /// One field that covers many ranges.
  @Test func oneFieldOverManyRanges() throws {
    let long = String(repeating: "line, of \"\"text\"\"\n", count: 2000)
    let text = "a,b\n1,2\n\"\(long)\",3\n4,5\n"
    try withFile(Array(text.utf8)) { path in
      var options = TableStatistics.Options()
      options.blockSize = 1000
      let whole = try TableStatistics(of: [path], options: options)
      #expect(whole.rows == 3)
      for ranges in [2, 5, 13, 40] {
        let parts = try TableStatistics(of: [path], options: options, ranges: ranges)
        #expect(fingerprint(parts) == fingerprint(whole))
      }
    }
  }

  @Test func quoteStatesOfAPieceFollowFromThoseOfItsBytes() {
    var generator = SampleGenerator(seed: 21)
    let alphabet = Array("\"\",\na".utf8)
    for _ in 0..<300 {
      let bytes = (0..<Int.random(in: 1...64, using: &generator)).map { _ in
        alphabet.randomElement(using: &generator) ?? 0
      }
      let previous = alphabet.randomElement(using: &generator) ?? 0
      for start in QuoteState.allCases {
        var (state, before, inside) = (start, previous, [Bool]())
        var (fast, quotes, openers) = (start, UInt64(0), UInt64(0))
        for (i, byte) in bytes.enumerated() {
          let opens = before == 44 || before == 10
          if opens { openers |= 1 << UInt64(i) }
          if byte == 34 { quotes |= 1 << UInt64(i) }
          switch state {
          case .outside: if byte == 34 && opens { state = .inside }
          case .inside: if byte == 34 { state = .afterQuote }
          case .afterQuote: state = byte == 34 ? .inside : .outside
          }
          inside.append(state != .outside)
          before = byte
        }
        let mask = fast.advance(quotes: quotes, count: bytes.count, openers: openers)
        #expect(fast == state)
        // Delimiters and newlines alone matter.
        for (i, byte) in bytes.enumerated() where byte != 34 && byte != 97 {
          #expect((mask >> UInt64(i) & 1 == 1) == inside[i])
        }
      }
    }
  }
}
