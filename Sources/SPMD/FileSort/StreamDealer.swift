#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif
internal import MPI

/// Hands a stream out to the ranks that sort it: stretches of whole lines, one rank after the other.
///
/// Stretches are short to begin with, so that small inputs are shared, too, and twice as long each
/// time that all ranks have had one.
struct StreamDealer {
  private let path: String
  private let recordLength: Int?
  private let communicator: Communicator
  private let collection: RunCollection
  private let section: Int
  /// What a stretch may take at most while it is sorted.
  private let cost: Int
  /// How many bytes are read and sent at once.
  private let block: Int

  private static let firstCost = 4 << 20

  /// What rank 0 says instead of the number of a stretch when there are no more.
  private static let end = -1

  init(
    _ path: String, section: Int, content: FileSort.Content, into collection: RunCollection,
    on communicator: Communicator
  ) {
    self.path = path
    self.section = section
    self.collection = collection
    self.communicator = communicator
    recordLength = content.recordLength
    cost = min(collection.budget / 2, LineTable.longest)
    block = min(max(cost / 8, 4 << 10), 1 << 20)
  }

  /// The ranks that sort. With more than two, rank 0 does nothing but read: while it sorted, all
  /// others, and whoever writes to the pipe, would wait.
  private var takers: [Int] {
    let size = communicator.size
    return size > 2 ? Array(1..<size) : Array((0..<size).reversed())
  }

  /// Reads the stream on rank 0, and sorts what it hands out on this one.
  ///
  /// **Collective**.
  ///
  /// - Returns: How many bytes were read, on rank 0.
  /// - Throws: ``SortError``, the same on all ranks.
  func run(_ openStream: ByteStreamOpener?) throws -> Int {
    var failure: SortError?
    var count = 0
    if communicator.rank == 0 {
      var asking: Int?
      do {
        asking = try deal(openStream, &count)
      } catch let error as CSVError {
        failure = SortError(error.description)
      } catch let error as SortError {
        failure = error
      }
      // Each of the others asks for a stretch, and gets none.
      for taker in takers where taker != 0 {
        if taker != asking { _ = try isReady(taker) }
        try communicator.send(Self.end, to: taker, tag: .sortStretch)
      }
    } else {
      failure = try take()
    }
    try communicator.agree(on: failure)
    return count
  }

  private func isReady(_ taker: Int) throws -> Bool {
    try communicator.receive(one: Int.self, from: taker, tag: .sortReady) == 1
  }

  // MARK: On rank 0

  /// Hands out all stretches.
  ///
  /// - Returns: The rank that has asked for one although it cannot put aside what it has, if any.
  private func deal(_ openStream: ByteStreamOpener?, _ count: inout Int) throws -> Int? {
    let stream = try openStream?(path) ?? PipeStream(opening: path)
    var bytes = try next(of: stream, &count)
    let takers = takers
    var stretch = 0
    while !bytes.isEmpty {
      let taker = takers[stretch % takers.count]
      let limit = min(cost, Self.firstCost << min(stretch / takers.count, 32))
      var table: LineTable?
      if taker == 0 {
        try collection.makeRoom(for: limit)
        table = LineTable(bytes: limit, terminator: recordLength == nil ? 1 : 0)
      } else {
        guard try isReady(taker) else { return taker }
        try communicator.send(stretch, to: taker, tag: .sortStretch)
      }
      let result = Result {
        try dealStretch(limit, &bytes, of: stream, &count, to: taker, table)
      }
      // Even where the stream breaks off, a rank waits for the end of its stretch.
      if table == nil { try endStretch(of: taker) }
      try result.get()
      if let table { try add(table, stretch) }
      stretch += 1
    }
    if let recordLength, count % recordLength != 0 {
      throw SortPlan.wrongSize(path, count, record: recordLength)
    }
    return nil
  }

  private func endStretch(of taker: Int) throws {
    try communicator.send([] as [UInt8], to: taker, tag: .sortBlock)
  }

