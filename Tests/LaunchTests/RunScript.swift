import Foundation
import Support

/// `run.sh`, in a package of its own, with a compiler and a launcher that only write down what they are asked.
final class RunScript {
  let folder: String

  init() throws {
    let files = FileManager.default
    folder = files.temporaryDirectory.appending(path: "pcompute-run-\(UUID())").path
    for name in ["Sources", "examples/ring", "Benchmarks", "Tests/Support", "bin"] {
      try files.createDirectory(
        atPath: "\(folder)/\(name)", withIntermediateDirectories: true)
    }
    try files.copyItem(
      atPath: Launcher.packageFolder + "/run.sh", toPath: folder + "/run.sh")
    try write("Package.swift", "// swift-tools-version: 6.2\n")
    try write("Sources/one.swift", "1")
    try write("Sources/two.swift", "2")
    try write("examples/ring/ring.swift", "3")
    try writeSwift(version: "6.2")
    try writeProgram(
      "bin/mpirun",
      """
      echo "mpirun $*"
      env | grep -E '^(OMPI|PRTE)_' | LC_ALL=C sort >&2
      exit "${STATUS:-0}"
      """)
  }

  deinit { try? FileManager.default.removeItem(atPath: folder) }

  func write(_ name: String, _ text: String) throws {
    try text.write(toFile: "\(folder)/\(name)", atomically: true, encoding: .utf8)
  }

  func writeProgram(_ name: String, _ text: String) throws {
    try write(name, "#!/bin/bash\n\(text)\n")
    try FileManager.default.setAttributes(
      [.posixPermissions: 0o755], ofItemAtPath: "\(folder)/\(name)")
  }

  /// A compiler that writes its arguments to the file `builds`, and makes the program that it is asked for.
  func writeSwift(version: String) throws {
    try writeProgram(
      "bin/swift",
      """
      if [[ $1 == --version ]]; then
        echo "Swift version \(version) (swift-\(version)-RELEASE)"
        exit
      fi
      echo "$*" >>'\(folder)/builds'
      echo "building"
      while (($#)); do
        case $1 in --scratch-path) path=$2 ;; --product) product=$2 ;; esac
        shift
      done
      mkdir -p "$path/release"
      for name in "${product:-pcompute}" pcompute; do
        printf '#!/bin/sh\\n' >"$path/release/$name"
        chmod +x "$path/release/$name"
      done
      """)
  }

  @discardableResult
  func run(
    _ arguments: [String], environment: [String: String] = [:]
  ) throws -> LaunchResult {
    let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
    let own = [
      "PATH": "\(folder)/bin:\(path)", "PCOMPUTE_LAUNCHER": "\(folder)/bin/mpirun",
      "PCOMPUTE_MPI": "ompi-c",
    ]
    return try Launcher.run(
      "\(folder)/run.sh", arguments, environment: own.merging(environment) { $1 })
  }

  /// The builds so far, by their arguments.
  var builds: [String] {
    let text = try? String(contentsOfFile: "\(folder)/builds", encoding: .utf8)
    return (text ?? "").split(separator: "\n").map(String.init)
  }
}
