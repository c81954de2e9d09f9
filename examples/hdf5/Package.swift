// swift-tools-version: 6.2
import PackageDescription

// A package of its own, since it needs a library that most machines lack: parallel HDF5.
let package = Package(
  name: "hdf5",
  platforms: [.macOS(.v26)],
  dependencies: [.package(name: "pcompute", path: "../..")],
  targets: [
    .systemLibrary(
      name: "CHDF5", pkgConfig: "hdf5-openmpi", providers: [.apt(["libhdf5-openmpi-dev"])]),
    .target(name: "CStore", dependencies: ["CHDF5"]),
    .executableTarget(
      name: "store", dependencies: ["CStore", .product(name: "MPI", package: "pcompute")]),
  ])
