import MPI
import Support
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

// Every rank runs all tests, in the same order. A test communicates on a duplicate of the world, so that what a test
// that failed has left behind cannot reach the next one, and it expects only after all have communicated, so that no
// rank leaves the others waiting.

/// The job that this process is one rank of.
enum Job {
  /// All processes.
  static var world: Communicator { TestWorld.world }

  /// A communicator of all processes for one test.
  static func communicator() throws -> Communicator { try world.duplicated() }

  /// Whether a long message may be received into storage that is too short for it.
  ///
  /// Open MPI copies all of such a message behind the end of the storage before it reports the error, where the sender's
  /// memory can be read directly (seen in 4.1.4 and 5.0.11); its settings can forbid that.
  static var truncatesSafely: Bool {
    // Initialized first, which may choose the settings: all ranks must give the same answer.
    _ = world
    guard MPI.libraryVersion.hasPrefix("Open MPI") else { return true }
    if isOpenMPI5 && environment("OMPI_MCA_smsc")?.hasPrefix("^") != true { return false }
    return ["OMPI_MCA_btl_self_flags", "OMPI_MCA_btl_vader_flags"].allSatisfy { name in
      guard let flags = environment(name) else { return false }
      return !flags.contains("get") && !flags.contains("put")
    }
  }

  private static let isOpenMPI5 = MPI.libraryVersion.hasPrefix("Open MPI v5")

  /// Whether communicators can be made of groups alone.
  ///
  /// Open MPI 5 asks a server of the launcher's for their number, which a process that was started without a launcher
  /// does not have (seen in 5.0.11; open-mpi/ompi#10844).
  static var makesCommunicatorsOfGroups: Bool { !isOpenMPI5 || environment("PMIX_RANK") != nil }

  /// Whether the library tells the communicator's error handler of errors at the end of nonblocking messages: MPICH 4 tells
  /// that of `MPI_COMM_SELF` (seen in 4.0.2).
  static var tellsOfRequests: Bool {
    let words = MPI.libraryVersion.split(whereSeparator: \.isWhitespace).prefix(3)
    return words.first != "MPICH" || words.last?.hasPrefix("4.") != true
  }

  /// A variable of the environment.
  static func environment(_ name: String) -> String? {
    guard let value = unsafe getenv(name) else { return nil }
    return unsafe String(cString: value)
  }
}

extension Communicator {
  /// The next rank around the ring.
  var right: Int { (rank + 1) % size }
  /// The previous rank around the ring.
  var left: Int { (rank + size - 1) % size }
}

/// A generator that gives every rank the same numbers.
///
/// The algorithm is SplitMix64: G. L. Steele, D. Lea, C. H. Flood, "Fast splittable pseudorandom number generators",
/// OOPSLA 2014.
struct SplitMix: RandomNumberGenerator {
  private var state: UInt64

  init(_ seed: Int) { state = UInt64(truncatingIfNeeded: seed) &* 0xA24B_AED4_963E_E407 }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var word = state
    word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
    word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
    return word ^ (word >> 31)
  }
}

/// What rank `rank` gives as its element `index`: different everywhere, and known to all.
func value(_ rank: Int, _ index: Int) -> Int { rank * 1_000_003 + index * 17 + 5 }

/// The first `count` elements of a rank.
func values(of rank: Int, _ count: Int) -> [Int] { (0..<count).map { value(rank, $0) } }

/// Storage that no one has written to: its pages are not there.
func untouched(_ count: Int) -> [UInt8] {
  unsafe [UInt8](unsafeUninitializedCapacity: count) { $1 = count }
}

/// Memory for `Bool` with bytes of which some are neither 0 nor 1, as a program in C may send them: only MPI may look at it.
func invalidFlags(_ bytes: [UInt8]) -> [Bool] {
  unsafe [Bool](unsafeUninitializedCapacity: bytes.count) { storage, count in
    unsafe UnsafeMutableRawBufferPointer(storage).copyBytes(from: bytes)
    count = bytes.count
  }
}

/// Counts for `ranks` ranks, some of them zero; for seed 0 all of them.
func randomCounts(_ ranks: Int, seed: Int) -> [Int] {
  if seed == 0 { return [Int](repeating: 0, count: ranks) }
  var random = SplitMix(seed)
  return (0..<ranks).map { _ in
    Bool.random(using: &random) ? Int.random(in: 0...9, using: &random) : 0
  }
}

/// Parts with the given counts in another order than that of the ranks, with gaps between them.
func scattered(_ counts: [Int], seed: Int) -> Partition {
  var random = SplitMix(seed)
  var offsets = [Int](repeating: 0, count: counts.count)
  var next = 0
  for rank in counts.indices.shuffled(using: &random) {
    next += Int.random(in: 0...3, using: &random)
    offsets[rank] = next
    next += counts[rank]
  }
  return Partition(counts: counts, offsets: offsets)
}

/// What is in storage filled with `filler` when all ranks' elements have come to their parts.
func gathered(_ parts: Partition, count: Int? = nil, filler: Int = 0) -> [Int] {
  var result = [Int](repeating: filler, count: count ?? parts.count)
  for rank in parts.counts.indices {
    result.replaceSubrange(parts[rank], with: values(of: rank, parts.counts[rank]))
  }
  return result
}

/// Expects an error of a class, and returns it.
@discardableResult
func expectError(
  _ code: MPIError.Code, by routine: String? = nil,
  sourceLocation: SourceLocation = #_sourceLocation, _ body: () throws -> Void
) -> MPIError? {
  do {
    try body()
    Issue.record("no error, where \(code) was expected", sourceLocation: sourceLocation)
  } catch let error as MPIError {
    #expect(error.code == code, "\(error)", sourceLocation: sourceLocation)
    if let routine {
      #expect(error.routine == routine, "\(error)", sourceLocation: sourceLocation)
    }
    return error
  } catch {
    Issue.record("another kind of error: \(error)", sourceLocation: sourceLocation)
  }
  return nil
}
