internal import ArgumentParser
internal import SPMD

/// How CSV files are written.
struct TableFormatOptions: ParsableArguments {
  @Option(help: ArgumentHelp("The byte between fields, or “tab”.", valueName: "byte"))
  var delimiter = ","

  @Flag(help: "The first line holds values, not names.")
  var noHeader = false

  @Option(
    help: ArgumentHelp(
      "Values that stand for a missing one, separated by commas; the empty one always does.",
      valueName: "values"))
  var missing: [String] = []

  /// The format that the options say.
  var table: CSVFormat {
    get throws {
      CSVFormat(
        delimiter: try delimiterByte, hasHeader: !noHeader,
        missingValues: missing.flatMap { $0.split(separator: ",").map(String.init) })
    }
  }

  private var delimiterByte: UInt8 {
    get throws {
      let named = ["tab": "\t", "\\t": "\t"][delimiter] ?? delimiter
      guard named.utf8.count == 1, let byte = named.utf8.first else {
        throw ValidationError("--delimiter takes one byte, not “\(delimiter)”")
      }
      guard !["\"", "\n", "\r", "\0"].contains(named) else {
        throw ValidationError("--delimiter cannot be a quote, the end of a line, or a NUL byte")
      }
      return byte
    }
  }
}
