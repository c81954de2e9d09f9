internal import CMPI

extension Communicator {
  /// Makes a communicator of some of the processes, which all of them call.
  ///
  /// **Collective**: every rank of the communicator calls it. Ranks may name different groups, as long
  /// as those have no process in common, and all members of a group name it.
  ///
  /// ``subset(_:tag:)`` needs the members only.
  ///
  /// - Parameter group: Processes of this communicator, in the order of their new ranks.
  /// - Returns: The communicator of this rank's group, or `nil` where it is in none.
  ///
  /// The corresponding C function is `MPI_Comm_create` (MPI 3.1 §6.4.2).
  public func restricted(to group: Group) throws -> Communicator? {
    var new = CMPI_COMM_NULL as RawCommunicator
    try unsafe check(MPI_Comm_create(raw, group.raw, &new), "MPI_Comm_create", on: raw)
    return try new == CMPI_COMM_NULL ? nil : Communicator(owning: new)
  }

  /// Makes a communicator of the same processes with a context and hints of its own.
  ///
  /// **Collective**: every rank of the communicator calls it.
  ///
  /// - Throws: ``MPIError`` as the library reports it.
  ///
  /// The corresponding C function is `MPI_Comm_dup_with_info` (MPI 3.1 §6.4.2).
  public func duplicated(info: Info) throws -> Communicator {
    var new = CMPI_COMM_NULL as RawCommunicator
    try unsafe check(
      MPI_Comm_dup_with_info(raw, info.raw, &new), "MPI_Comm_dup_with_info", on: raw)
    return try Communicator(owning: new)
  }
}

extension Immediate where Context: Communicator {
  /// Begins to make a communicator of the same processes with a context of its own.
  ///
  /// **Collective**: every rank of the communicator calls it.
  ///
  ///     let duplicating = try world.immediate.duplicated()
  ///     readInput()
  ///     let own = try duplicating.wait()
  ///
  /// - Throws: ``MPIError`` as the library reports it.
  ///
  /// The corresponding C function is `MPI_Comm_idup` (MPI 3.1 §6.4.2).
  public func duplicated() throws -> CommunicatorRequest {
    try CommunicatorRequest(communicator)
  }
}

/// A communicator that is being made.
///
/// One that is not waited for is waited for when it goes out of scope, and freed.
@safe public struct CommunicatorRequest: ~Copyable {
  private var request: RawRequest
  /// Where the library writes the communicator.
  private let new: UnsafeMutablePointer<RawCommunicator>
  private let parent: Communicator

  fileprivate init(_ parent: Communicator) throws {
    var request = CMPI_REQUEST_NULL as RawRequest
    let new = UnsafeMutablePointer<RawCommunicator>.allocate(capacity: 1)
    unsafe new.initialize(to: CMPI_COMM_NULL)
    let code = unsafe MPI_Comm_idup(parent.raw, new, &request)
    if code != CMPI_SUCCESS { unsafe new.deallocate() }
    try check(code, "MPI_Comm_idup", on: parent.raw)
    self.parent = parent
    self.request = request
    unsafe self.new = new
  }

  deinit {
    drop(request, nil)
    if isRunning, unsafe new.pointee != CMPI_COMM_NULL { _ = unsafe MPI_Comm_free(new) }
    unsafe new.deallocate()
  }

  /// Waits until the communicator has been made.
  ///
  /// - Throws: ``MPIError`` as the library reports it.
  ///
  /// The corresponding C function is `MPI_Wait` (MPI 3.1 §3.7.3).
  public consuming func wait() throws -> Communicator {
    // The request is null afterwards, and the communicator the result's, so that nothing is left to do
    // at the end.
    try unsafe check(MPI_Wait(&request, CMPI_STATUS_IGNORE), "MPI_Wait", on: parent.raw)
    let raw = unsafe new.pointee
    unsafe new.pointee = CMPI_COMM_NULL
    return try Communicator(owning: raw)
  }

  /// Whether the communicator has been made, so that ``wait()`` will return at once.
  ///
  /// The corresponding C function is `MPI_Request_get_status` (MPI 3.1 §3.8).
  public func isComplete() throws -> Bool {
    var flag: CInt = 0
    try unsafe check(
      MPI_Request_get_status(request, &flag, CMPI_STATUS_IGNORE), "MPI_Request_get_status")
    return flag != 0
  }
}

extension Group {
  /// Ranks at equal distances: the first, and each further one up to the last, or down to it.
  public struct RankRange: Hashable, Sendable {
    /// The first rank.
    public var first: Int
    /// The rank at which the range ends at the latest.
    public var last: Int
    /// The distance from one rank to the next, negative for a range that goes down.
    public var stride: Int

    /// Creates a range.
    ///
    /// - Precondition: `stride` is not zero.
    public init(from first: Int, through last: Int, by stride: Int = 1) {
      precondition(stride != 0, "a range of ranks with a stride of 0")
      self.first = first
      self.last = last
      self.stride = stride
    }
  }

  /// The processes whose ranks are in the given ranges, in that order.
  ///
  ///     let even = try group.including(ranges: [.init(from: 0, through: group.size - 1, by: 2)])
  ///
  /// - Throws: ``MPIError/Code/invalidRank`` where a rank is outside the group, or named twice.
  ///
  /// The corresponding C function is `MPI_Group_range_incl` (MPI 3.1 §6.3.2).
  public func including(ranges: [RankRange]) throws -> Group {
    unsafe try withRaw(ranges, "MPI_Group_range_incl") { count, ranges, new in
      unsafe MPI_Group_range_incl(raw, count, ranges, new)
    }
  }

  /// The processes without those whose ranks are in the given ranges, in the old order.
  ///
  /// - Throws: ``MPIError/Code/invalidRank`` where a rank is outside the group, or named twice.
  ///
  /// The corresponding C function is `MPI_Group_range_excl` (MPI 3.1 §6.3.2).
  public func excluding(ranges: [RankRange]) throws -> Group {
    unsafe try withRaw(ranges, "MPI_Group_range_excl") { count, ranges, new in
      unsafe MPI_Group_range_excl(raw, count, ranges, new)
    }
  }

  /// Calls a routine with ranges as C has them, that have been checked.
  private func withRaw(
    _ ranges: [RankRange], _ routine: StaticString,
    _ body: (
      CInt, UnsafeMutablePointer<(CInt, CInt, CInt)>?, UnsafeMutablePointer<RawGroup>
    ) -> CInt
  ) throws -> Group {
    var named: Set<Int> = []
    var raws: [(CInt, CInt, CInt)] = []
    for range in ranges {
      for rank in Swift.stride(from: range.first, through: range.last, by: range.stride) {
        guard (0..<size).contains(rank) else {
          throw MPIError.invalidRank(rank, of: size, routine, on: CMPI_COMM_NULL)
        }
        guard named.insert(rank).inserted else {
          throw MPIError(
            .invalidRank, routine: routine.description, message: "rank \(rank) is named twice")
        }
      }
      // A range may be empty, and may end beyond its last rank; libraries differ about both.
      let count = (range.last - range.first) / range.stride
      guard (range.last - range.first).signum() != -range.stride.signum() else { continue }
      let last = range.first + count * range.stride
      let stride = CInt(exactly: range.stride) ?? CInt(range.stride.signum())
      raws.append((CInt(range.first), CInt(last), stride))
    }
    var new = CMPI_GROUP_NULL as RawGroup
    let count = CInt(raws.count)
    try check(
      unsafe raws.withUnsafeMutableBufferPointer { unsafe body(count, $0.baseAddress, &new) },
      routine)
    return try Group(owning: new)
  }
}
