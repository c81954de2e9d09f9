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
    "Collective", "Datatypes", "Escape", "Exchange", "OldNames", "Persistent", "PersistentTypes",
    "Receive", "Reductions", "Send", "Storage", "Wait",
  ]

  /// The folder of the build that this test is a part of, such as `.build/x86_64-unknown-linux-gnu/debug`.
  private static var build: URL {
    URL(filePath: CommandLine.arguments[0]).resolvingSymlinksInPath().deletingLastPathComponent()
  }

  /// Has the compiler compare the errors of a file with its comments.
  private func verify(_ path: String) throws -> LaunchResult {
    let package = Launcher.packageFolder
    let checkouts = Self.build.appending(path: "../../checkouts").standardized.path
    let mpi = ProcessInfo.processInfo.environment["PCOMPUTE_MPI"] ?? "ompi-c"
    let folders = try Launcher.run("pkg-config", ["--cflags-only-I", mpi]).standardOutput
      .split(whereSeparator: \.isWhitespace).map(String.init)
    let moduleMaps = [
      "\(package)/Sources/CMPI/module.modulemap",
      "\(checkouts)/swift-numerics/Sources/_NumericsShims/include/module.modulemap",
    ]
    // Lifetimes and exclusivity are checked on the way to SIL, not by -typecheck.
    return try Launcher.run(
      "swiftc",
      [
        "-frontend", "-emit-sil", "-verify", "-verify-ignore-unrelated", "-swift-version", "6",
        "-module-name", "Fixture", "-I", Self.build.appending(path: "Modules").path,
        "-o", "/dev/null", path,
      ]
        + (folders + moduleMaps.map { "-fmodule-map-file=\($0)" }).flatMap { ["-Xcc", $0] },
      timeout: .seconds(120))
  }

  @Test(arguments: files)
  func refuses(file: String) throws {
    let result = try verify("\(Launcher.packageFolder)/\(Self.folder)/\(file).swift")
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
        return try verify(path)
      }
      #expect(result.status != 0)
      #expect(result.standardError.contains("Program.swift:2:"), "\(result.standardError)")
    }
  }
}
