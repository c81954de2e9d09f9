internal import CMPI

/// A name under which other programs can connect to this one.
///
///     // One program
///     let port = try Port()
///     try port.publish(as: "ocean")
///     let atmosphere = try world.accept(at: port.name)
///
///     // The other
///     let ocean = try world.connect(to: Port.lookUp("ocean"))
///
/// One process opens a port; only the roots of ``Communicator/accept(at:info:root:)`` and
/// ``Communicator/connect(to:info:root:)`` need its name. It is closed when the value goes out of
/// scope; connections stay.
@safe public struct Port: ~Copyable {
  /// What the library calls the port.
  public let name: String

  /// Opens a port.
  ///
  /// The corresponding C function is `MPI_Open_port` (MPI 3.1 §10.4.2).
  public init(info: Info = Info()) throws {
    name = unsafe try portName("MPI_Open_port") { unsafe MPI_Open_port(info.raw, $0) }
  }

  deinit {
    if isRunning { _ = unsafe MPI_Close_port(name) }
  }

  /// Makes the port known under a name that other jobs can look up.
  ///
  /// How far it is known is up to the library: with Open MPI 4, beyond the job only where an
  /// `ompi-server` runs; with MPICH, where a `hydra_nameserver` does.
  ///
  /// - Throws: ``MPIError/Code/service``, and ``MPIError/Code/fileExists`` or others where the name is
  ///   taken.
  ///
  /// The corresponding C function is `MPI_Publish_name` (MPI 3.1 §10.4.4).
  public func publish(as service: String, info: Info = Info()) throws {
    try unsafe check(MPI_Publish_name(service, info.raw, name), "MPI_Publish_name")
  }

  /// Takes back a name that was published.
  ///
  /// - Throws: ``MPIError/Code/service`` where there is no such name.
  ///
  /// The corresponding C function is `MPI_Unpublish_name` (MPI 3.1 §10.4.4).
  public func unpublish(_ service: String, info: Info = Info()) throws {
    try unsafe check(MPI_Unpublish_name(service, info.raw, name), "MPI_Unpublish_name")
  }

  /// The port that was published under a name.
  ///
  /// - Throws: ``MPIError/Code/noSuchName`` where there is none.
  ///
  /// The corresponding C function is `MPI_Lookup_name` (MPI 3.1 §10.4.4).
  public static func lookUp(_ service: String, info: Info = Info()) throws -> String {
    unsafe try portName("MPI_Lookup_name") { unsafe MPI_Lookup_name(service, info.raw, $0) }
  }

  /// Closes the port: no more connections can be made through it.
  ///
  /// The corresponding C function is `MPI_Close_port` (MPI 3.1 §10.4.2).
  public consuming func close() {
    // At the end of the value's life, which is here.
  }
}

/// The name of a port, which a routine of C writes.
private func portName(
  _ routine: StaticString, _ write: (UnsafeMutablePointer<CChar>?) -> CInt
) throws -> String {
  var code = CMPI_SUCCESS
  let name = unsafe text(capacity: CMPI_MAX_PORT_NAME) { buffer, _ in
    code = unsafe write(buffer)
    return code
  }
  try check(code, routine)
  return name
}

extension Communicator {
  /// Waits for a connection through a port.
  ///
  /// **Collective**: every rank of the communicator calls it, with the same root.
  ///
  /// - Parameters:
  ///   - port: The name of the port; looked at on the root only, and may be empty elsewhere.
  ///   - info: Hints for the library; those of the root count.
  ///   - root: The rank that opened the port.
  /// - Returns: An intercommunicator whose other group are the processes that connected.
  /// - Throws: ``MPIError/Code/invalidRoot``, and what else the library reports.
  ///
  /// The corresponding C function is `MPI_Comm_accept` (MPI 3.1 §10.4.2).
  public func accept(
    at port: String, info: Info = Info(), root: Int = 0
  ) throws -> Intercommunicator {
    var new = CMPI_COMM_NULL as RawCommunicator
    try unsafe check(
      MPI_Comm_accept(port, info.raw, rawRoot(root, "MPI_Comm_accept"), raw, &new),
      "MPI_Comm_accept", on: raw)
    return try Intercommunicator(owning: new)
  }

  /// Connects to the processes that wait at a port.
  ///
  /// **Collective**: every rank of the communicator calls it, with the same root.
  ///
  /// - Parameters:
  ///   - port: The name of the port; looked at on the root only, and may be empty elsewhere.
  ///   - info: Hints for the library; those of the root count.
  ///   - root: The rank that knows the port.
  /// - Returns: An intercommunicator whose other group are the processes that accepted.
  /// - Throws: ``MPIError/Code/invalidPort`` where no one waits there.
  ///
  /// The corresponding C function is `MPI_Comm_connect` (MPI 3.1 §10.4.3).
  public func connect(
    to port: String, info: Info = Info(), root: Int = 0
  ) throws -> Intercommunicator {
    var new = CMPI_COMM_NULL as RawCommunicator
    try unsafe check(
      MPI_Comm_connect(port, info.raw, rawRoot(root, "MPI_Comm_connect"), raw, &new),
      "MPI_Comm_connect", on: raw)
    return try Intercommunicator(owning: new)
  }
}

extension Intercommunicator {
  /// Connects two processes that have a socket to each other.
  ///
  /// **Collective** over the two processes: both call it, each with its end of the socket, on which
  /// nothing else is under way.
  ///
  /// - Parameter fileDescriptor: A connected socket, which stays open.
  /// - Throws: ``MPIError/Code/other`` where the library cannot connect the two.
  ///
  /// The corresponding C function is `MPI_Comm_join` (MPI 3.1 §10.5.5).
  public convenience init(joining fileDescriptor: CInt) throws {
    var new = CMPI_COMM_NULL as RawCommunicator
    try unsafe check(MPI_Comm_join(fileDescriptor, &new), "MPI_Comm_join")
    guard new != CMPI_COMM_NULL else {
      throw MPIError(
        .other, routine: "MPI_Comm_join", message: "the two processes cannot be connected")
    }
    try self.init(owning: new)
  }
}
