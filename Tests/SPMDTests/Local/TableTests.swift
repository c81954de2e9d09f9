import Foundation
import Testing

@testable import SPMD

/// A byte-by-byte reading of CSV, as plain as can be: what the fast one is held against.
func plainRecords(_ text: [UInt8], delimiter: UInt8 = 44) -> [[String]] {
  var records: [[String]] = []
  var record: [String] = []
  var field: [UInt8] = []
  var quoted = false
  var inside = false
  func isClean() -> Bool { record.isEmpty && field.isEmpty && !quoted }
  func endField() {
    record.append(String(decoding: field, as: UTF8.self))
    (field, quoted, inside) = ([], false, false)
  }
  func endRecord() {
    if field.last == 13 { field.removeLast() }
    if !isClean() {
      endField()
      records.append(record)
    }
    record = []
  }
  var i = 0
  while i < text.count {
    let byte = text[i]
    if inside {
      if byte == 34 {
        if i + 1 < text.count && text[i + 1] == 34 {
          field.append(34)
          i += 1
        } else {
          inside = false
        }
      } else {
        field.append(byte)
      }
    } else if byte == 34 && field.isEmpty && !quoted {
      quoted = true
      inside = true
    } else if byte == delimiter {
      endField()
    } else if byte == 10 {
      endRecord()
    } else {
      field.append(byte)
    }
    i += 1
  }
  endRecord()
  return records
}

/// Everything that statistics say, so that two can be compared.
func fingerprint(_ statistics: TableStatistics) -> String {
  "\(statistics.rows) \(statistics.problemCount) \(statistics.problems)\n"
    + statistics.columns.map { "\($0)" }.joined(separator: "\n")
}

@discardableResult
func withFile<Result>(_ contents: [UInt8], _ body: (String) throws -> Result) throws -> Result {
  let path = NSTemporaryDirectory() + "/pcompute-\(UUID()).csv"
  try Data(contents).write(to: URL(filePath: path))
  defer { try? FileManager.default.removeItem(atPath: path) }
  return try body(path)
}

@Suite struct TableTests {
  private func statistics(
    _ text: String, ranges: Int = 1, _ change: (inout TableStatistics.Options) -> Void = { _ in }
  ) throws -> TableStatistics {
    var options = TableStatistics.Options()
    change(&options)
    return try withFile(Array(text.utf8)) {
      try TableStatistics(of: [$0], options: options, ranges: ranges)
    }
  }

  private func failure(_ text: [UInt8], ranges: Int = 1, blockSize: Int? = nil) throws -> String {
    var options = TableStatistics.Options()
    options.blockSize = blockSize
    return try withFile(text) { path in
      do {
        _ = try TableStatistics(of: [path], options: options, ranges: ranges)
        return "no error"
      } catch let error as CSVError {
        return error.description.replacing(path, with: "FILE")
      }
    }
  }

