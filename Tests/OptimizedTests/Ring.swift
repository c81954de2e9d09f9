import MPI

extension Communicator {
  /// The next rank around the ring.
  var right: Int { (rank + 1) % size }
  /// The previous rank around the ring.
  var left: Int { (rank + size - 1) % size }
}
