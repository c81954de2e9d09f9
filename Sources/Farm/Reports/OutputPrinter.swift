internal import Glibc
internal import SPMD

/// Prints the outputs of tasks: each whole, as tasks end or in the order of the list.
///
/// An output without a newline at its end gets one, so that no line is of two tasks.
package final class OutputPrinter {
  /// An output whose turn has not come.
  private enum Waiting {
    case nothing
    case memory([UInt8])
    case file(offset: Int, count: Int)
  }

  /// How many bytes wait in memory; more goes to a temporary file.
  private let memoryLimit: Int
  private let descriptor: Int32
  private let isOrdered: Bool
  private let folder: String
  private var next = 0
  private var waiting: [Int: Waiting] = [:]
  private var bytesInMemory = 0
  private var spill: Int32 = -1
  private var spillSize = 0

  /// - Parameters:
  ///   - descriptor: Where outputs go.
  ///   - isOrdered: Whether they wait for those before them in the list.
  ///   - folder: Where those that wait are put aside.
  package init(
    to descriptor: Int32 = 1, isOrdered: Bool, folder: String = "/tmp", memoryLimit: Int = 64 << 20
  ) {
    self.descriptor = descriptor
    self.isOrdered = isOrdered
    self.folder = folder
    self.memoryLimit = memoryLimit
  }

  deinit { if spill >= 0 { close(spill) } }

  /// Takes what a task has printed that is not tried again.
  package func add(_ task: Int, output: [UInt8]) throws {
    guard isOrdered else { return try print(output) }
    if task == next {
      try print(output)
      next += 1
      return try printWaiting()
    }
    guard task > next else { return }
    if output.isEmpty {
      waiting[task] = .nothing
    } else if bytesInMemory + output.count <= memoryLimit {
      bytesInMemory += output.count
      waiting[task] = .memory(output)
    } else {
      waiting[task] = try putAside(output)
    }
  }

  /// Takes that nothing comes of a task.
  package func skip(_ task: Int) throws { try add(task, output: []) }

  /// Prints what waits for tasks that are not run.
  package func finish() throws {
    for task in waiting.keys.sorted() {
      next = task
      try printWaiting()
    }
  }

  private func printWaiting() throws {
    while let entry = waiting.removeValue(forKey: next) {
      switch entry {
      case .nothing: break
      case .memory(let output):
        bytesInMemory -= output.count
        try print(output)
      case .file(let offset, let count):
        try print(read(offset, count))
      }
      next += 1
    }
    if waiting.isEmpty && spillSize > 0 {
      ftruncate(spill, 0)
      spillSize = 0
    }
  }

  private func print(_ output: [UInt8]) throws {
    guard let last = output.last else { return }
    do {
      try writeAll(output[...], to: descriptor)
      if last != newline { try writeAll([newline], to: descriptor) }
    } catch {
      throw FarmError("standard output: \(errorText(error.code))")
    }
  }

  private func putAside(_ output: [UInt8]) throws -> Waiting {
    do {
      if spill < 0 {
        var path = Array((folder + "/pcompute-XXXXXX").utf8CString)
        spill = unsafe mkstemp(&path)
        if spill < 0 { throw SystemError(code: errno) }
        _ = unsafe unlink(path)
        _ = fcntl(spill, F_SETFD, FD_CLOEXEC)
      }
      lseek(spill, off_t(spillSize), SEEK_SET)
      try writeAll(output[...], to: spill)
    } catch {
      let code = (error as? SystemError)?.code ?? EIO
      throw FarmError("\(folder): a temporary file: \(errorText(code))")
    }
    defer { spillSize += output.count }
    return .file(offset: spillSize, count: output.count)
  }

  private func read(_ offset: Int, _ count: Int) throws -> [UInt8] {
    var output = [UInt8](repeating: 0, count: count)
    var done = 0
    while done < count {
      let got = unsafe output.withUnsafeMutableBytes {
        unsafe pread(spill, $0.baseAddress?.advanced(by: done), count - done, off_t(offset + done))
      }
      if got < 0 && errno == EINTR { continue }
      guard got > 0 else { throw FarmError("\(folder): a temporary file: \(errorText(errno))") }
      done += got
    }
    return output
  }
}
