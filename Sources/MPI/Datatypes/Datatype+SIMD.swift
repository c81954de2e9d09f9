// SIMD vectors: as many elements as the vector has. `SIMD3` occupies the space of four, of which three are sent.

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
