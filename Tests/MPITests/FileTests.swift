import Foundation
import MPI
import Support
import Testing

@Suite("Opening files (MPI 3.1 §13.2)") struct FileTests {
  let world: Communicator
  init() throws { world = try Job.communicator() }

  @Test("A new file, its mode, group, name and size") func new() throws {
    try world.withScratch { scratch in
      let path = scratch.path("new")
      var file = try File(opening: path, mode: [.create, .read, .write], on: world)
      let mode = try file.mode
      let group = try file.group
      let worldGroup = try world.group
      let similarity = try group.similarity(to: worldGroup)
      let sizes = [try file.byteCount]
      try world.barrier()
      try file.setByteCount(1000)
      try world.barrier()
      let longer = try file.byteCount
      try world.barrier()
      try file.setByteCount(10)
      try world.barrier()
      let cut = try file.byteCount
      try world.barrier()
      try file.preallocate(byteCount: 500)
      try world.barrier()
      let reserved = try file.byteCount
      try world.barrier()
      try file.preallocate(byteCount: 100)
      try world.barrier()
      let kept = try file.byteCount
      let name = file.path
      try file.close()
      let bytes = try scratch.bytes("new")
      #expect(mode == [.create, .read, .write])
      #expect(similarity == .identical)
      #expect(sizes == [0])
      #expect(longer == 1000)
      #expect(cut == 10)
      #expect(reserved == 500)
      #expect(kept == 500)
      #expect(name == path)
      #expect(bytes == [UInt8](repeating: 0, count: 500))
    }
  }

  @Test(
    "Every mode",
    arguments: [
      [.read], [.write], [.read, .write], [.write, .create], [.read, .write, .create],
      [.write, .create, .append], [.write, .uniqueOpen], [.write, .create, .deleteOnClose],
      [.read, .sequential], [.write, .sequential],
    ] as [File.Mode])
  func modes(mode: File.Mode) throws {
    try world.withScratch { scratch in
      try scratch.write([1, 2, 3] as [UInt8], to: "some", on: world)
      let file = try File(opening: scratch.path("some"), mode: mode, on: world)
      let seen = try file.mode
      try file.close()
      try world.barrier()
      let isThere = scratch.exists("some")
      #expect(seen == mode)
      #expect(isThere == !mode.contains(.deleteOnClose))
    }
  }

  @Test("Appending begins at the end") func append() throws {
    try world.withScratch { scratch in
      try scratch.write([1, 2, 3] as [UInt8], to: "some", on: world)
      let file = try File(opening: scratch.path("some"), mode: [.write, .append], on: world)
      let own = try file.position()
      let shared = try file.position(of: .shared)
      try file.close()
      #expect(own == 3)
      #expect(shared == 3)
    }
  }

  @Test("A file of one process each") func selfOnly() throws {
    try world.withScratch { scratch in
      let name = "of-\(world.rank)"
      let file = try File(
        opening: scratch.path(name), mode: [.write, .create], on: .selfOnly)
      try file.write(values(of: world.rank, 10))
      try file.close()
      let written = try scratch.elements(Int.self, name)
      #expect(written == values(of: world.rank, 10))
    }
  }

  @Test("Hints") func hints() throws {
    try world.withScratch { scratch in
      var file = try File(
        opening: scratch.path("some"), mode: [.write, .create], on: world,
        info: ["cb_nodes": "1", "nobody_knows_this": "7"])
      let info = try file.info
      try file.setInfo(["cb_buffer_size": "65536"])
      let other = try file.info
      try file.close()
      // Which hints a library tells is up to it; that it can be asked is all that is certain.
      #expect(info.count >= 0)
      #expect(other.count >= info.count || info["nobody_knows_this"] != nil)
    }
  }

  @Test("Atomicity") func atomicity() throws {
    try world.withScratch { scratch in
      var file = try File(opening: scratch.path("some"), mode: [.write, .create], on: world)
      let before = try file.isAtomic
      var failure: MPIError?
      var after = false
      do {
        try file.setAtomic(true)
        after = try file.isAtomic
        try file.setAtomic(false)
      } catch {
        failure = error as? MPIError
      }
      let back = try file.isAtomic
      try file.close()
      #expect(!before)
      #expect(after || failure?.code == .unsupportedOperation, "\(String(describing: failure))")
      #expect(!back)
    }
  }

  @Test("A file that is dropped is closed") func dropped() throws {
    try world.withScratch { scratch in
      for _ in 0..<3 {
        let file = try File(
          opening: scratch.path("some"), mode: [.write, .create, .deleteOnClose], on: world)
        try file.write([world.rank], at: world.rank)
      }
      try world.barrier()
      let isThere = scratch.exists("some")
      #expect(!isThere)
    }
  }

  @Test("A file that one rank drops and the others close") func droppedByOne() throws {
    try world.withScratch { scratch in
      let file = try File(
        opening: scratch.path("some"), mode: [.write, .create, .deleteOnClose], on: world)
      if world.rank == 0 { _ = consume file } else { try file.close() }
      try world.barrier()
      let isThere = scratch.exists("some")
      #expect(!isThere)
    }
  }

  @Test("Many files, one after the other") func many() throws {
    try world.withScratch { scratch in
      for index in 0..<50 {
        let file = try File(
          opening: scratch.path("\(index % 5)"), mode: [.write, .create], on: world)
        try file.write([index], at: world.rank)
        try file.close()
      }
      try world.barrier()
      let last = try scratch.elements(Int.self, "4")
      #expect(last == [Int](repeating: 49, count: world.size))
    }
  }

  @Test("Deleting") func delete() throws {
    try world.withScratch { scratch in
      try scratch.write([1] as [UInt8], to: "some", on: world)
      if world.rank == 0 { try File.delete(scratch.path("some")) }
      try world.barrier()
      let isThere = scratch.exists("some")
      #expect(!isThere)
    }
  }
}

