/// Reads one column of batch after batch into a ``ColumnState``.
final class ColumnReader: FieldReader, BatchReader {
  let column: Int
  // These members are not private because the reader goes on in ColumnReader+Values.
  var state: ColumnState
  let needs: StatisticNeeds
  private let limits: SketchLimits

  /// The sketches of the block that is being read.
  var quantiles: QuantileSketch?
  var frequent: FrequentItems
  private var isBlockEmpty = true

  private var integers: [Int64] = []
  private var numbers: [Double] = []
  var keys: [UInt64] = []

  init(
    column: Int, type: ColumnType, needs: StatisticNeeds, missingValues: [[UInt8]],
    limits: SketchLimits
  ) {
    self.column = column
    self.needs = needs
    self.limits = limits
    state = ColumnState(type: type)
    frequent = FrequentItems(capacity: limits.counters)
    super.init(missingValues: missingValues)
  }

  /// Whether a value was met that the type does not have: what is read is only good for finding the
  /// type.
  private var isContradicted: Bool { state.observed != state.type }

  /// Begins a block; `number` seeds the coins of its sketch.
  func beginBlock(_ number: Int) {
    isBlockEmpty = true
    guard needs.sketches else { return }
    frequent.removeAll()
    guard needs.quantiles else { return }
    let seed = Mixing.hash(UInt64(column) << 40 ^ UInt64(number))
    quantiles = QuantileSketch(capacity: limits.quantileCapacity, seed: seed)
  }

  /// Ends a block and puts its sketches where they belong.
  func endBlock(_ number: Int) {
    var sketch: BlockSketch?
    if needs.sketches && !isBlockEmpty && !isContradicted {
      let hasQuantiles = quantiles.map { $0.count > 0 } ?? false
      sketch = BlockSketch(
        quantiles: hasQuantiles ? quantiles?.stored : nil, frequent: frequent.stored)
    }
    state.forest.append(SketchForest.Node(level: 0, index: number, sketch: sketch))
  }

  /// Reads the column's fields of a batch.
  func read(_ batch: RecordBatch) {
    isBlockEmpty = false
    var record = 0
    while unsafe record < batch.count {
      if isContradicted {
        unsafe observe(batch, from: record)
        return
      }
      switch state.type {
      case .empty: record = unsafe skipMissing(batch, from: record)
      case .integer:
        record = unsafe readIntegers(batch, from: record) { unsafe NumberParser.integer($0, $1) }
      case .number: record = unsafe readNumbers(batch, from: record)
      case .boolean:
        record = unsafe readIntegers(batch, from: record) { unsafe WordParser.boolean($0, $1) }
      case .date:
        record = unsafe readIntegers(batch, from: record) { unsafe DateParser.days($0, $1) }
      case .timestamp:
        record = unsafe readIntegers(batch, from: record) {
          unsafe DateParser.microseconds($0, $1)
        }
      case .string: record = unsafe readTexts(batch, from: record)
      }
    }
  }

  // MARK: One type each; all return the record to go on with

  /// Passes over missing values; the first value that is none decides the type.
  private func skipMissing(_ batch: RecordBatch, from first: Int) -> Int {
    for record in first..<(unsafe batch.count) {
      let field = unsafe batch.field(record, column)
      let value = unsafe contents(field.bytes, field.count)
      guard unsafe !isMissing(value) else {
        state.missing += 1
        continue
      }
      state.type = unsafe classify(value)
      state.observed = state.type
      return record
    }
    return unsafe batch.count
  }

  @inline(__always)
  private func readIntegers(
    _ batch: RecordBatch, from first: Int, parse: (UnsafePointer<UInt8>, Int) -> Int64?
  ) -> Int {
    var storage: [Int64] = []
    swap(&storage, &integers)
    if unsafe storage.count < batch.count {
      storage = unsafe Array(repeating: 0, count: batch.count)
    }
    var values = storage.mutableSpan
    var count = 0
    var missing = 0
    var next = unsafe batch.count
    let usesList = !missingValues.isEmpty
    for record in first..<(unsafe batch.count) {
      let field = unsafe batch.field(record, column)
      if unsafe field.count == 0 {
        missing += 1
        continue
      }
      // There is room for a value of each record.
      if !usesList, let value = unsafe parse(field.bytes, field.count) {
        unsafe values[unchecked: count] = value
        count &+= 1
        continue
      }
      let value = unsafe contents(field.bytes, field.count)
      if unsafe isMissing(value) {
        missing += 1
      } else if let number = unsafe parse(value.bytes, value.count) {
        unsafe values[unchecked: count] = number
        count &+= 1
      } else {
        unsafe contradict(value)
        next = record
        break
      }
    }
    state.missing += missing
    if count > 0 { add(storage.span.extracting(first: count)) }
    swap(&storage, &integers)
    return next
  }

