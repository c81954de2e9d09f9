internal import CMPI

/// A program to start, with its arguments, as a number of processes.
public struct SpawnCommand: Sendable {
  /// The path of the program, or its name, to be found as the launcher finds programs.
  public var program: String
  /// The arguments, without the program's name.
  public var arguments: [String]
  /// The number of processes.
  public var count: Int
  /// Where and how to start them: `host`, `wdir` and others (MPI 3.1 §10.3.4).
  public var info: Info

  /// Creates a command.
  ///
  /// - Precondition: `count` is not negative.
  public init(_ program: String, arguments: [String] = [], count: Int, info: Info = Info()) {
    precondition(count >= 0, "\(count) processes of \(program)")
    self.program = program
    self.arguments = arguments
    self.count = count
    self.info = info
  }
}

extension Communicator {
  /// Starts processes of a program, and connects them with this communicator's.
  ///
  /// **Collective**: every rank of the communicator calls it, with the same root. What is started is
  /// up to the root.
  ///
  ///     let workers = try world.spawn("worker", arguments: ["--fast"], count: 4)
  ///     try workers.broadcast(&input, from: world.rank == 0 ? .me : .another)
  ///
  /// The new processes have a world of their own, and find the way back by ``parent``.
  ///
  /// - Parameters:
  ///   - program: The path of the program, or its name.
  ///   - arguments: Its arguments.
  ///   - count: The number of processes.
  ///   - info: Where and how to start them: `host`, `wdir` and others (MPI 3.1 §10.3.4).
  ///   - root: The rank that starts them.
  /// - Returns: An intercommunicator whose other group are the new processes.
  /// - Throws: ``MPIError/Code/spawn`` where processes could not be started; on the root, the message
  ///   says which. Open MPI 4 ends the whole job instead (docs/KnownIssues.md).
  ///
  /// The corresponding C function is `MPI_Comm_spawn` (MPI 3.1 §10.3.2).
  public func spawn(
    _ program: String, arguments: [String] = [], count: Int, info: Info = Info(), root: Int = 0
  ) throws -> Intercommunicator {
    let command = SpawnCommand(program, arguments: arguments, count: count, info: info)
    let total = try rawCount([command], "MPI_Comm_spawn")
    let argv = CStrings(arguments)
    let rawRoot = try rawRoot(root, "MPI_Comm_spawn")
    return unsafe try connected("MPI_Comm_spawn", root, total) { new, codes in
      unsafe MPI_Comm_spawn(program, argv.start, total, info.raw, rawRoot, raw, new, codes)
    }
  }

  /// Starts processes of several programs, or of one with several arguments, which share a world, and
  /// connects them with this communicator's.
  ///
  /// **Collective**: every rank of the communicator calls it, with the same root. What is started is
  /// up to the root; other ranks may give no commands.
  ///
  ///     let others = try world.spawn([
  ///       SpawnCommand("solver", count: 3), SpawnCommand("writer", arguments: ["out.dat"], count: 1),
  ///     ])
  ///
  /// As ``spawn(_:arguments:count:info:root:)``. Which of the programs a process is, it learns from
  /// ``applicationNumber``.
  ///
  /// - Precondition: The root gives a command.
  ///
  /// The corresponding C function is `MPI_Comm_spawn_multiple` (MPI 3.1 §10.3.3).
  public func spawn(_ commands: [SpawnCommand], root: Int = 0) throws
    -> Intercommunicator
  {
    let total = try rawCount(commands, "MPI_Comm_spawn_multiple")
    let rawRoot = try rawRoot(root, "MPI_Comm_spawn_multiple")
    precondition(rank != root || !commands.isEmpty, "nothing to spawn")
    let programs = CStrings(commands.map(\.program))
    let arguments = commands.map { CStrings($0.arguments) }
    var argvs = unsafe arguments.map { unsafe $0.start }
    let counts = commands.map { CInt($0.count) }
    let infos = commands.map { $0.info.raw }
    return try withExtendedLifetime((arguments, commands)) { () throws in
      unsafe try connected("MPI_Comm_spawn_multiple", root, total) { new, codes in
        unsafe MPI_Comm_spawn_multiple(
          CInt(commands.count), programs.start, &argvs, counts, infos, rawRoot, raw, new, codes)
      }
    }
  }

