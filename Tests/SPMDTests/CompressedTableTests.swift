import Compression
import Foundation
import MPI
import Support
import Synchronization
import Testing

@testable import SPMD

/// Compressed files, which ranks read whole, in the order in which they come to them.
@Suite struct CompressedTableTests {
  private func text(rows: Range<Int>, header: Bool = true) -> Data {
    var text = header ? "id,value,note\n" : ""
    for i in rows {
      text += "\(i),\(Double(i * 7919 % 10_007) / 100),\"text\n \(i % 17)\"\n"
      if i % 1000 == 999 { text += "\n" }
    }
    return Data(text.utf8)
  }

  private var options: TableStatistics.Options {
    var options = TableStatistics.Options()
    options.openStream = { path throws(CSVError) in try CompressedFile.open(path) }
    return options
  }

  /// Writes files on rank 0; returns their paths.
  private func write(_ files: [Data], to folder: String, on world: Communicator) throws -> [String]
  {
    let paths = files.indices.map { "\(folder)/\($0)" }
    if world.rank == 0 {
      for (data, path) in zip(files, paths) { try data.write(to: URL(filePath: path)) }
    }
    try world.barrier()
    return paths
  }

  @Test func anyMixtureGivesTheSame() throws {
    try withWorld { world in
      try withSharedFolder(on: world) { folder in
        let parts = (0..<5).map { text(rows: ($0 * 600)..<($0 * 600 + 600)) }
        let plain = folder + "/plain"
        let gzip = CompressedSamples.gzip
        let zstd = CompressedSamples.zstd
        // Names say nothing: it is the first bytes that count.
        let mixed = try write(
          [
            gzip(parts[0]), parts[1], zstd(parts[2]),
            gzip(text(rows: 1800..<1900)) + gzip(text(rows: 1900..<1900, header: false))
              + gzip(text(rows: 1900..<2400, header: false)),
            zstd(text(rows: 2400..<2500)) + zstd(text(rows: 2500..<3000, header: false)),
          ], to: folder, on: world)
        if world.rank == 0 {
          try text(rows: 0..<3000).write(to: URL(filePath: plain))
        }
        try world.barrier()
        for blockSize in [nil, 10_000, 512] {
          var options = options
          options.blockSize = blockSize
          options.groupColumn = "note"
          options.histogramColumn = "value"
          options.statistics = Set(Statistic.allCases)
          // Sketches depend on how the text is cut, but not on the number of ranks.
          let parallel = try TableStatistics.compute(mixed, options: options, on: world)
          options.statistics = [.count, .missing, .sum, .mean, .standardDeviation, .min, .max]
          let exact = try TableStatistics.compute(mixed, options: options, on: world)
          guard let parallel, let exact else { continue }
          #expect(exact.rows == 3000)
          let whole = try TableStatistics(of: [plain], options: options)
          #expect(
            exact.columns.map { "\($0)" } == whole.columns.map { "\($0)" })
          #expect("\(exact.groups as Any)" == "\(whole.groups as Any)")
          #expect("\(exact.histogram as Any)" == "\(whole.histogram as Any)")
          options.statistics = Set(Statistic.allCases)
          for ranges in [1, 4] {
            let serial = try TableStatistics(of: mixed, options: options, ranges: ranges)
            #expect(fingerprint(parallel) == fingerprint(serial))
          }
        }
      }
    }
  }

  /// Small and large files, more of them than are dealt one by one to few ranks.
  @Test func unevenFiles() throws {
    try withWorld { world in
      try withSharedFolder(on: world) { folder in
        var generator = SampleGenerator(seed: 9)
        var first = 0
        let files = (0..<41).map { number in
          let count = number % 13 == 5 ? 900 : Int.random(in: 0...60, using: &generator)
          defer { first += count }
          let data = text(rows: first..<(first + count))
          return number % 2 == 0 ? CompressedSamples.gzip(data) : CompressedSamples.zstd(data)
        }
        let paths = try write(files, to: folder, on: world)
        // The first file's numbers do not tell that later ones have fractions.
        let parallel = try TableStatistics.compute(paths, options: options, on: world)
        guard let parallel else { return }
        #expect(parallel.rows == first)
        for ranges in [1, 2, 5] {
          let serial = try TableStatistics(of: paths, options: options, ranges: ranges)
          #expect(fingerprint(parallel) == fingerprint(serial))
        }
      }
    }
  }

  @Test(arguments: [1, 5, 40, 200, 1500], [1, 2, 3, 16])
  func everyStreamIsDealtOnce(count: Int, ranks: Int) throws {
    var plan = try TablePlan(paths: [], options: .init())
    var generator = SampleGenerator(seed: 2)
    for i in 0..<count {
      plan.files.append(
        TablePlan.File(
          path: "\(i)", size: Int.random(in: 1...1000, using: &generator), contentStart: 0,
          headerLines: 0, firstBlock: i, isStream: true))
    }
    let deals = plan.deals(toRanks: ranks)
    #expect(deals.flatMap { $0 }.sorted() == Array(0..<count))
    // Few enough for what a rank keeps of each, and short ones at the end.
    #expect(deals.count <= 40 * ranks)
    #expect(deals.suffix(ranks).allSatisfy { $0.count == 1 })
    if count <= 16 * ranks {
      let sizes = deals.map { plan.files[$0[0]].size }
      #expect(sizes == sizes.sorted(by: >))
    }
  }

  /// Files that take long, all beside one another: whoever got them beforehand would have all the work.
  @Test(.ranks(2...)) func nobodyStandsIdle() throws {
    try withWorld { world in
      try withSharedFolder(on: world) { folder in
        let files = (0..<12).map { _ in CompressedSamples.gzip(text(rows: 0..<50)) }
        let paths = try write(files, to: folder, on: world)
        var options = TableStatistics.Options()
        let slowOnes = Set(paths[0..<4])
        options.openStream = { path throws(CSVError) in
          guard let file = try CompressedFile.open(path) else { return nil }
          return slowOnes.contains(path) ? SlowStream(file) : file
        }
        // Rank 0 looks at the headers of all.
        SlowStream.count.store(0, ordering: .relaxed)
        if world.rank == 0 { _ = try TablePlan(paths: paths, options: options) }
        let before = SlowStream.count.exchange(0, ordering: .relaxed)
        let result = try TableStatistics.compute(paths, options: options, on: world)
        #expect((result?.rows ?? 600) == 600)
        let own = SlowStream.count.load(ordering: .relaxed) - before
        let counts = try world.allGather([own].span)
        #expect(counts.reduce(0, +) == 4)
        #expect(counts.max() ?? 4 < 4, "\(counts)")
      }
    }
  }

  /// A file that takes a while.
  private final class SlowStream: ByteStream {
    static let count = Atomic(0)
    private let stream: any ByteStream
    private var isRead = false

    init(_ stream: any ByteStream) { self.stream = stream }

    func read(into bytes: inout MutableRawSpan) throws(CSVError) -> Int {
      if !isRead {
        isRead = true
        _ = Self.count.add(1, ordering: .relaxed)
        Thread.sleep(forTimeInterval: 0.1)
      }
      return try stream.read(into: &bytes)
    }
  }

  @Test func damagedFiles() throws {
    try withWorld { world in
      try withSharedFolder(on: world) { folder in
        let good = CompressedSamples.gzip(text(rows: 0..<600))
        let gz = CompressedSamples.gzip(text(rows: 0..<3000))
        let zst = CompressedSamples.zstd(text(rows: 0..<3000))
        var wrong = gz
        wrong[wrong.count - 6] ^= 0xFF
        var flipped = gz
        flipped[1000] ^= 0x55
        let cases: [(Data, String)] = [
          (
            gz.prefix(gz.count / 2),
            "the gzip data is cut off at byte \(gz.count / 2), where"
          ),
          (
            zst.prefix(zst.count / 2),
            "the zstd data is cut off at byte \(zst.count / 2), where"
          ),
          (
            gz.prefix(gz.count - 1),
            "the gzip data is cut off at byte \(gz.count - 1), where"
          ),
          (wrong, "damaged gzip data at byte \(gz.count - 4): incorrect data check"),
          (flipped, "damaged gzip data at byte"),
          (gz + Data("rest".utf8), "damaged gzip data at byte \(gz.count + 2)"),
          (zst + Data("restrest".utf8), "damaged zstd data at byte \(zst.count)"),
        ]
        for (data, message) in cases {
          let paths = try write([good, data, good], to: folder, on: world)
          var said = ""
          do {
            _ = try TableStatistics.compute(paths, options: options, on: world)
          } catch let error as CSVError {
            said = error.description
          }
          #expect(said.hasPrefix("\(paths[1]): \(message)"), "\(said)")
        }
        let padded = try write([gz + Data(count: 700)], to: folder, on: world)
        _ = try TableStatistics.compute(padded, options: options, on: world)
        #expect(throws: CSVError("\(folder)/none.gz: No such file or directory")) {
          try TableStatistics.compute(
            [padded[0], folder + "/none.gz"], options: options, on: world)
        }
      }
    }
  }
}
