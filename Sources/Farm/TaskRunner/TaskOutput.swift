internal import CProcess
internal import Glibc
internal import SPMD

/// What a task prints: read from a pipe, or written by it into files.
struct TaskOutput {
  /// The end of the pipe that is read; -1 without one, and once no one can write to it.
  private(set) var reader: Int32 = -1
  /// What the task gets as standard output and as standard error, until it has started.
  private(set) var writer: Int32 = -1
  private(set) var errorWriter: Int32 = -1
  /// How many bytes the task has written.
  private(set) var byteCount = 0
  /// All of them, or their end.
  private(set) var kept: [UInt8] = []
  private var keepsAll = false
  private var keepLimit = 0
  private var tailBytes = 0
  private var files: OutputFiles?

  init() {}

  init(for task: FarmTask, attempt: Int, options: TaskRunner.Options) throws {
    keepsAll = options.keepsOutput
    keepLimit = options.outputLimit
    tailBytes = options.tailBytes
    if let folder = options.outputFolder {
      let files = OutputFiles(for: task, attempt: attempt, rank: options.rank, folder: folder)
      (writer, errorWriter) = try files.open()
      self.files = files
    } else {
      var ends: [Int32] = [-1, -1]
      let code = unsafe cprocess_pipe(&ends)
      guard code == 0 else { throw FarmError("a pipe: \(errorText(code))") }
      reader = ends[0]
      writer = ends[1]
      errorWriter = ends[1]
    }
  }

  /// Closes what only the task needs.
  mutating func closeWriters() {
    if errorWriter >= 0 && errorWriter != writer { Glibc.close(errorWriter) }
    if writer >= 0 { Glibc.close(writer) }
    writer = -1
    errorWriter = -1
  }

  mutating func close() {
    closeWriters()
    if reader >= 0 { Glibc.close(reader) }
    reader = -1
  }

  /// Takes what is in the pipe, so much at most that other tasks have their turn.
  mutating func read(_ buffer: inout [UInt8], atMost limit: Int) {
    var taken = 0
    while reader >= 0 && taken < limit {
      let count = unsafe Glibc.read(reader, &buffer, buffer.count)
      if count > 0 {
        take(buffer[..<count])
        taken += count
        // Less than there was room for: that was all.
        if count < buffer.count { return }
      } else if count == 0 {
        close()
      } else if errno != EINTR {
        return
      }
    }
  }

  private mutating func take(_ bytes: ArraySlice<UInt8>) {
    byteCount += bytes.count
    if keepsAll {
      kept += bytes.prefix(keepLimit - kept.count)
    }
    if !keepsAll || byteCount > keepLimit {
      end += bytes
      if end.count > 4 * max(tailBytes, 1024) { end.removeFirst(end.count - tailBytes) }
    }
  }

  /// The last bytes, where not all are kept.
  private var end: [UInt8] = []

  /// The last bytes of the output.
  var tail: [UInt8] {
    let isWhole = keepsAll && byteCount == kept.count
    return Array((isWhole ? kept : end).suffix(tailBytes))
  }

  /// Takes the rest, once the task's process is gone; what others hold open is not waited for.
  mutating func finish(_ buffer: inout [UInt8]) {
    // As much as a pipe holds: more comes from those who are still there.
    read(&buffer, atMost: 1 << 16)
    close()
    guard let files else { return }
    do {
      let sizes = try files.finish()
      for (path, size) in zip([files.outputPath, files.errorPath], sizes) {
        byteCount += size
        let part = OutputFiles.end(
          of: path, size: size, atMost: keepsAll ? max(0, keepLimit - kept.count) : tailBytes,
          fromStart: keepsAll)
        if keepsAll { kept += part }
        end += keepsAll ? part.suffix(tailBytes) : part
      }
    } catch {
      end = Array("\(error)".utf8)
    }
  }

  /// Removes the files of a task that did not start.
  func discardFiles() { files?.discard() }
}
