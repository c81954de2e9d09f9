public import MPI

extension Communicator {
  /// Runs a function on each of the root's tasks, on all ranks, and gives the root what it returns.
  ///
  /// **Collective**: every rank of the communicator calls it, with the same root and function.
  ///
  ///     let squares = try world.map(world.rank == 0 ? Array(1...1000) : []) { $0 * $0 }
  ///     // on rank 0: [1, 4, 9, …], elsewhere nil
  ///
  /// A rank gets as many tasks at a time as it needs for some 20 ms, by what tasks have taken, and
  /// gives back what others have time for: tasks may be short or long, in any mixture. All ranks run
  /// tasks, the root too; on one rank this is a loop. Tasks run in no particular order. The function
  /// may communicate with itself only in ways that do not depend on which rank runs what.
  ///
  /// - Parameters:
  ///   - tasks: The root's tasks; elsewhere they are not looked at. They are read as they are needed:
  ///     a sequence may be longer than memory has room for, or arrive slowly, in which case others
  ///     run while the root waits for the next.
  ///   - root: The rank that has the tasks, and gets the outputs.
  ///   - body: The function.
  /// - Returns: The outputs in the order of the tasks on the root; `nil` elsewhere.
  /// - Throws: ``TaskFailure`` on all ranks, where a task has thrown an error: no other begins then.
  ///   An error of the sequence's on the root, and its text elsewhere.
  /// - Complexity: Two messages for each chunk.
  public func map<Task: Datatype & Sendable, Output: Datatype & Sendable>(
    _ tasks: some Sequence<Task>, from root: Int = 0, _ body: (Task) throws -> Output
  ) throws -> [Output]? {
    try map(tasks, from: root) { task, _ in try body(task) }
  }

  /// Runs a function on each of the root's tasks, and on those that tasks create.
  ///
  /// As ``map(_:from:_:)-(_,_,(Task)->Output)``, with a function that may append further tasks to its second
  /// argument:
  ///
  ///     let sizes = try world.map(folders) { folder, created in
  ///       created += folder.subfolders
  ///       return folder.size
  ///     }
  ///
  /// - Returns: The outputs of the root's tasks, in their order; then those of the tasks that these
  ///   have created, in the order of their creators; and so on, whichever ran first.
  public func map<Task: Datatype & Sendable, Output: Datatype & Sendable>(
    _ tasks: some Sequence<Task>, from root: Int = 0,
    _ body: (_ task: Task, _ created: inout [Task]) throws -> Output
  ) throws -> [Output]? {
    try pool(root, true).outputs(of: tasks, body)
  }

  /// Runs a function on each of the root's tasks, and goes on where a task throws an error.
  ///
  /// As ``map(_:from:_:)-(_,_,(Task)->Output)``, with the error of a task in the place of its output.
  public func mapResults<Task: Datatype & Sendable, Output: Datatype & Sendable>(
    _ tasks: some Sequence<Task>, from root: Int = 0, _ body: (Task) throws -> Output
  ) throws -> [Result<Output, TaskFailure>]? {
    try pool(root, false).results(of: tasks) { task, _ in try body(task) }
  }

  /// Runs a function on each of the root's tasks, and gives the root each output as it comes.
  ///
  ///     try world.forEachOutput(of: tasks, from: 0, running: simulate) { task, output in
  ///       print(task, try output.get())
  ///     }
  ///
  /// - Parameters:
  ///   - body: Runs a task, and may append further ones to its second argument, which run also where it
  ///     throws an error afterwards.
  ///   - receive: Called on the root, with the task's place in the order of the tasks, and its output
  ///     or failure. Where it throws, all ends: pass failures on to end at the first one.
  /// - Complexity: Memory for outputs that are under way only.
  public func forEachOutput<Task: Datatype & Sendable, Output: Datatype & Sendable>(
    of tasks: some Sequence<Task>, from root: Int = 0,
    running body: (_ task: Task, _ created: inout [Task]) throws -> Output,
    _ receive: (_ task: Int, _ output: Result<Output, TaskFailure>) throws -> Void
  ) throws {
    _ = try pool(root, false).run(tasks, give: receive, body)
  }

  /// Runs a function on each task of the root's that arrives over time.
  ///
  /// As ``map(_:from:_:)-(_,_,(Task)->Output)``; tasks run while the sequence is waited for, which is read in
  /// a task of its own.
  public nonisolated(nonsending) func map<
    Task: Datatype & Sendable, Output: Datatype & Sendable
  >(
    _ tasks: some AsyncSequence<Task, any Error> & Sendable, from root: Int = 0,
    _ body: (Task) throws -> Output
  ) async throws -> [Output]? {
    try await pool(root, true).outputs(of: tasks) { task, _ in try body(task) }
  }

  private func pool<Task: Datatype, Output: Datatype>(
    _ root: Int, _ endsOnFailure: Bool
  ) throws -> TaskPool<Task, Output> {
    try requireRoot(root)
    return TaskPool(
      communicator: self, root: root, tasks: .elements(on: self), outputs: .elements(on: self),
      endsOnFailure: endsOnFailure)
  }

  func requireRoot(_ root: Int) throws {
    precondition((0..<size).contains(root), "map: root \(root) is not in 0..<\(size)")
  }
}

extension TaskPool where Task: Sendable, Output: Sendable {
  /// The outputs in their order, on the root.
  func outputs(
    of sequence: some Sequence<Task>, _ body: PoolBody<Task, Output>
  ) throws -> [Output]? {
    try results(of: sequence, body)?.map { try $0.get() }
  }

  func results(
    of sequence: some Sequence<Task>, _ body: PoolBody<Task, Output>
  ) throws -> [Result<Output, TaskFailure>]? {
    var collected = CollectedResults<Output>()
    let order = try run(sequence, give: { collected.insert($1, at: $0) }, body)
    return communicator.rank == root ? collected.results(in: order) : nil
  }

  nonisolated(nonsending) func outputs(
    of sequence: some AsyncSequence<Task, any Error> & Sendable, _ body: PoolBody<Task, Output>
  ) async throws -> [Output]? {
    var collected = CollectedResults<Output>()
    let order = try await run(sequence, give: { collected.insert($1, at: $0) }, body)
    guard communicator.rank == root else { return nil }
    return try collected.results(in: order).map { try $0.get() }
  }
}

/// Outputs by the numbers of their tasks.
private struct CollectedResults<Output> {
  private var results: [Result<Output, TaskFailure>?] = []

  mutating func insert(_ result: Result<Output, TaskFailure>, at index: Int) {
    while results.count <= index { results.append(nil) }
    results[index] = result
  }

  func results(in order: [Int]?) -> [Result<Output, TaskFailure>] {
    guard let order else { return results.compactMap { $0 } }
    return order.compactMap { results[$0] }
  }
}
