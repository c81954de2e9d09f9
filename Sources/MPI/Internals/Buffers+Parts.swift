internal import CMPI

extension RawBuffer {
  /// As this buffer with another count; in place, with the datatype of the buffer that holds the
  /// data.
  func withCount(_ count: Int, ifInPlaceAs other: RawBuffer) -> RawBuffer {
    let type = unsafe address == CMPI_IN_PLACE ? other.datatype : datatype
    return unsafe withCount(count, of: type)
  }

  /// As this buffer with another count, of another datatype.
  func withCount(_ count: Int, of datatype: DatatypeHandle) -> RawBuffer {
    unsafe RawBuffer(address: address, count: count, datatype: datatype)
  }
}

extension Array where Element: Datatype {
  /// An array that the parts of a partition fill; what lies between them is zero.
  init(
    receiving parts: Partition, _ fill: (RawBuffer) throws(MPIError) -> Void
  ) throws(MPIError) {
    self = try unsafe Array(receiving: parts.count) { buffer throws(MPIError) in
      if !parts.isContiguous {
        let bytes = parts.count * MemoryLayout<Element>.stride
        unsafe buffer.address?.initializeMemory(as: UInt8.self, repeating: 0, count: bytes)
      }
      try unsafe fill(buffer)
    }
  }
}
