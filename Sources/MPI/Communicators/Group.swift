internal import CMPI

/// An ordered set of processes. All its operations are local.
///
/// The corresponding C type is `MPI_Group`; `MPI_Group_free` frees it (MPI 3.1 §6.3.3).
@safe public final class Group: @unchecked Sendable {
  let raw: RawGroup

  /// The number of processes.
  ///
  /// The corresponding C function is `MPI_Group_size` (MPI 3.1 §6.3.1).
  public let size: Int

  /// This process's place in the group, or `nil` where it is not a member.
  ///
  /// The corresponding C function is `MPI_Group_rank` (MPI 3.1 §6.3.1).
  public let rank: Int?

  private let isOwned: Bool

  /// Takes over a group that was made.
  init(owning raw: RawGroup) throws {
    var size: CInt = 0
    var rank: CInt = 0
    try unsafe check(MPI_Group_size(raw, &size), "MPI_Group_size")
    try unsafe check(MPI_Group_rank(raw, &rank), "MPI_Group_rank")
    self.raw = raw
    self.size = Int(size)
    self.rank = rank == CMPI_UNDEFINED ? nil : Int(rank)
    // The empty group is predefined, and some libraries refuse to free it.
    isOwned = raw != CMPI_GROUP_EMPTY
  }

  deinit {
    guard isOwned, isRunning else { return }
    var raw = raw
    _ = unsafe MPI_Group_free(&raw)
  }

  /// The group of no process.
  ///
  /// The corresponding C constant is `MPI_GROUP_EMPTY`.
  public static var empty: Group {
    get throws { try Group(owning: CMPI_GROUP_EMPTY) }
  }

  /// The processes with the given ranks, in that order.
  ///
  /// - Throws: ``MPIError/Code/invalidRank`` where a rank is outside the group, or named twice.
  ///
  /// The corresponding C function is `MPI_Group_incl` (MPI 3.1 §6.3.2).
  public func including(_ ranks: [Int]) throws -> Group {
    let ranks = try rawDistinctRanks(ranks, "MPI_Group_incl")
    return try make("MPI_Group_incl") { new in
      unsafe MPI_Group_incl(raw, CInt(ranks.count), ranks, &new)
    }
  }

  /// The processes without those of the given ranks, in the old order.
  ///
  /// - Throws: ``MPIError/Code/invalidRank`` where a rank is outside the group, or named twice.
  ///
  /// The corresponding C function is `MPI_Group_excl` (MPI 3.1 §6.3.2).
  public func excluding(_ ranks: [Int]) throws -> Group {
    let ranks = try rawDistinctRanks(ranks, "MPI_Group_excl")
    return try make("MPI_Group_excl") { new in
      unsafe MPI_Group_excl(raw, CInt(ranks.count), ranks, &new)
    }
  }

  /// The processes of either group: this one's, then the other's that are not in this one.
  ///
  /// - Throws: ``MPIError`` as the library reports it.
  ///
  /// The corresponding C function is `MPI_Group_union` (MPI 3.1 §6.3.2).
  public func union(_ other: Group) throws -> Group {
    try make("MPI_Group_union") { new in unsafe MPI_Group_union(raw, other.raw, &new) }
  }

  /// The processes of both groups, in this one's order.
  ///
  /// - Throws: ``MPIError`` as the library reports it.
  ///
  /// The corresponding C function is `MPI_Group_intersection` (MPI 3.1 §6.3.2).
  public func intersection(_ other: Group) throws -> Group {
    try make("MPI_Group_intersection") { new in
      unsafe MPI_Group_intersection(raw, other.raw, &new)
    }
  }

  /// The processes of this group that are not in the other, in this one's order.
  ///
  /// - Throws: ``MPIError`` as the library reports it.
  ///
  /// The corresponding C function is `MPI_Group_difference` (MPI 3.1 §6.3.2).
  public func subtracting(_ other: Group) throws -> Group {
    try make("MPI_Group_difference") { new in unsafe MPI_Group_difference(raw, other.raw, &new) }
  }

  /// The ranks that processes of this group have in another, `nil` for those that are not in it.
  ///
  /// - Throws: ``MPIError/Code/invalidRank`` where a rank is outside this group.
  ///
  /// The corresponding C function is `MPI_Group_translate_ranks` (MPI 3.1 §6.3.1).
  public func translate(_ ranks: [Int], to other: Group) throws -> [Int?] {
    let ranks = try rawRanks(ranks, "MPI_Group_translate_ranks")
    var translated = [CInt](repeating: 0, count: ranks.count)
    try unsafe check(
      MPI_Group_translate_ranks(raw, CInt(ranks.count), ranks, other.raw, &translated),
      "MPI_Group_translate_ranks")
    return translated.map { $0 == CMPI_UNDEFINED ? nil : Int($0) }
  }

  /// The rank that one process of this group has in another, or `nil` where it is not in it.
  ///
  /// - Throws: ``MPIError/Code/invalidRank`` where the rank is outside this group.
  ///
  /// The corresponding C function is `MPI_Group_translate_ranks` (MPI 3.1 §6.3.1).
  public func translate(_ rank: Int, to other: Group) throws -> Int? {
    try translate([rank], to: other).first ?? nil
  }

  /// Compares the processes of two groups: ``Similarity/identical``, ``Similarity/similar`` or
  /// ``Similarity/unequal``.
  ///
  /// The corresponding C function is `MPI_Group_compare` (MPI 3.1 §6.3.1).
  public func similarity(to other: Group) throws -> Similarity {
    var result: CInt = 0
    try unsafe check(MPI_Group_compare(raw, other.raw, &result), "MPI_Group_compare")
    return Similarity(raw: result)
  }

  private func make(
    _ routine: StaticString, _ body: (inout RawGroup) -> CInt
  ) throws -> Group {
    var new = CMPI_GROUP_NULL as RawGroup
    try check(body(&new), routine)
    return try Group(owning: new)
  }

  private func rawRanks(_ ranks: [Int], _ routine: StaticString) throws -> [CInt] {
    if let wrong = ranks.first(where: { !(0..<size).contains($0) }) {
      throw MPIError.invalidRank(wrong, of: size, routine, on: CMPI_COMM_NULL)
    }
    return ranks.map { CInt($0) }
  }

  /// Ranks of which none is named twice, which not all libraries check.
  private func rawDistinctRanks(
    _ ranks: [Int], _ routine: StaticString
  ) throws -> [CInt] {
    var named: Set<Int> = []
    if let twice = ranks.first(where: { !named.insert($0).inserted }) {
      throw MPIError(
        .invalidRank, routine: routine.description, message: "rank \(twice) is named twice")
    }
    return try rawRanks(ranks, routine)
  }
}

extension Group: Equatable, CustomStringConvertible {
  /// Whether both hold the same processes in the same order.
  public static func == (left: Group, right: Group) -> Bool {
    left === right || (try? left.similarity(to: right)) == .identical
  }

  /// Size, and this process's rank.
  public var description: String {
    "group of \(size)" + (rank.map { " (rank \($0))" } ?? "")
  }
}
