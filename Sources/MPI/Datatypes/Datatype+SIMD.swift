// SIMD vectors: as many elements as the vector has. `SIMD3` occupies the space of four, of which
// three are sent.

extension SIMD2: Datatype where Scalar: Datatype {
  /// 2 scalars.
  public static var mpiDatatype: DatatypeHandle {
    StructureCache.shared.handle(for: Self.self, repeating: Scalar.self, count: 2)
  }
}

extension SIMD3: Datatype where Scalar: Datatype {
  /// 3 scalars.
  public static var mpiDatatype: DatatypeHandle {
    StructureCache.shared.handle(for: Self.self, repeating: Scalar.self, count: 3)
  }
}

extension SIMD4: Datatype where Scalar: Datatype {
  /// 4 scalars.
  public static var mpiDatatype: DatatypeHandle {
    StructureCache.shared.handle(for: Self.self, repeating: Scalar.self, count: 4)
  }
}

extension SIMD8: Datatype where Scalar: Datatype {
  /// 8 scalars.
  public static var mpiDatatype: DatatypeHandle {
    StructureCache.shared.handle(for: Self.self, repeating: Scalar.self, count: 8)
  }
}

extension SIMD16: Datatype where Scalar: Datatype {
  /// 16 scalars.
  public static var mpiDatatype: DatatypeHandle {
    StructureCache.shared.handle(for: Self.self, repeating: Scalar.self, count: 16)
  }
}

extension SIMD32: Datatype where Scalar: Datatype {
  /// 32 scalars.
  public static var mpiDatatype: DatatypeHandle {
    StructureCache.shared.handle(for: Self.self, repeating: Scalar.self, count: 32)
  }
}

extension SIMD64: Datatype where Scalar: Datatype {
  /// 64 scalars.
  public static var mpiDatatype: DatatypeHandle {
    StructureCache.shared.handle(for: Self.self, repeating: Scalar.self, count: 64)
  }
}

extension SIMD2: ArithmeticDatatype where Scalar: ArithmeticDatatype {
  /// The sum, scalar by scalar.
  @inlinable public static var sumReduction: Reduction<Self> { onScalars(.sum) }
  /// The product, scalar by scalar.
  @inlinable public static var productReduction: Reduction<Self> { onScalars(.product) }
}

extension SIMD3: ArithmeticDatatype where Scalar: ArithmeticDatatype {
  /// The sum, scalar by scalar.
  @inlinable public static var sumReduction: Reduction<Self> { onScalars(.sum) }
  /// The product, scalar by scalar.
  @inlinable public static var productReduction: Reduction<Self> { onScalars(.product) }
}

extension SIMD4: ArithmeticDatatype where Scalar: ArithmeticDatatype {
  /// The sum, scalar by scalar.
  @inlinable public static var sumReduction: Reduction<Self> { onScalars(.sum) }
  /// The product, scalar by scalar.
  @inlinable public static var productReduction: Reduction<Self> { onScalars(.product) }
}

extension SIMD8: ArithmeticDatatype where Scalar: ArithmeticDatatype {
  /// The sum, scalar by scalar.
  @inlinable public static var sumReduction: Reduction<Self> { onScalars(.sum) }
  /// The product, scalar by scalar.
  @inlinable public static var productReduction: Reduction<Self> { onScalars(.product) }
}

extension SIMD16: ArithmeticDatatype where Scalar: ArithmeticDatatype {
  /// The sum, scalar by scalar.
  @inlinable public static var sumReduction: Reduction<Self> { onScalars(.sum) }
  /// The product, scalar by scalar.
  @inlinable public static var productReduction: Reduction<Self> { onScalars(.product) }
}

extension SIMD32: ArithmeticDatatype where Scalar: ArithmeticDatatype {
  /// The sum, scalar by scalar.
  @inlinable public static var sumReduction: Reduction<Self> { onScalars(.sum) }
  /// The product, scalar by scalar.
  @inlinable public static var productReduction: Reduction<Self> { onScalars(.product) }
}

extension SIMD64: ArithmeticDatatype where Scalar: ArithmeticDatatype {
  /// The sum, scalar by scalar.
  @inlinable public static var sumReduction: Reduction<Self> { onScalars(.sum) }
  /// The product, scalar by scalar.
  @inlinable public static var productReduction: Reduction<Self> { onScalars(.product) }
}

extension SIMD where Self: Datatype, Scalar: Datatype {
  /// A scalar's reduction on vectors of it.
  @inlinable
  static func onScalars(_ scalar: Reduction<Scalar>) -> Reduction<Self> {
    Reduction(onScalars: scalar)
  }
}
