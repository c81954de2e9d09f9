/// Reads dates and times of ISO 8601 in the proleptic Gregorian calendar, without time zones.
enum DateParser {
  @inline(__always)
  private static func digits(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> Int? {
    var value = 0
    for i in 0..<count {
      let digit = unsafe bytes[i] &- UInt8(ascii: "0")
      guard digit < 10 else { return nil }
      value = value &* 10 &+ Int(digit)
    }
    return value
  }

  /// Days since 1970-01-01.
  @inline(__always)
  static func days(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> Int64? {
    guard unsafe count == 10 && bytes[4] == UInt8(ascii: "-") && bytes[7] == UInt8(ascii: "-"),
      let year = unsafe digits(bytes, 4), let month = unsafe digits(bytes + 5, 2),
      let day = unsafe digits(bytes + 8, 2),
      month >= 1, month <= 12, day >= 1, day <= 28 || day <= length(ofMonth: month, year: year)
    else { return nil }
    return Int64(dayNumber(year: year, month: month, day: day))
  }

  /// Microseconds since 1970-01-01; a bare date is midnight.
  static func microseconds(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> Int64? {
    guard count >= 10, let day = unsafe days(bytes, 10) else { return nil }
    let midnight = day * 86_400_000_000
    if count == 10 { return midnight }
    let separator = unsafe bytes[10]
    guard count >= 16, separator == UInt8(ascii: " ") || separator == UInt8(ascii: "T"),
      unsafe bytes[13] == UInt8(ascii: ":"),
      let hour = unsafe digits(bytes + 11, 2), let minute = unsafe digits(bytes + 14, 2),
      hour < 24, minute < 60
    else { return nil }
    var time = Int64(hour * 60 + minute) * 60_000_000
    if count > 16 {
      guard count >= 19, unsafe bytes[16] == UInt8(ascii: ":"),
        let second = unsafe digits(bytes + 17, 2), second < 60
      else { return nil }
      time += Int64(second) * 1_000_000
    }
    if count > 19 {
      let decimals = count - 20
      guard (1...6).contains(decimals), unsafe bytes[19] == UInt8(ascii: "."),
        var fraction = unsafe digits(bytes + 20, decimals)
      else { return nil }
      for _ in decimals..<6 { fraction *= 10 }
      time += Int64(fraction)
    }
    return midnight + time
  }

  private static func length(ofMonth month: Int, year: Int) -> Int {
    switch month {
    case 2: return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
    case 4, 6, 9, 11: return 30
    default: return 31
    }
  }

  /// The day's number, counted from 1970-01-01: years begin in March, so that the leap day comes
  /// last.
  @inline(__always)
  private static func dayNumber(year: Int, month: Int, day: Int) -> Int {
    // Four centuries on, so that nothing is negative: they have 146 097 days.
    let shifted = UInt32(truncatingIfNeeded: year + (month > 2 ? 400 : 399))
    let monthFromMarch = UInt32(truncatingIfNeeded: month > 2 ? month - 3 : month + 9)
    let daysBefore = 365 * shifted + shifted / 4 - shifted / 100 + shifted / 400
    // Five months from March take 153 days, again and again.
    return Int(daysBefore + (153 * monthFromMarch + 2) / 5) + day - 719_469 - 146_097
  }

  /// The date of a day's number.
  static func text(days: Int64) -> String {
    // A year is found by a guess that is at most one off.
    var year = Int((Double(days) / 365.2425).rounded(.down)) + 1970
    while dayNumber(year: year, month: 1, day: 1) > Int(days) { year -= 1 }
    while dayNumber(year: year + 1, month: 1, day: 1) <= Int(days) { year += 1 }
    var rest = Int(days) - dayNumber(year: year, month: 1, day: 1)
    var month = 1
    while rest >= length(ofMonth: month, year: year) {
      rest -= length(ofMonth: month, year: year)
      month += 1
    }
    return "\(padded(year, 4))-\(padded(month, 2))-\(padded(rest + 1, 2))"
  }

  /// The date and time of a number of microseconds.
  static func text(microseconds: Int64) -> String {
    let day: Int64 = 86_400_000_000
    var (days, time) = microseconds.quotientAndRemainder(dividingBy: day)
    if time < 0 { (days, time) = (days - 1, time + day) }
    let seconds = Int(time / 1_000_000)
    let clock =
      "\(padded(seconds / 3600, 2)):\(padded(seconds / 60 % 60, 2)):\(padded(seconds % 60, 2))"
    let fraction = Int(time % 1_000_000)
    return "\(text(days: days)) \(clock)" + (fraction == 0 ? "" : ".\(padded(fraction, 6))")
  }

  private static func padded(_ value: Int, _ width: Int) -> String {
    let digits = String(value)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }
}
