import ComplexModule
import MPI
import Testing

/// A structure that does not get the default description, since `Complex` does not say that it is
/// `BitwiseCopyable`.
private struct Wave: Datatype {
  var mode: Int32
  var amplitude: Complex<Double>
  static let mpiDatatype = DatatypeHandle(structure: Wave.self)
}

@Suite("Complex numbers in structures and parts, and keys that do not fit")
struct ComplexTests {
  let world: Communicator
  init() throws { world = try Job.communicator() }

  @Test("A structure with a complex property describes itself on request")
  func structure() throws {
    let wave = Wave(mode: Int32(world.rank), amplitude: Complex(1, Double(world.rank)))
    let waves = try world.allGather(wave)
    #expect(waves.map(\.mode) == (0..<world.size).map { Int32($0) })
    #expect(waves.map(\.amplitude) == (0..<world.size).map { Complex(1, Double($0)) })
  }

  @Test("Gaps between parts of complex numbers are zero")
  func gaps() throws {
    let parts = Partition(
      counts: Array(repeating: 1, count: world.size), offsets: (0..<world.size).map { 2 * $0 + 1 })
    let mine = [Complex(Double(world.rank), -1)]
    let all = try world.allGather(mine.span, counts: parts)
    let expected = (0..<2 * world.size).map { index -> Complex<Double> in
      index % 2 == 0 ? .zero : Complex(Double(index / 2), -1)
    }
    #expect(all == expected)
  }

  @Test("A key of more than 32 bits is refused, not cut")
  func key() throws {
    do {
      _ = try world.split(color: 0, key: Int.max - world.rank)
      Issue.record("the key was taken")
    } catch {
      #expect(error.code == .invalidArgument)
    }
    let reversed = try #require(try world.split(color: 0, key: -world.rank))
    #expect(reversed.rank == world.size - 1 - world.rank)
  }
}
