import MPI
import Support
import Testing

#if canImport(Glibc)
  import Glibc
#endif

@Suite("Reductions of values that tasks wait for (Async)") struct AsyncObjectReductionTests {
  let world: Communicator
  init() throws { world = try Job.communicator() }

  typealias Fragile = ObjectMessageTests.Fragile
  typealias Matrix = ObjectReductionTests.Matrix

  /// A text of another length on every rank.
  private func text(_ rank: Int, _ length: Int) -> String {
    String(repeating: "\(rank).", count: length + rank)
  }

  @Test("As a fold by hand, to every root: concatenation", arguments: [1, 100, 200_000])
  func concatenation(length: Int) async throws {
    let expected = (0..<world.size).map { text($0, length) }.reduce("", +)
    let before = (0..<world.rank).map { text($0, length) }.reduce("", +)
    let mine = text(world.rank, length)
    var results: [String?] = []
    for root in 0..<world.size {
      results.append(try await world.async.reduce(encoding: mine, to: root, +))
    }
    let all = try await world.async.allReduce(encoding: mine, +)
    let inclusive = try await world.async.scan(encoding: mine, +)
    let exclusive = try await world.async.exclusiveScan(encoding: mine, +)
    #expect(results == (0..<world.size).map { world.rank == $0 ? expected : nil })
    #expect(all == expected)
    #expect(inclusive == before + mine)
    #expect(exclusive == (world.rank == 0 ? nil : before))
  }

  @Test("Long arrays, which are sent from where they are", arguments: [10, 40_000])
  func arrays(count: Int) async throws {
    let mine = Job1(task: "\(world.rank)", data: values(of: world.rank, count))
    func join(_ left: Job1, _ right: Job1) -> Job1 {
      Job1(task: left.task + right.task, data: left.data + right.data)
    }
    let parts = (0..<world.size).map { Job1(task: "\($0)", data: values(of: $0, count)) }
    let all = try await world.async.allReduce(encoding: mine, join)
    let scanned = try await world.async.scan(encoding: mine, join)
    #expect(all == parts.dropFirst().reduce(parts[0], join))
    #expect(scanned == parts[1..<max(1, world.rank + 1)].reduce(parts[0], join))
  }

  @Test("Matrices, on parts of the world of every size, after blocking ones and before")
  func matrices() async throws {
    for count in 1...world.size {
      let part = try world.split(color: world.rank < count ? 0 : nil)
      guard let part else { continue }
      let mine = Matrix(part.rank)
      let all = (1..<max(count, 1)).map(Matrix.init).reduce(Matrix(0), *)
      // Whichever comes first makes the context for both.
      let blockingFirst = count % 2 == 0
      let first = try blockingFirst ? part.allReduce(encoding: mine, *) : nil
      let scanned = try await part.async.scan(encoding: mine, *)
      let last = try part.allReduce(encoding: mine, *)
      #expect(first == (blockingFirst ? all : nil))
      #expect(last == all)
      #expect(
        scanned == (1..<max(part.rank + 1, 1)).map(Matrix.init).reduce(Matrix(0), *))
    }
  }

  @Test("Messages of the program's own stay out of it") func context() async throws {
    let world = world
    let own = Task {
      try await world.async.receiveWithStatus(decoding: String.self, from: .any, tag: .any)
    }
    let all = try await world.async.allReduce(encoding: "\(world.rank) ", +)
    try await world.async.send(encoding: "own", to: world.right)
    let (text, status) = try await own.value
    #expect(all == (0..<world.size).map { "\($0) " }.joined())
    #expect(text == "own")
    #expect(status.source == world.left)
  }

  @Test("A value that cannot be encoded, or decoded: no rank waits, and the next one is right")
  func failures() async throws {
    for number in [13, -1] {
      for bad in 0..<world.size {
        let mine = Fragile(world.rank == bad ? number : world.rank == 13 ? 14 : world.rank)
        func combine(_ left: Fragile, _ right: Fragile) -> Fragile {
          left.number == number ? left : right.number == number ? right : left
        }
        var failure: (any Error)?
        do {
          _ = try await world.async.reduce(encoding: mine, to: 0, combine)
        } catch {
          failure = error as? MPIError
        }
        var failureOfScan: MPIError?
        do {
          _ = try await world.async.scan(encoding: mine, combine)
        } catch {
          failureOfScan = error as? MPIError
        }
        let after = try await world.async.reduce(encoding: [world.rank], to: world.size - 1, +)
        if world.rank == 0 { #expect(failure?.code == .conversion || bad == 0) }
        if world.rank < bad { #expect(failureOfScan == nil) }
        if world.rank > bad { #expect(failureOfScan?.code == .conversion) }
        #expect(after == (world.rank == world.size - 1 ? Array(0..<world.size) : nil))
      }
    }
    // All ranks learn which one it was.
    let bad = world.size - 1
    let error = await expectError(.conversion) {
      _ = try await world.async.allReduce(encoding: Fragile(world.rank == bad ? 13 : 1)) {
        left, _ in left
      }
    }
    if world.rank != bad {
      #expect(error?.message == "rank \(bad) cannot encode Fragile: thirteen")
    }
    await expectError(.invalidRoot) {
      _ = try await world.async.reduce(encoding: 1, to: world.size, +)
    }
    let all = try await world.async.allReduce(encoding: [world.rank], +)
    #expect(all == Array(0..<world.size))
  }

  @Test("A task that is cancelled takes its part to the end") func cancelled() async throws {
    let world = world
    let mine = text(world.rank, 200_000)
    let reducing = Task {
      if world.rank % 2 == 0 { unsafe withUnsafeCurrentTask { unsafe $0?.cancel() } }
      return try await world.async.reduce(encoding: mine, to: 0, +)
    }
    let result = try await reducing.value
    let scanning = Task {
      if world.rank % 2 == 1 { unsafe withUnsafeCurrentTask { unsafe $0?.cancel() } }
      return try await world.async.scan(encoding: mine, +)
    }
    let scanned = try await scanning.value
    let after = try await world.async.allReduce(encoding: 1, +)
    let all = (0..<world.size).map { text($0, 200_000) }
    #expect(result == (world.rank == 0 ? all.joined() : nil))
    #expect(scanned == all[...world.rank].joined())
    #expect(after == world.size)
  }

  #if os(Linux)
    /// The most memory that the process has had since ``forgetPeak()``, in bytes.
    private func peak() -> Int {
      let line = status("/proc/self/status").split(separator: "\n").first {
        $0.hasPrefix("VmHWM:")
      }
      return (line?.split(whereSeparator: { $0 == " " || $0 == "\t" })).flatMap { Int($0[1]) }
        .map { $0 * 1024 } ?? 0
    }

    private func status(_ path: String) -> String {
      guard let file = unsafe fopen(path, "r") else { return "" }
      defer { unsafe fclose(file) }
      var bytes = [CChar](repeating: 0, count: 1 << 16)
      let count = unsafe fread(&bytes, 1, bytes.count - 1, file)
      return String(decoding: bytes[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// Has the kernel begin anew to look for the most memory.
    private func forgetPeak() -> Bool {
      guard let file = unsafe fopen("/proc/self/clear_refs", "w") else { return false }
      let written = unsafe fputs("5", file)
      return unsafe fclose(file) == 0 && written >= 0
    }

    @Test("A large array is not copied where it is sent", .ranks(2...4)) func noCopy() async throws
    {
      let world = world
      let count = 8 << 20
      let mine = Job1(task: "large", data: values(of: world.rank, world.rank == 0 ? count : 1))
      let isMeasured = forgetPeak()
      let before = peak()
      if world.rank == 0 {
        let sending = Task { try await world.async.send(encoding: mine, to: 1) }
        let request = try world.immediate.send(encoding: mine, to: 1, tag: 1)
        try await sending.value
        try request.wait()
      }
      let after = peak()
      var received: [Job1] = []
      if world.rank == 1 {
        received.append(try await world.async.receive(decoding: Job1.self, from: 0))
        received.append(try world.receive(decoding: Job1.self, from: 0, tag: 1))
      }
      if world.rank == 0, isMeasured {
        #expect(before > count * 8)
        #expect(after - before < count * 4, "\(before) bytes, then \(after)")
      }
      #expect(
        received.allSatisfy { $0.task == "large" && $0.data.count == count })
      #expect(received.allSatisfy { $0.data.last == value(0, count - 1) })
    }
  #endif
}
