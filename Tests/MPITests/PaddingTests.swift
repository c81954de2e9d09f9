import MPI
import Testing

/// Received elements in memory that was filled with a pattern: what is not a property's byte must keep it.
@Suite("Padding carries nothing (MPI 3.1 §4.1.7)") struct PaddingTests {
  let world: Communicator
  init() throws { world = try Job.communicator() }

  static let types: [any Sample.Type] = [
    Padded.self, Nested.self, SIMD3<Double>.self, Located<Double>.self, Kept.self, Row.self,
    Pair<Double, Int8>.self, Pair<Padded, Bool>.self,
  ]

  @Test("The padding of what is received stays as it was", arguments: types)
  func receiving(_ type: any Sample.Type) throws { try check(type) }

  private func check<T: Sample>(_ type: T.Type) throws {
    // Sent from memory full of ones, received into memory full of zeros, and the other way around.
    for (sentPattern, ownPattern) in [(0xFF, 0x00), (0x00, 0xFF)] as [(UInt8, UInt8)] {
      let sent = filled(type, sentPattern, number: 3)
      var received = filled(type, ownPattern, number: 0)
      try world.sendReceive(
        sent.span, to: world.right, into: received.mutableSpan, from: world.left)
      let expected = filled(type, ownPattern, number: 3)
      #expect(received == sent)
      #expect(bytes(received) == bytes(expected))

      var gathered = filled(type, ownPattern, number: 0)
      try world.broadcast(gathered.mutableSpan, from: 0)
      let zero = filled(type, ownPattern, number: 0)
      #expect(bytes(gathered) == bytes(zero))
    }
  }

  /// Two elements whose padding holds the pattern.
  private func filled<T: Sample>(_ type: T.Type, _ pattern: UInt8, number: Int) -> [T] {
    var result = [T](repeating: T.sample(number), count: 2)
    let isData = dataBytes(of: type)
    let sample = bytes(result)
    unsafe result.withUnsafeMutableBytes { storage in
      for index in storage.indices {
        unsafe storage[index] = isData[index % isData.count] ? sample[index] : pattern
      }
    }
    return result
  }

  /// Which bytes of a type hold data: those that travel. As many as the type says it has.
  private func dataBytes<T: Sample>(of type: T.Type) -> [Bool] {
    let known: [ObjectIdentifier: [Range<Int>]] = [
      ObjectIdentifier(Padded.self): [0..<1, 8..<18],
      // inner, and small in its tail padding; vector; the two of pair; last.
      ObjectIdentifier(Nested.self): [0..<6, 16..<28, 32..<37, 40..<45, 48..<49],
      ObjectIdentifier(SIMD3<Double>.self): [0..<24],
      ObjectIdentifier(Located<Double>.self): [0..<12],
      ObjectIdentifier(Kept.self): [0..<24, 32..<44],
      ObjectIdentifier(Row.self): [0..<10, 16..<28, 32..<44, 48..<60],
      ObjectIdentifier(Pair<Double, Int8>.self): [0..<9],
      ObjectIdentifier(Pair<Padded, Bool>.self): [0..<1, 8..<19],
    ]
    var result = [Bool](repeating: false, count: MemoryLayout<T>.stride)
    for range in known[ObjectIdentifier(type)] ?? [] {
      for index in range { result[index] = true }
    }
    #expect(result.count { $0 } == T.byteCount, "the layout of \(type) is not what was written")
    return result
  }

  private func bytes<T: Sample>(_ elements: [T]) -> [UInt8] {
    unsafe elements.withUnsafeBytes { unsafe Array($0) }
  }
}
