internal import Glibc

/// How commands are started: through the shell, or without it where it would do nothing but start one
/// program with the words of the line.
///
/// Then a process less is started, or one less is replaced, which is most of what a short task
/// costs. It is done only for a line of words that mean nothing to the shell but themselves, whose
/// first is neither a builtin nor a keyword, and is found in `PATH`.
final class ShellCommands {
  static let shell = "/bin/sh"

  static func viaShell(_ line: String) -> [String] { ["sh", "-c", line] }

  /// Words that some shell takes for itself: POSIX's keywords and builtins (XCU 2.4, 2.14, 1.6),
  /// and those of dash, bash, ksh and busybox. `true` and `false` are the same within and without.
  private static let reserved: Set<String> = [
    "if", "then", "else", "elif", "fi", "do", "done", "case", "esac", "while", "until", "for", "in",
    "function", "select", "time", "coproc", "break", "continue", "eval", "exec", "exit", "export",
    "readonly", "return", "set", "shift", "times", "trap", "unset", "alias", "bg", "cd", "command",
    "fc", "fg", "getopts", "hash", "jobs", "kill", "newgrp", "pwd", "read", "type", "ulimit",
    "umask",
    "unalias", "wait", "echo", "printf", "test", "local", "chdir", "history", "let", "source",
    "declare", "typeset", "builtin", "caller", "dirs", "disown", "enable", "help", "logout",
    "mapfile", "readarray", "popd", "pushd", "shopt", "suspend", "bind", "compgen", "complete",
    "compopt", "print", "whence", "sleep", "cat", "basename", "dirname", "mkdir", "rm", "cp", "mv",
    "ln", "head", "tail", "ls",
  ]

  struct Program {
    let path: String
    let arguments: [String]
    /// The line, where a shell is needed after all if the program cannot be started.
    var line = ""
    var isDirect = false
  }

  private let path: String?
  private let isDirectAllowed: Bool
  private var found: [String: String?] = [:]
  /// Whether `/bin/sh` is a shell whose builtins are those above that POSIX has: ksh and busybox have
  /// `sleep` and more.
  private let reserved: Set<String>

  init(path: String?, isDirectAllowed: Bool) {
    self.path = path
    // A folder that is empty or relative is one of the task's, not of this process.
    let isAbsolute = (path ?? "/").split(separator: ":", omittingEmptySubsequences: false)
      .allSatisfy { $0.hasPrefix("/") }
    self.isDirectAllowed = isDirectAllowed && isAbsolute
    let real = unsafe realpath(Self.shell, nil)
    let shell = unsafe real.map { unsafe String(cString: $0) } ?? ""
    unsafe free(real)
    let utilities: Set<String> = [
      "sleep", "cat", "basename", "dirname", "mkdir", "rm", "cp", "mv", "ln", "head", "tail", "ls",
    ]
    let isPlain = shell.hasSuffix("/dash") || shell.hasSuffix("/bash")
    reserved = isPlain ? Self.reserved.subtracting(utilities) : Self.reserved
  }

  /// The program of a task and its arguments.
  func arguments(for task: FarmTask, environment: TaskEnvironment) throws -> Program {
    switch task.command {
    case .arguments(let arguments):
      let name = arguments.first ?? ""
      if name.contains("/") { return Program(path: name, arguments: arguments) }
      guard
        let path = program(
          name, in: task.environment["PATH"] ?? path, from: task.directory)
      else {
        throw FarmError("\(name): no such program in PATH")
      }
      return Program(path: path, arguments: arguments)
    case .shell(let line):
      if isDirectAllowed, task.directory == nil, task.environment["PATH"] == nil,
        let direct = direct(line)
      {
        return direct
      }
      return Program(path: Self.shell, arguments: Self.viaShell(line))
    }
  }

  /// The program and words of a line that needs no shell.
  private func direct(_ line: String) -> Program? {
    guard line.utf8.allSatisfy(isPlain) else { return nil }
    let words = line.split(separator: " ").map(String.init)
    guard let name = words.first, !reserved.contains(name), !name.contains("="),
      words.count == 1 || name != "true" && name != "false"
    else { return nil }
    let path: String?
    if name.hasPrefix("/") {
      path = isProgram(name) ? name : nil
    } else if name.contains("/") {
      path = nil
    } else if let known = found[name] {
      path = known
    } else {
      path = program(name, in: self.path)
      found[name] = .some(path)
    }
    return path.map { Program(path: $0, arguments: words, line: line, isDirect: true) }
  }

  /// Whether a byte stands for itself in every shell, wherever it is.
  private func isPlain(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    default: " _-./:,+@=".utf8.contains(byte)
    }
  }

  /// The place of a program in the folders of `PATH`, where an empty one is the current (XBD 8.3).
  ///
  /// - Parameter directory: What relative ones are relative to; `nil` for this process' folder.
  private func program(_ name: String, in path: String?, from directory: String? = nil) -> String? {
    guard !name.isEmpty else { return nil }
    let folders = (path ?? "/usr/local/bin:/usr/bin:/bin")
      .split(separator: ":", omittingEmptySubsequences: false)
    for folder in folders {
      let candidate = "\(folder.isEmpty ? "." : folder)/\(name)"
      let isRelative = !candidate.hasPrefix("/")
      let place = isRelative ? directory.map { "\($0)/\(candidate)" } : nil
      if isProgram(place ?? candidate) { return candidate }
    }
    return nil
  }

  private func isProgram(_ path: String) -> Bool {
    var status = stat()
    return unsafe stat(path, &status) == 0 && access(path, X_OK) == 0
      && status.st_mode & S_IFMT == S_IFREG
  }
}
