internal import ArgumentParser

/// Many commands, run by all ranks.
struct FarmCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "farm",
    abstract: "Runs a list of commands on all ranks, and keeps a journal of them.",
    subcommands: [
      FarmRunCommand.self, FarmStatusCommand.self, FarmListCommand.self, FarmExplainCommand.self,
      FarmCatCommand.self, FarmExportCommand.self, FarmTimelineCommand.self,
    ],
    defaultSubcommand: FarmRunCommand.self)
}
