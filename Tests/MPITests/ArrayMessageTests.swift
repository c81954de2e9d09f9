import MPI
import Support
import Testing

// Short arrays travel by a way of their own, which must not show: the same bytes as an encoder's, and
// the same value, or an error, as a decoder's.

@Suite("Short arrays from rank to rank") struct ArrayMessageTests {
  let world: Communicator
  init() throws { world = try Job.communicator() }

  /// What the rank to the left has sent in the same call, as the bytes of the message.
  private func bytes<T: Codable>(of array: [T]) throws -> [UInt8] {
    try withSendBuffer(byteCount: 1 << 16) {
      try world.send(encoding: array, to: world.right, mode: .buffered)
      return try world.receive(UInt8.self, from: world.left)
    }
  }

  /// What a message with these bytes, from the left, becomes; `nil` for an error.
  private func value<T: Codable>(_ type: [T].Type, from bytes: [UInt8]) throws -> [T]? {
    try withSendBuffer(byteCount: 1 << 16) {
      try world.send(bytes.span, to: world.right, mode: .buffered)
      do {
        return try world.receive(decoding: type, from: world.left)
      } catch  where error.code == .conversion {
        return nil
      }
    }
  }

  /// All types and, about the length to which arrays are short, all lengths.
  private func check<T: Codable & Equatable>(_ element: (Int) -> T) throws {
    let stride = MemoryLayout<T>.stride
    for count in [0, 1, 2, 3, 100] + Array(970 / stride...1040 / stride) {
      let array = (0..<count).map(element)
      let encoded = try MessageEncoder().encode(array)
      let sent = try bytes(of: array)
      let received = try value([T].self, from: encoded)
      #expect(sent == encoded, "\(count) of \(T.self)")
      #expect(received == array, "\(count) of \(T.self)")
    }
  }

  @Test("Every type of scalars, and lengths about the limit") func types() throws {
    try check { Int8(truncatingIfNeeded: $0) }
    try check { UInt8(truncatingIfNeeded: $0) }
    try check { Int16($0 - 50) }
    try check { UInt16($0) }
    try check { Int32($0) << 16 }
    try check { UInt32($0) << 16 }
    try check { Int64($0) << 40 }
    try check { UInt64($0) << 40 }
    try check { $0 - 1 }
    try check { UInt($0) }
    try check { Int128($0) << 100 }
    try check { UInt128($0) << 100 }
    try check { Float($0) / 7 }
    try check { Double($0) / 7 }
    try check { $0 % 3 == 0 }
    try check { "\($0)" }
    #if !((os(macOS) || targetEnvironment(macCatalyst)) && arch(x86_64))
      try check { Float16($0) / 7 }
    #endif
  }

  @Test("An array of other elements than asked for") func conversions() throws {
    let whole = [1.0, -2, 3]
    #expect(try value([Int].self, from: MessageEncoder().encode(whole)) == nil)
    #expect(try value([Double].self, from: MessageEncoder().encode([1, -2, 3])) == whole)
    #expect(try value([Float].self, from: MessageEncoder().encode(whole)) == [1, -2, 3])
    #expect(try value([UInt8].self, from: MessageEncoder().encode([256])) == nil)
    #expect(try value([Double?].self, from: MessageEncoder().encode(whole)) == whole)
    #expect(try value([Double].self, from: MessageEncoder().encode([1.5, nil])) == nil)
    #expect(try value([Double].self, from: MessageEncoder().encode("text")) == nil)
    #expect(try value([Double].self, from: []) == nil)
  }

  @Test("Bytes that no encoder has written, as a decoder sees them") func hostile() throws {
    var random = SplitMix(5)
    let good = try MessageEncoder().encode([1.5, 2.5, -3.5])
    var messages = good.indices.map { Array(good[..<$0]) }
    for index in good.indices {
      for value: UInt8 in [0, 1, 2, 7, 0x0A, 0x7F, 0xCA, 0xCB, 0xFF] {
        var bytes = good
        bytes[index] = value
        messages.append(bytes)
      }
    }
    for length in 0..<100 {
      messages.append((0..<length).map { _ in UInt8.random(in: 0...255, using: &random) })
    }
    var errors = 0
    for message in messages {
      let decoded = try? MessageDecoder().decode([Double].self, from: message)
      let received = try value([Double].self, from: message)
      #expect(received?.map(\.bitPattern) == decoded?.map(\.bitPattern), "\(message)")
      errors += received == nil ? 1 : 0
    }
    // Those of which only scalars were changed are arrays; each of these has 24 bytes.
    #expect(errors > messages.count - 24 * 9 - 22 * 2)
  }

  @Test("In the modes of a send, from anyone, and to no process") func modes() throws {
    let array = [1.5, Double(world.rank)]
    let theirs = [1.5, Double(world.left)]
    if world.size > 1 {
      for mode in [SendMode.standard, .synchronous] {
        if world.rank % 2 == 0 {
          if world.rank + 1 < world.size {
            try world.send(encoding: array, to: world.rank + 1, mode: mode)
          }
        } else {
          let received = try world.receive(decoding: [Double].self, from: world.rank - 1)
          #expect(received == [1.5, Double(world.rank - 1)])
        }
      }
      try world.barrier()
    }
    try world.send(encoding: array, to: nil)
    let (received, status) = try withSendBuffer(byteCount: 1 << 16) {
      try world.send(encoding: array, to: world.right, tag: 9, mode: .buffered)
      return try world.receiveWithStatus(decoding: [Double].self, from: .any, tag: .any)
    }
    #expect(received == theirs)
    #expect(status.source == world.left)
    #expect(status.tag == 9)
    #expect(status.byteCount == 38)
    #expect(throws: MPIError.self) { try world.send(encoding: array, to: world.size) }
  }
}
