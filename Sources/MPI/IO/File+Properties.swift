internal import CMPI
internal import Synchronization

extension File {
  /// The name that the file was opened by.
  public var path: String { handle.file.path }

  /// The number of bytes in the file.
  ///
  /// The corresponding C function is `MPI_File_get_size` (MPI 3.1 §13.2.6).
  public var byteCount: Int {
    get throws {
      var count: MPI_Offset = 0
      try unsafe handle.file.check(MPI_File_get_size(handle.raw, &count), "MPI_File_get_size")
      return Int(count)
    }
  }

  /// Cuts the file, or makes it longer.
  ///
  /// **Collective**: all processes that have the file open call it, with the same number.
  ///
  /// - Parameter byteCount: The number of bytes that the file has afterwards. What is new reads as
  ///   zeros on the file systems that there are; the standard leaves it open.
  /// - Throws: ``MPIError`` as the library reports it.
  /// - Precondition: `byteCount` is not negative.
  ///
  /// The corresponding C function is `MPI_File_set_size` (MPI 3.1 §13.2.4).
  public mutating func setByteCount(_ byteCount: Int) throws {
    requireByteCount(byteCount)
    currentErrno = 0
    try handle.file.check(
      MPI_File_set_size(handle.raw, MPI_Offset(byteCount)), "MPI_File_set_size")
    handle.file.notes.withLock { $0.writtenEnd = min($0.writtenEnd, byteCount) }
  }

  /// Reserves space on the disk for the first bytes of the file. The file becomes longer where it has
  /// fewer of them.
  ///
  /// **Collective**: all processes that have the file open call it, with the same number.
  ///
  /// - Throws: ``MPIError/Code/noSpace`` where there is not that much, and what else the library
  ///   reports.
  /// - Precondition: `byteCount` is not negative.
  ///
  /// The corresponding C function is `MPI_File_preallocate` (MPI 3.1 §13.2.5).
  public mutating func preallocate(byteCount: Int) throws {
    requireByteCount(byteCount)
    currentErrno = 0
    try handle.file.check(
      MPI_File_preallocate(handle.raw, MPI_Offset(byteCount)), "MPI_File_preallocate")
  }

  private borrowing func requireByteCount(_ byteCount: Int) {
    handle.file.requireIdle("changing the size")
    precondition(byteCount >= 0, "\(path): a file of \(byteCount) bytes")
  }

  /// Hands what was written to the disk, and has this process see what others have handed over.
  ///
  /// **Collective**: all processes that have the file open call it.
  ///
  /// What one process has written, another one reads for certain after: ``synchronize()`` on all, a
  /// barrier, ``synchronize()`` on all.
  ///
  /// The corresponding C function is `MPI_File_sync` (MPI 3.1 §13.6.1).
  public func synchronize() throws {
    let end = try handle.file.meet(patience: nil)
    try handle.file.checkEnd(end, handle.raw, "MPI_File_sync")
    currentErrno = 0
    try handle.file.check(MPI_File_sync(handle.raw), "MPI_File_sync")
  }

  /// Whether each operation takes place as a whole: what another process reads is what was there
  /// before it, or after it.
  ///
  /// The corresponding C function is `MPI_File_get_atomicity` (MPI 3.1 §13.6.1).
  public var isAtomic: Bool {
    get throws {
      var flag: CInt = 0
      try unsafe handle.file.check(
        MPI_File_get_atomicity(handle.raw, &flag), "MPI_File_get_atomicity")
      return flag != 0
    }
  }

  /// Chooses whether each operation takes place as a whole. It does not in a new file, since that is
  /// slow.
  ///
  /// **Collective**: all processes that have the file open call it, with the same choice.
  ///
  /// - Throws: ``MPIError`` as the library reports it.
  ///
  /// The corresponding C function is `MPI_File_set_atomicity` (MPI 3.1 §13.6.1).
  public mutating func setAtomic(_ isAtomic: Bool) throws {
    try handle.file.check(
      MPI_File_set_atomicity(handle.raw, isAtomic ? 1 : 0), "MPI_File_set_atomicity")
  }

  /// The hints that the library goes by: those that it knows, with the values that it has chosen.
  ///
  /// The corresponding C function is `MPI_File_get_info` (MPI 3.1 §13.2.8).
  public var info: Info {
    get throws {
      var raw = CMPI_INFO_NULL as RawInfo
      try unsafe handle.file.check(MPI_File_get_info(handle.raw, &raw), "MPI_File_get_info")
      return Info(owning: raw)
    }
  }

  /// Gives the library hints, which it may leave aside.
  ///
  /// **Collective**: all processes that have the file open call it.
  ///
  /// - Throws: ``MPIError`` as the library reports it.
  ///
  /// The corresponding C function is `MPI_File_set_info` (MPI 3.1 §13.2.8).
  public mutating func setInfo(_ info: Info) throws {
    try handle.file.check(MPI_File_set_info(handle.raw, info.raw), "MPI_File_set_info")
  }

  /// The processes that have the file open, in the order of their ranks.
  ///
  /// The corresponding C function is `MPI_File_get_group` (MPI 3.1 §13.2.7).
  public var group: Group {
    get throws {
      var raw = CMPI_GROUP_NULL as RawGroup
      try unsafe handle.file.check(MPI_File_get_group(handle.raw, &raw), "MPI_File_get_group")
      return try Group(owning: raw)
    }
  }

  /// What the file was opened for.
  ///
  /// The corresponding C function is `MPI_File_get_amode` (MPI 3.1 §13.2.7).
  public var mode: Mode {
    get throws {
      var mode: CInt = 0
      try unsafe handle.file.check(MPI_File_get_amode(handle.raw, &mode), "MPI_File_get_amode")
      return Mode(rawMode: mode)
    }
  }
}
