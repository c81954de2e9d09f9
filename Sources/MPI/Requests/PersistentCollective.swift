internal import CMPI

/// A collective that is set up once and started often, with the elements that this rank gives and
/// those that it gets.
///
/// Made by ``Persistent``, where the library has MPI 4.0's persistent collectives. Between one
/// ``start()`` and the end of its ``Request`` the compiler refuses both.
@safe public struct PersistentCollective<Element: Datatype>: ~Copyable {
  @usableFromInline let core: PersistentCore
  @usableFromInline let given: UnsafeMutablePointer<Element>
  @usableFromInline let givenCount: Int
  @usableFromInline let gotten: UnsafeMutablePointer<Element>
  @usableFromInline let gottenCount: Int

  /// - Parameters:
  ///   - given: How many elements this rank gives.
  ///   - gotten: How many it gets.
  ///   - begin: Makes the request, from where they are.
  init(
    on communicator: Communicator, given: Int, gotten: Int,
    _ begin:
      @escaping (RawBuffer, RawBuffer, Starting) throws -> Void
  ) throws {
    precondition(given >= 0 && gotten >= 0, "a collective of \(given) and \(gotten) elements")
    // The results begin on a cache line of their own.
    let stride = max(MemoryLayout<Element>.stride, 1)
    let padding = 128 / stride + 1
    let memory = PersistentMemory(given + padding + gotten, of: Element.self)
    let start = unsafe memory.address.bindMemory(
      to: Element.self, capacity: given + padding + gotten)
    let target = unsafe start + given + padding
    let source = unsafe RawBuffer(
      address: start, count: given, datatype: Element.mpiDatatype)
    let result = unsafe RawBuffer(
      address: target, count: gotten, datatype: Element.mpiDatatype)
    core = try PersistentCore(on: communicator, owning: memory, received: result) {
      pending throws in try begin(source, result, pending)
    }
    unsafe (self.given, givenCount) = unsafe (start, given)
    unsafe (self.gotten, gottenCount) = unsafe (target, gotten)
  }

  /// Starts the collective: the elements cannot be touched until the request is complete.
  ///
  /// **Collective**: every rank of the communicator starts it, in the same order as other
  /// collectives.
  ///
  /// - Throws: ``MPIError`` as the library reports it.
  /// - Complexity: No allocation, unless the elements hold a `Bool`.
  ///
  /// The corresponding C function is `MPI_Start` (MPI 4.0 §6.13).
  @inlinable @inline(__always) @_lifetime(&self)
  public mutating func start() throws -> Request { try core.start() }

  /// What this rank gives, to be written.
  @inlinable
  public var elements: MutableSpan<Element> {
    @inline(__always) @_lifetime(&self) mutating get {
      unsafe _overrideLifetime(
        MutableSpan(_unsafeStart: given, count: givenCount), mutating: &self)
    }
  }

  /// One of the elements that this rank gives.
  ///
  /// - Precondition: There is such an element.
  @inlinable
  public subscript(index: Int) -> Element {
    @inline(__always) get {
      precondition(UInt(bitPattern: index) < UInt(bitPattern: givenCount), "index out of range")
      return unsafe given[index]
    }
    @inline(__always) set {
      precondition(UInt(bitPattern: index) < UInt(bitPattern: givenCount), "index out of range")
      unsafe given[index] = newValue
    }
  }

  /// What this rank has got; nothing where it is not the root of a collective that has one.
  @inlinable
  public var result: Span<Element> {
    @inline(__always) @_lifetime(borrow self) get {
      unsafe _overrideLifetime(
        Span(_unsafeStart: gotten, count: gottenCount), borrowing: self)
    }
  }
}

// Any thread may start it, or wait for it, one at a time.
extension PersistentCollective: @unchecked Sendable {}

/// A barrier that is set up once and started often.
@safe public struct PersistentBarrier: ~Copyable, @unchecked Sendable {
  @usableFromInline let core: PersistentCore

  init(core: consuming PersistentCore) { self.core = core }

  /// Starts the barrier: the request is complete when all ranks have started it.
  ///
  /// **Collective**: every rank of the communicator starts it.
  ///
  /// - Throws: ``MPIError`` as the library reports it.
  ///
  /// The corresponding C function is `MPI_Start` (MPI 4.0 §6.13).
  @inlinable @inline(__always) @_lifetime(&self)
  public mutating func start() throws -> Request { try core.start() }
}

extension Persistent {
  /// Sets up a collective of two buffers.
  ///
  /// - Parameter begin: Makes the request; a code that is not a success is thrown.
  func collective<T: Datatype>(
    _ type: T.Type, _ routine: StaticString, given: Int, gotten: Int,
    _ begin:
      @escaping (
        RawBuffer, RawBuffer, RawCommunicator, Starting
      ) throws -> CInt
  ) throws -> PersistentCollective<T> {
    let raw = communicator.raw
    try require(.persistentCollectives, routine, on: raw)
    return try PersistentCollective(on: communicator, given: given, gotten: gotten) {
      (given, gotten, pending) throws in
      let code = try begin(given, gotten, raw, pending)
      try check(code, routine, on: raw)
    }
  }

  /// As many elements of each rank, where the library's operations on equal blocks do not work: see
  /// `CMPI_persistent_blocks_fail`.
  func blocks(of count: Int) -> Partition? {
    guard CMPI_persistent_blocks_fail() != 0 else { return nil }
    return Partition(counts: [Int](repeating: count, count: communicator.size))
  }

  /// The number of elements in this rank's part, where C can count all parts.
  func own(_ counts: Partition, _ routine: StaticString) throws -> Int {
    communicator.requireParts(counts)
    guard counts.fitsC else {
      throw MPIError(
        .invalidCount, routine: routine.description,
        message: "\(counts.count) elements are more than one operation can carry",
        on: communicator.raw)
    }
    return counts.counts[communicator.rank]
  }
}
