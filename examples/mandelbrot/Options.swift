struct BadInput: Error, CustomStringConvertible {
  let description: String
}

struct Options {
  var width = 1200
  var height = 800
  var iterations = 1000
  var output = "mandelbrot.png"

  static let usage = "[--width N] [--height N] [--iterations N] [--output FILE.png]"

  init(_ arguments: some Sequence<String>) throws {
    var rest = arguments.makeIterator()
    while let option = rest.next() {
      guard ["--width", "--height", "--iterations", "--output"].contains(option) else {
        throw BadInput(description: "what is '\(option)'? usage: mandelbrot \(Options.usage)")
      }
      guard let value = rest.next() else {
        throw BadInput(description: "\(option) needs a value")
      }
      switch option {
      case "--width": width = try number(value, option, 1...20_000)
      case "--height": height = try number(value, option, 1...20_000)
      case "--iterations": iterations = try number(value, option, 1...1_000_000)
      default: output = value
      }
    }
  }

  private func number(_ text: String, _ option: String, _ range: ClosedRange<Int>) throws -> Int {
    guard let number = Int(text), range.contains(number) else {
      throw BadInput(
        description: "\(option) takes a number from \(range.lowerBound) to \(range.upperBound), "
          + "not '\(text)'")
    }
    return number
  }
}
