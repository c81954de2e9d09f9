internal import Foundation
internal import MPI

/// A result that goes to a file of its own.
enum ResultFile {
  /// Writes a file on rank 0: beside its place, and moved there when it is whole.
  ///
  /// - Parameter text: What to write, on rank 0.
  /// - Throws: ``Failure`` on all ranks.
  static func write(_ text: String?, to path: String, on world: Communicator) throws {
    var message: [UInt8] = []
    if world.rank == 0, let text {
      do {
        try Data(text.utf8).write(to: URL(filePath: path), options: .atomic)
      } catch {
        message = Array(reason(error).utf8)
      }
    }
    try world.broadcast(&message, from: 0)
    guard message.isEmpty else {
      throw Failure(message: "\(path): \(String(decoding: message, as: UTF8.self))")
    }
  }

  private static func reason(_ error: any Error) -> String {
    let underlying = (error as NSError).userInfo[NSUnderlyingErrorKey] as? any Error
    guard let code = (underlying as? POSIXError)?.code.rawValue ?? posixCode(underlying) else {
      return "cannot be written"
    }
    return unsafe String(cString: strerror(code))
  }

  private static func posixCode(_ error: (any Error)?) -> Int32? {
    guard let error = error as NSError?, error.domain == NSPOSIXErrorDomain else { return nil }
    return Int32(error.code)
  }
}
