import Foundation
import MPI

extension MessageTag {
  static let work: MessageTag = 1
  static let pixels: MessageTag = 2
}

/// The Mandelbrot set as a picture: rank 0 hands out rows, one at a time, so that a rank that got
/// an easy one soon has the next.
@main struct Mandelbrot {
  static func main() {
    let status = MPI.run { world -> Int32 in
      do {
        let options = try Options(CommandLine.arguments.dropFirst())
        if world.rank == 0 {
          try lead(options, world)
        } else {
          try work(options, world)
        }
        return 0
      } catch let error as BadInput {
        // All ranks see the same command line; one of them says so.
        if world.rank == 0 { FileHandle.standardError.write(Data("mandelbrot: \(error)\n".utf8)) }
        return 2
      }
    }
    exit(status)
  }

  /// Hands out rows, takes in pixels, and computes rows itself when nobody is waiting.
  static func lead(_ options: Options, _ world: Communicator) throws {
    var image = [[UInt8]](
      repeating: [UInt8](repeating: 0, count: options.width * 3), count: options.height)
    var rows = (0..<options.height).makeIterator()
    var rowOfWorker = [Int?](repeating: nil, count: world.size)

    func handOut(to worker: Int) throws {
      let row = rows.next()
      rowOfWorker[worker] = row
      try world.send(row ?? -1, to: worker, tag: .work)
    }

    for worker in 1..<max(1, world.size) { try handOut(to: worker) }
    while true {
      let isWaiting = try world.immediate.probe(from: .any, tag: .pixels) != nil
      if !isWaiting, let row = rows.next() {
        options.compute(row: row, into: &image[row])
      } else if rowOfWorker.contains(where: { $0 != nil }) {
        let message = try world.matchedProbe(from: .any, tag: .pixels)
        guard let worker = message.status.source, let row = rowOfWorker[worker] else { continue }
        try message.receive(into: &image[row])
        try handOut(to: worker)
      } else {
        break
      }
    }

    try writePNG(image, to: options.output)
    print(
      "\(options.output): \(options.width) × \(options.height), \(options.iterations) iterations,",
      "\(world.size) ranks")
  }

  /// Computes the rows that rank 0 asks for, until there are no more.
  static func work(_ options: Options, _ world: Communicator) throws {
    var pixels = [UInt8](repeating: 0, count: options.width * 3)
    while true {
      let row = try world.receive(one: Int.self, from: 0, tag: .work)
      if row < 0 { return }
      options.compute(row: row, into: &pixels)
      try world.send(pixels, to: 0, tag: .pixels)
    }
  }
}
