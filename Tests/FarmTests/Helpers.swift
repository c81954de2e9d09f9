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

/// Whether there is a program of a name.
func isInstalled(_ program: String) -> Bool {
  (try? output(of: ["sh", "-c", "command -v \(program); true"])) ?? "" != ""
}

/// Mounts a small disk in memory on a new folder.
func mount(_ disk: String, size: String) throws -> Bool {
  try FileManager.default.createDirectory(atPath: disk, withIntermediateDirectories: true)
  let command = "mount -t tmpfs -o size=\(size) none '\(disk)' 2>/dev/null && echo yes"
  return try output(of: ["sh", "-c", command]) == "yes\n"
}

/// Whether this process may do that; not every root in a container may.
let mountsDisks =
  (try? withFolder { folder in
    guard try mount(folder + "/disk", size: "64k") else { return false }
    return try output(of: ["umount", folder + "/disk"]) == ""
  }) ?? false

/// Somebody who reads a journal, and keeps it from being changed meanwhile.
struct JournalReading {
  private let process = Process()
  private let input = Pipe()

  init(of path: String) throws {
    let answers = Pipe()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["sqlite3", path]
    process.standardInput = input
    process.standardOutput = answers
    try process.run()
    input.fileHandleForWriting.write(
      Data("BEGIN; SELECT count(*) FROM task;\n.print begun\n".utf8))
    var seen = Data()
    while !String(decoding: seen, as: UTF8.self).contains("begun") {
      seen += answers.fileHandleForReading.availableData
    }
  }

  func end() {
    input.fileHandleForWriting.write(Data("COMMIT;\n.quit\n".utf8))
    process.waitUntilExit()
  }
}
