// What the compiler answers to the commonest mistakes, where it would only say that a type does not
// conform: functions that nobody can call, with a message that says what to write. They come last
// in the choice among overloads.

extension AnyCommunicator {
  /// Elements are of a ``Datatype``; other values are encoded.
  @available(
    *, unavailable,
    message:
      "this is no array, slice or span of a Datatype, nor a value of one: send(encoding:to:) sends any Codable value; a structure of numbers conforms to Datatype by saying so"
  )
  public func send<T>(
    _ value: T, to destination: Int?, tag: MessageTag = 0, mode: SendMode = .standard
  ) throws { fatalError("unavailable") }

  /// An optional is unwrapped before it is sent.
  @available(
    *, unavailable,
    message:
      "an optional is no message: unwrap it, send an empty array for nil, or use send(encoding:to:)"
  )
  public func send<T>(
    _ value: T?, to destination: Int?, tag: MessageTag = 0, mode: SendMode = .standard
  ) throws { fatalError("unavailable") }

  /// A computed tag is made by ``MessageTag/init(_:)``.
  @available(*, unavailable, message: "a computed tag is written MessageTag(number)")
  public func send<T>(
    _ value: T, to destination: Int?, tag: Int, mode: SendMode = .standard
  ) throws { fatalError("unavailable") }

  /// Storage holds elements of a ``Datatype``.
  @available(
    *, unavailable,
    message:
      "this holds no elements of a Datatype: receive(decoding:from:) receives any Codable value that was sent with send(encoding:to:)"
  )
  public func receive<T>(
    into storage: inout T, from source: some Source, tag: MessageTag = 0
  ) throws { fatalError("unavailable") }

  /// Storage is passed with `&`.
  @available(
    *, unavailable,
    message:
      "what is received into is a variable: write 'var' where it is declared, and '&' before its name"
  )
  public func receive<T>(
    into storage: T, from source: some Source, tag: MessageTag = 0
  ) throws { fatalError("unavailable") }

  /// An array is received by the type of its elements.
  @available(
    *, unavailable,
    message:
      "receive(Double.self, from:) gives an array of any length; receive(one: Double.self, from:) gives one value; receive(decoding:from:) any Codable value"
  )
  public func receive<T>(
    _ type: T.Type, from source: some Source, tag: MessageTag = 0
  ) throws -> T { fatalError("unavailable") }

  /// A computed tag is made by ``MessageTag/init(_:)``.
  @available(*, unavailable, message: "a computed tag is written MessageTag(number)")
  public func receive<T>(
    into storage: inout T, from source: some Source, tag: Int
  ) throws { fatalError("unavailable") }

  /// A computed tag is made by ``MessageTag/init(_:)``.
  @available(*, unavailable, message: "a computed tag is written MessageTag(number)")
  public func receive<T>(
    _ type: T.Type, from source: some Source, tag: Int
  ) throws -> [T] { fatalError("unavailable") }
}
