// MPICH's handles are integers; see Handles.swift.
#if MPI_INTEGER_HANDLES
  internal import CMPI

  // MPICH 4.0 compares unsigned integers as if they were signed: there, functions of ours compare them.

  private struct Extremes<T: OrderedDatatype & UnsignedInteger>: @unchecked Sendable {
    let min: Reduction<T>
    let max: Reduction<T>

    init() {
      if Quirk.comparesUnsignedAsSigned {
        min = Reduction { Swift.min($0, $1) }
        max = Reduction { Swift.max($0, $1) }
      } else {
        min = Reduction(predefined: CMPI_MIN)
        max = Reduction(predefined: CMPI_MAX)
      }
    }
  }

  private let extremesUInt8 = Extremes<UInt8>()
  private let extremesUInt16 = Extremes<UInt16>()
  private let extremesUInt32 = Extremes<UInt32>()
  private let extremesUInt64 = Extremes<UInt64>()
  private let extremesUInt = Extremes<UInt>()

  extension UInt8 {
    /// `MPI_MIN`, where the library has it right.
    public static var minReduction: Reduction<Self> { extremesUInt8.min }
    /// `MPI_MAX`, where the library has it right.
    public static var maxReduction: Reduction<Self> { extremesUInt8.max }
  }

  extension UInt16 {
    /// `MPI_MIN`, where the library has it right.
    public static var minReduction: Reduction<Self> { extremesUInt16.min }
    /// `MPI_MAX`, where the library has it right.
    public static var maxReduction: Reduction<Self> { extremesUInt16.max }
  }

  extension UInt32 {
    /// `MPI_MIN`, where the library has it right.
    public static var minReduction: Reduction<Self> { extremesUInt32.min }
    /// `MPI_MAX`, where the library has it right.
    public static var maxReduction: Reduction<Self> { extremesUInt32.max }
  }

  extension UInt64 {
    /// `MPI_MIN`, where the library has it right.
    public static var minReduction: Reduction<Self> { extremesUInt64.min }
    /// `MPI_MAX`, where the library has it right.
    public static var maxReduction: Reduction<Self> { extremesUInt64.max }
  }

  extension UInt {
    /// `MPI_MIN`, where the library has it right.
    public static var minReduction: Reduction<Self> { extremesUInt.min }
    /// `MPI_MAX`, where the library has it right.
    public static var maxReduction: Reduction<Self> { extremesUInt.max }
  }
#endif
