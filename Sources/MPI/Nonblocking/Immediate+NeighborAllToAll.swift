internal import CMPI

extension Immediate {
  /// Begins to send as many elements to every neighbor, and to receive as many from each.
  ///
  /// **Collective**. The parameters are those of
  /// ``TopologyCommunicator/neighborAllToAll(_:into:)``.
  ///
  /// - Throws: ``MPIError/Code/invalidTopology`` on a communicator without a topology.
  ///
  /// The corresponding C function is `MPI_Ineighbor_alltoall` (MPI 3.1 §7.7.2).
  @_lifetime(copy elements, copy result)
  public func neighborAllToAll<T: Datatype>(
    _ elements: Span<T>, into result: consuming MutableSpan<T>
  ) throws(MPIError) -> Request {
    let target = unsafe result.rawBuffer()
    var pending = unsafe Pending()
    let communicator = try neighborhood("MPI_Ineighbor_alltoall")
    try unsafe communicator._neighborAllToAll(
      elements.rawBuffer, target, communicator.neighborCount(elements.count, target.count),
      &pending)
    return unsafe Request(pending, into: target, on: raw)
  }

  /// Begins to send a part of the elements to every neighbor, and to receive a part of the result
  /// from each.
  ///
  /// **Collective**. The parameters are those of
  /// ``TopologyCommunicator/neighborAllToAll(_:into:sending:receiving:)-(_,_,Partition,_)``.
  ///
  /// - Throws: ``MPIError/Code/invalidTopology`` on a communicator without a topology.
  ///
  /// The corresponding C function is `MPI_Ineighbor_alltoallv` (MPI 3.1 §7.7.2).
  @_lifetime(copy elements, copy result)
  public func neighborAllToAll<T: Datatype>(
    _ elements: Span<T>, into result: consuming MutableSpan<T>,
    sending: Partition, receiving: Partition
  ) throws(MPIError) -> Request {
    var pending = unsafe Pending()
    try unsafe neighborhood("MPI_Ineighbor_alltoallv")._neighborAllToAll(
      elements.rawBuffer, sending, result.rawBuffer(), receiving, &pending)
    return unsafe Request(pending, on: raw)
  }

  /// Begins to send what a layout names to every neighbor, and to receive what another one names
  /// from each.
  ///
  /// **Collective**. The parameters are those of
  /// ``TopologyCommunicator/neighborAllToAll(_:into:sending:receiving:)-(_,_,[Layout<T>.Placed],_)``.
  ///
  /// - Throws: ``MPIError/Code/invalidTopology`` on a communicator without a topology.
  ///
  /// The corresponding C function is `MPI_Ineighbor_alltoallw` (MPI 3.1 §7.7.2).
  @_lifetime(copy elements, copy result)
  public func neighborAllToAll<T: Datatype>(
    _ elements: Span<T>, into result: consuming MutableSpan<T>,
    sending: [Layout<T>.Placed], receiving: [Layout<T>.Placed]
  ) throws(MPIError) -> Request {
    var pending = unsafe Pending()
    try unsafe neighborhood("MPI_Ineighbor_alltoallw")._neighborAllToAll(
      elements.rawBuffer, sending, result.rawBuffer(), receiving, &pending)
    return unsafe Request(pending, on: raw)
  }

  /// Begins to exchange halos: to send what a layout names to every neighbor, and to receive what
  /// another one names from each in the same storage.
  ///
  /// **Collective**. The parameters are those of
  /// ``TopologyCommunicator/neighborAllToAll(_:sending:receiving:)``. All of the storage is out of
  /// reach until the request is complete.
  ///
  /// - Throws: ``MPIError/Code/invalidTopology`` on a communicator without a topology.
  ///
  /// The corresponding C function is `MPI_Ineighbor_alltoallw` (MPI 3.1 §7.7.2).
  @_lifetime(copy elements)
  public func neighborAllToAll<T: Datatype>(
    _ elements: consuming MutableSpan<T>, sending: [Layout<T>.Placed], receiving: [Layout<T>.Placed]
  ) throws(MPIError) -> Request {
    let buffer = unsafe elements.rawBuffer()
    var pending = unsafe Pending()
    try unsafe neighborhood("MPI_Ineighbor_alltoallw")._neighborAllToAll(
      buffer, sending, buffer, receiving, &pending)
    return unsafe Request(pending, on: raw)
  }
}
