import Foundation
import Support
import Testing

/// The code in the documentation compiles, and what it says the compiler refuses is refused, with that error.
///
/// A block, or a table of mistakes, may follow a comment `<!-- swift: … -->` with what it takes as given. A comment
/// `// error: …` in a block stands for the error that the compiler reports for its line. What is no whole program is compiled
/// where readers may put it: in a function, and in `MPI.run { world in … }`. Blocks of a manifest are left out.
@Suite struct DocumentationTests {
  /// The texts, by their paths in the package.
  private static let articles: [String] = {
    let folder = "Sources/MPI/MPI.docc"
    let names = try? FileManager.default.contentsOfDirectory(
      atPath: "\(Launcher.packageFolder)/\(folder)")
    let articles = (names ?? []).filter { $0.hasSuffix(".md") }.sorted()
    return ["README.md"] + articles.map { "\(folder)/\($0)" }
  }()

  /// A block of code, and what it takes as given.
  private struct Block {
    var line: Int
    var given: [String] = []
    var code: [String] = []

    /// Whether it belongs into Package.swift.
    var isManifest: Bool { code.contains { $0.hasPrefix(".package(") } }

    /// Whether it is compiled as it is.
    var isProgram: Bool { code.contains { $0.hasPrefix("@main") } }

    /// Whether it shows what the compiler refuses. Such a block is compiled alone: errors of types hide those that are found
    /// later.
    var isRefused: Bool { (given + code).contains { $0.contains("expected-error") } }

    /// What the file has to import.
    var imports: [String] { code.filter { $0.hasPrefix("import ") } }

    /// The code in a function, and the same code in the closure that most programs are.
    var functions: [[String]] {
      let body = ["// line \(line)"] + given + code.filter { !$0.hasPrefix("import ") }
      return [
        ["func block\(line)(world: Communicator) async throws {"] + body + ["}"],
        ["func program\(line)() {", "MPI.run { world in"] + body + ["}", "}"],
      ]
    }
  }

  /// A row of a table of mistakes: what somebody writes, and parts of what the compiler answers.
  private struct Mistake {
    var line: Int
    var given: [String]
    var code: String
    var answer: [String]
  }

  private struct Article {
    var blocks: [Block] = []
    var mistakes: [Mistake] = []
  }

  private func article(_ name: String) throws -> Article {
    let text = try String(contentsOfFile: "\(Launcher.packageFolder)/\(name)", encoding: .utf8)
    var article = Article()
    var given: [String] = []
    var isGiven = false
    var current: Block?
    for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
    {
      if var block = current {
        if line == "```" {
          if !block.isManifest { article.blocks.append(block) }
          current = nil
        } else {
          block.code.append(
            String(line).replacing(/\/\/ error: (.*)$/) { "// expected-error {{\($0.1)}}" })
          current = block
        }
      } else if line == "```swift" {
        current = Block(line: number + 2, given: given)
        given = []
      } else if isGiven || line.hasPrefix("<!-- swift:") {
        let text = line.replacing("<!-- swift:", with: "").replacing("-->", with: "")
        given.append(text.trimmingCharacters(in: .whitespaces))
        isGiven = !line.contains("-->")
      } else if let row = line.wholeMatch(of: /\| `(.*?)` \| "(.*?)" \|.*/) {
        // "…" stands for what is left out.
        article.mistakes.append(
          Mistake(
            line: number + 1, given: given, code: String(row.1),
            answer: row.2.split(separator: "…").map(String.init)))
      } else if !line.isEmpty && !line.hasPrefix("|") {
        given = []
      }
    }
    #expect(current == nil, "\(name): a block has no end")
    return article
  }

  @Test("There is documentation") func exists() {
    #expect(Self.articles.count > 5)
  }

  @Test(arguments: articles, ["-Onone", "-O"]) func compiles(name: String, level: String) throws {
    let blocks = try article(name).blocks
    for block in blocks where block.isProgram {
      try verify(block.code, [level, "-parse-as-library"], "\(name):\(block.line)")
    }
    let others = blocks.filter { !$0.isProgram }
    for block in others where block.isRefused {
      for function in block.functions {
        try verify(["import MPI"] + block.imports + function, [level], "\(name):\(block.line)")
      }
    }
    let accepted = others.filter { !$0.isRefused }
    let functions = accepted.flatMap { $0.functions.joined() }
    try verify(["import MPI"] + accepted.flatMap(\.imports) + functions, [level], name)
  }

  private func verify(_ lines: [String], _ options: [String], _ place: String) throws {
    try Launcher.withTemporaryFolder { folder in
      let path = "\(folder)/Article.swift"
      let text = lines.joined(separator: "\n")
      try text.write(toFile: path, atomically: true, encoding: .utf8)
      let result = try Compiler.verify(path, options + ["-suppress-warnings"])
      #expect(result.status == 0, "\(place): \(result.standardError)\n\(text)")
    }
  }

  @Test("The compiler answers to mistakes what the tables say", arguments: articles)
  func answers(name: String) throws {
    for mistake in try article(name).mistakes {
      let block = Block(line: mistake.line, given: mistake.given, code: [mistake.code])
      for function in block.functions {
        try Launcher.withTemporaryFolder { folder in
          let path = "\(folder)/Mistake.swift"
          let text = (["import MPI"] + function).joined(separator: "\n")
          try text.write(toFile: path, atomically: true, encoding: .utf8)
          let messages = try Compiler.compile(path).standardError
          var rest = messages[...]
          for part in mistake.answer {
            let range = rest.range(of: part)
            #expect(range != nil, "\(name):\(mistake.line): no “\(part)” in \(messages)")
            rest = rest[(range?.upperBound ?? rest.startIndex)...]
          }
        }
      }
    }
  }
}
