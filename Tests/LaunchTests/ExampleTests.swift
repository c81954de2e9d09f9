import Foundation
import Support
import Testing

/// The examples, run as users run them.
@Suite struct ExampleTests {
  static let rankCounts = [1, 2, 3, 4, 7]

  /// The lines that an example prints.
  private func lines(_ example: String, _ ranks: Int, _ arguments: [String] = []) throws -> [String]
  {
    let result = try Launcher.mpirun(
      ranks: ranks, program: Launcher.product(example), arguments, timeout: .seconds(60))
    #expect(result.status == 0, "\(result.standardError)")
    return result.standardOutput.split(separator: "\n").map(String.init)
  }

  @Test(arguments: rankCounts)
  func helloSpeaksOnEveryRank(ranks: Int) throws {
    let spoken = try lines("hello", ranks)
    #expect(spoken.count == ranks)
    for rank in 0..<ranks {
      #expect(spoken.contains { $0.hasPrefix("Hello from rank \(rank) of \(ranks), on ") })
    }
  }

  @Test(arguments: rankCounts)
  func ringConnectsNeighbors(ranks: Int) throws {
    let path = (Array(0..<ranks) + [0]).map(String.init).joined(separator: " → ")
    let reports = (0..<ranks).map { rank in
      let left = (rank + ranks - 1) % ranks
      let right = (rank + 1) % ranks
      return "Rank \(rank) is between \(left) and \(right) and was given the square \(left * left)"
    }
    #expect(try lines("ring", ranks) == ["The token went \(path)"] + reports)
  }

  /// The number after `pi = `.
  private func pi(in text: String) throws -> Double {
    let number = try #require(text.split(separator: ",").first).dropFirst("pi = ".count)
    return try #require(Double(number))
  }

  @Test func piIsThatOfTheProgramInC() throws {
    try Launcher.withTemporaryFolder { folder in
      let program = "\(folder)/pi-c"
      let source = "\(Launcher.packageFolder)/examples/pi/pi.c"
      let compiled = try Launcher.run(
        "mpicc", ["-O2", "-Wall", "-Wextra", "-Werror", source, "-o", program, "-lm"],
        timeout: .seconds(60))
      try #require(compiled.status == 0, "\(compiled.standardError)")

      for ranks in Self.rankCounts {
        let steps = 100_000
        let inSwift = try pi(in: try #require(try lines("pi", ranks, ["\(steps)"]).first))
        let result = try Launcher.mpirun(
          ranks: ranks, program: program, ["\(steps)"], timeout: .seconds(60))
        let inC = try pi(in: result.standardOutput)
        #expect(inSwift == inC, "at \(ranks) ranks")
        // The midpoint rule is h² / 24 · (f'(1) - f'(0)) off, with f'(1) = -2: 1 / (12 n²), and
        // rounding on top.
        #expect(abs(inSwift - .pi) < 1 / (12 * Double(steps * steps)) + 1e-12)
      }
    }
  }

  @Test(arguments: rankCounts, [1, 5, 64, 101])
  func productOfMatricesIsRight(ranks: Int, order: Int) throws {
    // The sum of all elements of A · B, from the sums of A's columns and B's rows.
    let sum = (0..<order).reduce(0) { sum, inner in
      let column = (0..<order).reduce(0) { $0 + ($1 * 3 + inner * 7) % 11 }
      let row = (0..<order).reduce(0) { $0 + (inner * 5 + $1 * 2) % 13 }
      return sum + column * row
    }
    let printed = try lines("matmul", ranks, ["\(order)"])
    #expect(
      printed.prefix(2) == [
        "C = A · B of order \(order) on \(ranks) ranks, sum of elements \(sum)",
        "Freivalds' check: C is right",
      ])
  }

  @Test func haloComputesTheSameBitsOnAnyNumberOfRanks() throws {
    var bits: Set<String> = []
    for (ranks, shape) in [(1, "1 × 1"), (2, "2 × 1"), (3, "3 × 1"), (4, "2 × 2"), (7, "7 × 1")] {
      let printed = try lines("halo", ranks, ["21", "10", "60"])
      #expect(printed.count == 3)
      #expect(printed.first == "21 × 10 cells on \(shape) processes, 60 steps")
      // The factor of the discrete wave: 1 + 2 · 0.2 · (cos(π / 22) + cos(2π / 10) - 2) each step.
      let factor = 1 + 0.4 * (cos(Double.pi / 22) + cos(Double.pi / 5) - 2)
      let words = printed.dropFirst().first?.split(separator: " ") ?? []
      let faded = try #require(words.count > 5 ? Double(words[5].dropLast()) : nil)
      #expect(abs(faded - pow(factor, 60)) < 1e-12)
      #expect(words.suffix(2).joined(separator: " ") == "is right")
      bits.insert(try #require(printed.last))
    }
    #expect(bits.count == 1)
  }

  @Test(arguments: [["0", "1", "1"], ["1"], ["1", "5", "2"], ["many", "1", "1"]])
  func haloSaysWhatItNeeds(arguments: [String]) throws {
    let result = try Launcher.mpirun(
      ranks: 2, program: Launcher.product("halo"), arguments, timeout: .seconds(60))
    #expect(result.status == 2)
    #expect(result.standardOutput == "")
    let said = result.standardError.split(separator: "\n").filter { $0.hasPrefix("halo: ") }
    #expect(said == ["halo: needs rows, columns and steps, and a cell for each process"])
  }

  @Test(arguments: rankCounts, [1, 5, 64])
  func matrixIsWrittenInOnePiece(ranks: Int, order: Int) throws {
    try Launcher.withTemporaryFolder { folder in
      let path = "\(folder)/matrix"
      let printed = try lines("parallel-write", ranks, ["\(order)", path])
      #expect(
        printed.prefix(2) == [
          "\(path): \(order) × \(order) entries, \(8 * order * order) bytes, by \(ranks) ranks",
          "read by rows: every entry is right",
        ])
      // The bytes of the file, as one process would have written them.
      let entries = (0..<order * order).map { Double($0 / order) + Double($0 % order) / 65536 }
      let expected = unsafe entries.withUnsafeBytes { unsafe Data($0) }
      #expect(try Data(contentsOf: URL(filePath: path)) == expected)
    }
  }

