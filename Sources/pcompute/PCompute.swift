internal import ArgumentParser

/// The command that holds all others.
struct PCompute: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pcompute",
    abstract: "Runs jobs on all ranks of an MPI job, and combines their results.",
    discussion: """
      Start it with the launcher of your MPI: one process per core of a machine, or of a cluster.

        mpirun -np 8 pcompute
        mpirun -np 8 pcompute stats measurements.csv --format json

      Results go to standard output, from rank 0; progress and diagnostics to standard error.
      The exit status is 0 if all went well, 1 if the job failed, 2 if the command line was wrong.
      """,
    version: "0.1.0",
    subcommands: [
      PiCommand.self, InfoCommand.self, StatsCommand.self, IntegrateCommand.self, SortCommand.self,
      FarmCommand.self, SubmitCommand.self,
    ],
    defaultSubcommand: PiCommand.self)
}