  private func readNumbers(_ batch: RecordBatch, from first: Int) -> Int {
    var storage: [Double] = []
    swap(&storage, &numbers)
    if unsafe storage.count < batch.count {
      storage = unsafe Array(repeating: 0, count: batch.count)
    }
    var values = storage.mutableSpan
    var count = 0
    var missing = 0
    var next = unsafe batch.count
    let usesList = !missingValues.isEmpty
    for record in first..<(unsafe batch.count) {
      let field = unsafe batch.field(record, column)
      if unsafe field.count == 0 {
        missing += 1
        continue
      }
      var number: Double?
      if !usesList { number = unsafe NumberParser.number(field.bytes, field.count) }
      if number == nil {
        let value = unsafe contents(field.bytes, field.count)
        if unsafe isMissing(value) {
          missing += 1
          continue
        }
        number = unsafe NumberParser.number(value.bytes, value.count)
        if number == nil {
          unsafe contradict(value)
          next = record
          break
        }
      }
      guard let number, !number.isNaN else {
        // In a column of numbers, not-a-number says that the number is missing.
        missing += 1
        continue
      }
      unsafe values[unchecked: count] = number
      count &+= 1
    }
    state.missing += missing
    if count > 0 { add(storage.span.extracting(first: count)) }
    swap(&storage, &numbers)
    return next
  }

  private func readTexts(_ batch: RecordBatch, from first: Int) -> Int {
    // Once for the batch, not for each value: the checks that a class makes of access to its
    // members.
    unsafe readTexts(batch, from: first, &state, &frequent)
    return unsafe batch.count
  }

  private func readTexts(
    _ batch: RecordBatch, from first: Int, _ state: inout ColumnState,
    _ frequent: inout FrequentItems
  ) {
    let column = self.column
    let usesList = !missingValues.isEmpty
    let (needs, counts) = (needs, needs.counters)
    var extremes = state.extremes
    var count = 0
    var missing = 0
    for record in first..<(unsafe batch.count) {
      var value = unsafe batch.field(record, column)
      if unsafe value.count > 0 && value.bytes[0] == UInt8(ascii: "\"") {
        unsafe value = contents(value.bytes, value.count)
      }
      if unsafe value.count == 0 || usesList && isMissing(value) {
        missing += 1
        continue
      }
      count += 1
      let bytes = unsafe UnsafeRawBufferPointer(start: value.bytes, count: value.count)
      if !counts {
        if needs.extremes { unsafe extremes.consider(bytes) }
      } else if let hash = unsafe Self.insert(bytes, into: &frequent) {
        state.distinct.insert(hash: hash)
        unsafe extremes.consider(bytes)
      }
    }
    state.extremes = extremes
    state.count += count
    state.missing += missing
  }

  /// Goes on looking for the type, after a value that contradicted the one assumed.
  private func observe(_ batch: RecordBatch, from first: Int) {
    for record in first..<(unsafe batch.count) {
      guard state.observed != .string else { return }
      let field = unsafe batch.field(record, column)
      let value = unsafe contents(field.bytes, field.count)
      if unsafe !isMissing(value) { unsafe contradict(value) }
    }
  }

  func classify(_ value: (bytes: UnsafePointer<UInt8>, count: Int)) -> ColumnType {
    unsafe ColumnType(classifying: value.bytes, value.count)
  }

  func contradict(_ value: (bytes: UnsafePointer<UInt8>, count: Int)) {
    state.observed = unsafe state.observed.joined(with: classify(value))
  }
}
