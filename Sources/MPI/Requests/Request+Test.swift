public import CMPI

/// What ``Request/test()`` has found.
@frozen public enum TestOutcome: ~Copyable, ~Escapable {
  /// The operation is complete; its buffers may be used again.
  case complete(Status)
  /// The operation is still under way.
  case pending(Request)
}

extension Request {
  /// Ends the operation if it is complete, and gives it back if it is not.
  ///
  ///     var receiving = try world.immediate.receive(into: &ghost, from: left)
  ///     loop: while true {
  ///       switch try receiving.test() {
  ///       case .complete: break loop
  ///       case .pending(let request):
  ///         receiving = request
  ///         computeSomethingElse()
  ///       }
  ///     }
  ///
  /// To look without ending it, ask ``isComplete()``.
  ///
  /// - Throws: The errors of ``wait()``; the operation has ended then.
  ///
  /// The corresponding C function is `MPI_Test` (MPI 3.1 §3.7.3).
  @inlinable @_lifetime(copy self)
  public consuming func test() throws -> TestOutcome {
    var request = raw
    let (completion, origin) = unsafe (completion, origin)
    discard self
    // Parts of an operation are only ended together.
    if unsafe completion != nil, unsafe !areComplete(completion) {
      return .pending(unsafe Request(request, completion, origin))
    }
    var status = MPI_Status()
    var flag: CInt = 0
    let code = unsafe MPI_Test(&request, &flag, &status)
    if flag == 0 && code == CMPI_SUCCESS {
      return .pending(unsafe Request(request, completion, origin))
    }
    if code != CMPI_SUCCESS { unsafe origin?.pointee = request }
    if unsafe completion != nil {
      try unsafe finish(completion, code, &status)
    } else {
      try check(code, "MPI_Test")
    }
    return .complete(Status(status))
  }

  /// Takes over what another value of the same request held.
  @inlinable @inline(__always) @_lifetime(immortal)
  init(
    _ raw: RawRequest, _ completion: Unmanaged<Completion>?,
    _ origin: UnsafeMutablePointer<RawRequest>?
  ) {
    self.raw = raw
    unsafe self.completion = unsafe completion
    unsafe self.origin = unsafe origin
  }
}

/// Whether the further requests of an operation are complete.
@usableFromInline @inline(never)
func areComplete(_ completion: Unmanaged<Completion>?) -> Bool {
  unsafe completion?._withUnsafeGuaranteedRef { $0.isComplete() } ?? true
}
