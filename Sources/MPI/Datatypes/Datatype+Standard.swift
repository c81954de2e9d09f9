public import CMPI
public import ComplexModule

/// What describes a type to MPI: a handle of the library.
@safe public struct DatatypeHandle: @unchecked Sendable {
  @usableFromInline let raw: RawDatatype

  /// What must be known of a type beyond the handle, or `nil` where all bit patterns are valid.
  ///
  /// Unmanaged, as is all that is kept of a type for as long as the process runs: no call counts
  /// references.
  @usableFromInline let structure: Unmanaged<StructureDescription>?

  @inlinable @inline(__always)
  init(_ raw: RawDatatype) { unsafe self.init(raw, structure: nil) }

  @inlinable @inline(__always)
  init(_ raw: RawDatatype, structure: Unmanaged<StructureDescription>?) {
    self.raw = raw
    unsafe self.structure = unsafe structure
  }
}

// The types that MPI has a name for.

extension Int8: Datatype {
  /// `MPI_INT8_T`.
  @inlinable public static var mpiDatatype: DatatypeHandle { DatatypeHandle(CMPI_INT8_T) }
}

extension Int16: Datatype {
  /// `MPI_INT16_T`.
  @inlinable public static var mpiDatatype: DatatypeHandle { DatatypeHandle(CMPI_INT16_T) }
}

extension Int32: Datatype {
  /// `MPI_INT32_T`.
  @inlinable public static var mpiDatatype: DatatypeHandle { DatatypeHandle(CMPI_INT32_T) }
}

extension Int64: Datatype {
  /// `MPI_INT64_T`.
  @inlinable public static var mpiDatatype: DatatypeHandle { DatatypeHandle(CMPI_INT64_T) }
}

extension Int: Datatype {
  /// `MPI_INT64_T`: MPI runs on 64-bit machines only, as far as this module is concerned.
  @inlinable public static var mpiDatatype: DatatypeHandle { DatatypeHandle(CMPI_INT64_T) }
}

extension UInt8: Datatype {
  /// `MPI_UINT8_T`.
  @inlinable public static var mpiDatatype: DatatypeHandle { DatatypeHandle(CMPI_UINT8_T) }
}

extension UInt16: Datatype {
  /// `MPI_UINT16_T`.
  @inlinable public static var mpiDatatype: DatatypeHandle {
    DatatypeHandle(CMPI_UINT16_T)
  }
}

extension UInt32: Datatype {
  /// `MPI_UINT32_T`.
  @inlinable public static var mpiDatatype: DatatypeHandle {
    DatatypeHandle(CMPI_UINT32_T)
  }
}

extension UInt64: Datatype {
  /// `MPI_UINT64_T`.
  @inlinable public static var mpiDatatype: DatatypeHandle {
    DatatypeHandle(CMPI_UINT64_T)
  }
}

extension UInt: Datatype {
  /// `MPI_UINT64_T`.
  @inlinable public static var mpiDatatype: DatatypeHandle {
    DatatypeHandle(CMPI_UINT64_T)
  }
}

extension Float: Datatype {
  /// `MPI_FLOAT`.
  @inlinable public static var mpiDatatype: DatatypeHandle { DatatypeHandle(CMPI_FLOAT) }
}

extension Double: Datatype {
  /// `MPI_DOUBLE`.
  @inlinable public static var mpiDatatype: DatatypeHandle { DatatypeHandle(CMPI_DOUBLE) }
}

#if !((os(macOS) || targetEnvironment(macCatalyst)) && arch(x86_64))
  extension Float16: Datatype {
    /// Two bytes: the standard has no type of this width, so MPI carries it, and ``Reduction``
    /// computes with it.
    @inlinable public static var mpiDatatype: DatatypeHandle {
      DatatypeHandle(CMPI_UINT16_T)
    }
  }
#endif

extension Bool: Datatype {
  /// `MPI_C_BOOL`.
  @inlinable public static var mpiDatatype: DatatypeHandle {
    unsafe DatatypeHandle(CMPI_C_BOOL, structure: StructureDescription.bool)
  }
}

extension Int128: Datatype {
  /// Two words of 64 bits: MPI carries it, and ``Reduction`` computes with it.
  public static var mpiDatatype: DatatypeHandle {
    StructureCache.shared.handle(for: Self.self, repeating: UInt64.self, count: 2)
  }
}

extension UInt128: Datatype {
  /// Two words of 64 bits: MPI carries it, and ``Reduction`` computes with it.
  public static var mpiDatatype: DatatypeHandle {
    StructureCache.shared.handle(for: Self.self, repeating: UInt64.self, count: 2)
  }
}

extension Complex: Datatype where RealType: Datatype {
  /// `MPI_C_DOUBLE_COMPLEX` or `MPI_C_FLOAT_COMPLEX`; two elements of any other real type.
  @inlinable public static var mpiDatatype: DatatypeHandle {
    if RealType.self == Double.self { return DatatypeHandle(CMPI_C_DOUBLE_COMPLEX) }
    if RealType.self == Float.self { return DatatypeHandle(CMPI_C_FLOAT_COMPLEX) }
    return StructureCache.shared.handle(for: Self.self, repeating: RealType.self, count: 2)
  }
}

extension InlineArray: Datatype where Element: Datatype {
  /// `count` elements, one after the other.
  public static var mpiDatatype: DatatypeHandle {
    StructureCache.shared.handle(for: Self.self, repeating: Element.self, count: count)
  }
}
