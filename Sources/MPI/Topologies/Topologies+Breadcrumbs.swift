// Signposts: whoever types the name that C or Python has is told the name here.

extension Dimensions {
  /// The name in C of ``balanced(_:axes:)``.
  @available(*, unavailable, renamed: "balanced(_:axes:)")
  public static func create(_ count: Int, _ axes: Int) -> Dimensions { fatalError() }
}

extension Communicator {
  /// The name in C of ``cartesian(_:periodic:reordering:)-(_,[Bool],_)``.
  @available(*, unavailable, renamed: "cartesian(_:periodic:reordering:)")
  public func createCart(_ dimensions: [Int], periods: [Bool] = [], reorder: Bool = false) {
    fatalError()
  }

  /// The name in C of ``graph(_:reordering:)``.
  @available(*, unavailable, renamed: "graph(_:reordering:)")
  public func createGraph(_ index: [Int], _ edges: [Int], reorder: Bool = false) { fatalError() }

  /// The name in C of ``distributedGraph(edges:info:reordering:)``.
  @available(*, unavailable, renamed: "distributedGraph(edges:)")
  public func createDistGraph(_ sources: [Int], _ degrees: [Int], _ destinations: [Int]) {
    fatalError()
  }

  /// The name in C of ``distributedGraph(sources:destinations:weights:info:reordering:)``.
  @available(*, unavailable, renamed: "distributedGraph(sources:destinations:)")
  public func createDistGraphAdjacent(_ sources: [Int], _ destinations: [Int]) { fatalError() }
}

extension CartesianCommunicator {
  /// The name in C of ``coordinates(of:)``.
  @available(*, unavailable, renamed: "coordinates(of:)")
  public func coords(_ rank: Int) -> [Int] { fatalError() }

  /// The name in C of ``neighbors(along:distance:)``.
  @available(*, unavailable, renamed: "neighbors(along:distance:)")
  public func shift(_ direction: Int, _ distance: Int) -> (Int, Int) { fatalError() }

  /// The name in C of ``sliced(keeping:)``, which takes the numbers of axes.
  @available(*, unavailable, renamed: "sliced(keeping:)")
  public func sub(_ remain: [Bool]) -> CartesianCommunicator { fatalError() }
}

extension TopologyCommunicator {
  /// The name in C of ``neighborAllGather(_:counts:)``.
  @available(*, unavailable, renamed: "neighborAllGather(_:counts:)")
  public func neighborAllgather<T: ~Copyable & ~Escapable>(_ elements: borrowing T) { fatalError() }

  /// The name in C of ``neighborAllGather(_:into:counts:)-(_,R,_)``.
  @available(*, unavailable, renamed: "neighborAllGather(_:into:counts:)")
  public func neighborAllgather<S: ~Copyable & ~Escapable, R: ~Copyable & ~Escapable>(
    _ elements: borrowing S, _ storage: inout R
  ) { fatalError() }

  /// The name in C of ``neighborAllToAll(_:sending:)``.
  @available(*, unavailable, renamed: "neighborAllToAll(_:sending:)")
  public func neighborAlltoall<T: ~Copyable & ~Escapable>(_ elements: borrowing T) { fatalError() }

  /// The name in C of ``neighborAllToAll(_:into:sending:receiving:)-(_,R,Partition?,_)``.
  @available(*, unavailable, renamed: "neighborAllToAll(_:into:sending:receiving:)")
  public func neighborAlltoall<S: ~Copyable & ~Escapable, R: ~Copyable & ~Escapable>(
    _ elements: borrowing S, _ storage: inout R
  ) { fatalError() }
}
