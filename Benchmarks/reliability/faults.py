#!/usr/bin/env python3
"""Runs farms that meet a fault at a random time, resumes them until all is done, and checks what docs/Farm.md promises.

    python3 Benchmarks/reliability/faults.py [--runs 100] [--seed 1] [--tolerant] [--fault KIND …]

Run number i has the seed SEED + i, from which everything about it is drawn: a line that begins with "seed 17:" says what
was wrong in that run, and --runs 1 --seed 17 repeats it. The table at the end is that of docs/Reliability.md. The exit status is
1 where a promise was broken. As root, since a full disk is a tmpfs of its own; others leave that fault out (--fault).
"""

import argparse
import json
import os
import signal
import statistics
import subprocess
import sys
import time

import checks
from run import ENDING, EXTRA, KINDS, ROOT, Plan, Run


def arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--tasks", type=int, default=1000)
    parser.add_argument("--ranks", type=int, default=4)
    parser.add_argument("--fault", action="append", choices=KINDS + EXTRA, help="only this one; may be given several times")
    parser.add_argument("--tolerant", action="store_true", help="run.sh farm --tolerant")
    parser.add_argument("--lost-after", type=float, default=10, help="seconds, with --tolerant")
    parser.add_argument("--window", type=float, default=0.5,
                        help="a task that was run again though it had ended so many seconds before the fault breaks a "
                        "promise; others are counted (0.5)")
    parser.add_argument("--mpi", help="as run.sh takes it")
    parser.add_argument("--program", help="pcompute; built by run.sh unless given")
    parser.add_argument("--jobs", type=int, default=1, help="runs at the same time")
    parser.add_argument("--step", type=int, default=1, help=argparse.SUPPRESS)
    parser.add_argument("--keep", action="store_true", help="keep the folders of runs that fail")
    parser.add_argument("--format", choices=["text", "json"], default="text")
    options = parser.parse_args()
    if not options.program:
        name = options.mpi or os.environ.get("PCOMPUTE_MPI", "openmpi")
        build = [f"{ROOT}/run.sh", "--mpi", name, "-n", "1", "farm", "--help"]
        subprocess.run(build, check=True, stdout=subprocess.DEVNULL)
        options.program = f"{ROOT}/.build{'' if name == 'openmpi' else '-' + name}/release/pcompute"
    if os.geteuid() and "disk" in (options.fault or KINDS):
        parser.error("the fault disk needs root, who may mount a tmpfs: name the others by --fault")
    return options


def record(run, figures):
    """What is kept of a run: a dictionary."""
    return {
        "seed": run.plan.seed, "fault": run.plan.kind, "outputs": run.plan.outputs,
        "faults": sum(1 for launch in run.launches if launch.fault),
        "statuses": [launch.status for launch in run.launches], "broken": run.failures, **vars(figures),
    }


def summary(kind, runs):
    """The row of a fault."""
    def total(key):
        return sum(run[key] for run in runs)

    times = [time for run in runs for time in run["times"]]
    gaps = [gap for run in runs for gap in run["gaps"]]
    row = {key: total(key) for key in ("faults", "resumes", "running", "repeated", "repeated_running", "lost", "unprinted",
                                       "processes", "segments", "files", "intact")}
    return {
        "fault": kind, "runs": len(runs), **row, "repeated_ended": len(gaps), "latest_end": max(gaps, default=None),
        "median_time": statistics.median(times) if times else None, "longest_time": max(times, default=None),
        "broken": sum(bool(run["broken"]) for run in runs),
    }


COLUMNS = (
    ("fault", "fault"), ("runs", "runs"), ("faults", "faults"), ("resumes", "resumed"), ("running", "tasks that ran then"),
    ("repeated", "run twice"), ("repeated_running", "of those, ran then"), ("repeated_ended", "had ended"),
    ("latest_end", "s before"), ("lost", "lost"), ("unprinted", "not printed"), ("processes", "processes left"),
    ("segments", "segments left"), ("files", "files left"), ("intact", "journals intact"), ("median_time", "s to the end"),
    ("longest_time", "longest"),
)


def table(rows):
    lines = [[title for _, title in COLUMNS], ["---"] + ["--:"] * (len(COLUMNS) - 1)]
    for row in rows:
        lines.append(["–" if row[key] is None else f"{row[key]:.3f}" if key == "latest_end" else f"{row[key]:.1f}"
                      if isinstance(row[key], float) else str(row[key]) for key, _ in COLUMNS])
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def interrupted(number, _):
    raise SystemExit(128 + number)


def one(options, seed):
    kinds = options.fault or KINDS
    plan = Plan(seed, kinds[seed % len(kinds)], options.tasks, options.ranks)
    with Run(plan, options) as run:
        run.to_the_end()
        figures = checks.check(run, options.window)
        run.failures = list(dict.fromkeys(run.failures))
        for text in run.failures[:20]:
            print(f"seed {seed}: {plan.kind}: {text}", file=sys.stderr)
        found = record(run, figures)
    print(f"seed {seed}: {plan.kind}, {plan.outputs}: {found['faults']} faults, statuses {found['statuses']}, "
          f"{figures.repeated} run twice, {len(run.failures)} promises broken", file=sys.stderr, flush=True)
    return found


def several(options):
    """Has as many processes as are asked for share the runs."""
    kept = sys.argv[1:]
    children, found = [], []
    try:
        for job in range(options.jobs):
            command = [sys.executable, __file__, *kept, "--program", options.program, "--format", "json", "--jobs", "1",
                       "--seed", str(options.seed + job), "--step", str(options.jobs),
                       "--runs", str(len(range(job, options.runs, options.jobs)))]
            children.append(subprocess.Popen(command, stdout=subprocess.PIPE))
        for child in children:
            found += json.loads(child.communicate()[0])["found"]
    finally:
        for child in children:
            child.terminate()
        for child in children:
            child.wait()
    return sorted(found, key=lambda run: run["seed"])


def main():
    options = arguments()
    for number in ENDING:
        signal.signal(number, interrupted)
    began = time.time()
    if options.jobs > 1:
        found = several(options)
    else:
        found = [one(options, options.seed + index * options.step) for index in range(options.runs)]
    rows = [summary(kind, runs) for kind in KINDS + EXTRA if (runs := [run for run in found if run["fault"] == kind])]
    broken = sum(row["broken"] for row in rows)
    if options.format == "json":
        print(json.dumps({"tasks": options.tasks, "ranks": options.ranks, "mpi": options.mpi, "tolerant": options.tolerant,
                          "seconds": time.time() - began, "broken": broken, "faults": rows, "found": found}))
    else:
        print(table(rows))
        print(f"{options.runs} runs from seed {options.seed}, {options.tasks} tasks, {options.ranks} ranks, "
              f"{'tolerant' if options.tolerant else 'strict'}, {options.mpi or 'openmpi'}: {broken} with a broken promise")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