  @Test func typesAreTheLeastOnesThatFit() throws {
    let table = try statistics(
      """
      i,n,b,d,t,s,e,mixed
      1,1,true,2024-01-01,2024-01-01 10:00,x,,1
      -5,2.5,FALSE,2024-02-29,2024-02-29,true,,true
      7,inf,True,1999-12-31,2024-01-01T10:00:00.5,1,,2024-01-01

      """)
    #expect(
      table.columns.map(\.type) == [
        .integer, .number, .boolean, .date, .timestamp, .string, .empty, .string,
      ])
    #expect(table.columns[0].mean == 1)
    #expect(table.columns[1].maximum == .number(.infinity))
    #expect(table.columns[2].minimum == .boolean(false))
    #expect(table.columns[3].maximum == .text("2024-02-29"))
    #expect(table.columns[4].minimum == .text("2024-01-01 10:00:00"))
    #expect(table.columns[6].missing == 3)
    #expect(table.columns[6].minimum == nil)
  }

  @Test func missingValues() throws {
    let table = try statistics("a,b,c\n1,NA,\n,x,\"\"\nNaN,-,2\n") {
      $0.format.missingValues = ["NA", "-"]
    }
    #expect(table.columns.map(\.missing) == [2, 2, 2])
    #expect(table.columns.map(\.count) == [1, 1, 1])
    #expect(table.columns.map(\.type) == [.number, .string, .integer])
  }

  @Test func raggedAndEmptyLinesAreReportedWhereTheyAre() throws {
    let text = "a,b\n\n1,2\r\n3\n\r\n\"x\ny\",5,6\n7,8\n"
    for ranges in 1...6 {
      let table = try statistics(text, ranges: ranges) { $0.blockSize = 3 }
      #expect(table.rows == 4)
      #expect(table.problemCount == 4)
      #expect(
        table.problems.map { "\($0.line) \($0.kind)" } == [
          "2 emptyLine", "4 fieldCount(fields: 1, expected: 2)", "5 emptyLine",
          "6 fieldCount(fields: 3, expected: 2)",
        ], "\(ranges) ranges")
      #expect(table.columns[0].maximum == .text("x\ny"))
      #expect(table.columns[1].count == 3)
    }
    let limited = try statistics(text) { $0.problemLimit = 1 }
    #expect(limited.problems.count == 1)
    #expect(limited.problemCount == 4)
    #expect("\(limited.problems[0])".hasSuffix(".csv:2: empty line"))
  }

  @Test(arguments: [
    ("", 0, 0), ("a,b", 0, 2), ("a,b\n", 0, 2), ("\u{FEFF}a\n1", 1, 1), ("\n\na\n1\n", 1, 1),
    ("\"a\n,\"\"b\"\n1\n2", 2, 1), ("a\r\n1\r\n2\r\n", 2, 1),
  ]) func smallFiles(_ text: String, _ rows: Int, _ columns: Int) throws {
    for ranges in [1, 2, 5] {
      let table = try statistics(text, ranges: ranges) { $0.blockSize = 2 }
      #expect(table.rows == rows)
      #expect(table.columns.count == columns)
    }
  }

  @Test func headers() throws {
    let table = try statistics("\u{FEFF}\"x \"\"y\"\"\",\"b\nc\",z\r\n1,2,3\n")
    #expect(table.columns.map(\.name) == ["x \"y\"", "b\nc", "z"])
    let none = try statistics("1,2\n3,4\n") { $0.format.hasHeader = false }
    #expect(none.columns.map(\.name) == ["column1", "column2"])
    #expect(none.rows == 2)
    let some = try statistics("a,b,c\n1,2,3\n") { $0.columns = ["c", "a"] }
    #expect(some.columns.map(\.name) == ["a", "c"])
    #expect(throws: CSVError.self) { try statistics("a,b\n") { $0.columns = ["q"] } }
  }

  @Test func severalFilesAreOneTable() throws {
    let (a, b) = (Array("x,y\n1,2\n".utf8), Array("x,y\r\n3,\"4\n\"\n5".utf8))
    try withFile(a) { first in
      try withFile(b) { second in
        for ranges in 1...4 {
          let table = try TableStatistics(of: [first, second], ranges: ranges)
          #expect(table.rows == 3)
          #expect(table.columns[0].mean == 3)
          #expect(table.problems.map(\.line) == [4])
        }
      }
      try withFile(Array("x,z\n".utf8)) { other in
        #expect(throws: CSVError("\(other): column 2 is \"z\" where \(first) has \"y\"")) {
          try TableStatistics(of: [first, other])
        }
      }
    }
  }

  @Test func errorsNameThePlace() throws {
    let open = Array("a,b\n1,2\n3,\"4\n5,6\n7,8\n".utf8)
    let zero = Array("a,b\n1,2\n3,\0\n5,6\n".utf8)
    for ranges in 1...5 {
      #expect(
        try failure(open, ranges: ranges, blockSize: 4)
          == "FILE:3: the file ends in a quoted field of the record that begins here")
      #expect(
        try failure(zero, ranges: ranges, blockSize: 4)
          == "FILE:3: a NUL byte: this is not a text file")
    }
    #expect(throws: CSVError("/nowhere.csv: No such file or directory")) {
      try TableStatistics(of: ["/nowhere.csv"])
    }
    #expect(throws: CSVError("/tmp: is a directory")) { try TableStatistics(of: ["/tmp"]) }
    #expect(throws: CSVError.self) { try TableStatistics(of: ["/dev/null"]) }
  }

  @Test func typesFoundLateAreThoseOfAll() throws {
    // The sample sees integers alone; the last record makes the columns numbers and texts.
    let text = "a,b\n" + (0..<70_000).map { "\($0),\($0)\n" }.joined() + "0.5,x\n"
    let table = try statistics(text, ranges: 3)
    #expect(table.columns.map(\.type) == [.number, .string])
    #expect(table.columns.map(\.count) == [70_001, 70_001])
    #expect(table.columns[0].minimum == .number(0))
    #expect(table.columns[1].maximum == .text("x"))
  }
}
