/// A number that can be sorted by the bits of a word, which is much faster than by comparisons.
///
/// Floating-point numbers are in the total order of IEEE 754: −0 before +0, and not-a-numbers at the
/// ends by their signs.
public protocol RadixSortable: Comparable, BitwiseCopyable {
  /// A word that is less where the value is.
  var radixKey: UInt64 { get }

  /// The value with such a word.
  init(radixKey: UInt64)
}

extension RadixSortable where Self: FixedWidthInteger & UnsignedInteger {
  /// The value.
  @inlinable public var radixKey: UInt64 { UInt64(truncatingIfNeeded: self) }

  /// Makes the value again.
  @inlinable public init(radixKey: UInt64) { self.init(truncatingIfNeeded: radixKey) }
}

extension RadixSortable where Self: FixedWidthInteger & SignedInteger {
  /// The value above the least one of 64 bits.
  @inlinable public var radixKey: UInt64 { UInt64(truncatingIfNeeded: self) ^ 1 << 63 }

  /// Makes the value again.
  @inlinable public init(radixKey: UInt64) { self.init(truncatingIfNeeded: radixKey ^ 1 << 63) }
}

extension UInt8: RadixSortable {}
extension UInt16: RadixSortable {}
extension UInt32: RadixSortable {}
extension UInt64: RadixSortable {}
extension UInt: RadixSortable {}
extension Int8: RadixSortable {}
extension Int16: RadixSortable {}
extension Int32: RadixSortable {}
extension Int64: RadixSortable {}
extension Int: RadixSortable {}

extension Double: RadixSortable {
  /// The bits, negative numbers' inverted and others' with the sign set.
  @inlinable public var radixKey: UInt64 {
    bitPattern ^ (UInt64(bitPattern: Int64(bitPattern: bitPattern) >> 63) | 1 << 63)
  }

  /// Makes the value again.
  @inlinable public init(radixKey: UInt64) {
    self.init(bitPattern: radixKey >> 63 == 1 ? radixKey ^ 1 << 63 : ~radixKey)
  }
}

extension Float: RadixSortable {
  /// The bits, negative numbers' inverted and others' with the sign set.
  @inlinable public var radixKey: UInt64 {
    UInt64(bitPattern ^ (UInt32(bitPattern: Int32(bitPattern: bitPattern) >> 31) | 1 << 31))
  }

  /// Makes the value again.
  @inlinable public init(radixKey: UInt64) {
    let bits = UInt32(truncatingIfNeeded: radixKey)
    self.init(bitPattern: bits >> 31 == 1 ? bits ^ 1 << 31 : ~bits)
  }
}

/// Sorts words; for what is inlined into other modules.
@usableFromInline
func sortKeys(_ keys: inout [UInt64]) {
  var spare: [UInt64] = []
  radixSort(&keys, spare: &spare)
}

/// The order of items by their words, those with equal words as they were.
@usableFromInline
func sortingPermutation(of keys: [UInt64]) -> [Int] {
  var pairs = keys.enumerated().map { Ranked(key: $1, index: $0) }
  var spare: [Ranked] = []
  radixSort(&pairs, spare: &spare)
  return pairs.map(\.index)
}

private struct Ranked: RadixItem {
  var key: UInt64
  var index: Int

  var radixWord: UInt64 { key }
}
