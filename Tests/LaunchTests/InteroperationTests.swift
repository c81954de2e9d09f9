import Foundation
import Support
import Testing

/// Jobs in which other languages take part.
@Suite struct InteroperationTests {
  /// A Python that has mpi4py and NumPy: the one that `PCOMPUTE_PYTHON` names, or the system's.
  private static let python: String? = {
    let known = ProcessInfo.processInfo.environment["PCOMPUTE_PYTHON"]
    let program = known ?? "python3"
    let result = try? Launcher.run(program, ["-c", "import mpi4py, numpy"])
    return result?.status == 0 ? program : nil
  }()

  @Test(
    "Swift and mpi4py exchange arrays, structures and collectives",
    .enabled(if: python != nil, "needs a Python with mpi4py and NumPy"),
    arguments: [(1, 1), (2, 1), (1, 2), (2, 2)])
  func mpi4py(swift: Int, python: Int) throws {
    let interpreter = try #require(Self.python)
    let script = "\(Launcher.packageFolder)/Tests/Interoperation/interoperation.py"
    let program = try Launcher.product("interoperation")
    for swiftFirst in [true, false] {
      let result =
        swiftFirst
        ? try Launcher.mpirun(
          ranks: swift, program: program, [":", "-n", "\(python)", interpreter, script])
        : try Launcher.mpirun(
          ranks: python, program: interpreter, [script, ":", "-n", "\(swift)", program])
      #expect(result.status == 0, "\(result.standardError)")
      #expect(
        result.standardOutput.hasSuffix(
          " checks, 0 failures, \(swift) ranks in Swift, \(python) in Python\n"),
        "\(result.standardOutput)\(result.standardError)")
    }
  }

  private static let hasHDF5 =
    (try? Launcher.run("pkg-config", ["--exists", "hdf5-openmpi"]))?.status == 0
    && !Launcher.usesMPICH && Launcher.libraryFolder == nil

  @Test(
    "A library in C takes our communicator: parallel HDF5",
    .enabled(if: hasHDF5, "needs parallel HDF5 for this Open MPI"))
  func hdf5() throws {
    try Launcher.withTemporaryFolder { folder in
      let built = try Launcher.run(
        "swift",
        [
          "build", "--package-path", "\(Launcher.packageFolder)/examples/hdf5", "--scratch-path",
          "\(folder)/build",
        ], timeout: .seconds(600))
      try #require(built.status == 0, "\(built.standardOutput)\(built.standardError)")
      for ranks in [1, 2, 3] {
        let file = "\(folder)/\(ranks).h5"
        let result = try Launcher.mpirun(
          ranks: ranks, program: "\(folder)/build/debug/store", [file])
        #expect(result.standardOutput == "\(file): 10 × 4, written by \(ranks) ranks\n")
        let dumped = try Launcher.run("h5dump", ["-y", "-w", "0", "-d", "/field", file])
        let numbers = dumped.standardOutput.matches(of: /-?\d+(?=,|\n +\})/).compactMap {
          Int($0.output)
        }
        let table = (0..<10).flatMap { row in (0..<4).map { row * $0 } }
        #expect(Array(numbers.suffix(40)) == table, "\(dumped.standardOutput)")
      }
    }
  }
}
