import CZlib
import CZstd
import Foundation
import Support
import Testing

/// Compressed files, as the libraries write them.
@Suite struct StatsCompressedTests {
  static let ranks = [1, 2, 3, 4, 7]

  private func run(_ ranks: Int, _ arguments: [String]) throws -> LaunchResult {
    try Launcher.mpirun(
      ranks: ranks, program: try Launcher.product("pcompute"), ["stats"] + arguments)
  }

  private func text(rows: Range<Int>, header: Bool = true) -> Data {
    var text = header ? "id,value,note\n" : ""
    for i in rows { text += "\(i),\(Double(i * 7919 % 10_007) / 100),\"text\n \(i % 17)\"\n" }
    return Data(text.utf8)
  }

  private func gzip(_ data: Data) -> Data {
    var stream = unsafe z_stream()
    unsafe deflateInit2_(
      &stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
      Int32(MemoryLayout<z_stream>.size))
    defer { unsafe deflateEnd(&stream) }
    var input = [UInt8](data)
    var output = [UInt8](repeating: 0, count: unsafe Int(deflateBound(&stream, UInt(input.count))))
    unsafe input.withUnsafeMutableBufferPointer { input in
      unsafe output.withUnsafeMutableBufferPointer { output in
        unsafe stream.next_in = input.baseAddress
        unsafe stream.avail_in = UInt32(input.count)
        unsafe stream.next_out = output.baseAddress
        unsafe stream.avail_out = UInt32(output.count)
        _ = unsafe deflate(&stream, Z_FINISH)
      }
    }
    return Data(unsafe output.prefix(Int(stream.total_out)))
  }

  private func zstd(_ data: Data) -> Data {
    let input = [UInt8](data)
    var output = [UInt8](repeating: 0, count: ZSTD_compressBound(input.count))
    let count = unsafe ZSTD_compress(&output, output.count, input, input.count, 3)
    return Data(output.prefix(count))
  }

  private func constant(_ json: String) -> String {
    json.split(separator: "\n").filter {
      !$0.contains("\"ranks\" :") && !$0.contains("\"seconds\" :")
    }.joined(separator: "\n")
  }

  @Test func anyMixtureGivesTheSame() throws {
    try Launcher.withTemporaryFolder { folder in
      func write(_ data: Data, _ name: String) throws -> String {
        let path = folder + "/" + name
        try data.write(to: URL(filePath: path))
        return path
      }
      let parts = (0..<5).map { text(rows: ($0 * 3000)..<($0 * 3000 + 3000)) }
      let plain = try parts.enumerated().map { try write($1, "plain\($0)") }
      // Names say nothing: it is the first bytes that count.
      let mixed = [
        try write(gzip(parts[0]), "a"), plain[1], try write(zstd(parts[2]), "b.csv"),
        try write(
          gzip(text(rows: 9000..<9700)) + gzip(text(rows: 9700..<9700, header: false))
            + gzip(text(rows: 9700..<12000, header: false)), "members.gz"),
        try write(
          zstd(text(rows: 12000..<13000)) + zstd(text(rows: 13000..<15000, header: false)),
          "frames.zst"),
      ]
      let options = ["--only", "count,sum,mean,standardDeviation,min,max", "--format", "json"]
      let expected = constant(try run(1, plain + options).standardOutput)
      #expect(expected.contains("\"rows\" : 15000"))
      for ranks in Self.ranks {
        let result = try run(ranks, mixed + options + ["--block-size", "10000"])
        #expect(result.status == 0, "\(result.standardError)")
        #expect(constant(result.standardOutput) == expected, "\(ranks) ranks")
      }
      // Sketches depend on how the text is cut, but not on the number of ranks.
      let all = try Self.ranks.map {
        constant(try run($0, mixed + ["--format", "json"]).standardOutput)
      }
      #expect(Set(all).count == 1)
    }
  }

  @Test func damagedFiles() throws {
    try Launcher.withTemporaryFolder { folder in
      let good = folder + "/good.gz"
      try gzip(text(rows: 0..<3000)).write(to: URL(filePath: good))
      let (gz, zst) = (gzip(text(rows: 0..<9000)), zstd(text(rows: 0..<9000)))
      var wrong = gz
      wrong[wrong.count - 6] ^= 0xFF
      var header = gz
      header[1000] ^= 0x55
      let cases: [(String, Data, String)] = [
        (
          "cut.gz", gz.prefix(gz.count / 2),
          "the gzip data is cut off at byte \(gz.count / 2), where"
        ),
        (
          "cut.zst", zst.prefix(zst.count / 2),
          "the zstd data is cut off at byte \(zst.count / 2), where"
        ),
        (
          "end.gz", gz.prefix(gz.count - 1),
          "the gzip data is cut off at byte \(gz.count - 1), where"
        ),
        ("check.gz", wrong, "damaged gzip data at byte \(gz.count - 4): incorrect data check"),
        ("flipped.gz", header, "damaged gzip data at byte"),
        ("rest.gz", gz + Data("rest".utf8), "damaged gzip data at byte \(gz.count + 2)"),
        ("rest.zst", zst + Data("restrest".utf8), "damaged zstd data at byte \(zst.count)"),
      ]
      for (name, data, message) in cases {
        let path = folder + "/" + name
        try data.write(to: URL(filePath: path))
        for ranks in [1, 3] {
          let result = try run(ranks, [good, path, good])
          #expect(result.status == 1)
          #expect(result.standardOutput.isEmpty)
          let lines = result.standardError.split(separator: "\n").filter {
            $0.contains("pcompute: ")
          }
          #expect(lines.count == 1)
          #expect(lines.first?.hasPrefix("pcompute: \(path): \(message)") == true, "\(lines)")
          #expect(result.duration < .seconds(20))
        }
      }
      let padded = folder + "/padded.gz"
      try (gz + Data(count: 700)).write(to: URL(filePath: padded))
      #expect(try run(2, [padded]).status == 0)
      let missing = try run(3, [good, good, folder + "/none.gz", good])
      #expect(missing.status == 1)
      #expect(missing.standardError.contains("none.gz: No such file or directory"))
    }
  }

  @Test func moreFilesThanDescriptors() throws {
    try Launcher.withTemporaryFolder { folder in
      let data = gzip(text(rows: 0..<3))
      let paths = (0..<1500).map { folder + "/\($0).gz" }
      for path in paths { try data.write(to: URL(filePath: path)) }
      let result = try run(3, paths + ["--only", "count", "--format", "json"])
      #expect(try StatsResult(json: result.standardOutput).rows == 4500)
    }
  }
}
