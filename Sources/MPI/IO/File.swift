internal import CMPI

/// A file that the processes of a communicator read and write together.
///
///     let file = try File(opening: "field.dat", mode: [.create, .write], on: world)
///     try file.write(block, at: world.rank * block.count, collectively: true)
///     try file.close()
///
/// Three things say where an operation takes place and who takes part:
///
/// - `at:` is an offset in elements of the type that is read or written, ``FilePosition/byte(_:)``,
///   or one of the two pointers: each process's own (``FilePosition/individual``, the default) and the
///   one that all share (``FilePosition/shared``).
/// - `collectively: true` is for all processes at once, which lets the library merge what they
///   access; with the shared pointer, they go in the order of their ranks.
/// - ``immediate`` and ``split`` are views whose operations go on in the background.
///
/// A new file is seen as bytes, without gaps, which may hold elements of any type.
/// ``setView(of:from:layout:representation:info:)`` has each process see elements of one type, and
/// only those that a layout names; from then on other types trap.
///
/// A file is closed by ``close()``, which tells of errors. One that goes out of scope without it is
/// closed as soon as all processes have come that far; where the others do not come within five
/// seconds, or closing fails, the job is ended with a message: an error thrown on one process must
/// not leave the others waiting.
///
/// Closing a file, or changing its view or size, while nonblocking operations are under way traps.
@safe public struct File: ~Copyable, @unchecked Sendable {
  var handle: FileHandle

  /// Opens a file.
  ///
  /// **Collective**: every rank of the communicator calls it, for the same file, with the same mode.
  ///
  /// Where a rank cannot open the file, an error is thrown on all of them.
  ///
  /// - Parameters:
  ///   - path: The name of the file. Some libraries take a kind of file system before it, such as
  ///     `ufs:`.
  ///   - mode: What the file is opened for: at least ``Mode/read`` or ``Mode/write``.
  ///   - communicator: The processes; ``Communicator/selfOnly`` opens a file for this one alone.
  ///   - info: Hints for the library.
  /// - Throws: ``MPIError/Code/noSuchFile``, ``MPIError/Code/fileExists``,
  ///   ``MPIError/Code/badFile`` (a directory, say), ``MPIError/Code/access``,
  ///   ``MPIError/Code/accessMode`` for modes that exclude each other, ``MPIError/Code/notSame``
  ///   for other modes on other ranks. The message names the file.
  /// - Precondition: `mode` has ``Mode/read`` or ``Mode/write``.
  ///
  /// The corresponding C functions are `MPI_File_open` and `MPI_File_set_errhandler` (MPI 3.1
  /// §13.2.1, §8.3.3).
  public init(
    opening path: String, mode: Mode, on communicator: Communicator, info: Info = Info()
  ) throws {
    precondition(
      !mode.isDisjoint(with: [.read, .write]),
      "\(path): a file is opened to .read, to .write, or both")
    let storage = try FileStorage(path, mode, communicator)
    try storage.prepare(mode)
    var raw = CMPI_FILE_NULL as RawFile
    let code = unsafe MPI_File_open(
      storage.communicator.raw, path, mode.rawMode, info.raw, &raw)
    try storage.confirm(code, mode)
    storage.raw = raw
    try unsafe storage.check(ErrorSource.file(raw).startThrowing(), "MPI_File_set_errhandler")
    handle = unsafe FileHandle(raw: raw, storage: Unmanaged.passRetained(storage))
  }

  /// Closes the file, once all of its processes have called this.
  ///
  /// **Collective**: every process that opened the file calls it. What was written is handed to the
  /// file system, as by ``synchronize()``.
  ///
  /// The corresponding C function is `MPI_File_close` (MPI 3.1 §13.2.2).
  public consuming func close() throws {
    let handle = handle
    discard self
    let storage = unsafe handle.storage.takeRetainedValue()
    let end = try storage.meet(patience: nil)
    try storage.closeRaw(handle.raw, end: end)
  }

  deinit {
    let storage = unsafe handle.storage.takeRetainedValue()
    guard isRunning else { return }
    do {
      // Closing is collective: it would hang on a process that others do not follow.
      let end = try storage.meet(patience: filePatience)
      try storage.closeRaw(handle.raw, end: end)
    } catch {
      endJob(because: error)
    }
  }

