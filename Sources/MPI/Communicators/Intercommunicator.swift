internal import CMPI

/// Two groups of processes, and a context in which those of the one send messages to those of the
/// other.
///
///     // `half` is a communicator of the lower half of the ranks, or of the upper one.
///     let between = try Intercommunicator(
///       half, leader: 0, peer: world, remoteLeader: isLower ? middle : 0)
///     try between.send(samples, to: 3)     // rank 3 of the other half
///
/// All operations from one process to another are those of a ``Communicator``, with one difference: a
/// rank names a process of the other group. Collectives have a meaning of their own, told by each.
///
/// ``Communicator/spawn(_:arguments:count:info:root:)`` gives one, too, whose other group are the new
/// processes, and so does a connection through a ``Port``.
@safe public final class Intercommunicator: AnyCommunicator, @unchecked Sendable {
  /// The number of processes in the other group.
  ///
  /// The corresponding C function is `MPI_Comm_remote_size` (MPI 3.1 §6.6.1).
  public var remoteSize: Int { peerCount }

  /// Takes over a communicator between two groups that was made.
  init(owning raw: RawCommunicator, isOwned: Bool = true) throws {
    var remoteSize: CInt = 0
    try unsafe check(MPI_Comm_remote_size(raw, &remoteSize), "MPI_Comm_remote_size", on: raw)
    try super.init(raw, peers: Int(remoteSize), isOwned: isOwned)
  }

  /// Connects two groups of processes.
  ///
  /// **Collective** over both groups: every process calls it, with the communicator of its own.
  ///
  /// - Parameters:
  ///   - local: The communicator of this process's group.
  ///   - leader: The rank in `local` that speaks for the group.
  ///   - peer: A communicator that the two leaders are both in; others may give `nil`.
  ///   - remoteLeader: The rank in `peer` of the other group's leader; looked at on the leader only.
  ///   - tag: Tells apart connections that are made through `peer` at once.
  /// - Throws: ``MPIError/Code/invalidRank`` where a leader is not in its communicator.
  /// - Precondition: The leader gives a `peer`. The groups have no process in common.
  ///
  /// The corresponding C function is `MPI_Intercomm_create` (MPI 3.1 §6.6.2).
  public convenience init(
    _ local: Communicator, leader: Int, peer: Communicator?, remoteLeader: Int,
    tag: MessageTag = 0
  ) throws {
    let routine: StaticString = "MPI_Intercomm_create"
    let rawLeader = try checkedPeer(leader, of: local.size, routine, on: local.raw)
    var rawRemoteLeader: CInt = 0
    if local.rank == leader {
      guard let peer else {
        preconditionFailure("the leader of a group gives a communicator that both leaders are in")
      }
      rawRemoteLeader = try checkedPeer(remoteLeader, of: peer.size, routine, on: peer.raw)
    }
    var new = CMPI_COMM_NULL as RawCommunicator
    // Others than the leader may have no such communicator; some libraries look at it all the same.
    try unsafe check(
      MPI_Intercomm_create(
        local.raw, rawLeader, peer?.raw ?? local.raw, rawRemoteLeader, tag.rawValue, &new),
      routine, on: local.raw)
    try self.init(owning: new)
  }

  /// The processes of the other group.
  ///
  /// The corresponding C function is `MPI_Comm_remote_group` (MPI 3.1 §6.6.1).
  public var remoteGroup: Group {
    get throws {
      var group = CMPI_GROUP_NULL as RawGroup
      try unsafe check(MPI_Comm_remote_group(raw, &group), "MPI_Comm_remote_group", on: raw)
      return try Group(owning: group)
    }
  }

  /// Makes one communicator of both groups.
  ///
  /// **Collective**: every process of both groups calls it.
  ///
  /// - Parameter isHigh: Whether the ranks of this process's group come after those of the other. All
  ///   of a group say the same; where both say the same, the order is up to the library.
  /// - Throws: ``MPIError`` as the library reports it.
  ///
  /// The corresponding C function is `MPI_Intercomm_merge` (MPI 3.1 §6.6.2).
  public func merged(isHigh: Bool) throws -> Communicator {
    var new = CMPI_COMM_NULL as RawCommunicator
    try unsafe check(
      MPI_Intercomm_merge(raw, isHigh ? 1 : 0, &new), "MPI_Intercomm_merge", on: raw)
    return try Communicator(owning: new)
  }

  /// Makes another one between the same groups, with a context of its own.
  ///
  /// **Collective**: every process of both groups calls it.
  ///
  /// - Throws: ``MPIError`` as the library reports it.
  ///
  /// The corresponding C function is `MPI_Comm_dup` (MPI 3.1 §6.4.2).
  public func duplicated() throws -> Intercommunicator {
    var new = CMPI_COMM_NULL as RawCommunicator
    try unsafe check(MPI_Comm_dup(raw, &new), "MPI_Comm_dup", on: raw)
    return try Intercommunicator(owning: new)
  }

  /// Makes one for each color, between the processes of either group that named it.
  ///
  /// **Collective**: every process of both groups calls it.
  ///
  /// The parameters are those of ``Communicator/split(color:key:)``.
  ///
  /// - Returns: The one of this process's color; `nil` without a color, and where no process of the
  ///   other group named it.
  ///
  /// The corresponding C function is `MPI_Comm_split` (MPI 3.1 §6.4.2).
  public func split(color: Int?, key: Int = 0) throws -> Intercommunicator? {
    let new = try _split(color, key)
    if new == CMPI_COMM_NULL { return nil }
    let part = try Intercommunicator(owning: new)
    // Open MPI makes one with an empty group where the standard has none.
    return part.remoteSize == 0 ? nil : part
  }
}

extension Intercommunicator: CustomStringConvertible {
  /// Name, rank and sizes.
  public var description: String {
    let name = name
    return "\(name.isEmpty ? "intercommunicator" : name) (rank \(rank) of \(size), "
      + "with \(remoteSize))"
  }
}
