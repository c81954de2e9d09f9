import MPI

@main struct Hello {
  static func main() {
    MPI.run { world in
      print("Hello from rank \(world.rank) of \(world.size), on \(MPI.processorName)")
    }
  }
}
