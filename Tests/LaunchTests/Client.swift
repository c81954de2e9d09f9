import Foundation
import Support

/// The package that depends on this one as others do, outside of the repository, and without flags where MPI is one of the
/// system's libraries.
enum Client {
  /// The path of its program, which is built when it is first asked for.
  static func program() throws -> String { try built.get() }

  private static let built = Result { try build() }

  private static func build() throws -> String {
    let files = FileManager.default
    let folder = files.temporaryDirectory.appending(path: "pcompute-client-\(UUID())")
    let source = URL(filePath: Launcher.packageFolder)
      .appending(path: "Tests/LaunchTests/Fixtures/client")
    try files.createDirectory(at: folder, withIntermediateDirectories: true)
    try files.copyItem(at: source.appending(path: "Sources"), to: folder.appending(path: "Sources"))
    let manifest = try String(
      contentsOf: source.appending(path: "Package.swift"), encoding: .utf8
    ).replacing("\"../../../..\"", with: "\"\(Launcher.packageFolder)\"")
    try manifest.write(
      to: folder.appending(path: "Package.swift"), atomically: true, encoding: .utf8)
    atexit_remove(folder)

    let flags = Launcher.libraryFolder.map { ["-Xlinker", "-rpath=\($0)"] } ?? []
    let result = try Launcher.run(
      "swift", ["build"] + flags, directory: folder.path, timeout: .seconds(600))
    let report = result.standardOutput + result.standardError
    guard result.status == 0 else { throw ClientError.notBuilt(report) }
    return folder.appending(path: ".build/debug/client").path
  }
}

enum ClientError: Error, CustomStringConvertible {
  case notBuilt(String)

  var description: String {
    switch self {
    case .notBuilt(let report): "the client package does not build:\n\(report.suffix(4000))"
    }
  }
}

/// Folders to remove when the tests are over.
private nonisolated(unsafe) var foldersToRemove: [URL] = []

private func atexit_remove(_ folder: URL) {
  if unsafe foldersToRemove.isEmpty {
    atexit {
      for folder in unsafe foldersToRemove { try? FileManager.default.removeItem(at: folder) }
    }
  }
  unsafe foldersToRemove.append(folder)
}
