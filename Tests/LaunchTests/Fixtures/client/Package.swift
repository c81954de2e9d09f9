// swift-tools-version: 6.2
import PackageDescription

// A package as others write them: no settings, no flags. The tests copy it out of the repository and replace the path.
let package = Package(
  name: "client",
  platforms: [.macOS(.v26)],
  dependencies: [.package(name: "pcompute", path: "../../../..")],
  targets: [
    .executableTarget(
      name: "client",
      dependencies: [
        .product(name: "MPI", package: "pcompute"),
        .product(name: "SPMD", package: "pcompute"),
      ])
  ])
