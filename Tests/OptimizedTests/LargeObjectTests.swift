import MPI
import Support
import Testing

@Suite(
  "Values of more than 2³¹ bytes", .enabled(if: Large.isPossible(bytes: 10 << 30), Large.comment))
struct LargeObjectTests {
  let world: Communicator
  init() throws { world = try TestWorld.world.duplicated() }

  @Test("In a structure, around the ring") func structure() throws {
    struct Couple: Codable, Equatable {
      var first: String
      var second: [UInt8]
    }
    let mine = Couple(first: "large", second: Large.elements(of: world.rank))
    let received = try world.sendReceive(
      encoding: mine, to: world.right, decoding: Couple.self, from: world.left)
    #expect(received?.first == "large")
    #expect(received.map { Large.holds($0.second, world.left) } == true)
  }
}
