/// Counts the values of one column in bins that hold all of them.
final class HistogramReader: FieldReader, BatchReader {
  private let column: Int
  private let type: ColumnType
  private let bins: HistogramBins
  private(set) var counts: [Int]

  init(column: Int, type: ColumnType, bins: HistogramBins, missingValues: [[UInt8]]) {
    self.column = column
    self.type = type
    self.bins = bins
    counts = [Int](repeating: 0, count: bins.count)
    super.init(missingValues: missingValues)
  }

  func read(_ batch: RecordBatch) {
    switch type {
    case .number:
      unsafe count(batch) {
        unsafe NumberParser.number($0, $1)
      } bin: {
        $0.isNaN ? nil : bins.bin(of: $0)
      }
    case .integer:
      unsafe count(batch) {
        unsafe NumberParser.integer($0, $1)
      } bin: {
        bins.bin(of: $0)
      }
    case .date:
      unsafe count(batch) {
        unsafe DateParser.days($0, $1)
      } bin: {
        bins.bin(of: $0)
      }
    case .timestamp:
      unsafe count(batch) {
        unsafe DateParser.microseconds($0, $1)
      } bin: {
        bins.bin(of: $0)
      }
    case .empty, .boolean, .string: return
    }
  }

  @inline(__always)
  private func count<Value>(
    _ batch: RecordBatch, _ parse: (UnsafePointer<UInt8>, Int) -> Value?, bin: (Value) -> Int?
  ) {
    for record in 0..<(unsafe batch.count) {
      let field = unsafe batch.field(record, column)
      let value = unsafe contents(field.bytes, field.count)
      guard unsafe !isMissing(value), let number = unsafe parse(value.bytes, value.count),
        let bin = bin(number)
      else { continue }
      counts[bin] += 1
    }
  }
}
