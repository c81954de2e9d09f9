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
  /// The name in C of ``neighborAllGather(_:)-(Span<T>)``.
  @available(*, unavailable, renamed: "neighborAllGather(_:)")
  public func neighborAllgather<T>(_ elements: T) { fatalError() }

  /// The name in C of ``neighborAllToAll(_:)``.
  @available(*, unavailable, renamed: "neighborAllToAll(_:)")
  public func neighborAlltoall<T>(_ elements: T) { fatalError() }
}
