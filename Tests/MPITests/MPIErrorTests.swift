import MPI
import Testing

@Suite("Errors (MPI 3.1 §8.3, §8.4)") struct MPIErrorTests {
  let world: Communicator
  init() throws { world = try Job.communicator() }

  /// The classes of table 8.1 and 8.2, of §11.6 and §13.7, by the names of the standard.
  static let codes: [(MPIError.Code, String)] = [
    (.invalidBuffer, "BUFFER"), (.invalidCount, "COUNT"), (.invalidDatatype, "TYPE"),
    (.invalidTag, "TAG"), (.invalidCommunicator, "COMM"), (.invalidRank, "RANK"),
    (.invalidRequest, "REQUEST"), (.invalidRoot, "ROOT"), (.invalidGroup, "GROUP"),
    (.invalidReduction, "OP"), (.invalidTopology, "TOPOLOGY"), (.invalidDimensions, "DIMS"),
    (.invalidArgument, "ARG"), (.unknown, "UNKNOWN"), (.truncated, "TRUNCATE"),
    (.other, "OTHER"), (.internalError, "INTERN"), (.inStatus, "IN_STATUS"),
    (.pending, "PENDING"), (.access, "ACCESS"), (.accessMode, "AMODE"), (.assertion, "ASSERT"),
    (.badFile, "BAD_FILE"), (.base, "BASE"), (.conversion, "CONVERSION"),
    (.displacement, "DISP"), (.duplicateDataRepresentation, "DUP_DATAREP"),
    (.fileExists, "FILE_EXISTS"), (.fileInUse, "FILE_IN_USE"), (.invalidFile, "FILE"),
    (.invalidInfoKey, "INFO_KEY"), (.noInfoKey, "INFO_NOKEY"), (.invalidInfoValue, "INFO_VALUE"),
    (.invalidInfo, "INFO"), (.inputOutput, "IO"), (.invalidAttributeKey, "KEYVAL"),
    (.invalidLockType, "LOCKTYPE"), (.noSuchName, "NAME"), (.noMemory, "NO_MEM"),
    (.notSame, "NOT_SAME"), (.noSpace, "NO_SPACE"), (.noSuchFile, "NO_SUCH_FILE"),
    (.invalidPort, "PORT"), (.quota, "QUOTA"), (.readOnly, "READ_ONLY"),
    (.conflictingAccess, "RMA_CONFLICT"), (.oneSidedSynchronization, "RMA_SYNC"),
    (.oneSidedRange, "RMA_RANGE"), (.oneSidedAttach, "RMA_ATTACH"),
    (.oneSidedShared, "RMA_SHARED"), (.oneSidedFlavor, "RMA_FLAVOR"), (.service, "SERVICE"),
    (.invalidSize, "SIZE"), (.spawn, "SPAWN"),
    (.unsupportedDataRepresentation, "UNSUPPORTED_DATAREP"),
    (.unsupportedOperation, "UNSUPPORTED_OPERATION"), (.invalidWindow, "WIN"),
  ]

  @Test("Every class has a number and a name of its own") func codes() {
    for (code, name) in Self.codes { #expect(code.description == "MPI_ERR_\(name)") }
    #expect(Set(Self.codes.map(\.0)).count == Self.codes.count)
    #expect(Set(Self.codes.map(\.0.rawValue)).count == Self.codes.count)
    // §8.4: "The error codes satisfy 0 = MPI_SUCCESS < MPI_ERR_…".
    #expect(Self.codes.allSatisfy { $0.0.rawValue > 0 })
    #expect(MPIError.Code(rawValue: 1_000_000).description == "error class 1000000")
    for (code, _) in Self.codes { #expect(MPIError.Code(rawValue: code.rawValue) == code) }
  }

  @Test("What the library reports") func reported() throws {
    world.name = "errors"
    let reported = expectError(.invalidTag, by: "MPI_Send") {
      try world.send(1, to: 0, tag: MessageTag(rawValue: -7))
    }
    let error = try #require(reported)
    #expect(error.communicator == "errors")
    #expect(error.rank == world.rank)
    #expect(!error.message.isEmpty)
    #expect(error.nativeCode != 0)
    #expect(error.description.hasPrefix("MPI_Send on rank \(world.rank) of errors: MPI_ERR_TAG"))
    #expect(!error.description.contains("\n"))
  }

  @Test("What is found before the library is asked") func found() throws {
    world.name = ""
    let found = expectError(.invalidRank) { try world.send(1, to: 12_345) }
    let error = try #require(found)
    #expect(error.message == "rank 12345 is not in 0..<\(world.size)")
    #expect(error.communicator == "an unnamed communicator")
    let group = try world.group
    let foundInGroup = expectError(.invalidRank) { _ = try group.including([-4]) }
    let other = try #require(foundInGroup)
    #expect(other.communicator == nil)
    #expect(other.rank == nil)
    #expect(other.description.hasPrefix("MPI_Group_incl: MPI_ERR_RANK: "))
  }

  @Test("Errors are values") func hashable() throws {
    let first = expectError(.invalidRank) { try world.send(1, to: -1) }
    let again = expectError(.invalidRank) { try world.send(1, to: -1) }
    let other = expectError(.invalidRank) { try world.send(1, to: -2) }
    #expect(first == again)
    #expect(first?.hashValue == again?.hashValue)
    #expect(first != other)
    #expect(Set([first, again, other]).count == 2)
  }

  @Test("A catch by class") func catching() throws {
    var caught = ""
    do {
      try world.send(1, to: -1)
    } catch {
      switch error.code {
      case .truncated: caught = "truncated"
      case .invalidRank: caught = "rank"
      default: throw error
      }
    }
    #expect(caught == "rank")
  }
}
