import Foundation
import Support
import Testing

/// The code in the documentation compiles, and what it says the compiler refuses is refused, with that error.
///
/// A block may follow a comment `<!-- swift: … -->` with what it takes as given. A comment `// error: …` in a block stands
/// for the error that the compiler reports for its line.
@Suite struct DocumentationTests {
  private static let folder = "\(Launcher.packageFolder)/Sources/MPI/MPI.docc"

  private static let articles: [String] = {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return names.filter { $0.hasSuffix(".md") }.sorted()
  }()

  /// A block of code, and what it takes as given.
  private struct Block {
    var line: Int
    var given: [String] = []
    var code: [String] = []
  }

  private func blocks(of article: String) throws -> [Block] {
    let text = try String(contentsOfFile: "\(Self.folder)/\(article)", encoding: .utf8)
    var blocks: [Block] = []
    var given: [String] = []
    var isGiven = false
    var current: Block?
    for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
    {
      if var block = current {
        if line == "```" {
          blocks.append(block)
          current = nil
        } else {
          block.code.append(String(line))
          current = block
        }
      } else if line == "```swift" {
        current = Block(line: number + 2, given: given)
        given = []
      } else if isGiven || line.hasPrefix("<!-- swift:") {
        let text = line.replacing("<!-- swift:", with: "").replacing("-->", with: "")
        given.append(text.trimmingCharacters(in: .whitespaces))
        isGiven = !line.contains("-->")
      }
    }
    #expect(current == nil, "\(article): a block has no end")
    return blocks
  }

  @Test("There is documentation") func exists() {
    #expect(Self.articles.count > 5)
  }

  @Test(arguments: articles) func compiles(article: String) throws {
    let blocks = try blocks(of: article)
    try Launcher.withTemporaryFolder { folder in
      // What is a whole program is compiled alone, everything else as functions in one file.
      var functions = ["import MPI"]
      for (index, block) in blocks.enumerated() {
        let code = block.code.map {
          $0.replacing(/\/\/ error: (.*)$/) { "// expected-error {{\($0.1)}}" }
        }
        if code.contains(where: { $0.hasPrefix("@main") }) {
          let path = "\(folder)/Program\(index).swift"
          try code.joined(separator: "\n").write(toFile: path, atomically: true, encoding: .utf8)
          let result = try Compiler.verify(path, ["-parse-as-library", "-suppress-warnings"])
          #expect(result.status == 0, "\(article):\(block.line): \(result.standardError)")
          continue
        }
        functions += code.filter { $0.hasPrefix("import ") }
        functions.append("func block\(index)(world: Communicator) async throws {")
        functions.append("// \(article):\(block.line)")
        functions += block.given + code.filter { !$0.hasPrefix("import ") } + ["}"]
      }
      let path = "\(folder)/Article.swift"
      let text = functions.joined(separator: "\n")
      try text.write(toFile: path, atomically: true, encoding: .utf8)
      let result = try Compiler.verify(path, ["-suppress-warnings"])
      #expect(result.status == 0, "\(article): \(result.standardError)\n\(text)")
    }
  }
}
