import Foundation
import Testing

@testable import Farm

@Suite struct TaskTemplateTests {
  /// Whatever a value holds, the shell sees it as one word, wherever its place is.
  @Test(arguments: [
    "plain", "", " ", "a b", "it's", "\"", "\\", "$HOME", "`id`", "a\nb", "*", "~", "#x", "-n",
    "é😀",
    "'", "''", "\\'", "$(id)", "!x", "{#}", "{x}", "a;b&c|d", "%", "\t",
  ]) func quoting(value: String) throws {
    let template = try TaskTemplate(
      #"printf '[%s]' {x} a{x}b '{x}' 'a"{x}"b' "{x}" "a'{x}'b" \'{x} "\"{x}""#, fields: ["x"])
    let command = template.command(number: 1, values: [value])
    let printed = try output(of: ["/bin/sh", "-c", command + "; echo ."])
    let words = [
      value, "a\(value)b", value, "a\"\(value)\"b", value, "a'\(value)'b", "'\(value)",
      "\"\(value)",
    ]
    #expect(printed == words.map { "[\($0)]" }.joined() + ".\n")
  }

  @Test func placesAndOtherBraces() throws {
    let template = try TaskTemplate(
      "run {#} ${x} {{x}} {a,b} {1..3} { echo; } {} {y z} '{ print $1 }' é{x}",
      fields: ["x", "y z"])
    #expect(
      template.command(number: 12, values: ["v", "w"])
        == "run 12 ${x} {x} {a,b} {1..3} { echo; } {} w '{ print $1 }' év")
  }

  @Test func unknownNames() {
    let said = refusal { _ = try TaskTemplate("sim --é {x} {z}", fields: ["x", "y"]) }
    #expect(said == "the template, column 13: no column is named “z”: x, y")
  }

  private func tasks(_ csv: String, _ template: String, pieces: Int = 1 << 20) throws -> [String] {
    var table = try ParameterTable(name: "p.csv", template: template)
    return try all(of: &table, Array(csv.utf8), pieces: pieces).map(\.commandLine)
  }

  @Test(arguments: [1, 3, 1000]) func tables(pieces: Int) throws {
    let csv = "\u{FEFF}x,\"the y\"\r\n1,a b\r\n\r\n\"2,\"\"3\",\"l1\nl2\"\n4,\n,\n\"\",5"
    #expect(
      try tasks(csv, "sim {#} {x} {the y}", pieces: pieces) == [
        "sim 1 1 'a b'", "sim 2 '2,\"3' 'l1\nl2'", "sim 3 4 ''", "sim 4 '' ''", "sim 5 '' 5",
      ])
  }

  @Test(arguments: [
    ("x,y\n1\n", "p.csv:2: 1 fields, and the first record has 2"),
    ("x\n\"a\nb\"\n1,2\n", "p.csv:4: 2 fields, and the first record has 1"),
    ("x\n\"a\"b\n", "p.csv:2: text behind the quote that ends a field"),
    ("x\n1\n\"a", "p.csv:3: a quote without its end"),
    ("", "p.csv: no record with the names of the columns"),
    ("y\n1\n", "the template, column 5: no column is named “x”: y"),
  ]) func refusedTables(csv: String, message: String) {
    #expect(refusal { _ = try tasks(csv, "sim {x}") } == message)
  }

  /// Python's reader of CSV, on the same file.
  @Test func sameAsPython() throws {
    try withFolder { folder in
      let path = folder + "/p.csv"
      let csv = "a,b\n1,\"x, y\"\n\"q\"\"q\",\n\" s \",\"\n\"\n"
      try csv.write(toFile: path, atomically: true, encoding: .utf8)
      let script = """
        import csv, json, sys
        print(json.dumps([list(r.values()) for r in csv.DictReader(open(sys.argv[1], newline=""))]))
        """
      let expected = try output(of: ["python3", "-c", script, path])
      let file = try TaskFile(
        opening: path,
        template: "python3 -c 'import json, sys; print(json.dumps(sys.argv[1:]))' {a} {b}")
      var printed: [String] = []
      while let task = try file.next() {
        printed.append(
          try output(of: ["/bin/sh", "-c", task.commandLine]).trimmingCharacters(in: .newlines))
      }
      #expect("[\(printed.joined(separator: ", "))]\n" == expected)
    }
  }
}
