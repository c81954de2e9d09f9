import MPI
import SPMD
import Support
import Testing

@Suite struct TimingsTests {
  @Test func sectionsWithinSections() throws {
    try withWorld { world in
      let timings = Timings()
      #expect(timings.measure("outer") { timings.measure("inner") { 7 } } == 7)
      for _ in 0..<3 { timings.measure("outer") { timings.measure("inner") {} } }
      timings.measure("inner") {}
      if world.rank == 0 { timings.measure("alone") { timings.measure("with root") {} } }
      #expect(timings.time(of: "outer/inner").calls == 4)
      #expect(timings.time(of: "outer").seconds >= timings.time(of: "outer/inner").seconds)
      #expect(timings.time(of: "nowhere") == (0, 0))
      let summary = try timings.summary(on: world, to: world.size - 1)
      #expect((summary == nil) == (world.rank != world.size - 1))
      guard let summary else { return }
      #expect(
        summary.sections.map(\.path)
          == ["outer", "outer/inner", "inner", "alone", "alone/with root"])
      #expect(summary.sections.map(\.calls) == [4, 4, 1].map { $0 * world.size } + [1, 1])
      #expect(summary.sections.map(\.ranks) == [world.size, world.size, world.size, 1, 1])
      for section in summary.sections {
        #expect(section.minimum <= section.median && section.median <= section.maximum)
        #expect(section.imbalance >= -1e-9 && section.imbalance <= Double(world.size))
      }
      #expect("\(summary)".split(separator: "\n").count == 6)
    }
  }

  /// What a section costs is what its ranks sleep.
  @Test func imbalance() throws {
    try withWorld { world in
      let timings = Timings()
      let own = world.rank == 0 ? 0.06 : 0.02
      timings.measure("sleep") {
        let clock = ContinuousClock()
        let end = clock.now + .seconds(own)
        while clock.now < end {}
      }
      guard let section = try timings.summary(on: world)?.sections.first else { return }
      #expect(section.maximum >= 0.06)
      #expect(section.minimum >= (world.size == 1 ? 0.06 : 0.02))
      if world.size == 1 { #expect(section.imbalance == 0) }
    }
  }

  @Test func timeCountsWhereThereIsAnError() {
    struct Fault: Error {}
    let timings = Timings()
    #expect(throws: Fault.self) { try timings.measure("fails") { throw Fault() } }
    timings.measure("next") {}
    #expect(timings.time(of: "fails").calls == 1)
    #expect(timings.time(of: "next").calls == 1)
  }
}
