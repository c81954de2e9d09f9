internal import Farm
internal import Foundation

/// A script for `sbatch`.
struct BatchScript {
  /// What starts the ranks.
  enum Launcher: Equatable {
    case srun(plugin: String)
    case mpirun(path: String)
  }

  /// The options of `sbatch`, each with its value: `--nodes=2`.
  var options: [String]
  /// What starts the ranks, and why that.
  var launcher: Launcher
  var reason: String
  /// The program and its arguments.
  var command: [String]
  /// Whether `%a` in the arguments stands for the number of the array's task.
  var isArray = false
  /// Whether the job goes on when a rank dies.
  var survives = false

  var text: String {
    var lines = ["#!/bin/bash"]
    lines += options.map { "#SBATCH \($0)" }
    lines += ["# Written by: pcompute submit", ""]
    lines += ["# \(reason)"]
    let words = starter + command.map { isArray ? arrayQuoted($0) : quoted($0) }
    let line = words.joined(separator: " ")
    guard survives else { return (lines + ["exec \(line)", ""]).joined(separator: "\n") }
    // As in run.sh: mpirun's own status says nothing where ranks may be lost.
    lines += [
      "scratch=$(mktemp -d)",
      "export PCOMPUTE_VERDICT=$scratch/verdict",
      ": >\"$PCOMPUTE_VERDICT\"",
    ]
    if let daemonStarter { lines += daemonStarter }
    lines += [
      "\(line) &",
      "launcher=$!",
      "for signal in TERM INT USR1 USR2; do",
      "  trap \"kill -$signal $launcher 2>/dev/null || true\" \"$signal\"",
      "done",
      "# A signal ends `wait`, not mpirun.",
      "while true; do",
      "  status=0",
      "  wait \"$launcher\" || status=$?",
      "  kill -0 \"$launcher\" 2>/dev/null || break",
      "done",
      "verdict=$(<\"$PCOMPUTE_VERDICT\")",
      "case $verdict in",
      "  [0-9]*) status=$verdict ;;",
      "  begun) status=\(FarmStatus.unfinished) ;;",
      "esac",
      "rm -rf \"$scratch\"",
      "exit \"$status\"",
      "",
    ]
    return lines.joined(separator: "\n")
  }

  private var starter: [String] {
    switch launcher {
    // Standard input would go to every rank.
    case .srun(let plugin): ["srun", "--mpi=\(plugin)", "--input=none"]
    case .mpirun(let path):
      // One that is called by its path puts the folder before all others.
      [quoted(daemonStarter == nil ? path : (path as NSString).lastPathComponent)]
        + (survives ? recovery(of: path) : [])
    }
  }

  /// What goes before an mpirun that has srun start its daemons, and must outlive it.
  private var daemonStarter: [String]? {
    guard survives, case .mpirun(let path) = launcher, !isHydra(path) else { return nil }
    let folder = (path as NSString).deletingLastPathComponent
    return [
      "export PCOMPUTE_SRUN=$(command -v srun)",
      "cat >\"$scratch/srun\" <<'END'", Self.tolerantSrun, "END",
      "chmod +x \"$scratch/srun\"",
      "PATH=$scratch:\(quoted(folder)):$PATH",
    ]
  }

  /// The text of `slurm/tolerant/srun`.
  private static let tolerantSrun = #"""
    #!/bin/bash
    # Before srun in the PATH of an mpirun that starts its daemons by it: srun ends when the last of their nodes is lost, and
    # mpirun would end the job with it. PCOMPUTE_SRUN is the real one; the verdict of a farm is a word while that runs.
    case " $* " in *" orted "* | *" prted "*) ;; *) exec "$PCOMPUTE_SRUN" "$@" ;; esac
    "$PCOMPUTE_SRUN" --no-kill "$@" &
    srun=$! status=0
    trap 'kill -TERM "$srun" 2>/dev/null' TERM INT HUP
    wait "$srun" || status=$?
    while [[ $(<"$PCOMPUTE_VERDICT") == [a-z]* ]] && kill -0 "$PPID"; do sleep 0.5; done 2>/dev/null
    exit "$status"
    """#
}

/// Whether it is that of MPICH.
private func isHydra(_ path: String) -> Bool { path.contains("mpich") || path.contains("hydra") }

/// The options with which an mpirun lets the other ranks live when one dies.
private func recovery(of path: String) -> [String] {
  if isHydra(path) {
    // As in run.sh: it would take the death of a rank for its own end.
    let shell =
      #"trap "" USR1; trap : TERM INT HUP; exec 3>&2 2>&-; PCOMPUTE_PROXY=$PPID "$@" 2>&3 3>&-; exit 0"#
    return ["-disable-auto-cleanup", "bash", "-c", "'\(shell)'", "rank"]
  }
  let folder = path.split(separator: "/", omittingEmptySubsequences: false).dropLast()
  // Open MPI 5 has this beside it.
  let isNew = Tool.path(of: (folder + ["prterun"]).joined(separator: "/")) != nil
  return isNew ? ["--with-ft", "ulfm"] : ["--enable-recovery"]
}

/// A word as the shell takes it.
func quoted(_ word: String) -> String {
  let plain = word.utf8.allSatisfy {
    ($0 | 0x20 >= UInt8(ascii: "a") && $0 | 0x20 <= UInt8(ascii: "z"))
      || ($0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9")) || "_-+=./:,@%".utf8.contains($0)
  }
  if plain && !word.isEmpty { return word }
  return "'" + word.replacingOccurrences(of: "'", with: "'\\''") + "'"
}

/// A word in which `%a` stands for the number of the array's task, and `%%` for `%`.
private func arrayQuoted(_ word: String) -> String {
  var result = ""
  var rest = Substring(word)
  while let place = rest.range(of: "%a") ?? rest.range(of: "%%") {
    let first =
      [rest.range(of: "%a"), rest.range(of: "%%")].compactMap { $0 }
      .min { $0.lowerBound < $1.lowerBound } ?? place
    let before = rest[..<first.lowerBound]
    if !before.isEmpty { result += quoted(String(before)) }
    result += rest[first] == "%a" ? "\"$SLURM_ARRAY_TASK_ID\"" : "%"
    rest = rest[first.upperBound...]
  }
  if !rest.isEmpty || result.isEmpty { result += quoted(String(rest)) }
  return result
}