  // MARK: - The picture

  @Test func mandelbrotPaintsTheSamePictureOnAnyNumberOfRanks() throws {
    try Launcher.withTemporaryFolder { folder in
      var pictures: [Data] = []
      for ranks in Self.rankCounts {
        let path = "\(folder)/\(ranks).png"
        let printed = try lines(
          "mandelbrot", ranks,
          ["--width", "150", "--height", "101", "--iterations", "200", "--output", path])
        #expect(printed == ["\(path): 150 × 101, 200 iterations, \(ranks) ranks"])
        pictures.append(try Data(contentsOf: URL(filePath: path)))
      }
      #expect(pictures.allSatisfy { $0 == pictures[0] })
      // Nothing is left of the file that the picture was written to first.
      let names = try FileManager.default.contentsOfDirectory(atPath: folder)
      #expect(Set(names) == Set(Self.rankCounts.map { "\($0).png" }))

      let pixels = try decode("\(folder)/1.png", width: 150, height: 101)
      // 0 is in the set; so is -1, to the left of it; the corner is far outside.
      #expect(pixels[50][(75 + 34) * 3..<(75 + 35) * 3] == [0, 0, 0])
      #expect(pixels[50][(75 - 15) * 3..<(75 - 14) * 3] == [0, 0, 0])
      #expect(pixels[0][0] < pixels[0][2])
      // It is its own mirror image: the middle of the 101 rows is the real axis.
      for row in 0..<50 {
        // Up to the rounding of a sum in another order.
        let differences = zip(pixels[row], pixels[100 - row]).map { abs(Int($0) - Int($1)) }
        #expect(differences.allSatisfy { $0 <= 1 })
      }
    }
  }

  @Test(arguments: [(1, 1), (1, 40), (40, 1), (700, 2)])
  func mandelbrotTakesAnyShape(width: Int, height: Int) throws {
    try Launcher.withTemporaryFolder { folder in
      let path = "\(folder)/picture.png"
      _ = try lines(
        "mandelbrot", 3, ["--width", "\(width)", "--height", "\(height)", "--output", path])
      _ = try decode(path, width: width, height: height)
    }
  }

  @Test(
    arguments: [
      (["--width", "0"], "--width takes a number from 1 to 20000, not '0'"),
      (["--iterations", "many"], "--iterations takes a number from 1 to 1000000, not 'many'"),
      (["--height"], "--height needs a value"),
      (["picture.png"], "what is 'picture.png'?"),
    ])
  func mandelbrotSaysWhatIsWrongOnce(arguments: [String], message: String) throws {
    for ranks in [1, 2] {
      let result = try Launcher.mpirun(
        ranks: ranks, program: Launcher.product("mandelbrot"), arguments, timeout: .seconds(60))
      #expect(result.status == 2)
      #expect(result.standardOutput == "")
      let lines = result.standardError.split(separator: "\n").filter {
        $0.hasPrefix("mandelbrot: ")
      }
      #expect(lines.count == 1)
      #expect(lines.first?.contains(message) == true, "\(result.standardError)")
    }
  }

  /// The bytes of each row of pixels, by a decoder that is not ours: Python's zlib checks the
  /// checksums, and a few lines here what stands around them.
  private func decode(_ path: String, width: Int, height: Int) throws -> [[UInt8]] {
    let decoder = """
      import struct, sys, zlib
      data = open(sys.argv[1], "rb").read()
      assert data[:8] == b"\\x89PNG\\r\\n\\x1a\\n", "signature"
      chunks, at = [], 8
      while at < len(data):
          length, = struct.unpack(">I", data[at:at + 4])
          body, crc = data[at + 4:at + 8 + length], data[at + 8 + length:at + 12 + length]
          assert struct.unpack(">I", crc)[0] == zlib.crc32(body), "CRC"
          chunks.append((body[:4], body[4:]))
          at += 12 + length
      assert [name for name, _ in chunks] == [b"IHDR", b"IDAT", b"IEND"], "chunks"
      width, height, *rest = struct.unpack(">IIBBBBB", chunks[0][1])
      assert rest == [8, 2, 0, 0, 0], "header"
      inflater = zlib.decompressobj()
      raw = inflater.decompress(chunks[1][1])
      assert inflater.eof and not inflater.unused_data, "stream"
      assert len(raw) == height * (1 + 3 * width), "length"
      print(width, height)
      for row in range(height):
          line = bytearray(raw[row * (1 + 3 * width):(row + 1) * (1 + 3 * width)])
          assert line[0] == 1, "filter"
          for i in range(4, len(line)):
              line[i] = (line[i] + line[i - 3]) % 256
          print(*line[1:])
      """
    let result = try Launcher.run("python3", ["-c", decoder, path], timeout: .seconds(60))
    try #require(result.status == 0, "\(result.standardError)")
    let lines = result.standardOutput.split(separator: "\n")
    #expect(lines.first == "\(width) \(height)")
    return lines.dropFirst().map { $0.split(separator: " ").compactMap { UInt8($0) } }
  }
}
