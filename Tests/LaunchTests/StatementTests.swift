import Foundation
import Support
import Testing

/// A hundred ordinary statements in ten surroundings: none of them crashes or hangs the compiler, in debug or release, and what
/// does not compile is known, with the reason.
///
/// The statements are lines of `Fixtures/Statements/statements.txt`.
@Suite struct StatementTests {
  @Test(
    "All compile that are not known to be refused", arguments: Surrounding.all, ["-Onone", "-O"])
  func compiles(surrounding: Surrounding, level: String) throws {
    let statements = try Self.statements().filter { surrounding.refusal(of: $0) == nil }
    #expect(statements.count > 80)
    let result = try Self.compile(statements, in: surrounding, level)
    #expect(
      result.status == 0,
      "\(result.standardError.split(separator: "\n").filter { $0.contains("error:") || $0.contains("While ") }.joined(separator: "\n"))"
    )
  }

  @Test(
    "Those that are known to be refused are refused for the known reason",
    arguments: Surrounding.all)
  func refuses(surrounding: Surrounding) throws {
    for statement in try Self.statements() {
      guard let reason = surrounding.refusal(of: statement) else { continue }
      let result = try Self.compile([statement], in: surrounding, "-Onone")
      #expect(result.status == 1, "\(statement)")
      #expect(result.standardError.contains(reason), "\(statement): \(result.standardError)")
    }
  }

  private static func statements() throws -> [String] {
    let path = "\(Launcher.packageFolder)/Tests/LaunchTests/Fixtures/Statements/statements.txt"
    return try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map(String.init)
      .filter { !$0.hasPrefix("#") }
  }

  private static func compile(
    _ statements: [String], in surrounding: Surrounding, _ level: String
  ) throws -> LaunchResult {
    try Launcher.withTemporaryFolder { folder in
      let path = "\(folder)/Statements.swift"
      let functions = statements.enumerated().map { surrounding.function($0.offset, $0.element) }
      let program = Surrounding.preamble + functions.joined(separator: "\n")
      try program.write(toFile: path, atomically: true, encoding: .utf8)
      return try Compiler.compile(path, [level, "-parse-as-library", "-suppress-warnings"])
    }
  }
}

/// Where a statement stands.
struct Surrounding: Sendable, CustomTestStringConvertible {
  let name: String
  /// The text, where `STATEMENT`, `VARIABLES`, `PROPERTIES` and `NUMBER` are replaced.
  let template: String

  var testDescription: String { name }

  func function(_ number: Int, _ statement: String) -> String {
    template
      .replacingOccurrences(of: "VARIABLES", with: Self.variables)
      .replacingOccurrences(of: "PROPERTIES", with: Self.properties)
      .replacingOccurrences(of: "NUMBER", with: "\(number)")
      .replacingOccurrences(of: "STATEMENT", with: statement)
  }

  /// Why a statement does not compile here, as the compiler says it; `nil` where it does.
  func refusal(of statement: String) -> String? {
    Self.refusals.first { $0.surroundings.contains(name) && statement.contains($0.part) }?.reason
  }

  /// What is known not to compile: a span, or a request, of a property of a class outlives the access to it. A blocking
  /// operation takes the array; a request a local variable, or see Nonblocking.md.
  private static let refusals: [(surroundings: Set<String>, part: String, reason: String)] = [
    (["class"], "list.span", "escapes its scope"),
    (["class"], "immediate.send(list", "escapes its scope"),
    (["class"], "immediate.allReduce(list", "escapes its scope"),
    (["class"], "exchange2.send(list", "escapes its scope"),
  ]

  static let preamble = """
    import MPI
    struct Cell: Datatype { var x = 0.0; var kind: Int32 = 0 }
    struct Field { var values = [0.0, 0]; var edge = [1.0, 2] }
    func withParts(_ list: [Double], _ body: ([Double]) throws -> Void) rethrows { try body(list) }

    """

  private static let variables = """
    var n = 2; let list = [1.0, 2, 3]; let left: Int? = 0, right: Int? = nil; var buffer = [0.0, 0, 0]
    var counts = [1, 2]; var rows = [[1.0, 2], [3]]; var cells = [Cell(), Cell()]; var table = ["a": [1.0]]
    let maybe: [Double]? = nil; var field = Field(); var local = [0.0]
    let column = try Layout<Double>.strided(count: 2, stride: 2)
    n += 0; buffer[0] = 0; counts[0] = 1; rows[0] = [1]; cells[0].x = 1; table["b"] = []; field.values = []; local[0] = 0
    """

  private static let properties = """
    let world: Communicator; var n = 2; var list = [1.0, 2, 3]; var left: Int? = 0, right: Int? = nil
    var buffer = [0.0, 0, 0]; var counts = [1, 2]; var rows = [[1.0, 2], [3]]; var cells = [Cell(), Cell()]
    var table = ["a": [1.0]]; var maybe: [Double]? = nil; var field = Field(); let column: Layout<Double>
    """

  static let all = [
    Surrounding(
      name: "function",
      template: "func fNUMBER(_ world: Communicator) throws {\nVARIABLES\nSTATEMENT\n}"),
    Surrounding(
      name: "async function",
      template: "func fNUMBER(_ world: Communicator) async throws {\nVARIABLES\nSTATEMENT\n}"),
    Surrounding(
      name: "class",
      template: """
        final class CNUMBER { PROPERTIES
        init(_ world: Communicator) throws { self.world = world; column = try Layout<Double>.strided(count: 2, stride: 2) }
        func f() throws { var local = [0.0]; local[0] = 1; STATEMENT } }
        """),
    Surrounding(
      name: "structure",
      template: """
        struct SNUMBER { PROPERTIES
        mutating func f() throws { var local = [0.0]; local[0] = 1; STATEMENT } }
        """),
    Surrounding(
      name: "closure",
      template: """
        func fNUMBER(_ world: Communicator) throws {
        let body: (Communicator) throws -> Void = { world in\nVARIABLES\nSTATEMENT\n}
        try body(world) }
        """),
    Surrounding(
      name: "MPI.run", template: "func fNUMBER() { MPI.run { world in\nVARIABLES\nSTATEMENT\n} }"),
    Surrounding(
      name: "live request",
      template: """
        func fNUMBER(_ world: Communicator) throws {\nVARIABLES\nvar ghost = [0.0]; let halo = [1.0]
        let receiving1 = try world.immediate.receive(into: &ghost, from: 0)
        let sending1 = try world.immediate.send(halo, to: 0)
        STATEMENT
        try sending1.wait(); try receiving1.wait(); print(ghost) }
        """),
    Surrounding(
      name: "live exchange",
      template: """
        func fNUMBER(_ world: Communicator) throws {\nVARIABLES\nvar ghost = [0.0]; let halo = [1.0]
        var exchange1 = world.exchange()
        try exchange1.receive(into: &ghost, from: 0); try exchange1.send(halo, to: 0)
        STATEMENT
        try exchange1.wait(); print(ghost) }
        """),
    Surrounding(
      name: "catch with a pattern",
      template: """
        func fNUMBER(_ world: Communicator) throws {\nVARIABLES
        do { STATEMENT } catch let failure as MPIError where failure.code == .truncated { print(failure) } }
        """),
    Surrounding(
      name: "generic function",
      template: """
        func fNUMBER<Z: Datatype & BinaryFloatingPoint>(_ world: Communicator, _ other: [Z]) throws {\nVARIABLES
        print(try world.allGather(other.map { $0 * $0 }).count)
        STATEMENT }
        """),
  ]
}
