// swift-tools-version: 6.2
import PackageDescription

/// The MPI to build on, by the name of its pkg-config file: `ompi-c` (Open MPI, the default),
/// `mpich`, …
let mpi = Context.environment["PCOMPUTE_MPI"] ?? "ompi-c"

/// Set in CI: a warning in this package fails the build.
let strict = Context.environment["PCOMPUTE_STRICT"] == "1"

let common: [SwiftSetting] =
  [
    .strictMemorySafety(),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
  ] + (strict ? [.treatAllWarnings(as: .error)] : [])

// MPICH's handles are integers, all others' are pointers; see Sources/MPI/Internals/Handles.swift.
let library: [SwiftSetting] =
  common
  + [.enableExperimentalFeature("Lifetimes"), .enableExperimentalFeature("AddressableParameters")]
  + (mpi.hasPrefix("mpich") ? [.define("MPI_INTEGER_HANDLES")] : [])

/// The modules of tests to build; all of them where it is not set. What a build for another MPI need not have again.
let testModules = Context.environment["PCOMPUTE_TEST_MODULES"].map { Set($0.split(separator: " ")) }

func example(_ name: String, exclude: [String] = []) -> Target {
  .executableTarget(
    name: name, dependencies: ["MPI"], path: "examples/\(name)", exclude: ["README.md"] + exclude,
    swiftSettings: common)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []) -> Target {
  .testTarget(
    name: name, dependencies: dependencies + ["Support"], exclude: exclude, swiftSettings: common)
}

// Swift's package manager passes the folders of system libraries to the linker in reverse order: were CZlib named behind
// MPI, the system's libmpi would be found in zlib's folder, and be taken for the one that is built on.
let testTargets = [
  tests("SPMDTests", ["CZlib", "CZstd", "Compression", "SPMD", "MPI"]),
  tests("MPITests", ["MPI", .product(name: "ComplexModule", package: "swift-numerics")]),
  tests("OptimizedTests", ["MPI"]),
  tests("FarmTests", ["Farm", "SPMD", "MPI"]),
  tests("PComputeTests", [], exclude: ["Reference"]),
  tests("LaunchTests", [], exclude: ["Fixtures"]),
]

let package = Package(
  name: "pcompute",
  platforms: [.macOS(.v26)],
  products: [
    .library(name: "MPI", targets: ["MPI"]),
    .library(name: "SPMD", targets: ["SPMD"]),
    .executable(name: "pcompute", targets: ["pcompute"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-numerics", from: "1.1.1"),
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
  ],
  targets: [
    .systemLibrary(
      name: "CMPI", pkgConfig: mpi, providers: [.apt(["libopenmpi-dev", "openmpi-bin"])]),
    .target(
      name: "MPI",
      dependencies: ["CMPI", .product(name: "ComplexModule", package: "swift-numerics")],
      swiftSettings: library),
    .target(name: "SPMD", dependencies: ["MPI"], swiftSettings: library),
    .target(name: "CProcess"),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
    .target(name: "Compression", dependencies: ["CZlib", "CZstd", "SPMD"], swiftSettings: common),
    .target(
      name: "Farm",
      dependencies: ["CProcess", "MPI", "SPMD", .product(name: "GRDB", package: "GRDB.swift")],
      swiftSettings: common),
    .executableTarget(
      name: "pcompute",
      dependencies: [
        "Compression", "Farm", "MPI", "SPMD",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: common),

    example("hello"),
    example("ring"),
    example("pi", exclude: ["pi.c"]),
    example("matmul"),
    example("mandelbrot"),
    example("halo"),
    example("spawn"),
    example("parallel-write"),
    example("survivors"),
    .executableTarget(
      name: "overhead", dependencies: ["MPI"], path: "Benchmarks/overhead/Swift",
      swiftSettings: common),

    .executableTarget(
      name: "randomness", dependencies: ["MPI", "SPMD"], path: "Benchmarks/random/Swift",
      swiftSettings: common),
    .executableTarget(
      name: "objects", dependencies: ["MPI"], path: "Benchmarks/objects/Swift",
      swiftSettings: common),
    .executableTarget(
      name: "asynchronous", dependencies: ["MPI"], path: "Benchmarks/async/Swift",
      swiftSettings: common),
    .executableTarget(
      name: "sums", dependencies: ["SPMD"], path: "Benchmarks/sums/Swift", swiftSettings: common),
    .executableTarget(
      name: "loops", dependencies: ["SPMD"], path: "Benchmarks/loops/Swift", swiftSettings: common),
    .executableTarget(
      name: "sorting", dependencies: ["MPI", "SPMD"], path: "Benchmarks/sort/Swift",
      swiftSettings: common),
    .executableTarget(
      name: "farming", dependencies: ["Farm", "SPMD"], path: "Benchmarks/farm/Swift",
      swiftSettings: common),
    .executableTarget(
      name: "pooling", dependencies: ["MPI", "SPMD"], path: "Benchmarks/pool/Swift",
      swiftSettings: common),
    .executableTarget(
      name: "interoperation", dependencies: ["MPI"], path: "Tests/Interoperation",
      exclude: ["interoperation.py"], swiftSettings: common),

    .target(
      name: "Support", dependencies: ["MPI"], path: "Tests/Support", swiftSettings: common),
  ] + testTargets.filter { testModules?.contains(Substring($0.name)) ?? true })
