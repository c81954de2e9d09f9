public import CMPI

/// What is known of a message that was received, or found by a probe.
public struct Status: @unchecked Sendable {
  @usableFromInline let raw: MPI_Status

  @inlinable init(_ raw: MPI_Status) { self.raw = raw }

  /// The rank that sent the message, or `nil` where there was no process to send one.
  public var source: Int? {
    // The status of no request at all has "any source".
    let source = raw.MPI_SOURCE
    return source == CMPI_PROC_NULL || source == CMPI_ANY_SOURCE ? nil : Int(source)
  }

  /// The message's tag.
  public var tag: MessageTag { MessageTag(native: raw.MPI_TAG) }

  /// The number of elements in the message, which may be fewer than there was room for.
  ///
  /// - Parameter type: The type of the elements that were sent.
  /// - Precondition: The message holds a whole number of such elements: anything else was sent as
  ///   another type.
  ///
  /// The corresponding C functions are `MPI_Get_count` and `MPI_Get_elements_x` (MPI 3.1 §3.2.5,
  /// §4.1.11).
  public func count<T: Datatype>(of type: T.Type) -> Int {
    // Bytes divided by the size, since MPI_Get_count says "undefined" from 2^31 elements on.
    let bytes = byteCount
    let size = Status.size(of: T.mpiDatatype)
    if size == 0 { return 0 }
    precondition(
      bytes % size == 0,
      "a message of \(bytes) bytes holds no whole number of \(type) (\(size) bytes)")
    return bytes / size
  }

  /// The number of bytes in the message, without padding.
  public var byteCount: Int {
    var bytes: MPI_Count = 0
    return unsafe withRaw { status in
      // The quick one, which says "undefined" where C's int does not hold the number.
      var count: CInt = 0
      if unsafe MPI_Get_count(status, CMPI_BYTE, &count) == CMPI_SUCCESS, count >= 0 {
        return Int(count)
      }
      let code = unsafe MPI_Get_elements_x(status, CMPI_BYTE, &bytes)
      return code == CMPI_SUCCESS ? Int(bytes) : 0
    }
  }

  /// Whether the operation was cancelled before it happened.
  ///
  /// The corresponding C function is `MPI_Test_cancelled` (MPI 3.1 §3.8.4).
  public var isCancelled: Bool {
    var flag: CInt = 0
    return unsafe withRaw { status in
      unsafe MPI_Test_cancelled(status, &flag) == CMPI_SUCCESS && flag != 0
    }
  }

  private func withRaw<R>(_ body: (UnsafePointer<MPI_Status>) -> R) -> R {
    unsafe withUnsafePointer(to: raw) { unsafe body($0) }
  }

  static func size(of datatype: DatatypeHandle) -> Int {
    var size: MPI_Count = 0
    return unsafe MPI_Type_size_x(datatype.raw, &size) == CMPI_SUCCESS ? Int(size) : 0
  }
}

extension Status: CustomStringConvertible {
  /// Source, tag and size.
  public var description: String {
    let peer = source.map { "rank \($0)" } ?? "no process"
    return "\(byteCount) bytes from \(peer), tag \(tag)" + (isCancelled ? ", cancelled" : "")
  }
}
