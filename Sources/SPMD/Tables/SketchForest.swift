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

/// The sketches of some blocks, merged as far as one binary tree over all blocks allows.
///
/// Node *i* of level *l* covers the blocks *i*·2ˡ ..< (*i* + 1)·2ˡ. Two neighbours are merged only
/// where the tree has a common parent for them; whoever owns which blocks, the same merges happen,
/// each once, and the result is a function of the file alone. Of a run of *n* blocks at most
/// 2·log₂ *n* nodes remain.
struct SketchForest: Sendable {
  struct Node: Sendable {
    var level: Int
    var index: Int
    /// What the blocks hold, or `nil` where no record begins in them.
    var sketch: BlockSketch?

    /// The first block.
    var start: Int { index << level }
  }

  /// By their blocks.
  private(set) var nodes: [Node] = []

  /// Adds a node of blocks that no other node has.
  mutating func append(_ node: Node) {
    var place = nodes.endIndex
    while place > 0 && node.start < nodes[place - 1].start { place -= 1 }
    nodes.insert(node, at: place)
    while true {
      let (level, index) = (nodes[place].level, nodes[place].index)
      let left = index % 2 == 0 ? place : place - 1
      let other = index % 2 == 0 ? place + 1 : place - 1
      guard nodes.indices.contains(other), nodes[other].level == level,
        nodes[other].index == index ^ 1
      else { return }
      let merged = Self.merged(nodes[left].sketch, nodes[left + 1].sketch)
      nodes.remove(at: left + 1)
      nodes[left] = Node(level: level + 1, index: index / 2, sketch: merged)
      place = left
    }
  }

  /// Adds the nodes of other blocks.
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
