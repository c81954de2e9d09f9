internal import CMPI

/// Hints for the library: pairs of strings, which a library that does not know them ignores.
///
/// A value, as a dictionary is, and written like one:
///
///     let file = try File(opening: "field.dat", mode: [.create, .write], on: world,
///       info: ["striping_factor": "8", "cb_nodes": "4"])
///
/// The corresponding C functions are `MPI_Info_create`, `MPI_Info_dup` and `MPI_Info_free` (MPI 3.1
/// §9).
@safe public struct Info: @unchecked Sendable {
  /// An object of the library, which is never changed while two values share it.
  private final class Storage {
    var raw: RawInfo

    init() {
      raw = CMPI_INFO_NULL
      precondition(isRunning, "an Info was made while MPI is not running")
      let code = unsafe MPI_Info_create(&raw)
      precondition(code == CMPI_SUCCESS, "MPI_Info_create failed")
    }

    init(owning raw: RawInfo) { self.raw = raw }

    func copy() -> Storage {
      var new = CMPI_INFO_NULL as RawInfo
      let code = unsafe MPI_Info_dup(raw, &new)
      precondition(code == CMPI_SUCCESS, "MPI_Info_dup failed")
      return Storage(owning: new)
    }

    deinit {
      guard raw != CMPI_INFO_NULL, isRunning else { return }
      _ = unsafe MPI_Info_free(&raw)
    }
  }

  /// Nothing, for hints that are empty: most are.
  private var storage: Storage?

  /// No hints.
  public init() {}

  /// Takes over an object that a routine of the library has made.
  init(owning raw: RawInfo) {
    storage = raw == CMPI_INFO_NULL ? nil : Storage(owning: raw)
  }

  /// The object as C has it: `MPI_INFO_NULL` for no hints. It lives as long as this value, or a copy.
  var raw: RawInfo { storage?.raw ?? CMPI_INFO_NULL }

  /// The number of pairs.
  ///
  /// The corresponding C function is `MPI_Info_get_nkeys` (MPI 3.1 §9).
  public var count: Int {
    guard let storage else { return 0 }
    var count: CInt = 0
    _ = unsafe MPI_Info_get_nkeys(storage.raw, &count)
    return Int(count)
  }

  /// Whether there are no pairs.
  public var isEmpty: Bool { count == 0 }

  /// The keys, in the library's order.
  ///
  /// The corresponding C function is `MPI_Info_get_nthkey` (MPI 3.1 §9).
  public var keys: [String] {
    guard let storage else { return [] }
    return (0..<CInt(count)).map { index in
      unsafe text(capacity: CMPI_MAX_INFO_KEY) { buffer, _ in
        unsafe MPI_Info_get_nthkey(storage.raw, index, buffer)
      }
    }
  }

  /// The value of a key, or `nil` where it has none; setting `nil` removes the key.
  ///
  /// - Precondition: A key has 1 to `MPI_MAX_INFO_KEY` − 1 bytes, a value at most
  ///   `MPI_MAX_INFO_VAL` − 1.
  ///
  /// The corresponding C functions are `MPI_Info_get`, `MPI_Info_get_valuelen`, `MPI_Info_set` and
  /// `MPI_Info_delete` (MPI 3.1 §9).
  public subscript(key: String) -> String? {
    get {
      requireKey(key)
      guard let storage else { return nil }
      var length: CInt = 0
      var flag: CInt = 0
      guard
        unsafe MPI_Info_get_valuelen(storage.raw, key, &length, &flag) == CMPI_SUCCESS, flag != 0
      else { return nil }
      return unsafe text(capacity: length + 1) { buffer, _ in
        unsafe MPI_Info_get(storage.raw, key, length, buffer, &flag)
      }
    }
    set {
      requireKey(key)
      guard let newValue else {
        if self[key] != nil { _ = unsafe MPI_Info_delete(unique().raw, key) }
        return
      }
      precondition(
        newValue.utf8.count < Int(CMPI_MAX_INFO_VAL),
        "the value of \(key) has \(newValue.utf8.count) bytes, \(MPI_MAX_INFO_VAL - 1) are allowed")
      let code = unsafe MPI_Info_set(unique().raw, key, newValue)
      precondition(code == CMPI_SUCCESS, "MPI_Info_set failed for \(key)")
    }
  }

  private func requireKey(_ key: String) {
    precondition(
      !key.isEmpty && key.utf8.count < Int(CMPI_MAX_INFO_KEY),
      "a key of hints has 1 to \(MPI_MAX_INFO_KEY - 1) bytes: '\(key)'")
  }

  private mutating func unique() -> Storage {
    if let known = storage {
      if !isKnownUniquelyReferenced(&storage) { storage = known.copy() }
    }
    let result = storage ?? Storage()
    storage = result
    return result
  }
}

extension Info: ExpressibleByDictionaryLiteral {
  /// Hints from pairs of keys and values. Of equal keys, the last one counts.
  public init(dictionaryLiteral elements: (String, String)...) {
    for (key, value) in elements { self[key] = value }
  }

  /// Hints from a dictionary.
  public init(_ pairs: [String: String]) {
    for (key, value) in pairs { self[key] = value }
  }

  /// The pairs, as a dictionary.
  public var dictionary: [String: String] {
    Dictionary(uniqueKeysWithValues: keys.map { ($0, self[$0] ?? "") })
  }
}

extension Info: Equatable, CustomStringConvertible {
  /// Whether both have the same pairs.
  public static func == (left: Info, right: Info) -> Bool { left.dictionary == right.dictionary }

  /// The pairs, by key.
  public var description: String {
    let pairs = dictionary.sorted { $0.key < $1.key }
    return pairs.isEmpty ? "[:]" : "[" + pairs.map { "\($0): \($1)" }.joined(separator: ", ") + "]"
  }
}
