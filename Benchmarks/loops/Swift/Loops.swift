// Loops over a field of doubles that is stored by rows, each in several ways, of which C/loops.c has one: `run` times them
// against that.
//
//     loops LOOP-FORM SIZE SAMPLES      prints the least time of a sample in nanoseconds, and a checksum
//     loops forms                       prints all forms, one a line

import Foundation
import SPMD

/// A way to write a loop: it is called again and again.
typealias Form = @Sendable (inout Fields) -> Void

/// What the loops work on.
struct Fields {
  var a: [Double]
  var b: [Double]
  var (matrix, other): (Matrix<Double>, Matrix<Double>)
  var (nested, next): ([[Double]], [[Double]])
  let model: Model
  let size: Int
  var check = 0.0

  init(size: Int) {
    self.size = size
    a = (0..<size * size).map { Double(7919 * $0 % 1000) * 1e-3 }
    b = a
    matrix = Matrix(rows: size, columns: size, a)
    other = matrix
    let all = a
    nested = (0..<size).map { Array(all[$0 * size..<($0 + 1) * size]) }
    next = nested
    model = Model(a, size)
  }

  mutating func swapFields() { swap(&a, &b) }

  /// The sum of what the loops have returned, and of the field that they have worked on.
  func checksum(of form: String) -> Double {
    let field =
      switch form {
      case let form where form.hasPrefix("stencil-matrix"): matrix.elements
      case let form where form.hasPrefix("stencil-class"): model.cells
      case "stencil-nested": nested.flatMap { $0 }
      default: a
      }
    return field.reduce(check, +)
  }
}

let forms: [String: Form] = [
  "stencil-index": { fields in
    stencil(byIndex: fields.a, &fields.b, fields.size, fields.size)
    fields.swapFields()
  },
  "stencil-spans": { fields in
    stencil(bySpans: fields.a, &fields.b, fields.size, fields.size)
    fields.swapFields()
  },
  "stencil-nested": { fields in
    stencil(nested: fields.nested, &fields.next)
    swap(&fields.nested, &fields.next)
  },
  "stencil-class": { $0.model.relaxByIndex() },
  "stencil-classRows": { $0.model.relaxByRows() },
  "stencil-rows": { fields in
    stencil(byRows: fields.a, &fields.b, fields.size, fields.size)
    fields.swapFields()
  },
  "stencil-rowsIn": { fields in
    stencil(readingRows: fields.a, &fields.b, fields.size, fields.size)
    fields.swapFields()
  },
  "stencil-matrix": { fields in
    stencil(byIndex: fields.matrix, &fields.other)
    swap(&fields.matrix, &fields.other)
  },
  "stencil-matrixRows": { fields in
    stencil(byRows: fields.matrix, &fields.other)
    swap(&fields.matrix, &fields.other)
  },
  "change-index": { fields in
    fields.check += change(byIndex: fields.a, &fields.b, fields.size, fields.size)
    fields.swapFields()
  },
  "change-max": { fields in
    fields.check += change(byMax: fields.a, &fields.b, fields.size, fields.size)
    fields.swapFields()
  },
  "change-if": { fields in
    fields.check += change(byIf: fields.a, &fields.b, fields.size, fields.size)
    fields.swapFields()
  },
  "seidel-index": { seidel(byIndex: &$0.a, $0.size, $0.size) },
  "seidel-carried": { seidel(carrying: &$0.a, $0.size, $0.size) },
  "sum-index": { $0.check += sum(byIndex: $0.a) },
  "sum-strands": { $0.check += sum(inStrands: $0.a) },
  "update-index": { update(byIndex: &$0.a, adding: 1e-9, times: $0.b) },
  "update-zip": { update(byZip: &$0.a, adding: 1e-9, times: $0.b) },
]

@main struct Loops {
  static func main() {
    let given = CommandLine.arguments
    if given.dropFirst() == ["forms"] {
      for name in forms.keys.sorted() { print(name) }
      return
    }
    guard
      given.count == 4, let form = forms[given[1]], let size = Int(given[2]), size >= 3,
      let samples = Int(given[3]), samples > 0
    else {
      FileHandle.standardError.write(Data("loops: needs LOOP-FORM SIZE SAMPLES\n".utf8))
      exit(2)
    }
    var fields = Fields(size: size)
    let repetitions = 1 + (1 << 22) / (size * size)
    var least = Double.infinity
    for _ in 0..<samples {
      let start = nanoseconds()
      for _ in 0..<repetitions { form(&fields) }
      least = min(least, (nanoseconds() - start) / Double(repetitions))
    }
    print(String(format: "%.0f %.10g", least, fields.checksum(of: given[1])))
  }
}

/// The processor's time of this thread: what else the machine has to do is not in it.
func nanoseconds() -> Double {
  var time = timespec()
  unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
  return 1e9 * Double(time.tv_sec) + Double(time.tv_nsec)
}