@Suite("Files that cannot be opened") struct FileErrorTests {
  let world: Communicator
  init() throws { world = try Job.communicator() }

  /// Expects an error whose message names the file, and says what happened.
  private func expect(
    _ code: MPIError.Code, _ words: String, _ path: String,
    sourceLocation: SourceLocation = #_sourceLocation, _ body: () throws -> Void
  ) throws {
    let error = expectError(code, sourceLocation: sourceLocation, body)
    try world.barrier()
    let message = error?.message ?? ""
    #expect(message.contains(path), "\(message)", sourceLocation: sourceLocation)
    #expect(message.lowercased().contains(words), "\(message)", sourceLocation: sourceLocation)
  }

  @Test("No such file") func missing() throws {
    try world.withScratch { scratch in
      for (mode, name) in [
        ([.read], "none"), ([.write], "none"), ([.read, .write], "none"),
        ([.write, .create], "none/file"), ([.read], "none/file"),
      ] as [(File.Mode, String)] {
        try expect(.noSuchFile, "no such file", scratch.path(name)) {
          _ = try File(opening: scratch.path(name), mode: mode, on: world)
        }
      }
      try expect(.noSuchFile, "no such file", "''") {
        _ = try File(opening: "", mode: .read, on: world)
      }
      try expect(.noSuchFile, "no such file", scratch.path("none")) {
        try File.delete(scratch.path("none"))
      }
      let entries = try FileManager.default.contentsOfDirectory(atPath: scratch.folder)
      #expect(entries == [])
    }
  }

  @Test("A directory", arguments: [[.read], [.write], [.write, .create]] as [File.Mode])
  func directory(mode: File.Mode) throws {
    try world.withScratch { scratch in
      try expect(.badFile, "is a directory", scratch.folder) {
        _ = try File(opening: scratch.folder, mode: mode, on: world)
      }
      try expect(.badFile, "is a directory", scratch.folder) {
        try File.delete(scratch.folder)
      }
    }
  }

  @Test("A file where there should be a directory") func notDirectory() throws {
    try world.withScratch { scratch in
      try scratch.write([1] as [UInt8], to: "file", on: world)
      for mode in [[.read], [.write, .create]] as [File.Mode] {
        try expect(.badFile, "not a directory", scratch.path("file/file")) {
          _ = try File(opening: scratch.path("file/file"), mode: mode, on: world)
        }
      }
    }
  }

  @Test("A file that exists, and should not") func exclusive() throws {
    try world.withScratch { scratch in
      let new = try File(
        opening: scratch.path("file"), mode: [.write, .create, .exclusive], on: world)
      try new.close()
      try world.barrier()
      try expect(.fileExists, "file exists", scratch.path("file")) {
        _ = try File(
          opening: scratch.path("file"), mode: [.write, .create, .exclusive], on: world)
      }
    }
  }

