/// A key as it was found in a message.
struct MessageKey: CodingKey, CustomStringConvertible {
  let stringValue: String
  let intValue: Int?

  init(stringValue: String) {
    self.stringValue = stringValue
    intValue = nil
  }

  init(intValue: Int) {
    stringValue = "\(intValue)"
    self.intValue = intValue
  }

  init(index: Int) { self.init(intValue: index) }

  /// The key under which a superclass encodes itself.
  static let `super` = MessageKey(stringValue: "super")

  var description: String { stringValue }
}
