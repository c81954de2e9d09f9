internal import MPI

/// The sorted runs of a rank, as a search for splitters sees them: positions are bytes.
struct RunSplitters: SplitterSource {
  let runs: [any SortedRun]
  /// Where each run's lines were in the input.
  let places: [RunPlace]
  let order: LineOrder
  /// Whether lines with equal keys must stay together, so that all but one can be left out.
  let keepsEqualTogether: Bool

  var weights: [Int] { runs.map(\.byteCount) }

  func start(sequence: Int, containing position: Int) -> Int {
    runs[sequence].lineStart(containing: position)
  }

  func probe(sequence: Int, at position: Int) -> LineProbe {
    LineProbe(runs[sequence].line(at: position), place: places[sequence], position: position)
  }

  func cuts(at probe: LineProbe) -> [Int] {
    runs.indices.map { run in
      if keepsEqualTogether { return runs[run].cut(at: probe, afterEqual: false) }
      if probe.place == places[run] { return probe.position }
      return runs[run].cut(at: probe, afterEqual: places[run] < probe.place)
    }
  }

  func gathered(_ probes: [LineProbe], on communicator: Communicator) throws -> [LineProbe] {
    var words: [UInt64] = []
    for probe in probes {
      words += probe.place.words
      words.append(UInt64(probe.position))
      words += packed(probe.padded)
    }
    let all = try communicator.allGather(words)
    var reader = WordReader(all)
    var gathered: [LineProbe] = []
    while !reader.isAtEnd {
      let place = RunPlace(from: &reader)
      let position = Int(reader.next())
      let bytes = reader.nextBytes()
      gathered.append(LineProbe(bytes.dropLast(8), place: place, position: position))
    }
    gathered.sort { a, b in
      let difference = unsafe a.withLine { x in
        unsafe b.withLine { y in unsafe order.compare(x, y) }
      }
      if difference != 0 { return difference < 0 }
      return (a.place, a.position) < (b.place, b.position)
    }
    return gathered
  }
}
