/// An expression as instructions on registers, each of which holds a block of numbers.
struct ExpressionProgram: Sendable {
  struct Instruction: Sendable {
    let operation: ExpressionOperation
    let target: Int
    /// Three registers, the first one again where there are fewer operands.
    let operands: (Int, Int, Int)
  }

  /// The registers of the variables that occur: number of the variable, register.
  let inputs: [(variable: Int, register: Int)]
  /// What never changes.
  let constants: [(value: Double, register: Int)]
  let instructions: [Instruction]
  let registerCount: Int
  /// Where the result is.
  let result: Int
  let variableCount: Int

  /// Gives each node a register, which is free again after the last use; operands come first.
  init(_ graph: ExpressionGraph, root: Int, variableCount: Int) {
    self.variableCount = variableCount
    let lastUse = Self.lastUses(graph, root: root)
    var registers = [Int](repeating: -1, count: root + 1)
    var free: [Int] = []
    var count = 0
    var inputs: [(variable: Int, register: Int)] = []
    var constants: [(value: Double, register: Int)] = []
    var instructions: [Instruction] = []
    func fresh() -> Int {
      count += 1
      return count - 1
    }
    for node in 0...root where lastUse[node] >= 0 {
      switch graph.nodes[node] {
      case .variable(let variable):
        registers[node] = fresh()
        inputs.append((variable, registers[node]))
      case .constant(let bits):
        registers[node] = fresh()
        constants.append((Double(bitPattern: bits), registers[node]))
      case .operation(let operation, let operands):
        let sources = operands.map { registers[$0] }
        for operand in Set(operands) where lastUse[operand] == node {
          if case .operation = graph.nodes[operand] { free.append(registers[operand]) }
        }
        registers[node] = free.popLast() ?? fresh()
        instructions.append(
          Instruction(
            operation: operation, target: registers[node],
            operands: (sources[0], sources.dropFirst().first ?? sources[0], sources.last ?? 0)))
      }
    }
    self.inputs = inputs
    self.constants = constants
    self.instructions = instructions
    registerCount = count
    result = registers[root]
  }

  /// For each node the last one that needs it, or −1 where none does.
  private static func lastUses(_ graph: ExpressionGraph, root: Int) -> [Int] {
    var last = [Int](repeating: -1, count: root + 1)
    last[root] = root + 1
    for node in (0...root).reversed() where last[node] >= 0 {
      guard case .operation(_, let operands) = graph.nodes[node] else { continue }
      for operand in operands { last[operand] = max(last[operand], node) }
    }
    return last
  }
}
