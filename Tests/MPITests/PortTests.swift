import MPI
import Support
import Testing

@Suite(
  "Ports (MPI 3.1 §10.4)", .ranks(2...),
  .enabled("the library can open ports, which MPICH's UCX cannot") { Ports.areSupported })
struct PortTests {
  let world: Communicator
  let half: Communicator
  let isLow: Bool

  init() throws {
    world = try Job.communicator()
    isLow = world.rank < (world.size + 1) / 2
    half = try #require(try world.split(color: isLow ? 0 : 1))
  }

  @Test("Two halves of the world connect, and part") func connection() throws {
    let low = (world.size + 1) / 2
    var theirs: [Int]
    var sizes: (Int, Int)
    if isLow {
      var name: [UInt8] = []
      let connection: Intercommunicator
      if half.rank == 0 {
        let port = try Port()
        name = Array(port.name.utf8)
        for rank in low..<world.size { try world.send(name.span, to: rank) }
        connection = try half.accept(at: port.name)
      } else {
        connection = try half.accept(at: "")
      }
      sizes = (connection.size, connection.remoteSize)
      theirs = try connection.allGather([world.rank])
      try connection.disconnect()
    } else {
      let name = try world.receive(UInt8.self, from: 0)
      let connection = try half.connect(to: String(decoding: name, as: UTF8.self))
      sizes = (connection.size, connection.remoteSize)
      theirs = try connection.allGather([world.rank])
      try connection.disconnect()
    }
    let other = isLow ? Array(low..<world.size) : Array(0..<low)
    #expect(theirs == other)
    #expect(sizes == (half.size, other.count))
    #expect(try world.allReduce(1, .sum) == world.size)
  }

  @Test("Names that nobody has published") func unpublished() throws {
    // Without a server of names, libraries answer with other errors.
    var code: MPIError.Code?
    do {
      _ = try Port.lookUp("pcompute-test-nothing-of-the-kind")
    } catch let error {
      code = error.code
    }
    #expect(code != nil)
  }
}

/// What the library can do with ports.
private enum Ports {
  /// Whether it opens one: MPICH's module for UCX, which Debian's has, does not (seen in 4.0.2).
  static let areSupported: Bool = {
    _ = Job.world
    do {
      _ = try Port()
      return true
    } catch {
      return false
    }
  }()
}
