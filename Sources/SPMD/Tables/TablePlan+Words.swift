extension TablePlan {
  /// The plan as words, for sending.
  var words: [UInt64] {
    var words = [UInt64(blockSize), UInt64(blockCount), UInt64(files.count)]
    for file in files {
      words += packed(Array(file.path.utf8))
      words += [
        file.size, file.contentStart, file.headerLines, file.firstBlock, file.isStream ? 1 : 0,
      ].map { UInt64($0) }
    }
    words.append(UInt64(columnNames.count))
    for (name, type) in zip(columnNames, types) {
      words += packed(Array(name.utf8))
      words.append(UInt64(type.rawValue))
    }
    return words
  }

  init(from reader: inout WordReader) {
    blockSize = Int(reader.next())
    blockCount = Int(reader.next())
    for _ in 0..<reader.next() {
      let path = String(decoding: reader.nextBytes(), as: UTF8.self)
      files.append(
        File(
          path: path, size: Int(reader.next()), contentStart: Int(reader.next()),
          headerLines: Int(reader.next()), firstBlock: Int(reader.next()),
          isStream: reader.next() == 1))
    }
    for _ in 0..<reader.next() {
      columnNames.append(String(decoding: reader.nextBytes(), as: UTF8.self))
      types.append(ColumnType(rawValue: UInt8(reader.next())) ?? .string)
    }
  }
}
