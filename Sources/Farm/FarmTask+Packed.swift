extension FarmTask {
  /// The task as bytes, as short as they can be: rank 0 keeps a million tasks so, and sends them so.
  package var packed: [UInt8] {
    var bytes: [UInt8] = []
    pack(into: &bytes)
    return bytes
  }

  package func pack(into bytes: inout [UInt8]) {
    var writer = PackedWriter()
    let hasOwnName = id != String(index + 1)
    var fields: UInt8 = 0
    if hasOwnName { fields |= 1 }
    if case .arguments = command { fields |= 2 }
    if directory != nil { fields |= 4 }
    if input != nil { fields |= 8 }
    if timeLimit != nil { fields |= 16 }
    if retries != nil { fields |= 32 }
    if weight != nil { fields |= 64 }
    if !environment.isEmpty || !after.isEmpty { fields |= 128 }
    writer.bytes.append(fields)
    writer.write(index)
    if hasOwnName { writer.write(id) }
    switch command {
    case .shell(let line): writer.write(line)
    case .arguments(let arguments): writer.write(arguments)
    }
    if let directory { writer.write(directory) }
    if let input { writer.write(input) }
    if let timeLimit { writer.write(timeLimit) }
    if let retries { writer.write(retries) }
    if let weight { writer.write(weight) }
    if fields & 128 != 0 {
      let variables = environment.sorted { $0.key < $1.key }
      writer.write(variables.flatMap { [$0.key, $0.value] })
      writer.write(after)
    }
    bytes += writer.bytes
  }

  /// Reads a task from the bytes that ``packed`` has made.
  package init(packed bytes: ArraySlice<UInt8>) {
    var reader = PackedReader(bytes: bytes)
    let fields = reader.readByte()
    let index = reader.readInteger()
    let id = fields & 1 != 0 ? reader.readString() : String(index + 1)
    let command: Command =
      fields & 2 != 0 ? .arguments(reader.readStrings()) : .shell(reader.readString())
    self.init(index: index, id: id, command: command)
    if fields & 4 != 0 { directory = reader.readString() }
    if fields & 8 != 0 { input = reader.readString() }
    if fields & 16 != 0 { timeLimit = reader.readDouble() }
    if fields & 32 != 0 { retries = reader.readInteger() }
    if fields & 64 != 0 { weight = reader.readDouble() }
    if fields & 128 != 0 {
      let variables = reader.readStrings()
      for place in stride(from: 0, to: variables.count - 1, by: 2) {
        environment[variables[place]] = variables[place + 1]
      }
      after = reader.readStrings()
    }
  }
}

/// Integers with seven bits in each byte, strings with their lengths before them.
private struct PackedWriter {
  var bytes: [UInt8] = []

  mutating func write(_ value: Int) {
    var rest = UInt(bitPattern: value)
    while rest > 0x7f {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }

  mutating func write(_ text: String) {
    write(text.utf8.count)
    bytes += text.utf8
  }

  mutating func write(_ texts: [String]) {
    write(texts.count)
    for text in texts { write(text) }
  }

  mutating func write(_ value: Double) {
    var bits = value.bitPattern
    for _ in 0..<8 {
      bytes.append(UInt8(truncatingIfNeeded: bits))
      bits >>= 8
    }
  }
}

private struct PackedReader {
  var bytes: ArraySlice<UInt8>

  mutating func readByte() -> UInt8 { bytes.popFirst() ?? 0 }

  mutating func readInteger() -> Int {
    var value: UInt = 0
    var shift: UInt = 0
    while true {
      let byte = readByte()
      value |= UInt(byte & 0x7f) << shift
      shift += 7
      if byte < 0x80 || shift > 63 { return Int(bitPattern: value) }
    }
  }

  mutating func readString() -> String {
    let count = min(max(0, readInteger()), bytes.count)
    let text = String(decoding: bytes.prefix(count), as: UTF8.self)
    bytes.removeFirst(count)
    return text
  }

  mutating func readStrings() -> [String] {
    let count = readInteger()
    var texts: [String] = []
    while texts.count < count && !bytes.isEmpty { texts.append(readString()) }
    return texts
  }

  mutating func readDouble() -> Double {
    var bits: UInt64 = 0
    for place in 0..<8 { bits |= UInt64(readByte()) << UInt64(8 * place) }
    return Double(bitPattern: bits)
  }
}
