internal import CMPI
internal import Synchronization

/// MPI without a world: each part of a program initializes what it needs, and makes communicators of
/// the sets of processes that the launcher knows.
///
///     let session = try Session()
///     let group = try session.group(of: "mpi://WORLD")
///     let communicator = try Communicator(group, tag: "org.example.solver")
///     …
///
/// All that was made of a session must be gone before it is finalized, at the end of its scope or by
/// ``finalize()``.
///
/// A library that has none throws ``MPIError/Code/unsupportedOperation``: see ``supports(_:)`` and
/// ``Feature/sessions``.
@safe public struct Session: ~Copyable {
  private let raw: CMPI_Session

  /// How many there are.
  private static let openCount = Atomic<Int>(0)

  /// Whether MPI can be called though there is no world.
  static var isAnyOpen: Bool { openCount.load(ordering: .relaxed) > 0 }

  /// Begins a session.
  ///
  /// - Parameters:
  ///   - threading: What the part of the program needs.
  ///   - info: Hints for the library.
  /// - Throws: ``MPIError/Code/unsupportedOperation`` where the library has no sessions.
  ///
  /// The corresponding C function is `MPI_Session_init` (MPI 4.0 §11.3).
  public init(threading: ThreadingLevel = .multiple, info: Info = Info()) throws {
    try require(.sessions, "MPI_Session_init")
    let level =
      switch threading {
      case .single: "MPI_THREAD_SINGLE"
      case .funneled: "MPI_THREAD_FUNNELED"
      case .serialized: "MPI_THREAD_SERIALIZED"
      case .multiple: "MPI_THREAD_MULTIPLE"
      }
    var new = CMPI_Session()
    try unsafe check(CMPI_Session_init(level, info.raw, &new), "MPI_Session_init")
    raw = new
    Session.openCount.add(1, ordering: .relaxed)
  }

  deinit {
    var raw = raw
    _ = unsafe CMPI_Session_finalize(&raw)
    Session.openCount.subtract(1, ordering: .relaxed)
  }

  /// Ends the session.
  ///
  /// **Collective** over the processes that communicated in it.
  ///
  /// - Throws: ``MPIError`` as the library reports it.
  /// - Precondition: No communicator or group that was made of it exists any more.
  ///
  /// The corresponding C function is `MPI_Session_finalize` (MPI 4.0 §11.3).
  public consuming func finalize() throws {
    var raw = raw
    discard self
    Session.openCount.subtract(1, ordering: .relaxed)
    try unsafe check(CMPI_Session_finalize(&raw), "MPI_Session_finalize")
  }

  /// The hints that the library takes notice of.
  ///
  /// The corresponding C function is `MPI_Session_get_info` (MPI 4.0 §11.3).
  public var info: Info {
    get throws {
      var info = CMPI_INFO_NULL as RawInfo
      try unsafe check(CMPI_Session_get_info(raw, &info), "MPI_Session_get_info")
      return Info(owning: info)
    }
  }

  /// The names of the sets of processes: `mpi://WORLD`, `mpi://SELF`, and what else the launcher knows.
  ///
  /// The corresponding C functions are `MPI_Session_get_num_psets` and `MPI_Session_get_nth_pset` (MPI
  /// 4.0 §11.3).
  public var processSets: [String] {
    get throws {
      var count: CInt = 0
      try unsafe check(CMPI_Session_get_num_psets(raw, &count), "MPI_Session_get_num_psets")
      var names: [String] = []
      for index in 0..<count {
        // Asked without room for it, the library tells the length.
        var length: CInt = 0
        try unsafe check(
          CMPI_Session_get_nth_pset(raw, index, &length, nil), "MPI_Session_get_nth_pset")
        names.append(
          unsafe text(capacity: length) { buffer, _ in
            unsafe CMPI_Session_get_nth_pset(raw, index, &length, buffer)
          })
      }
      return names
    }
  }

  /// What is known of a set of processes: its size, as `mpi_size`, and what else the library tells.
  ///
  /// - Throws: ``MPIError/Code/invalidArgument`` or another where there is no such set.
  ///
  /// The corresponding C function is `MPI_Session_get_pset_info` (MPI 4.0 §11.3).
  public func info(of processSet: String) throws -> Info {
    var info = CMPI_INFO_NULL as RawInfo
    try unsafe check(
      CMPI_Session_get_pset_info(raw, processSet, &info), "MPI_Session_get_pset_info")
    return Info(owning: info)
  }

  /// The processes of a set.
  ///
  /// - Throws: ``MPIError/Code/invalidArgument`` or another where there is no such set.
  ///
  /// The corresponding C function is `MPI_Group_from_session_pset` (MPI 4.0 §7.3.2).
  public func group(of processSet: String) throws -> Group {
    var group = CMPI_GROUP_NULL as RawGroup
    try unsafe check(
      CMPI_Group_from_session_pset(raw, processSet, &group), "MPI_Group_from_session_pset")
    return try Group(owning: group)
  }
}

extension Communicator {
  /// Makes a communicator of a group, without another communicator.
  ///
  /// **Collective** over the group: every process of it calls this, with the same tag.
  ///
  /// - Parameters:
  ///   - group: The processes, in the order of their ranks.
  ///   - tag: Tells apart calls that several parts of a program make at once.
  ///   - info: Hints for the library.
  /// - Throws: ``MPIError/Code/unsupportedOperation`` where the library has no sessions.
  ///
  /// The corresponding C function is `MPI_Comm_create_from_group` (MPI 4.0 §7.4.2).
  public convenience init(
    _ group: Group, tag: String, info: Info = Info()
  ) throws {
    try require(.sessions, "MPI_Comm_create_from_group")
    var new = CMPI_COMM_NULL as RawCommunicator
    try unsafe check(
      CMPI_Comm_create_from_group(group.raw, tag, info.raw, &new), "MPI_Comm_create_from_group")
    try self.init(owning: new)
  }
}
