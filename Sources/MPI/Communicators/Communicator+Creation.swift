internal import CMPI

extension Communicator {
  /// Makes a communicator for each color, of the ranks that named it.
  ///
  /// **Collective**: every rank of the communicator calls it.
  ///
  ///     let row = try world.split(color: world.rank / columns, key: world.rank)
  ///
  /// - Parameters:
  ///   - color: The color of this rank, not negative, or `nil` to be in none of the new
  ///     communicators.
  ///   - key: Orders the ranks of one color; equal keys keep the old order.
  /// - Returns: The communicator of this rank's color, or `nil` without one.
  /// - Throws: ``MPIError/Code/invalidArgument`` for a negative color, or a key of more than 32 bits.
  /// - Complexity: O(log `size`) messages, O(`size`) elements.
  ///
  /// The corresponding C function is `MPI_Comm_split` (MPI 3.1 §6.4.2).
  public func split(color: Int?, key: Int = 0) throws -> Communicator? {
    let new = try _split(color, key)
    return try new == CMPI_COMM_NULL ? nil : Communicator(owning: new)
  }

  /// What processes have in common that ``Communicator/split(by:key:info:)`` puts together.
  public struct SplitType: Hashable, Sendable {
    let raw: CInt

    /// Processes that can share memory: those of one host.
    ///
    /// The corresponding C constant is `MPI_COMM_TYPE_SHARED`.
    public static var sharedMemory: SplitType { SplitType(raw: CMPI_COMM_TYPE_SHARED) }
  }

  /// Makes a communicator for each set of ranks that have something in common.
  ///
  /// **Collective**: every rank of the communicator calls it.
  ///
  ///     let host = try world.split(by: .sharedMemory)
  ///
  /// - Parameters:
  ///   - type: What the ranks of one new communicator share.
  ///   - key: Orders the ranks of one new communicator; equal keys keep the old order.
  ///   - info: Hints for the library, the same on all ranks.
  /// - Throws: ``MPIError/Code/invalidArgument`` for a key of more than 32 bits, and what else the
  ///   library reports.
  ///
  /// The corresponding C function is `MPI_Comm_split_type` (MPI 3.1 §6.4.2).
  public func split(
    by type: SplitType, key: Int = 0, info: Info = Info()
  ) throws -> Communicator {
    var new = CMPI_COMM_NULL as RawCommunicator
    try unsafe check(
      MPI_Comm_split_type(raw, type.raw, rawKey(key, "MPI_Comm_split_type"), info.raw, &new),
      "MPI_Comm_split_type", on: raw)
    return try Communicator(owning: new)
  }

  /// Makes a communicator of some of the processes. Only those call it.
  ///
  /// **Collective** over `group`. A rank that is not in the group gets `nil` at once.
  ///
  ///     let group = try world.group.including(Array(stride(from: 0, to: world.size, by: 2)))
  ///     let even = try world.subset(group)
  ///
  /// - Parameters:
  ///   - group: Processes of this communicator, in the order of their new ranks.
  ///   - tag: Tells apart calls that several threads make at once.
  /// - Throws: ``MPIError`` as the library reports it.
  ///
  /// The corresponding C function is `MPI_Comm_create_group` (MPI 3.1 §6.4.2).
  public func subset(_ group: Group, tag: MessageTag = 0) throws -> Communicator? {
    guard group.rank != nil else { return nil }
    var new = CMPI_COMM_NULL as RawCommunicator
    try unsafe check(
      MPI_Comm_create_group(raw, group.raw, tag.rawValue, &new), "MPI_Comm_create_group", on: raw)
    return try new == CMPI_COMM_NULL ? nil : Communicator(owning: new)
  }
}

extension AnyCommunicator {
  /// The processes of the communicator; of an intercommunicator, those of this process's group.
  ///
  /// The corresponding C function is `MPI_Comm_group` (MPI 3.1 §6.3.2).
  public final var group: Group {
    get throws {
      var group = CMPI_GROUP_NULL as RawGroup
      try unsafe check(MPI_Comm_group(raw, &group), "MPI_Comm_group", on: raw)
      return try Group(owning: group)
    }
  }

  /// Splits a communicator into one for each color.
  ///
  /// - Returns: The null communicator for a process without a color.
  func _split(_ color: Int?, _ key: Int) throws -> RawCommunicator {
    let rawColor = try color.map { (color) throws -> CInt in
      guard let raw = CInt(exactly: color), raw >= 0 else {
        throw MPIError(
          .invalidArgument, routine: "MPI_Comm_split",
          message: "the color \(color) is not in 0...\(CInt.max)", on: raw)
      }
      return raw
    }
    var new = CMPI_COMM_NULL as RawCommunicator
    try unsafe check(
      MPI_Comm_split(raw, rawColor ?? CMPI_UNDEFINED, rawKey(key, "MPI_Comm_split"), &new),
      "MPI_Comm_split", on: raw)
    return new
  }

  /// A key as C has it. One that does not fit must not lose its place among the others.
  func rawKey(_ key: Int, _ routine: StaticString) throws -> CInt {
    guard let raw = CInt(exactly: key) else {
      throw MPIError(
        .invalidArgument, routine: routine.description,
        message: "the key \(key) has more than 32 bits", on: self.raw)
    }
    return raw
  }
}
