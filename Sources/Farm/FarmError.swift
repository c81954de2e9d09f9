/// What keeps a farm from going on, in one line that names the thing and the place.
package struct FarmError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The whole message.
  package let description: String

  package init(_ description: String) { self.description = description }
}
