import Foundation
import MPI
import Testing

/// A folder for the files of one test, which all ranks see.
struct Scratch {
  let folder: String

  /// The path of a file in the folder.
  func path(_ name: String) -> String { "\(folder)/\(name)" }

  /// The bytes of a file, read without MPI.
  func bytes(_ name: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: URL(filePath: path(name))))
  }

  /// The elements of a file, as C would read them into an array.
  func elements<T: BitwiseCopyable>(_ type: T.Type, _ name: String) throws -> [T] {
    let contents = try bytes(name)
    return unsafe contents.withUnsafeBytes { bytes in
      (0..<bytes.count / MemoryLayout<T>.stride).map { index in
        unsafe bytes.loadUnaligned(fromByteOffset: index * MemoryLayout<T>.stride, as: type)
      }
    }
  }

  func exists(_ name: String) -> Bool { FileManager.default.fileExists(atPath: path(name)) }

  /// Has rank 0 write a file without MPI, before any rank goes on.
  func write<T>(_ elements: [T], to name: String, on world: Communicator) throws {
    if world.rank == 0 {
      let data = unsafe elements.withUnsafeBytes { unsafe Data($0) }
      try data.write(to: URL(filePath: path(name)))
    }
    try world.barrier()
  }
}

extension Communicator {
  /// Runs a part of a test with a folder that rank 0 makes, and removes when all ranks have come to the end.
  func withScratch<R>(_ body: (Scratch) throws -> R) throws -> R {
    var name: [UInt8] = []
    if rank == 0 {
      let folder =
        FileManager.default.temporaryDirectory.path + "/mpi-\(UUID().uuidString.prefix(8))"
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
      name = Array(folder.utf8)
    }
    try broadcast(&name, from: 0)
    let scratch = Scratch(folder: String(decoding: name, as: UTF8.self))
    defer { if rank == 0 { try? FileManager.default.removeItem(atPath: scratch.folder) } }
    let result = try body(scratch)
    try barrier()
    return result
  }
}

/// Whether this process may do what permissions forbid.
var isRoot: Bool { getuid() == 0 }
