#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// The loops behind the instructions.
enum ExpressionKernel {
  /// Runs an instruction on as many packs as there are, from each register's first one on.
  static func run(
    _ operation: ExpressionOperation, target: Int, _ operands: (Int, Int, Int), packs: Int,
    in registers: inout MutableSpan<Pack>
  ) {
    // Registers are whole rows of the storage, which the program's registers are numbers of.
    precondition(
      max(target, operands.0, operands.1, operands.2) + packs <= registers.count,
      "a register beyond the storage")

    @inline(__always) func unary(_ body: (Pack) -> Pack) {
      for i in 0..<packs {
        unsafe registers[unchecked: target + i] = body(registers[unchecked: operands.0 + i])
      }
    }
    @inline(__always) func binary(_ body: (Pack, Pack) -> Pack) {
      for i in 0..<packs {
        unsafe registers[unchecked: target + i] = body(
          registers[unchecked: operands.0 + i], registers[unchecked: operands.1 + i])
      }
    }
    @inline(__always) func unaryScalar(_ body: (Double) -> Double) {
      unary { x in
        var y = Pack.zero
        for lane in 0..<8 { y[lane] = body(x[lane]) }
        return y
      }
    }
    @inline(__always) func binaryScalar(_ body: (Double, Double) -> Double) {
      binary { x, y in
        var z = Pack.zero
        for lane in 0..<8 { z[lane] = body(x[lane], y[lane]) }
        return z
      }
    }

    switch operation {
    case .add: binary { $0 + $1 }
    case .subtract: binary { $0 - $1 }
    case .multiply: binary { $0 * $1 }
    case .divide: binary { $0 / $1 }
    case .negate: unary { -$0 }
    case .abs: unary { $0.magnitudes }
    case .sqrt: unary { $0.squareRoot() }
    case .floor: unary { $0.rounded(.down) }
    case .ceil: unary { $0.rounded(.up) }
    case .trunc: unary { $0.rounded(.towardZero) }
    case .round: unary { $0.rounded(.toNearestOrAwayFromZero) }
    case .sign:
      unary { x in
        let positive = Pack.zero.replacing(with: 1, where: x .> 0)
        return positive.replacing(with: -1, where: x .< 0).replacing(with: x, where: x .!= x)
      }
    case .min: binary { a, b in a.replacing(with: b, where: (b .< a) .| (b .!= b)) }
    case .max: binary { a, b in a.replacing(with: b, where: (b .> a) .| (b .!= b)) }
    case .less: binary { Pack.zero.replacing(with: 1, where: $0 .< $1) }
    case .lessOrEqual: binary { Pack.zero.replacing(with: 1, where: $0 .<= $1) }
    case .equal: binary { Pack.zero.replacing(with: 1, where: $0 .== $1) }
    case .notEqual: binary { Pack.zero.replacing(with: 1, where: $0 .!= $1) }
    case .and: binary { Pack.zero.replacing(with: 1, where: ($0 .!= 0) .& ($1 .!= 0)) }
    case .or: binary { Pack.zero.replacing(with: 1, where: ($0 .!= 0) .| ($1 .!= 0)) }
    case .not: unary { Pack.zero.replacing(with: 1, where: $0 .== 0) }
    case .select:
      for i in 0..<packs {
        let condition = unsafe registers[unchecked: operands.0 + i] .!= 0
        let (yes, no) = unsafe (
          registers[unchecked: operands.1 + i], registers[unchecked: operands.2 + i]
        )
        unsafe registers[unchecked: target + i] = no.replacing(with: yes, where: condition)
      }

    case .exp: unary { $0.exponential }
    case .log: unary { $0.logarithm }
    case .sin: unary { $0.sine }
    case .cos: unary { $0.cosine }

    case .exp2: unaryScalar(exp2)
    case .expm1: unaryScalar(expm1)
    case .log2: unaryScalar(log2)
    case .log10: unaryScalar(log10)
    case .log1p: unaryScalar(log1p)
    case .cbrt: unaryScalar(cbrt)
    case .tan: unaryScalar(tan)
    case .asin: unaryScalar(asin)
    case .acos: unaryScalar(acos)
    case .atan: unaryScalar(atan)
    case .sinh: unaryScalar(sinh)
    case .cosh: unaryScalar(cosh)
    case .tanh: unaryScalar(tanh)
    case .asinh: unaryScalar(asinh)
    case .acosh: unaryScalar(acosh)
    case .atanh: unaryScalar(atanh)
    case .erf: unaryScalar(erf)
    case .erfc: unaryScalar(erfc)
    case .gamma: unaryScalar(tgamma)
    // The other form also writes a global variable.
    case .lgamma:
      unaryScalar { value in
        var sign: Int32 = 0
        return unsafe lgamma_r(value, &sign)
      }
    case .pow: binaryScalar(pow)
    case .atan2: binaryScalar(atan2)
    case .hypot: binaryScalar(hypot)
    case .mod: binaryScalar(fmod)
    }
  }
}

extension ExpressionOperation {
  /// What constants make: the same as at every point.
  func value(of operands: [Double]) -> Double {
    var storage = operands.map { Pack(repeating: $0) }
    var registers = storage.mutableSpan
    let last = operands.count - 1
    ExpressionKernel.run(self, target: 0, (0, Swift.min(1, last), last), packs: 1, in: &registers)
    return registers[0][0]
  }
}