  /// Passes on blocks until a stretch is long enough, and its last line complete.
  ///
  /// - Parameter bytes: The first block; what is left of the last one afterwards, or the one behind.
  private func dealStretch(
    _ limit: Int, _ bytes: inout [UInt8], of stream: any ByteStream, _ count: inout Int,
    to taker: Int, _ table: LineTable?
  ) throws {
    var cost = 0
    var length = 0
    while !bytes.isEmpty {
      cost += bytes.count + entryCount(of: bytes) * LineTable.entryCost
      let end = cost < limit ? nil : lineEnd(in: bytes, after: length)
      let part = end.map { Array(bytes[..<$0]) } ?? bytes
      length += part.count
      if let table {
        table.append(part)
      } else {
        try communicator.send(part, to: taker, tag: .sortBlock)
      }
      if let end {
        bytes.removeFirst(end)
        if bytes.isEmpty { bytes = try next(of: stream, &count) }
        break
      }
      guard length <= LineTable.longest else {
        throw SortError("\(path): a line of more than 4 GiB before byte \(count)")
      }
      bytes = try next(of: stream, &count)
    }
  }

  /// The next block, a full one unless the stream ends.
  private func next(of stream: any ByteStream, _ count: inout Int) throws -> [UInt8] {
    var failure: CSVError?
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: block) { buffer, filled in
      let raw = UnsafeMutableRawBufferPointer(buffer)
      do throws(CSVError) {
        while filled < raw.count {
          let free = unsafe UnsafeMutableRawBufferPointer(rebasing: raw[filled...])
          var rest = unsafe free.mutableBytes
          let got = try stream.read(into: &rest)
          if got == 0 { break }
          filled += got
        }
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    count += bytes.count
    return bytes
  }

  private func entryCount(of bytes: [UInt8]) -> Int {
    if let recordLength { return bytes.count / recordLength }
    return bytes.count { $0 == UInt8(ascii: "\n") }
  }

  /// Behind the last line that ends in a block, which begins so many bytes after the stretch.
  private func lineEnd(in bytes: [UInt8], after length: Int) -> Int? {
    if let recordLength {
      let end = (length + bytes.count) / recordLength * recordLength - length
      return end > 0 ? end : nil
    }
    return bytes.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 }
  }

  // MARK: On all ranks

  /// Gets stretches and sorts them until there are no more.
  private func take() throws -> SortError? {
    var failure: SortError?
    while true {
      do {
        // As much as the longest stretch may take: the next one's length is not known.
        if failure == nil { try collection.makeRoom(for: cost) }
      } catch {
        failure = error as? SortError ?? SortError("\(error)")
      }
      try communicator.send(failure == nil ? 1 : 0, to: 0, tag: .sortReady)
      let stretch = try communicator.receive(one: Int.self, from: 0, tag: .sortStretch)
      if stretch == Self.end { return failure }
      let table = LineTable(bytes: cost, terminator: recordLength == nil ? 1 : 0)
      while true {
        let bytes = try communicator.receive(UInt8.self, from: 0, tag: .sortBlock)
        if bytes.isEmpty { break }
        table.append(bytes)
      }
      do {
        try add(table, stretch)
      } catch {
        failure = error as? SortError ?? SortError("\(error)")
      }
    }
  }

  private func add(_ table: LineTable, _ stretch: Int) throws {
    if let recordLength {
      _ = table.addRecords(of: recordLength, from: 0, order: collection.order)
    } else {
      if unsafe table.byteCount > 0 && table.bytes[table.byteCount - 1] != UInt8(ascii: "\n") {
        table.appendNewline()
      }
      _ = table.addLines(from: 0, order: collection.order)
    }
    try collection.add(table, at: RunPlace(section: section, stretch: stretch))
  }
}

extension MessageTag {
  fileprivate static var sortReady: MessageTag { 11 }
  fileprivate static var sortStretch: MessageTag { 12 }
  fileprivate static var sortBlock: MessageTag { 13 }
}
