import Foundation
import MPI

/// Makes a folder that all ranks see, passes it on, and removes it.
///
/// **Collective**.
func withSharedFolder(on world: Communicator, _ body: (String) throws -> Void) throws {
  var path = Array((NSTemporaryDirectory() + "/pcompute-\(UUID())").utf8)
  try world.broadcast(&path, from: 0)
  let folder = String(decoding: path, as: UTF8.self)
  if world.rank == 0 {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  }
  try world.barrier()
  try body(folder)
  try world.barrier()
  if world.rank == 0 { try FileManager.default.removeItem(atPath: folder) }
}
