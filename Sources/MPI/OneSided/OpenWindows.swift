internal import CMPI
internal import Synchronization

/// The windows that this process has not freed.
///
/// To free a window is collective, so that one that goes out of scope cannot be freed then: the other
/// ranks may not come. But all come to `MPI_Finalize`, before which all windows have to be freed (MPICH
/// 4.0.2 crashes otherwise). There they are freed in the order in which they were made, which is the
/// same on all ranks as far as they have windows in common.
struct OpenWindows: ~Copyable, Sendable {
  // The handle is a pointer to all threads alike.
  private struct Entry: @unchecked Sendable {
    let raw: RawWindow
    var isLocked = false
  }

  private struct State {
    var entries: [Int: Entry] = [:]
    var last = 0
  }

  private let state = Mutex(State())

  static let shared = OpenWindows()

  private init() {
    let code = unsafe cmpi_at_finalize { _, _, _, _ in
      OpenWindows.shared.freeAll()
      return CMPI_SUCCESS
    }
    precondition(code == CMPI_SUCCESS, "MPI could not keep an attribute of MPI_COMM_SELF")
  }

  /// Notes a window.
  ///
  /// - Returns: What it is forgotten by.
  func add(_ raw: RawWindow) -> Int {
    state.withLock { state in
      state.last += 1
      state.entries[state.last] = Entry(raw: raw)
      return state.last
    }
  }

  /// Notes that a window is locked for good, until it is freed.
  func setLocked(_ number: Int) {
    state.withLock { $0.entries[number]?.isLocked = true }
  }

  func remove(_ number: Int) {
    state.withLock { _ = $0.entries.removeValue(forKey: number) }
  }

  private func freeAll() {
    let entries = state.withLock { state in
      let sorted = state.entries.sorted { $0.key < $1.key }.map(\.value)
      state.entries = [:]
      return sorted
    }
    for entry in entries {
      var raw = entry.raw
      if entry.isLocked { _ = MPI_Win_unlock_all(raw) }
      _ = unsafe MPI_Win_free(&raw)
    }
  }
}
