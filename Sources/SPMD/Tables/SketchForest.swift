/// The sketches of a column whose result depends on the order of merging.
struct BlockSketch: Sendable, Equatable {
  var quantiles: QuantileSketch?
  var frequent: FrequentItems

  mutating func merge(_ other: BlockSketch) {
    if let theirs = other.quantiles {
      if quantiles == nil { quantiles = theirs } else { quantiles?.merge(theirs) }
    }
    frequent.merge(other.frequent)
  }

  static func == (a: BlockSketch, b: BlockSketch) -> Bool {
    a.quantiles == b.quantiles && a.frequent.words == b.frequent.words
  }
}

/// The sketches of a run of blocks, merged as far as one binary tree over all blocks allows.
///
/// Node *i* of level *l* covers the blocks *i*·2ˡ ..< (*i* + 1)·2ˡ. Two neighbours are merged only
/// where the tree has a common parent for them; whoever owns which blocks, the same merges happen,
/// each once, and the result is a function of the file alone. Of *n* blocks at most 2·log₂ *n*
/// nodes remain.
struct SketchForest: Sendable {
  struct Node: Sendable {
    var level: Int
    var index: Int
    /// What the blocks hold, or `nil` where no record begins in them.
    var sketch: BlockSketch?
  }

  private(set) var nodes: [Node] = []

  /// Adds the node to the right of all others.
  mutating func append(_ node: Node) {
    var node = node
    while let last = nodes.last, last.level == node.level, last.index % 2 == 0,
      last.index + 1 == node.index
    {
      nodes.removeLast()
      node = Node(
        level: node.level + 1, index: node.index / 2,
        sketch: Self.merged(last.sketch, node.sketch))
    }
    nodes.append(node)
  }

  /// Adds the nodes of the blocks that follow.
  mutating func append(contentsOf other: SketchForest) {
    for node in other.nodes { append(node) }
  }

  private static func merged(_ a: BlockSketch?, _ b: BlockSketch?) -> BlockSketch? {
    guard var a else { return b }
    if let b { a.merge(b) }
    return a
  }

  /// The sketch of all blocks, from the first to the last of the data.
  var whole: BlockSketch? {
    nodes.reversed().reduce(nil) { Self.merged($1.sketch, $0) }
  }

  // MARK: As words

  var words: [UInt64] {
    var words = [UInt64(nodes.count)]
    for node in nodes {
      words += [UInt64(node.level), UInt64(node.index), node.sketch == nil ? 0 : 1]
      guard let sketch = node.sketch else { continue }
      words.append(sketch.quantiles == nil ? 0 : 1)
      words += sketch.quantiles?.words ?? []
      words += sketch.frequent.words
    }
    return words
  }

  init() {}

  init(from reader: inout WordReader) {
    for _ in 0..<reader.next() {
      let level = Int(reader.next())
      let index = Int(reader.next())
      var sketch: BlockSketch?
      if reader.next() == 1 {
        let hasQuantiles = reader.next() == 1
        let quantiles = hasQuantiles ? QuantileSketch(from: &reader) : nil
        sketch = BlockSketch(quantiles: quantiles, frequent: FrequentItems(from: &reader))
      }
      nodes.append(Node(level: level, index: index, sketch: sketch))
    }
  }
}
