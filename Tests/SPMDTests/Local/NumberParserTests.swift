import Glibc
import Testing

@testable import SPMD

@Suite struct NumberParserTests {
  private func number(_ text: String) -> Double? {
    unsafe withBytes(of: text) { unsafe NumberParser.number($0, $1) }
  }

  private func integer(_ text: String) -> Int64? {
    unsafe withBytes(of: text) { unsafe NumberParser.integer($0, $1) }
  }

  private func isSame(_ text: String) -> Bool {
    let nearest = unsafe strtod(text, nil)
    return number(text)?.bitPattern == nearest.bitPattern
  }

  @Test(arguments: [
    "0", "-0", "1", "-1.5", ".5", "5.", "+3", "1e3", "1E-3", "1e+05",
    "123456789012345678901234567890",
    "0.1", "0.30000000000000004", "2.2250738585072014e-308", "2.2250738585072011e-308",
    "4.9406564584124654e-324", "2.4703282292062327e-324", "2.4703282292062328e-324", "1e-400",
    "1e400",
    "1.7976931348623157e308", "1.7976931348623159e308", "9007199254740993",
    "9007199254740993.00000001",
    "8.5e-323", "1e22", "1e23", "6.0221407600000000e23", "0.000000000000000000000000000000000001",
    "1797693134862315807e290", "9214843084008499", "7.2057594037927933e16", "1e-342", "1e308",
    "1e-343",
    "12345678901234567e-30", "00000000000000000000001.5", "1e0000000000000000000000001",
  ]) func isNearest(_ text: String) {
    #expect(isSame(text), "\(text) → \(String(describing: number(text)))")
  }

  @Test(arguments: [
    "-", "+", ".", "e5", "1e", "1e+", "1.2.3", "0x10", "1_000", "1,5", "--1", "1 2", "nanx", "infi",
    "١",
  ]) func isNoNumber(_ text: String) {
    #expect(number(text) == nil)
    #expect(integer(text) == nil)
  }

  @Test func spelledNumbers() {
    #expect(number("inf") == .infinity)
    #expect(number("-Infinity") == -.infinity)
    #expect(number("NaN")?.isNaN == true)
    #expect(number(" 1.5\t") == 1.5)
    #expect(integer(" -7 ") == -7)
  }

  @Test func integersReachTheEnds() {
    #expect(integer("9223372036854775807") == .max)
    #expect(integer("-9223372036854775808") == .min)
    #expect(integer("9223372036854775808") == nil)
    #expect(integer("-9223372036854775809") == nil)
    #expect(integer("0000000000000000000000012") == 12)
    #expect(integer("1.0") == nil)
  }

  @Test func randomNumbersAreNearest() {
    var generator = SampleGenerator(seed: 3)
    for _ in 0..<5000 {
      // Any bits; the shortest text of any number; up to 19 digits and any exponent; half-way
      // cases.
      let value = Double(bitPattern: generator.next())
      if value.isFinite { #expect(isSame("\(value)")) }
      let digits = generator.next() >> UInt64.random(in: 0...63, using: &generator)
      let exponent = Int.random(in: -345...310, using: &generator)
      #expect(isSame("\(digits)e\(exponent)"))
      let integer = (generator.next() >> 11) << 1 | 1 << 53 | 1
      #expect(isSame("\(integer)e\(exponent / 20)"))
    }
  }
}
