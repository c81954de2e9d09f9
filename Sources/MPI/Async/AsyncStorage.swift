internal import CMPI

/// An array that MPI reads or writes while a task waits.
///
/// The address of an array's elements does not change while the array exists and no one changes it,
/// and this is the only reference to the array, or one of several that only read it.
@safe final class AsyncStorage<Element: Datatype>: @unchecked Sendable {
  private var elements: [Element]
  let buffer: RawBuffer

  /// Elements to be sent.
  init(_ elements: [Element]) {
    self.elements = elements
    buffer = elements.span.rawBuffer
  }

  /// Elements to be sent and received in their place; `elements` is empty until ``take()``.
  init(taking elements: inout [Element]) {
    var own: [Element] = []
    swap(&own, &elements)
    buffer = own.lastingBuffer()
    self.elements = own
  }

  /// Room for `count` elements, which are not there before they are received.
  init(count: Int) {
    // With room for none the standard library writes a zero to the empty array that all threads share (seen in Swift
    // 6.3.1), which the thread sanitizer reports.
    var own: [Element] = []
    if count > 0 { own = unsafe [Element](unsafeUninitializedCapacity: count) { $1 = count } }
    buffer = own.lastingBuffer()
    elements = own
  }

  /// Room for the parts of a partition; what lies between them is zero.
  convenience init(_ parts: Partition) {
    self.init(count: parts.count)
    if !parts.isContiguous {
      let bytes = parts.count * MemoryLayout<Element>.stride
      unsafe buffer.address?.initializeMemory(as: UInt8.self, repeating: 0, count: bytes)
    }
  }

  /// The first elements of what was received.
  func take(_ count: Int? = nil) -> [Element] {
    let count = count ?? buffer.count
    unsafe RawBuffer(address: buffer.address, count: count, datatype: buffer.datatype).normalize()
    var result: [Element] = []
    swap(&result, &elements)
    if count < result.count { result.removeLast(result.count - count) }
    return result
  }
}

extension Array where Element: Datatype {
  /// The elements as C describes them, for as long as the array exists and no one changes it.
  fileprivate mutating func lastingBuffer() -> RawBuffer {
    let count = count
    return unsafe withUnsafeMutableBufferPointer {
      unsafe RawBuffer(
        address: UnsafeMutableRawPointer($0.baseAddress), count: count,
        datatype: Element.mpiDatatype)
    }
  }
}
