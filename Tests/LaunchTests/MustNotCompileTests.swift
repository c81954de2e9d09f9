import Foundation
import Support
import Testing

/// What the compiler promises to refuse, it refuses, with the error that `Fixtures/MustNotCompile` names.
///
/// Each file holds functions that must compile beside those that must not, so that a check cannot pass because something
/// else is wrong: an error that no comment in the file expects fails it, too.
@Suite struct MustNotCompileTests {
  private static let folder = "Tests/LaunchTests/Fixtures/MustNotCompile"

  private static let files = [
    "Collective", "Datatypes", "Escape", "Exchange", "Mistakes", "OldNames", "Operands",
    "Persistent",
    "PersistentTypes", "Receive", "Reductions", "Send", "Storage", "Wait", "Windows",
  ]

  @Test(arguments: files)
  func refuses(file: String) throws {
    let result = try Compiler.verify("\(Launcher.packageFolder)/\(Self.folder)/\(file).swift")
    #expect(result.status == 0, "\(result.standardError)")
  }

  @Test("Every file is checked") func allFiles() throws {
    let names = try FileManager.default.contentsOfDirectory(
      atPath: "\(Launcher.packageFolder)/\(Self.folder)")
    #expect(names.sorted() == Self.files.map { "\($0).swift" })
  }

  @Test("The check can fail: an error that is not there, and one that is not expected")
  func canFail() throws {
    let programs = [
      "func f(world: Communicator) { _ = world.rank }  // expected-error {{nothing}}",
      "func f(world: Communicator) { _ = world.rang }",
    ]
    for program in programs {
      let result = try Launcher.withTemporaryFolder { folder in
        let path = "\(folder)/Program.swift"
        try "import MPI\n\(program)\n".write(toFile: path, atomically: true, encoding: .utf8)
        return try Compiler.verify(path)
      }
      #expect(result.status != 0)
      #expect(result.standardError.contains("Program.swift:2:"), "\(result.standardError)")
    }
  }
}
