"""Times `pcompute sort` against GNU sort on the same file, and sorting of words against std::sort, in turns.

    python3 compare.py [--size 2000] [--memory 4] [--words 100000000] [--ranks 2] [--runs 3] [--folder DIR] BIN

BIN is the folder of the programs (`.build/release`). --memory is what either may take in all, in GiB. The folder needs
room for four times --size MB; on a memory file system it is the sort that is measured, not the disk. Needs a C++ compiler.
"""

import argparse
import filecmp
import json
import os
import resource
import shlex
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))


def timed(command, **options):
    """The wall time and the processor time of a command and its children, and what it prints."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    run = subprocess.run(command, capture_output=True, text=True, **options)
    seconds = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    work = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    if run.returncode:
        sys.exit(f"{shlex.join(command)} ended with status {run.returncode}:\n{run.stderr}")
    return seconds, work, run.stdout


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("programs")
    parser.add_argument("--size", type=int, default=2000, help="MB of each file; 0 for none")
    parser.add_argument("--memory", type=float, default=4, help="GiB, in all")
    parser.add_argument("--words", type=int, default=100_000_000, help="0 for none")
    parser.add_argument("--ranks", type=int, default=2)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--kinds", default="lines,log")
    parser.add_argument("--folder")
    parser.add_argument("--launcher", default="mpirun --oversubscribe --bind-to none")
    options = parser.parse_args()
    for variable, value in {"OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
                            "OMPI_MCA_pml": "ob1", "LC_ALL": "C"}.items():
        os.environ.setdefault(variable, value)
    launcher = [*shlex.split(options.launcher), "-np", str(options.ranks)]

    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        reference = os.path.join(folder, "reference")
        subprocess.run(["c++", "-O3", "-pthread", "-o", reference, os.path.join(HERE, "reference.cpp")], check=True)
        path, theirs_path, own_path = (os.path.join(folder, name) for name in ("in", "expected", "out"))
        for kind in options.kinds.split(",") if options.size else []:
            subprocess.run([reference, kind, str(options.size * 1_000_000), "1", path], check=True)
            own, theirs, own_work, work, inside = [], [], [], [], []
            for _ in range(options.runs):
                seconds, processor, output = timed([
                    *launcher, os.path.join(options.programs, "pcompute"), "sort", path, "-o", own_path, "-S",
                    f"{int(options.memory * 1024 / options.ranks)}M", "-T", folder, "--format", "json"])
                own.append(seconds)
                own_work.append(processor)
                inside.append(json.loads(output))
                seconds, processor, _ = timed([
                    "sort", f"--parallel={options.ranks}", "-S", f"{int(options.memory * 1024)}M", "-T", folder, "-o",
                    theirs_path, path])
                theirs.append(seconds)
                work.append(processor)
                if not filecmp.cmp(own_path, theirs_path, shallow=False):
                    sys.exit(f"{kind}: the results differ")
                os.remove(own_path)
                os.remove(theirs_path)
            mine, other = statistics.median(own), statistics.median(theirs)
            print(f"{kind}: {options.size} MB, {inside[0]['lines']} lines, {options.memory} GiB, {options.ranks} ranks or threads")
            print(f"  pcompute sort {mine:7.2f} s {options.size / mine:5.0f} MB/s   {[round(t, 2) for t in own]}, "
                  f"largest part {inside[0]['imbalance']:.3f}, {inside[0]['spilledBytes'] / 1e6:.0f} MB put aside")
            print(f"  GNU sort      {other:7.2f} s {options.size / other:5.0f} MB/s   {[round(t, 2) for t in theirs]}")
            print(f"  ratio of medians {other / mine:.2f}, of the least {min(theirs) / min(own):.2f}, of processor time "
                  f"{statistics.median(work) / statistics.median(own_work):.2f} "
                  f"({statistics.median(work):.1f} s / {statistics.median(own_work):.1f} s)", flush=True)
        if options.words:
            own, theirs = [], []
            for _ in range(options.runs):
                own.append(float(timed([*launcher, os.path.join(options.programs, "sorting"), str(options.words)])[2]))
                theirs.append(float(timed([reference, "sort", str(options.words)])[2]))
            mine, other = statistics.median(own), statistics.median(theirs)
            print(f"{options.words} words: Communicator.sort at {options.ranks} ranks {mine:.2f} s {[round(t, 2) for t in own]}, "
                  f"std::sort of two halves and a merge {other:.2f} s {[round(t, 2) for t in theirs]}, ratio {other / mine:.2f}")


if __name__ == "__main__":
    main()
