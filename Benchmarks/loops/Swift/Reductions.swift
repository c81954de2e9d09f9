// Loops that reduce what they go through to one number, and the simplest of those that do not.

/// As in C: the mean of the neighbors, and by how much it differs from what was there.
@inline(never)
func change(
  byIndex old: [Double], _ new: inout [Double], _ rows: Int, _ columns: Int
) -> Double {
  var largest = 0.0
  for i in 1..<rows - 1 {
    for j in 1..<columns - 1 {
      let mean =
        0.25
        * (old[(i - 1) * columns + j] + old[(i + 1) * columns + j] + old[i * columns + j - 1]
          + old[i * columns + j + 1])
      largest = max(largest, abs(mean - old[i * columns + j]))
      new[i * columns + j] = mean
    }
  }
  return largest
}

@inline(never)
func change(byMax old: [Double], _ new: inout [Double], _ rows: Int, _ columns: Int) -> Double {
  let old = old.span
  var new = new.mutableSpan
  var largest = 0.0
  for i in 1..<rows - 1 {
    let above = old.extracting((i - 1) * columns..<i * columns)
    let here = old.extracting(i * columns..<(i + 1) * columns)
    let below = old.extracting((i + 1) * columns..<(i + 2) * columns)
    var result = new._mutatingExtracting(i * columns..<(i + 1) * columns)
    for j in 1..<columns - 1 {
      let mean = 0.25 * (above[j] + below[j] + here[j - 1] + here[j + 1])
      largest = max(largest, abs(mean - here[j]))
      result[j] = mean
    }
  }
  return largest
}

@inline(never)
func change(byIf old: [Double], _ new: inout [Double], _ rows: Int, _ columns: Int) -> Double {
  let old = old.span
  var new = new.mutableSpan
  var largest = 0.0
  for i in 1..<rows - 1 {
    let above = old.extracting((i - 1) * columns..<i * columns)
    let here = old.extracting(i * columns..<(i + 1) * columns)
    let below = old.extracting((i + 1) * columns..<(i + 2) * columns)
    var result = new._mutatingExtracting(i * columns..<(i + 1) * columns)
    for j in 1..<columns - 1 {
      let mean = 0.25 * (above[j] + below[j] + here[j - 1] + here[j + 1])
      let difference = abs(mean - here[j])
      if difference > largest { largest = difference }
      result[j] = mean
    }
  }
  return largest
}

@inline(never)
func sum(byIndex numbers: [Double]) -> Double {
  var sum = 0.0
  for i in 0..<numbers.count { sum += numbers[i] }
  return sum
}

/// Eight strands, which do not wait for each other: the additions are made in another order than in C.
@inline(never)
func sum(inStrands numbers: [Double]) -> Double {
  var strands = SIMD8<Double>.zero
  let whole = numbers.count / 8 * 8
  for i in stride(from: 0, to: whole, by: 8) {
    strands += SIMD8(
      numbers[i], numbers[i + 1], numbers[i + 2], numbers[i + 3],
      numbers[i + 4], numbers[i + 5], numbers[i + 6], numbers[i + 7])
  }
  var sum = strands.sum()
  for i in whole..<numbers.count { sum += numbers[i] }
  return sum
}

@inline(never)
func update(byIndex y: inout [Double], adding factor: Double, times x: [Double]) {
  for i in 0..<y.count { y[i] += factor * x[i] }
}

@inline(never)
func update(byZip y: inout [Double], adding factor: Double, times x: [Double]) {
  for (i, element) in zip(y.indices, x) { y[i] += factor * element }
}
