import MPI
import Synchronization
import Testing

@Suite("Error handlers (MPI 3.1 §8.3)") struct ErrorHandlerTests {
  let world: Communicator
  init() throws { world = try Job.communicator() }

  /// What handlers were told.
  final class Log: Sendable {
    private let errors = Mutex<[MPIError]>([])
    func add(_ error: MPIError) { errors.withLock { $0.append(error) } }
    var codes: [MPIError.Code] { errors.withLock { $0.map(\.code) } }
    var ranks: [Int?] { errors.withLock { $0.map(\.rank) } }
  }

  /// An error that the library finds: a tag that no message may have.
  func fail(on communicator: Communicator) {
    expectError(.invalidTag, by: "MPI_Send") {
      try communicator.send(1, to: communicator.rank, tag: MessageTag(rawValue: -77))
    }
  }

  @Test("Errors are thrown unless told otherwise") func standard() throws {
    #expect(world.errorHandler == .throws)
    fail(on: world)
    world.errorHandler = .aborts
    #expect(world.errorHandler == .aborts)
    world.errorHandler = .throws
    fail(on: world)
  }

  @Test("A closure is told, and then the error is thrown")
  func closure() throws {
    let log = Log()
    let handler = ErrorHandler.calling { log.add($0) }
    world.errorHandler = handler
    #expect(world.errorHandler == handler)
    fail(on: world)
    fail(on: world)
    #expect(log.codes == [.invalidTag, .invalidTag])
    #expect(log.ranks == [world.rank, world.rank])
    // Not inherited.
    let other = try world.duplicated()
    #expect(other.errorHandler == .throws)
    fail(on: other)
    #expect(log.codes.count == 2)
    world.errorHandler = .throws
    fail(on: world)
    #expect(log.codes.count == 2)
  }

  @Test("One handler for several communicators, and another for a third")
  func several() throws {
    let (first, second) = (Log(), Log())
    let handler = ErrorHandler.calling { first.add($0) }
    let (a, b, c) = (try world.duplicated(), try world.duplicated(), try world.duplicated())
    a.errorHandler = handler
    b.errorHandler = handler
    c.errorHandler = .calling { second.add($0) }
    for communicator in [a, b, c] { fail(on: communicator) }
    #expect(first.codes.count == 2)
    #expect(second.codes.count == 1)
    #expect(a.errorHandler == b.errorHandler)
    #expect(a.errorHandler != c.errorHandler)
  }

  @Test("A handler lives as long as its communicator, and no longer")
  func lifetimes() throws {
    final class Probe: Sendable {}
    weak var probe: Probe?
    do {
      let communicator = try world.duplicated()
      do {
        let captured = Probe()
        probe = captured
        communicator.errorHandler = .calling { _ in _ = captured }
      }
      fail(on: communicator)
      #expect(probe != nil)
    }
    #expect(probe == nil)
  }

  @Test(
    "Errors at the end of operations that were begun",
    .enabled(if: Job.tellsOfRequests, "this library tells another communicator's handler"),
    arguments: [true, false])
  func requests(together: Bool) throws {
    let (log, other) = (Log(), Log())
    let silent = try world.duplicated()
    world.errorHandler = .calling { log.add($0) }
    silent.errorHandler = .calling { other.add($0) }
    let numbers = [1, 2, 3, 4]
    var room = [0]
    var errors: [any Error] = []
    let sending = try world.immediate.send(numbers.span, to: world.right)
    try world.barrier()
    do {
      if together {
        var exchange = world.exchange()
        try exchange.receive(into: room.mutableSpan, from: world.left)
        try exchange.wait()
      } else {
        try world.immediate.receive(into: room.mutableSpan, from: world.left).wait()
      }
    } catch { errors.append(error) }
    try sending.wait()
    #expect(errors.map(\.code) == [.truncated])
    #expect(log.codes == [.truncated])
    #expect(other.codes.isEmpty)
  }

  @Test("Errors of persistent operations") func persistent() throws {
    let log = Log()
    world.errorHandler = .calling { log.add($0) }
    var receiving = try world.persistent.receive(Int.self, count: 1, from: world.left)
    let numbers = [1, 2, 3, 4]
    var errors: [any Error] = []
    let sending = try world.immediate.send(numbers.span, to: world.right)
    try world.barrier()
    do { try receiving.start().wait() } catch { errors.append(error) }
    try sending.wait()
    #expect(errors.map(\.code) == [.truncated])
    #expect(log.codes == [.truncated])
  }

  @Test("A communicator that takes the place of another has its own") func successors() throws {
    let log = Log()
    let handler = ErrorHandler.calling { log.add($0) }
    for _ in 0..<3 {
      let communicator = try world.duplicated()
      #expect(communicator.errorHandler == .throws)
      fail(on: communicator)
      communicator.errorHandler = handler
    }
    #expect(log.codes.isEmpty)
  }

  @Test("Of a window") func window() throws {
    let (log, other) = (Log(), Log())
    let window = try Window<Int>(count: 1, on: world)
    let twin = try Window<Int>(count: 1, on: world)
    let atFirst = window.errorHandler
    let handler = ErrorHandler.calling { log.add($0) }
    (window.errorHandler, twin.errorHandler) = (handler, .calling { other.add($0) })
    let installed = window.errorHandler
    try window.callErrorHandler(MPIError(.oneSidedRange))
    try twin.callErrorHandler(MPIError(.noMemory))
    window.errorHandler = .throws
    try window.callErrorHandler(MPIError(.noSpace))
    let atLast = window.errorHandler
    try window.close()
    try twin.close()
    #expect(atFirst == .throws)
    #expect(installed == handler)
    #expect(atLast == .throws)
    #expect(log.codes == [.oneSidedRange])
    #expect(other.codes == [.noMemory])
  }

  @Test("Of a file: the library's errors, and the program's own")
  func file() throws {
    let log = Log()
    try world.withScratch { scratch in
      try scratch.write([1, 2, 3] as [UInt8], to: "input", on: world)
      let file = try File(opening: scratch.path("input"), mode: .read, on: world)
      let atFirst = file.errorHandler
      let handler = ErrorHandler.calling { log.add($0) }
      file.errorHandler = handler
      let installed = file.errorHandler
      let element: [UInt8] = [4]
      var thrown: (any Error)?
      do { try file.write(element.span, at: 0) } catch { thrown = error }
      try file.callErrorHandler(MPIError(.noSpace))
      file.errorHandler = .throws
      try file.callErrorHandler(MPIError(.quota))
      try file.close()
      #expect(atFirst == .throws)
      #expect(installed == handler)
      #expect(thrown?.code == .readOnly)
      #expect(log.codes == [.readOnly, .noSpace])
    }
  }

  @Test("A handler is called by hand") func calling() throws {
    let log = Log()
    world.errorHandler = .calling { log.add($0) }
    try world.callErrorHandler(MPIError(.noSpace, message: "full", on: world))
    #expect(log.codes == [.noSpace])
    world.errorHandler = .throws
    try world.callErrorHandler(MPIError(.noSpace))
    #expect(log.codes == [.noSpace])
  }
}

