import Testing

@testable import SPMD

/// Conditions on records: which of them are looked at.
@Suite struct ConditionTests {
  private let table = """
    id,price,day,name,flag,"odd, `name`",limit
    1,10,2024-01-01,ann,true,x,9
    2,,2024-02-01 12:00,bob,false,,10
    3,5.5,,"o""neil",,y,5.50
    4,abc,2023-12-31,"",true,z,abd
    5,1e3,2024-01-02,Ünal,TRUE,"x",
    """

  private func ids(_ condition: String, ranges: Int = 1) throws -> [Int] {
    try withFile(Array((table + "\n").utf8)) { path in
      try (1...5).filter { id in
        var options = TableStatistics.Options()
        options.condition = "id == \(id) && (\(condition))"
        options.statistics = [.count]
        options.blockSize = 40
        let result = try TableStatistics(of: [path], options: options, ranges: ranges)
        #expect(result.rows == 5)
        return result.selectedRows == 1
      }
    }
  }

  @Test(arguments: [
    ("price > 6", [1, 5]), ("price != 10", [2, 3, 4, 5]), ("price == 1000", [5]),
    ("!(price > 6)", [2, 3, 4]), ("price", [1, 3, 5]), ("5 < price <= 10", [1, 3]),
    ("price * 2 + 1 == 12", [3]), ("max(price, id) == price", [1, 3, 5]),
    ("day >= \"2024-01-01\"", [1, 2, 5]), ("day < '2024-01-01 00:00:01'", [1, 4]),
    ("\"2024-01-02\" > day", [1, 4]), ("day == \"2024-02-01T12:00\"", [2]),
    ("day != \"2024-01-01\"", [2, 3, 4, 5]), ("day == null", [3]), ("null != day", [1, 2, 4, 5]),
    ("name == \"ann\" || name == 'o\"neil'", [1, 3]), ("name == \"\"", [4]),
    ("name != \"\"", [1, 2, 3, 5]), ("name > \"b\"", [2, 3, 5]), ("'ann' < name", [2, 3, 5]),
    ("flag", [1, 4, 5]), ("!flag", [2, 3]), ("flag && price > 0", [1, 5]),
    ("flag ? price > 100 : id == 2", [2, 5]),
    ("`odd, ``name``` == \"x\"", [1, 5]), ("`price` < 6", [3]),
    ("price > limit", [1]), ("price == limit", [3]), ("price < limit", [4]),
    ("price != limit", [1, 2, 4, 5]), ("1 == 1", [1, 2, 3, 4, 5]), ("1 > 2", []),
  ]) func selects(_ condition: String, _ expected: [Int]) throws {
    #expect(try ids(condition) == expected)
    #expect(try ids(condition, ranges: 3) == expected)
  }

  @Test(
    arguments: [
      ("price >", "column 8: expected a number, a name or “(”, not the end"),
      ("price > 3 4", "column 11: expected an operator, not 4.0"),
      ("cost > 3", "column 1: there is no column “cost”"),
      ("id > 1 && `x y` == 1", "column 11: there is no column “x y”"),
      ("name == \"ann", "column 9: the \" that opens here is not closed"),
      ("name", nil), ("\"ann\"", "column 1: the text “ann” must be compared with a column"),
      ("id + 1 == \"2\"", "column 8: texts, dates and null can be compared with a column only"),
      ("name > null", "column 6: null can be compared by == and != only"),
      ("id = 3", "column 4: “=” has no meaning here"),
      ("sqrt == 3", "column 1: “(” must follow the function “sqrt”"),
    ] as [(String, String?)]) func errorsNameTheColumn(_ condition: String, _ message: String?)
    throws
  {
    var options = TableStatistics.Options()
    options.condition = condition
    try withFile(Array(table.utf8)) { path in
      do {
        _ = try TableStatistics(of: [path], options: options)
        #expect(message == nil)
      } catch let error as ExpressionError {
        #expect(error.description == message)
      }
    }
  }

  @Test func statisticsAreThoseOfTheRecordsSelected() throws {
    var options = TableStatistics.Options()
    options.condition = "id != 4"
    try withFile(Array(table.utf8)) { path in
      let result = try TableStatistics(of: [path], options: options)
      let price = result.columns[1]
      #expect(price.type == .number)
      #expect(price.count == 3)
      #expect(price.sum == .number(1015.5))
      #expect(result.columns[0].sum == .integer(11))
      #expect(result.columns[0].top.count == 4)
    }
  }

  @Test func onlyWhatIsAskedFor() throws {
    var options = TableStatistics.Options()
    options.statistics = [.count, .sum, .min]
    try withFile(Array(table.utf8)) { path in
      let columns = try TableStatistics(of: [path], options: options).columns
      #expect(columns.allSatisfy { $0.maximum == nil && $0.mean == nil && $0.distinct == nil })
      #expect(columns.allSatisfy { $0.top.isEmpty && $0.quantiles.isEmpty })
      #expect(columns[0].minimum == .integer(1))
      #expect(columns[3].minimum == .text("ann"))
      let all = try TableStatistics(of: [path]).columns
      #expect(all.map(\.minimum) == columns.map(\.minimum))
      #expect(all.map(\.sum) == columns.map(\.sum))
    }
  }
}
