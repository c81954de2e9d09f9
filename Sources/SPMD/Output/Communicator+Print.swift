public import MPI

extension Communicator {
  /// Prints a text of each rank, in rank order, on rank 0's standard output.
  ///
  /// **Collective**: every rank of the communicator calls it.
  ///
  ///     try world.printInRankOrder("rank \(world.rank) has \(mine.count) elements")
  ///
  /// What ranks print by themselves is mixed by the launcher, whatever they do to take turns; so the texts come to rank 0
  /// first. They are gathered whole: this is for lines, not for results.
  ///
  /// - Parameters:
  ///   - text: This rank's text; nothing is printed for an empty one.
  ///   - terminator: What is printed behind each text.
  /// - Throws: ``MPIError``, as the library reports it.
  /// - Complexity: O(log `size`) messages; O(`size`) memory on rank 0.
  ///
  /// This is what `MPI_Gather` of texts does in C (MPI 3.1 §5.5).
  public func printInRankOrder(_ text: String, terminator: String = "\n") throws {
    guard let texts = try gather(encoding: text, to: 0) else { return }
    for text in texts where !text.isEmpty { print(text, terminator: terminator) }
  }
}
