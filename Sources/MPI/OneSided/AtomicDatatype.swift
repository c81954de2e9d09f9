/// A type that the library updates atomically in one call: the integers of 8 to 64 bits, `Float`,
/// `Double` and `Bool`.
public protocol AtomicDatatype: Datatype, BitwiseCopyable {}

extension Int8: AtomicDatatype {}
extension Int16: AtomicDatatype {}
extension Int32: AtomicDatatype {}
extension Int64: AtomicDatatype {}
extension Int: AtomicDatatype {}
extension UInt8: AtomicDatatype {}
extension UInt16: AtomicDatatype {}
extension UInt32: AtomicDatatype {}
extension UInt64: AtomicDatatype {}
extension UInt: AtomicDatatype {}
extension Float: AtomicDatatype {}
extension Double: AtomicDatatype {}
extension Bool: AtomicDatatype {}
