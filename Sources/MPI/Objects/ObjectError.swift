internal import CMPI

extension MPIError {
  /// What an operation throws where a value could not be encoded.
  init(
    encoding type: Any.Type, _ error: any Error, _ routine: StaticString, on raw: RawCommunicator
  ) {
    self.init(
      .conversion, routine: routine.description,
      message: "cannot encode \(type)\(reason(error))", on: raw)
  }

  /// What an operation throws where a message could not be decoded.
  init(
    decoding type: Any.Type, _ error: any Error, _ routine: StaticString, on raw: RawCommunicator
  ) {
    self.init(
      .conversion, routine: routine.description,
      message: "cannot decode \(type)\(reason(error))", on: raw)
  }
}

/// Where in a value, and why.
private func reason(_ error: any Error) -> String {
  switch error {
  case EncodingError.invalidValue(_, let context):
    place(context.codingPath, context.debugDescription)
  case DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context),
    DecodingError.dataCorrupted(let context):
    place(context.codingPath, context.debugDescription)
  case DecodingError.keyNotFound(let key, let context):
    place(context.codingPath + [key], context.debugDescription)
  default: ": \(error)"
  }
}

private func place(_ path: [any CodingKey], _ text: String) -> String {
  path.isEmpty ? ": \(text)" : " at \(path.map(\.stringValue).joined(separator: ".")): \(text)"
}
