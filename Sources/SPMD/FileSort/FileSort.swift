public import MPI

/// Sorts files that may be larger than the memory of all ranks.
///
/// Every rank reads a stretch of the files, sorts what fits into memory at a time, and puts it aside
/// where there is more. Splitters that halve no line cut all those runs into parts of equal size; each
/// rank gathers and merges its parts, and writes them to where they will be in the output.
public enum FileSort {
  /// Sorts the lines or records of some files into one.
  ///
  /// **Collective**: every rank calls it with the same arguments; all must see the same files.
  ///
  ///     var options = FileSort.Options()
  ///     options.isNumeric = true
  ///     let summary = try FileSort.sort(["a.txt", "b.txt"], into: "sorted.txt", options: options, on: world)
  ///
  /// Lines with equal keys are ordered by all their bytes, records stay in the order of the input; of
  /// lines that are left out as equal, the first one is kept. The output may be one of the input files.
  /// It is written beside its place, and renamed when it is whole; where that fails, nothing of it is
  /// left.
  ///
  /// - Parameters:
  ///   - paths: Files. Of regular ones each rank reads its share; what can be read from its start to its
  ///     end only, pipes, devices, and “-” for standard input, is read by rank 0, which deals it out.
  ///   - output: The file to make or to replace.
  ///   - options: What is sorted, and how.
  ///   - communicator: The ranks that share the work.
  ///   - openStream: Opens files of lines that are not plain text, such as compressed ones; they are read
  ///     as pipes are.
  ///   - timings: Takes the sections `plan`, `read and sort`, `cut`, `exchange`, `merge and write` and
  ///     `finish`.
  ///   - temporaryFile: Called before a file is created that is not yet the output, with its path, and
  ///     with `nil` when there is none any more: for who may be interrupted.
  ///   - progress: Called with the fraction of this rank's work that is done, again and again.
  /// - Returns: What was done, the same on all ranks.
  /// - Throws: ``SortError``, the same on all ranks; `MPIError` as reported by the library.
  /// - Complexity: Each byte is read and written once, and once more where memory is short; it is sent
  ///   once. O(log n) rounds of O(`size`) short messages find the splitters.
  public static func sort(
    _ paths: [String], into output: String, options: Options = Options(),
    on communicator: Communicator, openStream: ByteStreamOpener? = nil,
    timings: Timings = Timings(), temporaryFile: (String?) -> Void = { _ in },
    progress: ((Double) -> Void)? = nil
  ) throws -> Summary {
    let job = try timings.measure("plan") {
      try SortJob(
        paths, options, openStream: openStream, on: communicator, timings: timings,
        progress: progress)
    }
    // Before the work: where nothing can be written, that is said at once.
    let file = try OutputFile(at: output, on: communicator) { temporaryFile($0) }
    do {
      try timings.measure("read and sort") { try job.readRuns() }
      try job.writeParts(to: file)
      try timings.measure("finish") { try file.finish(on: communicator) }
    } catch {
      file.remove()
      temporaryFile(nil)
      throw error
    }
    temporaryFile(nil)
    return job.summary
  }
}
