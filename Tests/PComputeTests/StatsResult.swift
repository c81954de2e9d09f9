import Foundation

/// The JSON of `pcompute stats`, as a program reads it.
struct StatsResult: Decodable {
  var rows: Int
  var selectedRows: Int
  var ranks: Int
  var seconds: Double
  var columns: [Column]
  var groups: Groups?
  var histogram: Histogram?
  var problems: [String]
  var problemCount: Int

  struct Column: Decodable {
    var name: String
    var type: String
    var count: Int
    var missing: Int
    var distinct: Int?
    var distinctError: Double
    var sum: Value?
    var mean: Double?
    var standardDeviation: Double?
    var min: Value?
    var max: Value?
    var quantiles: [String: Value]?
    var quantileError: Double?
    var top: [Frequent]
    var topError: Int
  }

  struct Groups: Decodable {
    var column: String
    var count: Int
    var largest: [Group]
  }

  struct Group: Decodable {
    var value: String?
    var count: Int
    var columns: [GroupColumn]
  }

  struct GroupColumn: Decodable {
    var name: String
    var count: Int
    var sum: Value?
    var mean: Double?
    var min: Value?
    var max: Value?
  }

  struct Histogram: Decodable {
    var column: String
    var edges: [Value]
    var counts: [Int]
    var missing: Int
  }

  struct Frequent: Decodable {
    var value: Value
    var count: Int
  }

  enum Value: Decodable, Equatable {
    case boolean(Bool)
    case number(Double)
    case text(String)

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let value = try? container.decode(Bool.self) {
        self = .boolean(value)
      } else if let value = try? container.decode(Double.self) {
        self = .number(value)
      } else {
        self = .text(try container.decode(String.self))
      }
    }

    var number: Double? {
      if case .number(let value) = self { return value }
      return nil
    }

    var text: String? {
      if case .text(let value) = self { return value }
      return nil
    }
  }

  init(json: String) throws {
    self = try JSONDecoder().decode(StatsResult.self, from: Data(json.utf8))
  }
}

/// What the reference script found; see `Reference/reference.py`.
struct Expected: Decodable {
  var rows: Int
  var columns: [Column]
  var delimiter: String
  var duckdb: [Summary]?

  struct Column: Decodable {
    var name: String
    var kind: String
    var count: Int
    var missing: Int
    var distinct: Int
    var mean: Double?
    var standardDeviation: Double?
    var min: StatsResult.Value?
    var max: StatsResult.Value?
    var sorted: [Double]?
    var quantiles: [String: Double]?
    var counts: [String: Int]?
  }

  struct Summary: Decodable {
    var name: String
    var min: String?
    var max: String?
    var avg: String?
    var std: String?
    var count: Int
    var nullPercentage: Double
  }
}
