public import MPI

// The forms of `map` for values that are `Codable`, not `Datatype`.

extension Communicator {
  /// Runs a function on each of the root's tasks, on all ranks, for any types that are `Codable`.
  ///
  /// As ``map(_:from:_:)-(_,_,(Task)->Output)`` otherwise.
  @_disfavoredOverload
  public func map<Task: Codable & Sendable, Output: Codable & Sendable>(
    _ tasks: some Sequence<Task>, from root: Int = 0, _ body: (Task) throws -> Output
  ) throws -> [Output]? {
    try objectPool(root, true).outputs(of: tasks) { task, _ in try body(task) }
  }

  /// Runs a function on each of the root's tasks, and on those that tasks create, for any types that
  /// are `Codable`.
  @_disfavoredOverload
  public func map<Task: Codable & Sendable, Output: Codable & Sendable>(
    _ tasks: some Sequence<Task>, from root: Int = 0,
    _ body: (_ task: Task, _ created: inout [Task]) throws -> Output
  ) throws -> [Output]? {
    try objectPool(root, true).outputs(of: tasks, body)
  }

  /// Runs a function on each of the root's tasks, and goes on where a task throws an error, for any
  /// types that are `Codable`.
  @_disfavoredOverload
  public func mapResults<Task: Codable & Sendable, Output: Codable & Sendable>(
    _ tasks: some Sequence<Task>, from root: Int = 0, _ body: (Task) throws -> Output
  ) throws -> [Result<Output, TaskFailure>]? {
    try objectPool(root, false).results(of: tasks) { task, _ in try body(task) }
  }

  /// Runs a function on each of the root's tasks, and gives the root each output as it comes, for any
  /// types that are `Codable`.
  @_disfavoredOverload
  public func forEachOutput<Task: Codable & Sendable, Output: Codable & Sendable>(
    of tasks: some Sequence<Task>, from root: Int = 0,
    running body: (_ task: Task, _ created: inout [Task]) throws -> Output,
    _ receive: (_ task: Int, _ output: Result<Output, TaskFailure>) throws -> Void
  ) throws {
    _ = try objectPool(root, false).run(tasks, give: receive, body)
  }

  /// Runs a function on each task of the root's that arrives over time, for any types that are
  /// `Codable`.
  @_disfavoredOverload
  public nonisolated(nonsending) func map<
    Task: Codable & Sendable, Output: Codable & Sendable
  >(
    _ tasks: some AsyncSequence<Task, any Error> & Sendable, from root: Int = 0,
    _ body: (Task) throws -> Output
  ) async throws -> [Output]? {
    try await objectPool(root, true).outputs(of: tasks) { task, _ in try body(task) }
  }

  private func objectPool<Task: Codable, Output: Codable>(
    _ root: Int, _ endsOnFailure: Bool
  ) throws -> TaskPool<Task, Output> {
    try requireRoot(root)
    return TaskPool(
      communicator: self, root: root, tasks: .objects, outputs: .objects,
      endsOnFailure: endsOnFailure)
  }
}
