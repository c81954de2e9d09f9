internal import CMPI

/// Storage from the library: memory that it can read and write fastest, on networks that access it
/// directly.
///
///     var field = try AllocatedArray(repeating: 0.0, count: 1_000_000)
///     field[0] = 1
///     try world.send(field, to: 1)
///     try world.receive(into: &field, from: 1)
///     let sending = try world.immediate.send(field.span, to: 1)
///
/// It has one owner and a fixed length, and is sent and received into as an array is, but that a
/// request sends its ``span``. An `Array` does where speed does not depend on the memory.
///
/// The corresponding C functions are `MPI_Alloc_mem` and `MPI_Free_mem` (MPI 3.1 §8.2).
@safe public struct AllocatedArray<Element: Datatype>: ~Copyable {
  private let elements: UnsafeMutableBufferPointer<Element>
  /// What the library gave: the elements begin where their alignment lets them.
  private let base: UnsafeMutableRawPointer?

  /// Allocates storage, with the same value everywhere.
  ///
  /// - Parameters:
  ///   - value: The value of all elements.
  ///   - count: How many there are.
  ///   - info: Hints for the library.
  /// - Throws: ``MPIError/Code/noMemory`` where there is not as much memory.
  /// - Precondition: `count` is not negative. MPI is initialized.
  ///
  /// The corresponding C function is `MPI_Alloc_mem` (MPI 3.1 §8.2).
  public init(repeating value: Element, count: Int, info: Info = Info()) throws {
    precondition(count >= 0, "storage for \(count) elements")
    let (stride, alignment) = (MemoryLayout<Element>.stride, MemoryLayout<Element>.alignment)
    let (size, overflows) = count.multipliedReportingOverflow(by: stride)
    guard !overflows, size <= Int.max - alignment else {
      throw MPIError(
        .noMemory, routine: "MPI_Alloc_mem", message: "\(count) elements of \(stride) bytes")
    }
    var base: UnsafeMutableRawPointer?
    try unsafe check(
      withUnsafeMutablePointer(to: &base) {
        unsafe MPI_Alloc_mem(MPI_Aint(size + alignment), info.raw, $0)
      }, "MPI_Alloc_mem")
    let start = unsafe base?.alignedUp(for: Element.self).bindMemory(
      to: Element.self, capacity: count)
    unsafe elements = UnsafeMutableBufferPointer(start: start, count: start == nil ? 0 : count)
    unsafe elements.initialize(repeating: value)
    unsafe self.base = unsafe base
  }

  deinit {
    unsafe elements.deinitialize()
    if isRunning { _ = unsafe MPI_Free_mem(base) }
  }

  /// The number of elements.
  public var count: Int { unsafe elements.count }

  /// One element.
  ///
  /// - Precondition: `index` is in `0..<count`.
  public subscript(index: Int) -> Element {
    get {
      precondition((0..<count).contains(index), "element \(index) of \(count)")
      return unsafe elements[index]
    }
    set {
      precondition((0..<count).contains(index), "element \(index) of \(count)")
      unsafe elements[index] = newValue
    }
  }

  /// The elements, to be read.
  public var span: Span<Element> {
    @_lifetime(borrow self) get {
      unsafe _overrideLifetime(elements.span, borrowing: self)
    }
  }

  /// The elements, to be changed.
  public var mutableSpan: MutableSpan<Element> {
    @_lifetime(&self) mutating get {
      unsafe _overrideLifetime(elements.mutableSpan, mutating: &self)
    }
  }
}

// No storage for requests that send: a constant of a type that is not copied may be consumed while
// a
// generic function's result depends on it (seen in Swift 6.3.1), which the compiler notices for a
// span of it.
extension AllocatedArray: Outgoing, IncomingStorage, Pinned, Incoming {
  /// The elements.
  public var operand: Operand {
    _read {
      yield Operand(rawBuffer)
      withExtendedLifetime(self) {}
    }
  }

  /// The elements.
  public var pinned: Operand {
    mutating get { Operand(rawBuffer) }
  }

  /// The elements.
  public var incoming: Operand {
    mutating _read {
      defer { rawBuffer.normalize() }
      yield Operand(rawBuffer)
    }
  }

  private var rawBuffer: RawBuffer {
    unsafe RawBuffer(
      address: UnsafeMutableRawPointer(elements.baseAddress), count: elements.count,
      datatype: Element.mpiDatatype)
  }
}
