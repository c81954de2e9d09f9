import Foundation
import Support
import Testing

/// When `run.sh` builds, and what.
@Suite struct RunScriptBuildTests {
  private let script: RunScript

  init() throws { script = try RunScript() }

  @Test("Nothing is built when nothing has changed") func upToDate() throws {
    let first = try script.run(["-n", "1", "info"])
    #expect(first.status == 0, "\(first.standardError)")
    #expect(first.standardOutput == "mpirun -n 1 \(script.folder)/.build/release/pcompute info\n")
    #expect(first.standardError.contains("building"))
    #expect(script.builds.count == 1)
    let second = try script.run(["-n", "1", "info"])
    #expect(script.builds.count == 1)
    #expect(second.standardOutput == first.standardOutput)
    #expect(second.duration < .seconds(1))
  }

  @Test("A source that is touched, new or gone is built") func changes() throws {
    try script.run(["info"])
    var expected = 1
    func expectBuild(_ change: String) throws {
      try script.run(["info"])
      expected += 1
      #expect(script.builds.count == expected, "\(change)")
      try script.run(["info"])
      #expect(script.builds.count == expected, "after \(change)")
    }
    try FileManager.default.setAttributes(
      [.modificationDate: Date(timeIntervalSince1970: 1_000_000_000)],
      ofItemAtPath: script.folder + "/Sources/one.swift")
    try expectBuild("an older source")
    try script.write("Sources/two.swift", "22")
    try expectBuild("a newer source")
    try script.write("Sources/three.swift", "3")
    try expectBuild("a new source")
    try FileManager.default.removeItem(atPath: script.folder + "/Sources/three.swift")
    try expectBuild("a source that is gone")
    try script.write("Package.resolved", "{}")
    try expectBuild("another version of a dependency")
    try FileManager.default.removeItem(atPath: script.folder + "/.build/release/pcompute")
    try expectBuild("a program that is gone")
    try script.writeSwift(version: "6.3.0")
    try expectBuild("another compiler")
  }

  @Test("A flag, another MPI and another program have builds of their own")
  func variants() throws {
    try script.run(["info"])
    try script.run(["--native", "info"])
    #expect(script.builds.last?.contains("--scratch-path \(script.folder)/.build-native ") == true)
    #expect(script.builds.last?.contains("-Xcc -march=native") == true)
    let example = try script.run(["-n", "1", "example", "ring", "a b"])
    #expect(script.builds.last?.hasSuffix("--product ring") == true)
    #expect(example.standardOutput == "mpirun -n 1 \(script.folder)/.build/release/ring a b\n")
    #expect(script.builds.count == 3)
    for arguments in [["info"], ["--native", "info"], ["example", "ring"]] {
      try script.run(arguments)
    }
    #expect(script.builds.count == 3)
  }

  @Test("An MPI in a folder of its own: its launcher, and its libraries at run time")
  func otherMPI() throws {
    let prefix = "\(script.folder)/other"
    try FileManager.default.createDirectory(
      atPath: "\(prefix)/lib/pkgconfig", withIntermediateDirectories: true)
    try FileManager.default.createDirectory(
      atPath: "\(prefix)/bin", withIntermediateDirectories: true)
    try script.write(
      "other/lib/pkgconfig/mpich.pc",
      """
      libdir=\(prefix)/lib
      Name: mpich
      Description: another MPI
      Version: 1
      Libs: -L${libdir} -lmpi

      """)
    try script.writeProgram("other/bin/mpirun", #"echo "other $*""#)
    let result = try script.run(
      ["--mpi", prefix, "--hosts", "a:1,b:3", "info"], environment: ["PCOMPUTE_LAUNCHER": ""])
    let build = "\(script.folder)/.build\(prefix.replacing("/", with: "-"))"
    #expect(result.standardOutput == "other -n 4 -hosts a:1,b:3 \(build)/release/pcompute info\n")
    #expect(script.builds.last?.contains("--scratch-path \(build) ") == true)
    #expect(script.builds.last?.contains("-Xlinker -rpath=\(prefix)/lib") == true)
  }

  @Test("A build that fails ends the run, and is tried again") func failedBuild() throws {
    try script.writeProgram("bin/swift", "[[ $1 == --version ]] && echo Swift version 6.2")
    let result = try script.run(["info"])
    #expect(result.status == 1)
    #expect(result.standardOutput == "")
    #expect(result.standardError.contains("the build failed"))
    try script.writeSwift(version: "6.2")
    #expect(try script.run(["info"]).status == 0)
    #expect(script.builds.count == 1)
  }

  @Test("A compiler that is too old, or missing") func compiler() throws {
    try script.writeSwift(version: "5.10.1")
    let old = try script.run(["info"])
    #expect(old.status == 1)
    #expect(old.standardError.contains("Swift 6.2 or newer is needed, this is 5.10.1"))
    try FileManager.default.removeItem(atPath: script.folder + "/bin/swift")
    let missing = try script.run(
      ["info"], environment: ["PATH": "\(script.folder)/bin:/usr/bin:/bin"])
    #expect(missing.status == 1)
    #expect(missing.standardError.contains("Swift is missing"))
    #expect(script.builds.isEmpty)
  }
}
