/// Elements that a reduction can combine: all that there are, in one run.
///
/// All operands are such elements but spans that are laid out, since MPI's reductions take no
/// layouts: what a layout names has to be copied to an array first.
public protocol Reducible: ~Copyable, ~Escapable {}

extension Span: Reducible where Element: Datatype {}
extension MutableSpan: Reducible where Element: Datatype {}
extension Array: Reducible where Element: Datatype {}
extension ArraySlice: Reducible where Element: Datatype {}
extension ContiguousArray: Reducible where Element: Datatype {}
extension InlineArray: Reducible where Element: Datatype {}
extension AllocatedArray: Reducible {}

extension Operand {
  /// All elements, as C describes them.
  ///
  /// Traps where a layout names some of them.
  @inlinable @inline(__always)
  func whole(_ what: StaticString) -> RawBuffer {
    precondition(isWhole, "\(what) takes no layouts")
    return elements
  }

  /// Calls a core with these elements as results, and with what says that the operands are in their
  /// place.
  @inlinable @inline(__always)
  func inPlace(_ core: (borrowing Operand, borrowing Operand) throws -> Void) rethrows {
    try core(Operand(elements.inPlaceOperand), self)
  }
}
