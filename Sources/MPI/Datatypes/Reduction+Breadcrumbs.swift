// What the compiler would refuse with a message that tells nothing: a reduction that is not defined
// for a type, and a function in the place of a reduction. These say what is meant. None of them is
// ever called.

extension Reduction {
  /// Not defined for this type.
  @available(*, unavailable, message: "only numbers have it (ArithmeticDatatype)")
  @_disfavoredOverload
  public static var sum: Reduction { fatalError() }

  /// Not defined for this type.
  @available(*, unavailable, message: "only numbers have it (ArithmeticDatatype)")
  @_disfavoredOverload
  public static var product: Reduction { fatalError() }

  /// Not defined for this type.
  @available(*, unavailable, message: "only ordered numbers have it (OrderedDatatype)")
  @_disfavoredOverload
  public static var min: Reduction { fatalError() }

  /// Not defined for this type.
  @available(*, unavailable, message: "only ordered numbers have it (OrderedDatatype)")
  @_disfavoredOverload
  public static var max: Reduction { fatalError() }

  /// Not defined for this type.
  @available(*, unavailable, message: "only integers have it (BitwiseDatatype)")
  @_disfavoredOverload
  public static var bitwiseAnd: Reduction { fatalError() }

  /// Not defined for this type.
  @available(*, unavailable, message: "only integers have it (BitwiseDatatype)")
  @_disfavoredOverload
  public static var bitwiseOr: Reduction { fatalError() }

  /// Not defined for this type.
  @available(*, unavailable, message: "only integers have it (BitwiseDatatype)")
  @_disfavoredOverload
  public static var bitwiseXor: Reduction { fatalError() }

  /// Not defined for this type.
  @available(*, unavailable, message: "only Bool has it")
  @_disfavoredOverload
  public static var logicalAnd: Reduction { fatalError() }

  /// Not defined for this type.
  @available(*, unavailable, message: "only Bool has it")
  @_disfavoredOverload
  public static var logicalOr: Reduction { fatalError() }

  /// Not defined for this type.
  @available(*, unavailable, message: "only Bool has it")
  @_disfavoredOverload
  public static var logicalXor: Reduction { fatalError() }

  /// Not defined for this type.
  @available(*, unavailable, message: "only Located values have it: Located(x, at: rank)")
  @_disfavoredOverload
  public static var minLocation: Reduction { fatalError() }

  /// Not defined for this type.
  @available(*, unavailable, message: "only Located values have it: Located(x, at: rank)")
  @_disfavoredOverload
  public static var maxLocation: Reduction { fatalError() }
}

// The function takes integers whatever the elements are, so that `+` and `max` have a type at once.
extension Communicator {
  /// Takes a ``Reduction``, no function.
  @available(*, unavailable, message: "pass .sum, .max, …, or Reduction { a, b in … }")
  @_disfavoredOverload
  public func reduce<B>(_ elements: B, _ combine: (Int, Int) -> Int, to root: Int) throws -> B? {
    fatalError()
  }

  /// Takes a ``Reduction``, no function.
  @available(*, unavailable, message: "pass .sum, .max, …, or Reduction { a, b in … }")
  @_disfavoredOverload
  public func allReduce<B>(_ elements: B, _ combine: (Int, Int) -> Int) throws -> B { fatalError() }

  /// Takes a ``Reduction``, no function.
  @available(*, unavailable, message: "pass .sum, .max, …, or Reduction { a, b in … }")
  @_disfavoredOverload
  public func reduceScatter<B>(_ elements: B, _ combine: (Int, Int) -> Int) throws -> B {
    fatalError()
  }

  /// Takes a ``Reduction``, no function.
  @available(*, unavailable, message: "pass .sum, .max, …, or Reduction { a, b in … }")
  @_disfavoredOverload
  public func scan<B>(_ elements: B, _ combine: (Int, Int) -> Int) throws -> B { fatalError() }

  /// Takes a ``Reduction``, no function.
  @available(*, unavailable, message: "pass .sum, .max, …, or Reduction { a, b in … }")
  @_disfavoredOverload
  public func exclusiveScan<B>(_ elements: B, _ combine: (Int, Int) -> Int) throws -> B? {
    fatalError()
  }
}
