/// What rank 0 knows of a rank.
struct FarmRank {
  let slots: Int
  let host: String
  var lastHeard: Double
  var lastSpoken = 0.0
  var isAlive = true
  var hasLeft = false
  /// The numbers of the last report that was taken in, and that was acknowledged.
  var taken = 0
  var acknowledged = 0
  /// Seconds that tasks have run there, and how many have ended.
  var busy = 0.0
  var ended = 0

  init(slots: Int, host: String, lastHeard: Double) {
    (self.slots, self.host, self.lastHeard) = (slots, host, lastHeard)
  }
}
