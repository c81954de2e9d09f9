import Foundation
import MPI
import Support
import Testing

@testable import SPMD

/// Groups that do not fit into memory, against those that do, and against a dictionary.
@Suite struct GroupStoreTests {
  /// A record: a key, an integer and a number.
  private struct Record {
    var key: String
    var integer: Int64
    var number: Double
  }

  /// What a dictionary holds of a group.
  private struct Truth: Equatable {
    var count = 0
    var least = Int64.max
    var greatest = Double.infinity * -1
    var sums = [ExactSum(), ExactSum()]
  }

  /// Records of which some keys are frequent and most are rare, with numbers of all magnitudes.
  private static let records: [Record] = {
    var generator = SampleGenerator(seed: 3)
    return (0..<9000).map { i in
      let key =
        i % 4 == 0 ? "often \(i % 12)" : "\(UInt16.random(in: 0..<3000, using: &generator)) rare"
      let exponent = i % 50 == 7 ? Int.random(in: -300...300, using: &generator) : 0
      let number = Double(sign: .plus, exponent: exponent, significand: Double(i % 777) - 300.25)
      return Record(
        key: i % 900 == 5 ? String(repeating: key, count: 40) : key,
        integer: Int64.random(in: -9...9, using: &generator),
        number: i % 4000 == 11 ? .infinity : number)
    }
  }()

  private static let truth: [String: Truth] = {
    var groups: [String: Truth] = [:]
    for record in records {
      groups[record.key, default: Truth()].count += 1
      groups[record.key, default: Truth()].least = min(
        groups[record.key]?.least ?? .max, record.integer)
      groups[record.key, default: Truth()].greatest = max(
        groups[record.key]?.greatest ?? -.infinity, record.number)
      groups[record.key]?.sums[0].add(Int128(record.integer))
      groups[record.key]?.sums[1].add(record.number)
    }
    return groups
  }()

  /// A store with this rank's records.
  private func store(memory: Int, folder: String, on world: Communicator) -> GroupStore {
    let store = GroupStore(isInteger: [true, false], memory: memory, folder: folder)
    // Not one by one: what is frequent would all be on one of four ranks.
    for (number, record) in Self.records.enumerated()
    where number / 5 % world.size == world.rank {
      let group = unsafe Array(record.key.utf8).withUnsafeBytes { unsafe store.table.group($0) }
      store.table.countRecord(of: group)
      store.table.add(record.integer, to: 2 * group)
      store.table.add(record.number, to: 2 * group + 1)
      store.makeRoom()
    }
    return store
  }

  @Test(arguments: [0, 20_000, 200_000, 1 << 40]) func sameAsADictionary(_ memory: Int) throws {
    try withWorld { world in
      try withSharedFolder(on: world) { folder in
        let store = store(memory: memory / 2, folder: folder, on: world)
        let wasFull = store.spill != nil
        var tables = 0
        var bytes: [UInt8] = []
        var largest = LargestGroups(20, isInteger: [true, false])
        let spilled = try GroupShuffle(store, memory: memory, on: world).run { table in
          tables += 1
          bytes += table.packed
          largest.add(table)
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty)
        #expect((spilled > 0) == (tables > 1))
        #expect(!wasFull || spilled > 0)
        if memory <= 20_000 { #expect(wasFull) }
        if memory == 1 << 40 { #expect(!wasFull && tables == 1) }

        // Each group is on one rank, in one table.
        let counts = try world.allGather([largest.count].span)
        #expect(counts.reduce(0, +) == Self.truth.count)
        let all = try world.gather(bytes.span, to: 0)
        guard let all else { return }
        var table = GroupTable(isInteger: [true, false])
        table.add(packed: all)
        var mistakes = 0
        for group in 0..<table.count {
          let key = String(decoding: table.key(group), as: UTF8.self)
          var own = Truth()
          own.count = table.counts[group]
          own.least = OrderedKey.decodeInteger(table.cells[2 * group].least)
          own.greatest = OrderedKey.decodeDouble(table.cells[2 * group + 1].greatest)
          own.sums = [table.sum(2 * group), table.sum(2 * group + 1)]
          if own != Self.truth[key] { mistakes += 1 }
        }
        #expect(mistakes == 0)
        #expect(table.count == Self.truth.count)
        // The largest of all are among those of each rank; the frequent ones come first.
        let first = table.top(3).map { String(decoding: table.key($0), as: UTF8.self) }
        #expect(Set(first) == ["often 0", "often 4", "often 8"])
      }
    }
  }

  @Test func theLargestOfAllParts() {
    var best = LargestGroups(7, isInteger: [])
    var whole = GroupTable(isInteger: [])
    for part in 0..<30 {
      var table = GroupTable(isInteger: [])
      for i in 0..<50 {
        for _ in 0...((part * 53 + i * 7919) % 101) {
          let key = Array("\(part) \(i)".utf8)
          for store in 0..<2 {
            let group = unsafe key.withUnsafeBytes {
              unsafe store == 0 ? table.group($0) : whole.group($0)
            }
            if store == 0 { table.countRecord(of: group) } else { whole.countRecord(of: group) }
          }
        }
      }
      best.add(table)
    }
    func names(_ table: GroupTable) -> [String] {
      table.top(7).map { "\(String(decoding: table.key($0), as: UTF8.self)): \(table.counts[$0])" }
    }
    #expect(names(best.table) == names(whole))
    #expect(best.count == 1500)
  }

  @Test func noFolderAndNoRoom() throws {
    try withWorld { world in
      try withSharedFolder(on: world) { folder in
        let none = store(memory: 0, folder: folder + "/none", on: world)
        #expect(throws: SortError("\(folder)/none: No such file or directory")) {
          try GroupShuffle(none, memory: 0, on: world).run { _ in }
        }
        withFileSizeLimit(20_000) {
          let full = store(memory: 0, folder: folder, on: world)
          #expect(throws: SortError("\(folder): a temporary file: File too large")) {
            try GroupShuffle(full, memory: 0, on: world).run { _ in }
          }
        }
        try world.barrier()
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty)
      }
    }
  }

  @Test func errorsOfTables() throws {
    try withWorld { world in
      try withSharedFolder(on: world) { folder in
        let path = folder + "/table.csv"
        if world.rank == 0 {
          let lines = (0..<20_000).map { "key \($0),\($0 * 3)\n" }
          try Data(("key,value\n" + lines.joined()).utf8).write(to: URL(filePath: path))
        }
        try world.barrier()
        var options = TableStatistics.Options()
        options.groupColumn = "key"
        options.groupMemory = 1 << 16
        options.statistics = Statistic.plain
        options.temporaryFolder = folder + "/none"
        #expect(throws: CSVError("\(folder)/none: No such file or directory")) {
          try TableStatistics.compute([path], options: options, on: world)
        }
        options.temporaryFolder = folder
        withFileSizeLimit(4096) {
          #expect(throws: CSVError("\(folder): a temporary file: File too large")) {
            try TableStatistics.compute([path], options: options, on: world)
          }
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["table.csv"])
      }
    }
  }
}