@Suite("Errors of the program's own (MPI 3.1 §8.5)") struct ErrorClassTests {
  let world: Communicator
  init() throws { world = try Job.communicator() }

  @Test("Classes") func classes() throws {
    let before = MPIError.Code.lastUsed
    let badInput = try MPIError.Code.register("bad input")
    let badOutput = try MPIError.Code.register("bad output")
    #expect(badInput != badOutput)
    #expect(badInput.rawValue > before)
    #expect(MPIError.Code.lastUsed >= max(badInput.rawValue, badOutput.rawValue))
    #expect(badInput.description == "bad input")
    let thrown = expectError(badInput, by: "readMesh") {
      throw MPIError(badInput, message: "line 7", routine: "readMesh", on: Communicator.world)
    }
    #expect(
      thrown?.description
        == "readMesh on rank \(Communicator.world.rank) of MPI_COMM_WORLD: bad input: line 7")
    let plain = MPIError(badOutput, routine: "writeMesh")
    #expect(plain.description == "writeMesh: bad output")
  }

  @Test("Several errors of one class") func codes() throws {
    let badInput = try MPIError.Code.register("bad input")
    let header = try badInput.registerNativeCode("bad header")
    let trailer = try badInput.registerNativeCode("bad trailer")
    #expect(header != trailer)
    let error = MPIError(nativeCode: trailer, routine: "readMesh")
    #expect(error.code == badInput)
    #expect(error.nativeCode == trailer)
    #expect(error.message == "bad trailer")
    // Of a class of the library's, too.
    let full = try MPIError.Code.noSpace.registerNativeCode("the tape is full")
    #expect(MPIError(nativeCode: full).code == .noSpace)
  }

  @Test("Codes of failed processes match nothing where there are none") func failures() throws {
    let codes: [MPIError.Code] = [.processFailed, .processFailedPending, .revoked]
    #expect(Set(codes).count == 3)
    #expect(codes.map(\.description).allSatisfy { $0.hasPrefix("MPIX_ERR_") })
    expectError(.invalidRank) { try world.send(1, to: world.size) }
  }
}
