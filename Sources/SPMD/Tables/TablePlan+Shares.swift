extension TablePlan {
  /// Whether some files are streams, which are dealt to the ranks as these ask for them.
  var hasStreams: Bool { files.contains(where: \.isStream) }

  /// The blocks of a rank; streams that lie among them are not meant.
  ///
  /// Cuts fall on multiples of a power of two where blocks are many, so that few nodes of the
  /// merge tree are left over at them.
  func blocks(ofRank rank: Int, of ranks: Int) -> Range<Int> {
    let plain = files.filter { !$0.isStream }
    let count = plain.reduce(0) { $0 + $1.blockCount(blockSize: blockSize) }
    var grain = 1
    while grain * 2 * 16 * ranks <= count { grain *= 2 }
    func cut(_ rank: Int) -> Int {
      if rank == ranks { return blockCount }
      // Among the blocks of files that are no streams.
      var place = count * rank / ranks / grain * grain
      for file in plain {
        let own = file.blockCount(blockSize: blockSize)
        if place < own { return file.firstBlock + place }
        place -= own
      }
      return blockCount
    }
    return cut(rank)..<cut(rank + 1)
  }

  /// The whole of a stream.
  func segment(ofStream index: Int) -> Segment {
    let file = files[index]
    return Segment(
      file: index, bytes: file.contentStart..<file.end, firstBlock: file.firstBlock,
      startsFile: true)
  }

  /// How many deals each rank gets on average before they are made smaller.
  private static let dealsPerRank = 16

  /// The streams as they are dealt to ranks that ask for more, the largest ones first.
  ///
  /// Each stream by itself, unless there are very many: sketches can be merged only where neighbours
  /// meet, and those of single files would fill the memory of a rank. Then several neighbours are
  /// dealt together, and ever fewer of them towards the end, down to single ones.
  func deals(toRanks ranks: Int) -> [[Int]] {
    let streams = files.indices.filter { files[$0].isStream }
    var grain = 1
    while streams.count > grain * Self.dealsPerRank * ranks { grain *= 4 }
    var deals = parted(streams, grain)
    while grain > 1 {
      grain /= 4
      let last = deals.suffix(ranks).flatMap { $0 }
      deals.removeLast(min(ranks, deals.count))
      deals += parted(last.sorted(), grain)
    }
    return deals
  }

  /// Streams in groups of neighbours that the merge tree has a node for, the largest ones first.
  private func parted(_ streams: [Int], _ grain: Int) -> [[Int]] {
    var groups: [[Int]] = []
    for stream in streams {
      let node = files[stream].firstBlock / grain
      if let before = groups.last?.first, files[before].firstBlock / grain == node {
        groups[groups.count - 1].append(stream)
      } else {
        groups.append([stream])
      }
    }
    func size(_ group: [Int]) -> Int { group.reduce(0) { $0 + files[$1].size } }
    return groups.sorted { size($0) > size($1) }
  }
}
