import Foundation
import Support
import Testing

/// Processes that are started by others.
@Suite struct SpawnTests {
  @Test(
    .enabled("MPICH cannot spawn with UCX, as Debian has it (4.0.2)") { !Launcher.usesMPICH },
    arguments: [(1, 1), (1, 3), (2, 2), (3, 1)])
  func spawnedProcessesAnswer(ranks: Int, workers: Int) throws {
    let result = try Launcher.mpirun(
      ranks: ranks, program: Launcher.product("spawn"), ["\(workers)"],
      // The new processes share the cores, which run.sh cannot know beforehand.
      environment: [
        "OMPI_MCA_rmaps_base_mapping_policy": "slot:OVERSUBSCRIBE",  // Open MPI 4
        "PRTE_MCA_rmaps_default_mapping_policy": "slot:OVERSUBSCRIBE",  // Open MPI 5
      ],
      timeout: .seconds(60))
    #expect(result.status == 0, "\(result.standardError)")
    let squares = (1...workers).map { "\($0 * $0 * 100)" }.joined(separator: ", ")
    #expect(
      result.standardOutput == "\(ranks) processes started \(workers): [\(squares)]\n",
      "\(result.standardError)")
  }
}
