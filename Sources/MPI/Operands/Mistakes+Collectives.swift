// As in Mistakes.swift, for collectives.

extension Communicator {
  /// Elements are of a ``Datatype``.
  @available(
    *, unavailable,
    message:
      "this holds no elements of a Datatype: broadcast(encoding:from:) gives any Codable value; what is received into is a variable, passed with '&'"
  )
  public func broadcast<T>(_ value: T, from root: Int) throws { fatalError("unavailable") }

  /// Elements are of a ``Datatype``.
  @available(
    *, unavailable,
    message:
      "this holds no elements of a Datatype: broadcast(encoding:from:) gives any Codable value"
  )
  public func broadcast<T>(_ value: inout T, from root: Int) throws { fatalError("unavailable") }

  /// Elements are of a ``Datatype``.
  @available(
    *, unavailable,
    message:
      "this is no array, slice or span of a Datatype, nor a value of one: gather(encoding:to:) gathers any Codable values"
  )
  public func gather<T>(_ value: T, to root: Int) throws -> [T]? { fatalError("unavailable") }

  /// Elements are of a ``Datatype``.
  @available(
    *, unavailable,
    message:
      "this is no array, slice or span of a Datatype: scatter(encoding:from:) gives each rank one of an array of Codable values"
  )
  public func scatter<T>(_ value: T, from root: Int) throws -> T { fatalError("unavailable") }

  /// Elements are of a ``Datatype``.
  @available(
    *, unavailable,
    message:
      "this is no array, slice or span of a Datatype, nor a value of one: allGather(encoding:) gathers any Codable values"
  )
  public func allGather<T>(_ value: T) throws -> [T] { fatalError("unavailable") }

  /// Elements are of a ``Datatype``.
  @available(
    *, unavailable,
    message:
      "this is no array, slice or span of a Datatype: allToAll(encoding:) exchanges any Codable values, one for each rank"
  )
  public func allToAll<T>(_ value: T) throws -> T { fatalError("unavailable") }

  /// What is gathered is of the type that it is gathered into.
  @available(*, unavailable, message: "both must hold elements of one type")
  public func gather<S: Outgoing, R: Incoming>(
    _ elements: S, into storage: inout R, to root: Int, counts: Partition? = nil
  ) throws { fatalError("unavailable") }

  /// What is scattered is of the type that it is scattered into.
  @available(*, unavailable, message: "both must hold elements of one type")
  public func scatter<S: Outgoing, R: Incoming>(
    _ elements: S, into storage: inout R, from root: Int, counts: Partition? = nil
  ) throws { fatalError("unavailable") }

  /// What is gathered is of the type that it is gathered into.
  @available(*, unavailable, message: "both must hold elements of one type")
  public func allGather<S: Outgoing, R: Incoming>(
    _ elements: S, into storage: inout R, counts: Partition? = nil
  ) throws { fatalError("unavailable") }

  /// What is sent is of the type that it is received into.
  @available(*, unavailable, message: "both must hold elements of one type")
  public func allToAll<S: Outgoing, R: Incoming>(
    _ elements: S, into storage: inout R
  ) throws { fatalError("unavailable") }

  /// The results are of the type of the operands.
  @available(
    *, unavailable,
    message: "both must hold elements of one type, and the reduction be one of that type"
  )
  public func allReduce<S: Outgoing, R: Incoming>(
    _ elements: S, into storage: inout R, _ reduction: Reduction<S.Element>
  ) throws { fatalError("unavailable") }

  /// In place is `&`.
  @available(
    *, unavailable, message: "in place is allReduce(&array, .sum), of a view allReduce(&view, .sum)"
  )
  public func allReduce<T: Datatype>(
    _ elements: consuming MutableSpan<T>, _ reduction: Reduction<T>
  ) throws { fatalError("unavailable") }

  /// In place is `&`.
  @available(*, unavailable, message: "in place is allGather(&array), of a view allGather(&view)")
  public func allGather<T: Datatype>(
    _ elements: consuming MutableSpan<T>, counts: Partition? = nil
  ) throws { fatalError("unavailable") }

  /// In place is `&`.
  @available(*, unavailable, message: "in place is allToAll(&array), of a view allToAll(&view)")
  public func allToAll<T: Datatype>(
    _ elements: consuming MutableSpan<T>
  ) throws { fatalError("unavailable") }
}