  /// The number of processes in all.
  private func rawCount(
    _ commands: [SpawnCommand], _ routine: StaticString
  ) throws -> CInt {
    let total = commands.reduce(0) { $0.addingReportingOverflow($1.count).partialValue }
    guard let raw = CInt(exactly: total), commands.allSatisfy({ $0.count <= Int(CInt.max) }) else {
      throw MPIError(
        .invalidCount, routine: routine.description, message: "\(total) processes", on: self.raw)
    }
    return raw
  }

  /// Starts processes, and says which could not be started.
  private func connected(
    _ routine: StaticString, _ root: Int, _ count: CInt,
    _ body: (UnsafeMutablePointer<RawCommunicator>, UnsafeMutablePointer<CInt>?) -> CInt
  ) throws -> Intercommunicator {
    var new = CMPI_COMM_NULL as RawCommunicator
    // Other ranks than the root need not know how many there are.
    guard rank == root else {
      try unsafe check(body(&new, CMPI_ERRCODES_IGNORE), routine, on: raw)
      return try Intercommunicator(owning: new)
    }
    var codes = [CInt](repeating: CMPI_SUCCESS, count: Int(count) + 1)
    let code = unsafe body(&new, &codes)
    if code != CMPI_SUCCESS {
      let failed = codes.indices.dropLast().filter { codes[$0] != CMPI_SUCCESS }
      var error = MPIError.reported(code, by: routine, on: raw)
      if let first = failed.first {
        let reason = MPIError.reported(codes[first], by: routine, on: CMPI_COMM_NULL)
        error = MPIError(
          error.code == .unknown ? reason.code : error.code, nativeCode: code,
          routine: routine.description,
          message: "process \(failed.map { "\($0)" }.joined(separator: ", ")) of \(count) was not "
            + "started: \(reason.message)", on: raw)
      }
      throw error
    }
    return try Intercommunicator(owning: new)
  }
}

/// The processes that started this one with ``Communicator/spawn(_:arguments:count:info:root:)``, and
/// those that were started with it; `nil` for a process that a launcher started.
///
/// - Precondition: MPI is initialized.
///
/// The corresponding C function is `MPI_Comm_get_parent` (MPI 3.1 §10.3.2).
public var parent: Intercommunicator? { Parent.shared }

private enum Parent {
  static let shared: Intercommunicator? = {
    precondition(isRunning, "the parent was asked for while MPI is not running")
    var raw = CMPI_COMM_NULL as RawCommunicator
    guard unsafe MPI_Comm_get_parent(&raw) == CMPI_SUCCESS, raw != CMPI_COMM_NULL else {
      return nil
    }
    return try? Intercommunicator(owning: raw, isOwned: false)
  }()
}

/// Strings as C has them: an array of pointers with a null one at the end.
@safe private final class CStrings {
  private let strings: UnsafeMutableBufferPointer<UnsafeMutablePointer<CChar>?>

  init(_ texts: [String]) {
    unsafe strings = .allocate(capacity: texts.count + 1)
    unsafe strings.initialize(repeating: nil)
    for (index, text) in texts.enumerated() {
      let bytes = text.utf8CString
      let copy = UnsafeMutableBufferPointer<CChar>.allocate(capacity: bytes.count)
      _ = unsafe copy.initialize(from: bytes)
      unsafe strings[index] = copy.baseAddress
    }
  }

  var start: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? { unsafe strings.baseAddress }

  deinit {
    unsafe strings.forEach { unsafe $0?.deallocate() }
    unsafe strings.deallocate()
  }
}
