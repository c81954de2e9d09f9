/// Sorts lines by their words, the first word of all, then the next one of those that share it.
///
/// Equal lines stay in their order. O(n · bytes that tell the lines apart).
@safe
struct EntrySorter {
  typealias Entries = UnsafeMutablePointer<LineEntry>

  let bytes: UnsafePointer<UInt8>
  let entries: Entries
  let spare: Entries
  let order: LineOrder

  /// Neighbours that share a word, and are told apart by the next one.
  private struct Run {
    var range: Range<Int>
    var step: LineOrder.Step
  }

  /// Not recursive: lines that share a megabyte would need a stack as deep.
  private var pending: [Run] = []

  init(bytes: UnsafePointer<UInt8>, entries: Entries, spare: Entries, order: LineOrder) {
    unsafe self.bytes = unsafe bytes
    unsafe self.entries = unsafe entries
    unsafe self.spare = unsafe spare
    self.order = order
  }

  private static var few: Int { 24 }

  @inline(__always)
  private func line(_ entry: LineEntry) -> Line {
    unsafe Line(base: bytes + Int(entry.offset), count: Int(entry.count))
  }

  /// Sorts the first entries, which hold their first words; they hold them again in the end.
  mutating func sort(_ count: Int) {
    guard count > 1 else { return }
    unsafe RadixSort.sort(entries, spare, count, shift: 56, intoSecond: false)
    collect(0..<count, step: .first)
    while let run = pending.popLast() {
      if run.range.count <= Self.few {
        insertByLines(run.range)
        continue
      }
      // The first word is the same for all of them, and comes back when they are sorted.
      let word = unsafe entries[run.range.lowerBound].word
      sort(run)
      for i in run.range { unsafe entries[i].word = word }
    }
  }

  private mutating func sort(_ run: Run) {
    var step = run.step
    let start = run.range.lowerBound
    let shared = unsafe entries[start].word
    while true {
      if order.isFar(step) {
        for i in run.range { unsafe entries[i].word = shared }
        mergeByLines(run.range)
        return
      }
      var first: UInt64 = 0
      var isSame = true
      for i in run.range {
        let word = unsafe order.word(line(entries[i]), step)
        if i == start { first = word }
        if word != first { isSame = false }
        unsafe entries[i].word = word
      }
      guard isSame else { break }
      guard let next = order.step(after: step, sharing: first) else { return }
      step = next
    }
    unsafe RadixSort.sort(
      entries + start, spare + start, run.range.count, shift: 56, intoSecond: false)
    collect(run.range, step: step)
  }

  /// Notes the neighbours that share a word, where that does not say that they are equal.
  private mutating func collect(_ range: Range<Int>, step: LineOrder.Step) {
    var start = range.lowerBound
    while start < range.upperBound {
      let word = unsafe entries[start].word
      var end = start + 1
      while unsafe end < range.upperBound && entries[end].word == word { end += 1 }
      if end - start > 1, let next = order.step(after: step, sharing: word) {
        pending.append(Run(range: start..<end, step: next))
      }
      start = end
    }
  }

  /// Sorts lines that share their first words, by comparing them: neighbours, then pairs of
  /// neighbours, and so on.
  private func mergeByLines(_ range: Range<Int>) {
    var length = 1
    while length < range.count {
      for first in stride(from: range.lowerBound, to: range.upperBound, by: 2 * length) {
        let middle = min(first + length, range.upperBound)
        let end = min(middle + length, range.upperBound)
        var (a, b) = (first, middle)
        for place in first..<end {
          let takesSecond = unsafe a == middle || b < end && isBefore(entries[b], entries[a])
          unsafe spare[place] = entries[takesSecond ? b : a]
          if takesSecond { b += 1 } else { a += 1 }
        }
      }
      unsafe (entries + range.lowerBound).update(from: spare + range.lowerBound, count: range.count)
      length *= 2
    }
  }

  private func isBefore(_ b: LineEntry, _ a: LineEntry) -> Bool {
    unsafe order.compareTails(line(b), line(a), sharing: a.word) < 0
  }

  /// Sorts a few lines that share their first words, by comparing them.
  private func insertByLines(_ range: Range<Int>) {
    for i in range.dropFirst() {
      let entry = unsafe entries[i]
      var place = i
      while unsafe place > range.lowerBound && isBefore(entry, entries[place - 1]) {
        unsafe entries[place] = entries[place - 1]
        place -= 1
      }
      unsafe entries[place] = entry
    }
  }
}
