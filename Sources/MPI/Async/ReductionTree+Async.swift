internal import CMPI

// The blocking forms are in ReductionTree.swift. Nothing here is given up when the task is cancelled.

extension ReductionTree {
  /// Combines the values of all ranks, as ``combine(_:_:)``.
  nonisolated(nonsending) func combineLater<T: Codable>(
    _ value: T, _ combine: (T, T) -> T
  ) async throws -> Partial<T>? {
    var partial = Partial.value(value)
    let (sources, destination) = steps
    for source in sources {
      partial = partial.combined(with: await takeLater(T.self, from: source), combine)
    }
    guard let destination else { return partial }
    try await passLater(partial, to: destination)
    return nil
  }

  /// Combines the values of all ranks up to this one, as ``scan(_:excludingOwn:_:)``.
  nonisolated(nonsending) func scanLater<T: Codable>(
    _ value: T, excludingOwn: Bool, _ combine: (T, T) -> T
  ) async throws -> T? {
    var rounds = ScanRounds(
      value, rank: context.rank, size: context.size, excludingOwn: excludingOwn)
    while !rounds.isOver {
      let (destination, source) = (rounds.destination, rounds.source)
      let received = try await exchangeLater(&rounds.partial, to: destination, from: source)
      rounds.advance(received, combine)
    }
    return try rounds.result?.get()
  }

  /// Sends what there is to a rank, as ``pass(_:to:)``.
  nonisolated(nonsending) func passLater<T: Codable>(
    _ partial: Partial<T>, to rank: Int
  ) async throws {
    var partial = partial
    _ = try await exchangeLater(&partial, to: rank, from: nil)
    if let failure = partial.failure { throw failure }
  }

  /// Sends what there is to one rank, and receives what another has, at the same time.
  nonisolated(nonsending) private func exchangeLater<T: Codable>(
    _ partial: inout Partial<T>, to destination: Int?, from source: Int?
  ) async throws -> Partial<T>? {
    var sending: AsyncOperation?
    if let destination {
      let writer = ObjectWriter()
      let tag = writer.write(&partial, "MPI_Isend", of: context)
      let started = try context.async.startSending(writer, CInt(destination), tag, .standard, .wait)
      if case .underWay(let operation) = started {
        // Under way while the task receives.
        ProgressEngine.shared.submit(operation)
        sending = operation
      }
    }
    var received: Partial<T>?
    if let source { received = await takeLater(T.self, from: source) }
    if let sending { _ = try await context.async.wait(for: sending, isSubmitted: true) }
    return received
  }

  /// Receives what a rank has, as ``take(_:from:)``.
  nonisolated(nonsending) func takeLater<T: Decodable>(
    _ type: T.Type, from rank: Int
  ) async -> Partial<T> {
    do {
      let (bytes, status) = try await context.async.receiveBytes(CInt(rank), .any, .wait)
      if status.tag == .partialValue {
        return .value(
          try ObjectReader.decode(type, bytes, 0..<bytes.count, "MPI_Imrecv", on: context.raw))
      }
      return .failure(told: bytes.string(at: 0, count: bytes.count), "MPI_Imrecv", on: context)
    } catch {
      return .failure(error, of: context)
    }
  }
}