  /// Deletes a file that no process has open.
  ///
  /// One process calls it; where several do, all but one may find no file.
  ///
  /// - Throws: ``MPIError/Code/noSuchFile``, ``MPIError/Code/badFile`` for a directory,
  ///   ``MPIError/Code/access``. The message names the file.
  ///
  /// The corresponding C function is `MPI_File_delete` (MPI 3.1 §13.2.3).
  public static func delete(_ path: String, info: Info = Info()) throws {
    try requirePath(path, "MPI_File_delete")
    let code = unsafe MPI_File_delete(path, info.raw)
    if code == CMPI_SUCCESS { return }
    throw MPIError.ofFile(
      path, code, "MPI_File_delete", errnoOfDeleting(path), on: CMPI_COMM_NULL)
  }
}

extension File {
  /// What a file is opened for.
  public struct Mode: OptionSet, Sendable {
    /// The options, as bits of this module's.
    public let rawValue: Int

    /// Creates a set of options from their bits.
    public init(rawValue: Int) { self.rawValue = rawValue }

    /// The file is read. With ``write``: both (`MPI_MODE_RDWR`).
    ///
    /// The corresponding C constant is `MPI_MODE_RDONLY`.
    public static let read = Mode(rawValue: 1 << 0)
    /// The file is written. With ``read``: both (`MPI_MODE_RDWR`).
    ///
    /// The corresponding C constant is `MPI_MODE_WRONLY`.
    public static let write = Mode(rawValue: 1 << 1)
    /// The file is created if there is none.
    ///
    /// The corresponding C constant is `MPI_MODE_CREATE`.
    public static let create = Mode(rawValue: 1 << 2)
    /// With ``create``: there must be no such file yet.
    ///
    /// The corresponding C constant is `MPI_MODE_EXCL`.
    public static let exclusive = Mode(rawValue: 1 << 3)
    /// All pointers begin at the end of the file.
    ///
    /// The corresponding C constant is `MPI_MODE_APPEND`.
    public static let append = Mode(rawValue: 1 << 4)
    /// Closing the file deletes it.
    ///
    /// The corresponding C constant is `MPI_MODE_DELETE_ON_CLOSE`.
    public static let deleteOnClose = Mode(rawValue: 1 << 5)
    /// No one else has the file open meanwhile, which some libraries profit from.
    ///
    /// The corresponding C constant is `MPI_MODE_UNIQUE_OPEN`.
    public static let uniqueOpen = Mode(rawValue: 1 << 6)
    /// The file is accessed in sequence only, by the shared pointer: a tape, say.
    ///
    /// The corresponding C constant is `MPI_MODE_SEQUENTIAL`.
    public static let sequential = Mode(rawValue: 1 << 7)

    private static let constants: [(Mode, CInt)] = [
      (.create, CMPI_MODE_CREATE), (.exclusive, CMPI_MODE_EXCL),
      (.append, CMPI_MODE_APPEND), (.deleteOnClose, CMPI_MODE_DELETE_ON_CLOSE),
      (.uniqueOpen, CMPI_MODE_UNIQUE_OPEN), (.sequential, CMPI_MODE_SEQUENTIAL),
    ]

    /// The mode as C has it.
    var rawMode: CInt {
      var result =
        isSuperset(of: [.read, .write])
        ? CMPI_MODE_RDWR
        : CInt(contains(.read) ? CMPI_MODE_RDONLY : CMPI_MODE_WRONLY)
      for (option, constant) in Mode.constants where contains(option) { result |= constant }
      return result
    }

    init(rawMode: CInt) {
      var mode: Mode = []
      if rawMode & CMPI_MODE_RDONLY != 0 { mode.insert(.read) }
      if rawMode & CMPI_MODE_WRONLY != 0 { mode.insert(.write) }
      if rawMode & CMPI_MODE_RDWR != 0 { mode.formUnion([.read, .write]) }
      for (option, constant) in Mode.constants where rawMode & constant != 0 {
        mode.insert(option)
      }
      self = mode
    }
  }
}
