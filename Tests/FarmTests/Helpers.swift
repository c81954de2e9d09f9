import Foundation

/// Makes a folder, passes it on, and removes it.
func withFolder<Result>(_ body: (String) throws -> Result) throws -> Result {
  let url = FileManager.default.temporaryDirectory.appending(path: "farm-\(UUID())")
  try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: url) }
  return try body(url.path)
}

/// What a program prints to standard output.
func output(of arguments: [String], input: String = "") throws -> String {
  try withFolder { folder in
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = arguments
    _ = FileManager.default.createFile(atPath: folder + "/in", contents: Data(input.utf8))
    _ = FileManager.default.createFile(atPath: folder + "/out", contents: nil)
    process.standardInput = FileHandle(forReadingAtPath: folder + "/in")
    process.standardOutput = FileHandle(forWritingAtPath: folder + "/out")
    try process.run()
    process.waitUntilExit()
    return String(decoding: try Data(contentsOf: URL(filePath: folder + "/out")), as: UTF8.self)
  }
}
