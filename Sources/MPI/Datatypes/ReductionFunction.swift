internal import CMPI

/// A function of Swift's as an operation of MPI's.
///
/// C calls a plain function with two buffers, a count and a datatype, and no room for a context; a
/// closure needs one. The datatype carries it: each function has a duplicate of its elements' type,
/// with an attribute that leads back here. So there are only two operations, and no limit on the
/// number of closures.
@safe @usableFromInline
final class ReductionFunction: @unchecked Sendable {
  private let combine: (UnsafeMutableRawPointer, UnsafeMutableRawPointer, Int) -> Void
  let datatype: DatatypeHandle
  /// Among what is freed at the latest when MPI is finalized: a reduction may be a static property.
  private let number: Int?

  init<T: Datatype>(_ type: T.Type, _ combine: @escaping @Sendable (T, T) -> T) {
    precondition(isRunning, "a Reduction was made while MPI is not running")
    unsafe self.combine = { left, right, count in
      // The standard's order: the first buffer holds the lower ranks' elements, the second takes
      // the results.
      let left = unsafe left.assumingMemoryBound(to: T.self)
      let right = unsafe right.assumingMemoryBound(to: T.self)
      for index in 0..<count { unsafe right[index] = unsafe combine(left[index], right[index]) }
    }
    var copy = CMPI_DATATYPE_NULL as RawDatatype
    let code = unsafe MPI_Type_dup(T.mpiDatatype.raw, &copy)
    precondition(code == CMPI_SUCCESS, "MPI could not duplicate the datatype of \(type)")
    datatype = DatatypeHandle(copy)
    number = Finalization.free(datatype)
    let code2 = unsafe MPI_Type_set_attr(
      copy, ReductionFunction.key, Unmanaged.passUnretained(self).toOpaque())
    precondition(code2 == CMPI_SUCCESS, "MPI could not attach a function to a datatype")
  }

  deinit {
    guard isRunning else { return }
    if let number { Finalization.forget(number) }
    releaseDatatype(datatype)
  }

  /// The operation for functions whose operands may change places, and that for others.
  static let commutative = Operation(commutes: true)
  static let ordered = Operation(commutes: false)

  struct Operation: @unchecked Sendable {
    let raw: RawOperation

    init(commutes: Bool) {
      var raw = CMPI_OP_NULL as RawOperation
      let code = unsafe MPI_Op_create(
        { left, right, count, datatype in
          unsafe ReductionFunction.call(left, right, count, datatype)
        }, commutes ? 1 : 0, &raw)
      precondition(code == CMPI_SUCCESS, "MPI could not make an operation")
      self.raw = raw
      Finalization.free(raw)
    }
  }

  private static let key: CInt = {
    var key: CInt = 0
    let code = unsafe MPI_Type_create_keyval(
      CMPI_TYPE_NULL_COPY_FN, CMPI_TYPE_NULL_DELETE_FN, &key, nil)
    precondition(code == CMPI_SUCCESS, "MPI could not make an attribute")
    Finalization.free(typeKey: key)
    return key
  }()

  private static func call(
    _ left: UnsafeMutableRawPointer?, _ right: UnsafeMutableRawPointer?,
    _ count: UnsafeMutablePointer<CInt>?, _ datatype: UnsafeMutablePointer<RawDatatype>?
  ) {
    var context: UnsafeMutableRawPointer?
    var found: CInt = 0
    guard let left = unsafe left, let right = unsafe right, let count = unsafe count,
      let datatype = unsafe datatype,
      unsafe MPI_Type_get_attr(datatype.pointee, key, &context, &found) == CMPI_SUCCESS,
      found != 0, let context = unsafe context
    else {
      preconditionFailure("MPI called a reduction with a datatype that is not its own")
    }
    // The caller of the collective, or its request, holds the function until the operation is
    // complete.
    unsafe Unmanaged<ReductionFunction>.fromOpaque(context)._withUnsafeGuaranteedRef {
      unsafe $0.combine(left, right, Int(count.pointee))
    }
  }
}
