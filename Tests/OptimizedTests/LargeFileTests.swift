import Foundation
import MPI
import Support
import Testing

@Suite("More than 2³¹ elements in a file", .enabled(if: Large.isPossible(), Large.comment))
struct LargeFileTests {
  let world: Communicator
  init() throws { world = try TestWorld.world.duplicated() }

  /// The bytes of a file in the places that are looked at, read without MPI.
  private func holds(_ path: String, _ rank: Int) throws -> Bool {
    let file = try FileHandle(forReadingFrom: URL(filePath: path))
    defer { try? file.close() }
    return try Large.places(Large.count).allSatisfy { place in
      try file.seek(toOffset: UInt64(place.lowerBound))
      let bytes = [UInt8](try file.read(upToCount: place.count) ?? Data())
      return bytes == place.map { Large.element(rank, $0) }
    }
  }

  /// Each rank on its own, one after the other, since the disk holds them all.
  private func inTurn(_ body: (String) throws -> Void) throws {
    for rank in 0..<world.size {
      if world.rank == rank {
        let path = FileManager.default.temporaryDirectory.appending(path: "mpi-\(UUID())").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        try body(path)
      }
      try world.barrier()
    }
  }

  @Test("Written and read in one operation") func whole() throws {
    try inTurn { path in
      let mine = Large.elements(of: world.rank)
      var file = try File(opening: path, mode: [.create, .read, .write], on: .selfOnly)
      let written = try file.write(mine.span, at: 0)
      let size = try file.byteCount
      var back = Large.storage(UInt8.self, Large.count)
      let read = try file.read(into: back.mutableSpan, at: 0)
      let isThere = Large.holds(back, world.rank)
      let isWritten = try holds(path, world.rank)
      // By a view of bytes, nonblocking.
      try file.setView(of: UInt8.self)
      let request = try file.immediate.read(into: back.mutableSpan, at: 0)
      let later = try request.wait()
      // Behind 2³¹, to the end.
      let tail = try file.read(UInt8.self, count: 5000, at: Large.count - 1000)
      try file.close()
      #expect(written.count(of: UInt8.self) == Large.count)
      #expect(read.count(of: UInt8.self) == Large.count)
      #expect(later.count(of: UInt8.self) == Large.count)
      #expect(size == Large.count)
      #expect(isThere)
      #expect(isWritten)
      #expect(Large.holds(back, world.rank))
      #expect(tail.count == 1000)
      #expect(
        tail.suffix(64).elementsEqual(
          (Large.count - 64..<Large.count).map { Large.element(world.rank, $0) }))
    }
  }
}
