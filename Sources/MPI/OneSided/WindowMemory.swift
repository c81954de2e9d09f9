internal import CMPI

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

// How windows are made.

/// Has Open MPI 4 use plain shared memory for windows whose ranks are all on one host, which is what
/// it is for. By itself it takes its component for networks there, in which
/// `MPI_Compare_and_swap` of 64 bits crashes (seen in 4.1.4, as in issue 11349 of its tracker).
///
/// To be called before MPI is initialized. What the user has set stays.
func preferSharedMemoryWindows() {
  // One less than the priority of shared memory. Later versions have other priorities.
  guard libraryVersion.hasPrefix("Open MPI v4") else { return }
  unsafe setenv("OMPI_MCA_osc_rdma_priority", "99", 0)
}

/// What the library is told of the memory of a type's elements.
///
/// Its own memory is aligned for numbers of 64 bits only (Open MPI 4.1.4 returns addresses that are 8
/// modulo 16). Elements that need more begin where it suits them, a few bytes into the window, at the
/// same distance on all ranks; positions are counted in bytes then.
private struct ElementMemory<T: Datatype> {
  let stride = MemoryLayout<T>.stride
  let alignment = MemoryLayout<T>.alignment

  var isPadded: Bool { alignment > 8 }
  var unit: CInt { isPadded ? 1 : CInt(stride) }

  /// The bytes of elements that the program has allocated.
  func byteCount(_ count: Int) -> MPI_Aint {
    let (bytes, overflow) = count.multipliedReportingOverflow(by: stride)
    precondition(count >= 0 && !overflow, "a window of \(count) elements of \(stride) bytes")
    return MPI_Aint(bytes)
  }

  /// The bytes that the library allocates.
  func paddedByteCount(_ count: Int) -> MPI_Aint {
    byteCount(count) + MPI_Aint(isPadded && count > 0 ? alignment : 0)
  }

  /// How far into the window the elements begin.
  func shift(_ base: UnsafeMutableRawPointer?) -> Int? {
    guard let base = unsafe base else { return nil }
    let excess = Int(bitPattern: base) % alignment
    return excess == 0 ? 0 : alignment - excess
  }
}

/// Makes a window with memory of the library's, filled with zero bytes.
func allocateWindow<T: Datatype>(
  _ type: T.Type, count: Int, on communicator: Communicator, _ info: Info,
  _ memory: WindowStorage.Memory
) throws -> (WindowStorage, WindowReference) {
  let layout = ElementMemory<T>()
  let bytes = layout.paddedByteCount(count)
  var raw = CMPI_WIN_NULL as RawWindow
  var base: UnsafeMutableRawPointer?
  if case .shared = memory {
    try unsafe check(
      MPI_Win_allocate_shared(bytes, layout.unit, info.raw, communicator.raw, &base, &raw),
      "MPI_Win_allocate_shared", on: communicator.raw)
  } else {
    // MPICH 4.0.2 writes to wrong addresses where the parts of processes of one host follow each
    // other in memory and have sizes that are no multiples of 16 bytes. They need not follow.
    var info = info
    if info[noncontiguous] == nil { info[noncontiguous] = "true" }
    try unsafe check(
      MPI_Win_allocate(bytes, layout.unit, info.raw, communicator.raw, &base, &raw),
      "MPI_Win_allocate", on: communicator.raw)
  }
  // No bytes have no address, whatever the library says (Open MPI 4.1.4 leaves some that is none).
  if bytes == 0 { unsafe base = nil }
  if let base = unsafe base {
    unsafe base.initializeMemory(as: UInt8.self, repeating: 0, count: Int(bytes))
  }
  return try unsafe finishWindow(
    raw, type, memory, base, layout.shift(base), count, on: communicator)
}

private let noncontiguous = "alloc_shared_noncontig"

/// Makes a window over memory of the program's.
func borrowWindow<T: Datatype>(
  _ elements: borrowing Operand, of type: T.Type, on communicator: Communicator, _ info: Info
) throws -> (WindowStorage, WindowReference) {
  let layout = ElementMemory<T>()
  var raw = CMPI_WIN_NULL as RawWindow
  let elements = elements.run("MPI_Win_create")
  let base = unsafe elements.address
  let code = unsafe MPI_Win_create(
    base, layout.byteCount(elements.count), layout.unit, info.raw, communicator.raw, &raw)
  // Some libraries reach no memory but their own, and say so only here: Open MPI 4.1 does where
  // neither its network nor its shared memory can read other processes' memory, and always on a
  // communicator of one process. There the window gets memory of its own, with a copy of the
  // elements, which nobody can see before the window has been closed, and they are copied back.
  let failures = try communicator.allReduce(code == CMPI_SUCCESS ? 0 : 1, .sum)
  guard failures > 0 else {
    return try unsafe finishWindow(
      raw, T.self, .borrowed(nil), base, 0, elements.count, on: communicator)
  }
  if failures < communicator.size || code != CMPI_ERR_WIN {
    if code == CMPI_SUCCESS { _ = unsafe MPI_Win_free(&raw) }
    try check(code, "MPI_Win_create", on: communicator.raw)
  }
  let copy = unsafe CopiedMemory(
    original: base, byteCount: elements.count * MemoryLayout<T>.stride)
  let (storage, reference) = try allocateWindow(
    T.self, count: elements.count, on: communicator, info, .borrowed(copy))
  unsafe copy.copyIn(to: storage.base)
  // Nobody looks at elements that are not there yet.
  try communicator.barrier()
  return (storage, reference)
}

/// Makes what the library has made a window of this module's: its errors come back as codes, and all
/// ranks know its bounds.
private func finishWindow<T: Datatype>(
  _ raw: RawWindow, _ type: T.Type, _ memory: WindowStorage.Memory,
  _ base: UnsafeMutableRawPointer?, _ shift: Int?, _ count: Int, on communicator: Communicator
) throws -> (WindowStorage, WindowReference) {
  try unsafe check(
    ErrorSource.window(raw).startThrowing(), "MPI_Win_set_errhandler",
    on: communicator.raw)
  let counts: WindowCounts
  do {
    // Nobody goes on from here before all have written their zeros.
    counts = try WindowCounts(
      sharing: count, stride: MemoryLayout<T>.stride, shift: shift, on: communicator)
  } catch {
    // All ranks come to the same end.
    var raw = raw
    _ = unsafe MPI_Win_free(&raw)
    throw error
  }
  let storage = unsafe WindowStorage(
    owning: raw, on: communicator, memory: memory, base: base.map { unsafe $0 + (shift ?? 0) },
    counts: counts, structure: T.mpiDatatype.structure)
  return (storage, WindowReference(storage))
}

/// Memory of the program's, of which a window has a copy.
@safe final class CopiedMemory {
  private let original: UnsafeMutableRawPointer?
  private let byteCount: Int

  init(original: UnsafeMutableRawPointer?, byteCount: Int) {
    unsafe self.original = unsafe original
    self.byteCount = byteCount
  }

  func copyIn(to copy: UnsafeMutableRawPointer?) {
    guard let original = unsafe original, let copy = unsafe copy else { return }
    unsafe copy.copyMemory(from: original, byteCount: byteCount)
  }

  func copyBack(from copy: UnsafeMutableRawPointer?) {
    guard let original = unsafe original, let copy = unsafe copy else { return }
    unsafe original.copyMemory(from: copy, byteCount: byteCount)
  }
}
