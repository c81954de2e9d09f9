import Foundation
import Support

/// The files and results of the reference script, made once for all tests.
enum StatsReference {
  static let folder = Launcher.packageFolder + "/.build/stats-reference"

  /// What was found, by the name of the file; `nil` where Python or its packages cannot be had.
  static let expected: [String: Expected]? = {
    let script = Launcher.packageFolder + "/Tests/PComputeTests/Reference/reference.py"
    do {
      let result = try Launcher.run("python3", [script, folder], timeout: .seconds(300))
      guard result.status == 0 else {
        print("no reference: \(result.standardError.suffix(500))")
        return nil
      }
      let data = try Data(contentsOf: URL(filePath: folder + "/expected.json"))
      return try JSONDecoder().decode([String: Expected].self, from: data)
    } catch {
      print("no reference: \(error)")
      return nil
    }
  }()

  static var isAvailable: Bool { expected != nil }
}
