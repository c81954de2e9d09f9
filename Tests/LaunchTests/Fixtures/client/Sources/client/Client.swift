import Foundation
import MPI
import SPMD

struct DiskFull: Error, CustomStringConvertible {
  var description: String { "the disk is full" }
}

/// What a client may do wrong, by name; the tests look at what comes of it.
let programs: [String: @Sendable (Communicator) throws -> Void] = [
  "hello": { world in
    let ranks = try world.gather([world.rank].span, to: 0)
    if let ranks { print("ranks \(ranks)") }
  },

  "throw": { world in
    if world.rank == 1 { throw DiskFull() }
    try world.barrier()
  },

  "throw-mpi-error": { world in
    if world.rank == 1 { try world.send([1].span, to: world.size) }
    try world.barrier()
  },

  "exit": { world in
    if world.rank == 1 { exit(3) }
    try world.barrier()
  },

  "kill": { world in
    if world.rank == 1 { kill(getpid(), SIGKILL) }
    try world.barrier()
  },

  "abort": { world in
    if world.rank == 1 { world.abort(code: 5) }
    try world.barrier()
  },

  "hang": { world in
    print("ready")
    fflush(nil)
    var never = [0]
    try world.receive(into: never.mutableSpan, from: world.rank, tag: 77)
  },

  "truncated": { world in
    var short = [0, 0]
    if world.rank == 0 { try world.send([1, 2, 3, 4].span, to: 1) }
    if world.rank == 1 {
      report { () throws in try world.receive(into: short.mutableSpan, from: 0) }
    }
    try goOn(world)
  },

  "truncated-request": { world in
    var short = [0, 0]
    if world.rank == 0 { try world.send([1, 2, 3, 4].span, to: 1) }
    if world.rank == 1 {
      report { () throws in
        try world.immediate.receive(into: short.mutableSpan, from: 0).wait()
      }
    }
    try goOn(world)
  },

  "invalid-rank": { world in
    if world.rank == 1 {
      report { () throws in try world.send([1].span, to: world.size) }
      report { () throws in try world.send([1].span, to: -1) }
    }
    try goOn(world)
  },

  "invalid-root": { world in
    var values = [1]
    report { () throws in try world.broadcast(values.mutableSpan, from: 1000) }
    try goOn(world)
  },

  "invalid-tag": { world in
    if world.rank == 1 {
      report { () throws in
        try world.send([1].span, to: 0, tag: MessageTag(rawValue: -77))
      }
    }
    try goOn(world)
  },

  "duplicates": { world in
    for _ in 0..<100_000 {
      let copy = try world.duplicated()
      precondition(copy.size == world.size)
    }
    try goOn(world)
  },

  "subsets": { world in
    // Twice as many communicators as rounds: more than MPICH has contexts, 2 048.
    for round in 0..<1_200 {
      let half = try world.split(color: (world.rank + round) % 2, key: world.rank)
      let host = try world.split(by: .sharedMemory)
      precondition(half != nil && host.size == world.size)
    }
    try goOn(world)
  },
]

/// Prints the class of the error that a call throws, and its text.
func report(_ call: () throws -> Void) {
  do {
    try call()
    print("no error")
  } catch {
    print("caught \(error.code): \(error)")
  }
}

/// Shows that the communicator is of use after an error.
func goOn(_ world: Communicator) throws {
  let sum = try world.allReduce(1, .sum)
  if world.rank == 0 { print("goes on with \(sum)") }
}

@main struct Client {
  static func main() {
    guard let name = CommandLine.arguments.dropFirst().first, let program = programs[name] else {
      fatalError("one of: \(programs.keys.sorted().joined(separator: " "))")
    }
    MPI.run { world in try program(world) }
  }
}
