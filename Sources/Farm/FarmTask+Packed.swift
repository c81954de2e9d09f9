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
