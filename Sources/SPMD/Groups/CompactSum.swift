/// An exact sum of numbers of similar magnitude, in a twentieth of the memory of an ``ExactSum``: a
/// window of six of its limbs, the first number decides which.
struct CompactSum {
  static let limbCount = 6
  /// Before the first number that is not zero.
  static let unplaced = -1

  /// Limb `i` has the weight of limb `base + i` of an ``ExactSum``.
  private(set) var limbs = InlineArray<6, Int64>(repeating: 0)
  private(set) var base = Int32(Self.unplaced)
  /// How many numbers were added since carries were passed, each of less than 2³² to a limb.
  private var pending: Int32 = 0
  private static let mostPending: Int32 = 1 << 29

  init() {}

  /// Adds `magnitude · 2^exponent`; returns whether the window has room for it.
  @inline(__always)
  mutating func add(_ magnitude: UInt64, exponent: Int, negative: Bool) -> Bool {
    if magnitude == 0 { return true }
    if pending >= Self.mostPending && !passCarries() { return false }
    let position = exponent &+ ExactSum.bias
    let limb = position &>> 5
    // Room for two limbs below, and for one above the three that a number takes.
    if base < 0 { base = Int32(max(0, limb - 2)) }
    let place = limb &- Int(base)
    guard place >= 0 && place <= Self.limbCount &- 3 else { return false }
    let wide = UInt128(magnitude) &<< UInt128(position & 31)
    let sign: Int64 = negative ? -1 : 1
    limbs[place] &+= sign &* Int64(truncatingIfNeeded: wide & 0xffff_ffff)
    limbs[place &+ 1] &+= sign &* Int64(truncatingIfNeeded: wide &>> 32 & 0xffff_ffff)
    limbs[place &+ 2] &+= sign &* Int64(truncatingIfNeeded: wide &>> 64)
    pending &+= 1
    return true
  }

  /// Brings every limb but the last into 0 ..< 2³²; returns whether the last one has room for as
  /// many more numbers.
  private mutating func passCarries() -> Bool {
    for i in 0..<(Self.limbCount - 1) {
      limbs[i + 1] += limbs[i] >> 32
      limbs[i] &= 0xffff_ffff
    }
    let hasRoom = limbs[Self.limbCount - 1].magnitude < 1 << 61
    pending = hasRoom ? 0 : Self.mostPending
    return hasRoom
  }

  /// Adds another sum; returns whether the window had room for it. If not, nothing has changed.
  mutating func add(_ other: CompactSum) -> Bool {
    guard other.base >= 0 else { return true }
    if base < 0 {
      self = other
      return true
    }
    guard passCarries() else { return false }
    var other = other
    guard other.passCarries() else { return false }
    let shift = Int(other.base - base)
    // What is small, and beyond this window, can be expressed by the limb below: mostly the sign of
    // a negative sum.
    for i in (1..<Self.limbCount).reversed()
    where i + shift >= Self.limbCount && other.limbs[i].magnitude < 1 << 29 {
      other.limbs[i - 1] += other.limbs[i] << 32
      other.limbs[i] = 0
    }
    for i in 0..<Self.limbCount where other.limbs[i] != 0 {
      guard (0..<Self.limbCount).contains(i + shift) else { return false }
    }
    for i in 0..<Self.limbCount where other.limbs[i] != 0 { limbs[i + shift] += other.limbs[i] }
    _ = passCarries()
    return true
  }

  // MARK: As bytes

  /// Appends the base and those limbs that are not zero.
  func append(to bytes: inout [UInt8], flag: UInt8) {
    var copy = self
    _ = copy.passCarries()
    bytes.append(UInt8(truncatingIfNeeded: base + 1))
    var present = flag
    for i in 0..<Self.limbCount where copy.limbs[i] != 0 { present |= 1 << UInt8(i) }
    bytes.append(present)
    let last = Self.limbCount - 1
    for i in 0..<last where copy.limbs[i] != 0 {
      bytes.appendBytes(of: UInt32(truncatingIfNeeded: copy.limbs[i]))
    }
    if copy.limbs[last] != 0 { bytes.appendBytes(of: UInt64(bitPattern: copy.limbs[last])) }
  }

  /// The flag that may stand beside those of the limbs.
  static let flag: UInt8 = 1 << 7

  /// Reads what ``append(to:flag:)`` wrote; returns whether the flag was set.
  static func read(from reader: inout PackedReader) -> (sum: CompactSum, flag: Bool) {
    var sum = CompactSum()
    sum.base = unsafe Int32(reader.byte()) - 1
    let present = unsafe reader.byte()
    for i in 0..<(limbCount - 1) where present >> UInt8(i) & 1 != 0 {
      sum.limbs[i] = unsafe Int64(reader.integer(UInt32.self))
    }
    if present >> UInt8(limbCount - 1) & 1 != 0 {
      sum.limbs[limbCount - 1] = unsafe Int64(bitPattern: reader.integer(UInt64.self))
    }
    return (sum, present & flag != 0)
  }
}

extension ExactSum {
  /// Adds a sum of another form.
  mutating func add(_ other: CompactSum) {
    guard other.base >= 0 else { return }
    passCarries()
    for i in 0..<CompactSum.limbCount { limbs[Int(other.base) + i] += other.limbs[i] }
    passCarries()
  }
}