  @Test(
    "Permission denied",
    .enabled("root may read and write everything") { !isRoot },
    arguments: [[.read], [.write], [.read, .write]] as [File.Mode])
  func permission(mode: File.Mode) throws {
    try world.withScratch { scratch in
      try scratch.write([1] as [UInt8], to: "file", on: world)
      if world.rank == 0 {
        try FileManager.default.setAttributes(
          [.posixPermissions: 0], ofItemAtPath: scratch.path("file"))
      }
      try world.barrier()
      try expect(.access, "permission denied", scratch.path("file")) {
        _ = try File(opening: scratch.path("file"), mode: mode, on: world)
      }
    }
  }

  @Test("Modes that exclude each other") func contradictions() throws {
    try world.withScratch { scratch in
      try scratch.write([1] as [UInt8], to: "file", on: world)
      let path = scratch.path("file")
      for mode in [
        [.read, .create], [.read, .exclusive], [.read, .write, .sequential],
      ] as [File.Mode] {
        expectError(.accessMode, by: "MPI_File_open") {
          _ = try File(opening: path, mode: mode, on: world)
        }
      }
    }
  }

  @Test("Other modes on other ranks", .ranks(2...)) func notSame() throws {
    try world.withScratch { scratch in
      try scratch.write([1] as [UInt8], to: "file", on: world)
      try expect(.notSame, "different modes", scratch.path("file")) {
        _ = try File(
          opening: scratch.path("file"), mode: world.rank == 0 ? .read : [.read, .write],
          on: world)
      }
    }
  }

  @Test("A path that one rank cannot open fails on all", .ranks(2...)) func oneRank() throws {
    try world.withScratch { scratch in
      try scratch.write([1] as [UInt8], to: "file", on: world)
      // A directory on the last rank only.
      let path = world.rank == world.size - 1 ? scratch.folder : scratch.path("file")
      let error = expectError(world.rank == world.size - 1 ? .badFile : .other) {
        _ = try File(opening: path, mode: .read, on: world)
      }
      try world.barrier()
      #expect(error?.message.contains(path) == true)
    }
  }

  @Test("Paths that C would cut, or that are too long") func paths() throws {
    let cut = "/tmp/file\0.txt"
    expectError(.badFile) { _ = try File(opening: cut, mode: .read, on: world) }
    expectError(.badFile) { try File.delete(cut) }
    for count in [300, 5000] {
      let long = "/" + String(repeating: "a", count: count)
      let error = expectError(.badFile) {
        _ = try File(opening: long, mode: [.write, .create], on: world)
      }
      #expect(error?.message.contains(long) == true)
    }
  }

  @Test("A path with spaces, and letters of other alphabets") func unicode() throws {
    try world.withScratch { scratch in
      let name = "ein Häuschen mit Blick 山 'quoted' #1.dat"
      let file = try File(opening: scratch.path(name), mode: [.write, .create], on: world)
      try file.write([world.rank], at: world.rank)
      try file.close()
      try world.barrier()
      let ranks = try scratch.elements(Int.self, name)
      #expect(ranks == Array(0..<world.size))
    }
  }

  @Test("Writing to a file that is open for reading, and the reverse") func wrongDirection() throws
  {
    try world.withScratch { scratch in
      try scratch.write([1, 2, 3] as [UInt8], to: "file", on: world)
      let path = scratch.path("file")
      let reader = try File(opening: path, mode: .read, on: world)
      let writing = expectAccessError { try reader.write([1], at: 0) }
      try reader.close()
      let writer = try File(opening: path, mode: .write, on: world)
      let reading = expectAccessError { _ = try writer.read(UInt8.self, count: 1, at: 0) }
      try writer.close()
      let bytes = try scratch.bytes("file")
      #expect(writing?.message.contains(path) == true)
      #expect(reading?.message.contains(path) == true)
      #expect(bytes == [1, 2, 3])
    }
  }

  private func expectAccessError(_ body: () throws -> Void) -> MPIError? {
    do {
      try body()
      Issue.record("no error")
      return nil
    } catch {
      let error = error as? MPIError
      let codes: [MPIError.Code] = [.access, .readOnly, .accessMode, .unsupportedOperation]
      #expect(codes.contains { $0 == error?.code }, "\(String(describing: error))")
      return error
    }
  }
}
