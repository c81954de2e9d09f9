/// Computes the values of an expression, with the storage that it needs for that.
public struct ExpressionEvaluator {
  let program: ExpressionProgram
  /// Eight numbers each; a register is a row of them.
  private var registers: [Pack]

  /// Numbers that are worked on together: 128 points stay in the first-level cache, and the choice
  /// of an instruction is paid once for all of them.
  private static let packs = 16
  private static var blockLength: Int { 8 * packs }

  /// Makes the storage for an expression.
  public init(_ expression: Expression) { self.init(expression.program) }

  init(_ program: ExpressionProgram) {
    self.program = program
    registers = [Pack](repeating: .zero, count: program.registerCount * Self.packs)
    for (value, register) in program.constants {
      for i in 0..<Self.packs { registers[register * Self.packs + i] = Pack(repeating: value) }
    }
  }

  /// Computes the values at some points. What a point's value is does not depend on the points
  /// beside it.
  ///
  /// - Parameters:
  ///   - points: All first coordinates, then all second ones, and so on.
  ///   - values: A value for each point.
  public mutating func evaluate(_ points: Span<Double>, into values: inout MutableSpan<Double>) {
    let count = values.count
    precondition(
      points.count == count * program.variableCount,
      "\(points.count) coordinates where \(count) points of \(program.variableCount) are expected")
    for start in stride(from: 0, to: count, by: Self.blockLength) {
      evaluateBlock(points, into: &values, start..<min(start + Self.blockLength, count))
    }
  }

  private mutating func evaluateBlock(
    _ points: Span<Double>, into values: inout MutableSpan<Double>, _ range: Range<Int>
  ) {
    // Whole packs; what the last one holds beyond the points is computed, and not used.
    let packs = (range.count + 7) / 8
    let program = program
    var storage = registers.mutableSpan
    for (variable, register) in program.inputs {
      let source = points.extracting(
        (variable * values.count + range.lowerBound)..<(variable * values.count + range.upperBound))
      for i in 0..<packs {
        storage[register * Self.packs + i] = Pack(source, from: 8 * i)
      }
    }
    for instruction in program.instructions {
      let (a, b, c) = instruction.operands
      ExpressionKernel.run(
        instruction.operation, target: instruction.target * Self.packs,
        (a * Self.packs, b * Self.packs, c * Self.packs), packs: packs, in: &storage)
    }
    for i in 0..<packs {
      storage[program.result * Self.packs + i].store(
        to: &values, from: range.lowerBound + 8 * i, before: range.upperBound)
    }
  }
}
