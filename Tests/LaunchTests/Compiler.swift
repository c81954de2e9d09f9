import Foundation
import Support

/// The compiler, asked about sources that use the module `MPI` of this build.
enum Compiler {
  /// The folder of the build that this test is a part of, such as `.build/x86_64-unknown-linux-gnu/debug`.
  private static var build: URL {
    URL(filePath: CommandLine.arguments[0]).resolvingSymlinksInPath().deletingLastPathComponent()
  }

  /// Has the compiler compare the errors of a file with its comments.
  static func verify(_ path: String, _ options: [String] = []) throws -> LaunchResult {
    try compile(path, ["-verify", "-verify-ignore-unrelated"] + options)
  }

  /// Compiles a file as far as lifetimes, exclusivity and, with `-O`, the optimizer go.
  static func compile(_ path: String, _ options: [String] = []) throws -> LaunchResult {
    let package = Launcher.packageFolder
    let checkouts = build.appending(path: "../../checkouts").standardized.path
    let folders = try Launcher.run("pkg-config", ["--cflags-only-I", Launcher.mpi]).standardOutput
      .split(whereSeparator: \.isWhitespace).map(String.init)
    let moduleMaps = [
      "\(package)/Sources/CMPI/module.modulemap",
      "\(checkouts)/swift-numerics/Sources/_NumericsShims/include/module.modulemap",
    ]
    // Lifetimes and exclusivity are checked on the way to SIL, not by -typecheck.
    return try Launcher.run(
      "swiftc",
      [
        "-frontend", "-emit-sil", "-swift-version", "6", "-module-name", "Fixture", "-I",
        build.appending(path: "Modules").path,
        "-o", "/dev/null", path,
      ] + options
        + (folders + moduleMaps.map { "-fmodule-map-file=\($0)" }).flatMap { ["-Xcc", $0] },
      timeout: .seconds(120))
  }
}
