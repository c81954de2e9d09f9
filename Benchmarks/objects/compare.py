#!/usr/bin/env python3
"""Times values as messages: `send(encoding:)` against mpi4py's pickled `send`, and Node.js's `fork`.

    Benchmarks/objects/compare.py [--rounds N] [--ranks 1|2] [--threads single] [PROGRAM]

Each round runs all programs once, in changing order, for some seconds in all: the time of a small message depends on
the state of the machine, so that only neighbors in time can be compared. A run takes twenty samples; its least one
counts, since the others tell what else the machine had to do. What is printed are the medians of the rounds, and the
median of the rounds' ratios.

Both ask MPI for support of several threads, as is their default; with --threads single both do without.

With one rank, which sends to itself, no one waits for another: the cost of the calls alone, on a busy machine, too.

mpi4py is installed in a virtual environment in a folder for temporary files, built on the MPI of MPICC (mpicc).
PROGRAM is built if it is not given.
"""

import argparse
import os
import shlex
import shutil
import statistics
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.join(HERE, "..", "..")
PACKAGES = ["mpi4py==4.1.2", "numpy"]
LAUNCHER = "mpirun --oversubscribe --bind-to none"

# What is sent; what it is compared with: how, and how many times as fast it is meant to be.
ROWS = [
    ("{task: \"resize\", data: [1, 2, 3]}", "small", "mpi4py", "small", 1),
    ("{task: \"resize\", data: [1, 2, 3]}", "small", "Node.js, json", "small json", 20),
    ("{task: \"resize\", data: [1, 2, 3]}", "small", "Node.js, advanced", "small advanced", 20),
    ("100 doubles", "doubles", "mpi4py, a list", "doubles", 5),
    ("100 doubles", "doubles", "mpi4py, NumPy", "numpy", 5),
    ("100 doubles", "doubles", "Node.js, json", "doubles json", 20),
    ("1 MiB of bytes", "bytes", "mpi4py", "bytes", 8),
    ("1 MiB of bytes", "bytes", "Node.js, json", "bytes json", 20),
    ("1 MiB of bytes", "bytes", "Node.js, advanced", "bytes advanced", 20),
    ("1 MiB of bytes", "bytes", "send of the span", "raw-bytes", 1 / 1.2),
    ("structure with 64 MB of doubles", "large", "send of the span", "raw", 1 / 1.2),
]


def python():
    """The interpreter of a virtual environment with mpi4py."""
    folder = os.path.join(tempfile.gettempdir(), "pcompute-benchmark-objects")
    interpreter = os.path.join(folder, "venv", "bin", "python")
    done = os.path.join(folder, "venv", "done")
    if not os.path.exists(done):
        os.makedirs(folder, exist_ok=True)
        subprocess.run([sys.executable, "-m", "venv", "--clear", os.path.join(folder, "venv")], check=True)
        subprocess.run([interpreter, "-m", "pip", "install", "--quiet", *PACKAGES], check=True)
        open(done, "w").close()
    return interpreter


def build():
    subprocess.run(["swift", "build", "--package-path", ROOT, "-c", "release", "--product", "objects"], check=True,
                   stdout=sys.stderr)
    folder = subprocess.run(["swift", "build", "--package-path", ROOT, "-c", "release", "--show-bin-path"],
                            check=True, capture_output=True, text=True).stdout.strip()
    return os.path.join(folder, "objects")


def measure(command):
    """The nanoseconds of a message."""
    run = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300)
    if run.returncode:
        sys.exit(f"{shlex.join(command)} ended with status {run.returncode}:\n{run.stderr}")
    return min(float(line) for line in run.stdout.split())


def duration(nanoseconds):
    for unit, size in (("ms", 1e6), ("µs", 1e3)):
        if nanoseconds >= size:
            return f"{nanoseconds / size:.3g} {unit}"
    return f"{nanoseconds:.3g} ns"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("program", nargs="?")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--ranks", type=int, default=2, choices=(1, 2))
    parser.add_argument("--threads", default="multiple", choices=("single", "multiple"))
    parser.add_argument("--launcher", default=LAUNCHER)
    options = parser.parse_args()
    for variable, value in {"OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
                            # As run.sh has it: where there are more ranks than cores, and only there.
                            "OMPI_MCA_mpi_yield_when_idle": str(int(options.ranks > (os.cpu_count() or 1)))}.items():
        os.environ.setdefault(variable, value)
    program = options.program or build()
    interpreter = python()
    launcher = [*shlex.split(options.launcher), "-n", str(options.ranks)]
    script = os.path.join(HERE, "messages")
    has_node = options.ranks == 2 and shutil.which("node") is not None
    rows = [row for row in ROWS if has_node or "Node.js" not in row[2]]
    level = ["single"] if options.threads == "single" else []
    commands = {}
    for _, own, peer, other, _ in rows:
        commands[own] = [*launcher, program, own, *level]
        if "Node.js" in peer:
            commands[peer + other] = ["node", script + ".js", *other.split()]
        elif "mpi4py" in peer:
            commands[peer + other] = [*launcher, interpreter, script + ".py", other, *level]
        else:
            commands[peer + other] = [*launcher, program, other, *level]
    times = {name: [] for name in commands}
    for round in range(options.rounds):
        for name in list(commands) if round % 2 == 0 else reversed(commands):
            times[name].append(measure(commands[name]))
        print(f"\rround {round + 1} of {options.rounds}", end="", file=sys.stderr)
    print(file=sys.stderr)
    table = [["message", "Swift", "compared with", "its time", "times as fast", "meant"]]
    for what, own, peer, other, target in rows:
        ratio = statistics.median(b / a for a, b in zip(times[own], times[peer + other]))
        table.append([what, duration(statistics.median(times[own])), peer,
                      duration(statistics.median(times[peer + other])), f"{ratio:.2f}", f"≥ {target:.2g}"])
    widths = [max(len(row[column]) for row in table) for column in range(len(table[0]))]
    for index, row in enumerate(table):
        print("| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths)) + " |")
        if index == 0:
            print("|" + "|".join("-" * (width + 2) for width in widths) + "|")


main()
