/// Where the lines of a sorted run were in the input, which decides between equal lines of different
/// runs: no two runs have the same place, and all lines of one come before those of the next.
struct RunPlace: Hashable, Comparable {
  /// The section of the input: some files, or a stream.
  var section: Int
  /// Which stretch of the section: the rank that read it, or the number of the stretch that it got.
  var stretch: Int
  /// Which run of the stretch.
  var run = 0

  static func < (a: RunPlace, b: RunPlace) -> Bool {
    (a.section, a.stretch, a.run) < (b.section, b.stretch, b.run)
  }

  static let wordCount = 3

  var words: [UInt64] { [UInt64(section), UInt64(stretch), UInt64(run)] }

  init(section: Int, stretch: Int, run: Int = 0) {
    self.section = section
    self.stretch = stretch
    self.run = run
  }

  init(from reader: inout WordReader) {
    section = Int(reader.next())
    stretch = Int(reader.next())
    run = Int(reader.next())
  }
}
