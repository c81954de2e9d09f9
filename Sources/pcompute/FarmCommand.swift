internal import ArgumentParser

/// Many commands, run by all ranks.
struct FarmCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "farm",
    abstract: "Runs a list of commands on all ranks, and keeps a journal of them.",
    subcommands: [FarmRunCommand.self],
    defaultSubcommand: FarmRunCommand.self)
}
