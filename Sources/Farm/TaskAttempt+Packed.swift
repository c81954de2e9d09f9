// Runs as bytes, for messages and for the tails of journals: a tenth of what `Codable` takes.

extension TaskAttempt {
  func pack(into writer: inout PackedWriter) {
    writer.write(task)
    writer.write(attempt)
    writer.write(rank)
    writer.write(host)
    writer.write(start)
    writer.write(end)
    switch ending {
    case .exited(let status):
      writer.write(byte: 0)
      writer.write(Int(status))
    case .signalled(let signal):
      writer.write(byte: 1)
      writer.write(Int(signal))
    case .timedOut: writer.write(byte: 2)
    case .interrupted: writer.write(byte: 3)
    case .notStarted(let message):
      writer.write(byte: 4)
      writer.write(message)
    }
    writer.write(outputBytes)
    writer.write(bytes: tail)
    writer.write(byte: output == nil ? 0 : 1)
    if let output { writer.write(bytes: output) }
  }

  init(from reader: inout PackedReader) {
    let (task, attempt, rank) = (reader.readInteger(), reader.readInteger(), reader.readInteger())
    let (host, start, end) = (reader.readString(), reader.readDouble(), reader.readDouble())
    let ending: Ending =
      switch reader.readByte() {
      case 0: .exited(Int32(truncatingIfNeeded: reader.readInteger()))
      case 1: .signalled(Int32(truncatingIfNeeded: reader.readInteger()))
      case 2: .timedOut
      case 4: .notStarted(reader.readString())
      default: .interrupted
      }
    self.init(
      task: task, attempt: attempt, rank: rank, host: host, start: start, end: end, ending: ending,
      outputBytes: reader.readInteger(), tail: Array(reader.readBytes()))
    if reader.readByte() == 1 { output = Array(reader.readBytes()) }
  }
}

extension AttemptLog.Record {
  func pack(into writer: inout PackedWriter) {
    outcome.attempt.pack(into: &writer)
    writer.write(byte: (outcome.isFinal ? 1 : 0) | (offset == nil ? 0 : 2))
    writer.write(outcome.skipped) { $1.write($0) }
    guard let offset else { return }
    writer.write(offset)
    writer.write(length ?? 0)
  }

  init(from reader: inout PackedReader) {
    outcome = FarmOutcome(attempt: TaskAttempt(from: &reader))
    let fields = reader.readByte()
    outcome.isFinal = fields & 1 != 0
    outcome.skipped = reader.readArray { $0.readInteger() }
    guard fields & 2 != 0 else { return }
    offset = reader.readInteger()
    length = reader.readInteger()
  }
}

extension FarmOrder {
  var packed: [UInt8] {
    var writer = PackedWriter()
    switch self {
    case .run(let tasks):
      writer.write(byte: 0)
      writer.write(tasks) { task, writer in
        writer.write(task.attempt)
        writer.write(task.deadline ?? .nan)
        writer.write(bytes: task.packed)
      }
    case .acknowledged(let number):
      writer.write(byte: 1)
      writer.write(number)
    case .giveBack(let count):
      writer.write(byte: 2)
      writer.write(count)
    case .stop: writer.write(byte: 3)
    case .alive: writer.write(byte: 4)
    case .end(let status, let isDamaged):
      writer.write(byte: 5)
      writer.write(Int(status))
      writer.write(byte: isDamaged ? 1 : 0)
    }
    return writer.bytes
  }

  init(packed bytes: [UInt8]) {
    var reader = PackedReader(bytes: bytes[...])
    switch reader.readByte() {
    case 0:
      self = .run(
        reader.readArray { reader in
          let (attempt, deadline) = (reader.readInteger(), reader.readDouble())
          return HandedTask(
            attempt: attempt, packed: Array(reader.readBytes()),
            deadline: deadline.isNaN ? nil : deadline)
        })
    case 1: self = .acknowledged(reader.readInteger())
    case 2: self = .giveBack(reader.readInteger())
    case 3: self = .stop
    case 5:
      let status = Int32(truncatingIfNeeded: reader.readInteger())
      self = .end(status: status, isDamaged: reader.readByte() == 1)
    default: self = .alive
    }
  }
}

extension FarmReport {
  var packed: [UInt8] {
    var writer = PackedWriter()
    writer.write(number)
    writer.write(ended) { $0.pack(into: &$1) }
    writer.write(begun) { task, writer in
      writer.write(task.task)
      writer.write(task.attempt)
      writer.write(task.start)
    }
    writer.write(byte: (isLast ? 1 : 0) | (givenBack == nil ? 0 : 2))
    if let givenBack { writer.write(givenBack) { $1.write($0) } }
    return writer.bytes
  }

  init(packed bytes: [UInt8]) {
    var reader = PackedReader(bytes: bytes[...])
    number = reader.readInteger()
    ended = reader.readArray { TaskAttempt(from: &$0) }
    begun = reader.readArray { reader in
      BegunTask(
        task: reader.readInteger(), attempt: reader.readInteger(), start: reader.readDouble())
    }
    let fields = reader.readByte()
    isLast = fields & 1 != 0
    if fields & 2 != 0 { givenBack = reader.readArray { $0.readInteger() } }
  }
}
