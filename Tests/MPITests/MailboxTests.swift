import MPI
import Support
import Testing

@Suite struct MailboxTests {
  /// Each rank sends messages of all sizes to all ranks, itself too, which arrive in order.
  @Test func messagesArriveInOrder() throws {
    try withWorld { world in
      let own = try world.duplicated()
      let mailbox = Mailbox(on: own)
      let sizes = [0, 1, 100, 5000, 3, 200_000, 2, 70_000, 0, 9]
      for (index, size) in sizes.enumerated() {
        for rank in 0..<world.size {
          var bytes = [UInt8](repeating: UInt8(index), count: size)
          if size > 0 { bytes[size - 1] = UInt8(world.rank) }
          try mailbox.send(bytes, to: rank)
        }
      }
      var received = [[[UInt8]]](repeating: [], count: world.size)
      while received.contains(where: { $0.count < sizes.count }) {
        while let mail = try mailbox.receive() { received[mail.source].append(mail.bytes) }
      }
      while mailbox.outgoingCount > 0 { try mailbox.poll() }
      try own.barrier()
      for (rank, messages) in received.enumerated() {
        #expect(messages.map(\.count) == sizes)
        for (index, message) in messages.enumerated() where message.count > 1 {
          #expect(message.first == UInt8(index) && message.last == UInt8(rank))
        }
      }
    }
  }

  @Test func aRankThatIsNotThere() throws {
    try withWorld { world in
      let mailbox = Mailbox(on: world)
      #expect(throws: MPIError.self) { try mailbox.send([1], to: world.size) }
    }
  }
}
