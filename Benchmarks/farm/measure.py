"""What `pcompute farm` costs, beside what others do that start programs, in turns on the same two cores.

    Benchmarks/farm/run [--tasks 4000] [--rounds 5] [--program .build/release/pcompute] [--only empty,idle,million]

empty    /bin/true, two at a time: the farm on two ranks that mpirun binds to a core each, with its journal; a loop of
         posix_spawn and waitpid in C, once for each of these cores; xargs -P2; parallel -j2 --joblog. `farm, at work` is from
         the first task's start to the last one's end, by the journal; `farm` has the start of the job, too.
idle     tasks of 100 ms: how much of the time between the first start and the last end the ranks had none.
million  a list of 10⁶ tasks, and its journal resumed: the time to the first task's end, and rank 0's memory.
"""

import argparse
import os
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
RUN = os.path.join(HERE, "..", "..", "run.sh")


def timed(*commands, status=0, **options):
    """The wall time of commands that run at the same time."""
    start = time.perf_counter()
    running = [subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, **options)
               for command in commands]
    for process in running:
        message = process.communicate()[1]
        if process.returncode != status:
            sys.exit(f"{process.args} ended with status {process.returncode}:\n{message}")
    return time.perf_counter() - start


def asked(journal, question):
    with sqlite3.connect(journal) as connection:
        return connection.execute(question).fetchone()


def farm(program, folder, *arguments, **options):
    """The time of a farm on two ranks, and its journal."""
    journal = os.path.join(folder, "journal")
    return timed([RUN, "-n", "2", "exec", program, "farm", *arguments, "--journal", journal], **options), journal


def forget(folder):
    for name in os.listdir(folder):
        if name.startswith("journal"):
            os.remove(os.path.join(folder, name))


def empty(options, folder):
    spawn = os.path.join(folder, "spawn")
    subprocess.run(["cc", "-O2", os.path.join(HERE, "spawn.c"), "-o", spawn], check=True)
    few = max(100, options.tasks // 8)
    lists = {count: os.path.join(folder, f"tasks.{count}") for count in (options.tasks, few)}
    for count, path in lists.items():
        with open(path, "w") as file:
            file.write("true\n" * count)
    cores = sorted(os.sched_getaffinity(0))[:2]
    seconds = {name: [] for name in ("C", "farm", "farm, at work", "xargs", "parallel")}
    for _ in range(options.rounds):
        half = str(options.tasks // 2)
        seconds["C"].append(timed(*(["taskset", "-c", str(core), spawn, half, "1", "/bin/true"] for core in cores)))
        forget(folder)
        whole, journal = farm(options.program, folder, lists[options.tasks])
        seconds["farm"].append(whole)
        seconds["farm, at work"].append(asked(journal, "SELECT max(ended) - min(started) FROM attempt")[0])
        with open(lists[options.tasks]) as file:
            seconds["xargs"].append(timed(["xargs", "-P2", "-n1", "/bin/true"], stdin=file))
        if shutil.which("parallel"):
            log = os.path.join(folder, "joblog")
            took = timed(["parallel", "-j2", "--joblog", log, "-a", lists[few]])
            seconds["parallel"].append(took * options.tasks / few)
    print(f"{options.tasks} times /bin/true, two at a time; medians of {options.rounds}")
    work = statistics.median(seconds["farm, at work"])
    for name, taken in seconds.items():
        if taken:
            median = statistics.median(taken)
            print(f"  {name:14} {options.tasks / median:6.0f} a second, {median * 2 / options.tasks * 1e3:.3f} ms of a core each; "
                  f"its time to that of the farm at work {median / work:5.2f} "
                  f"({' '.join(f'{value:.2f}' for value in taken)} s)")


def idle(options, folder):
    tasks = os.path.join(folder, "sleep")
    with open(tasks, "w") as file:
        file.write("sleep 0.1\n" * 200)
    shares = []
    for _ in range(options.rounds):
        forget(folder)
        _, journal = farm(options.program, folder, tasks)
        busy, ranks, wall = asked(
            journal, "SELECT sum(ended - started), count(DISTINCT rank), max(ended) - min(started) FROM attempt")
        shares.append(100 * (1 - busy / wall / ranks))
    print(f"200 tasks of 100 ms on two ranks: idle {statistics.median(shares):.2f} % of the time "
          f"({' '.join(f'{share:.2f}' for share in shares)})")


def million(options, folder):
    tasks = os.path.join(folder, "million")
    with open(tasks, "w") as file:
        for number in range(1_000_000):
            file.write(f"true --seed {number} --steps 1000\n")
    measured = os.path.join(folder, "memory")
    wrapper = os.path.join(folder, "wrapper")
    with open(wrapper, "w") as file:
        # The farm's status is that of one that is not done, for which mpirun would end the other rank's clock.
        file.write('#!/bin/sh\n/usr/bin/time -q -f %M -o "$MEMORY.${OMPI_COMM_WORLD_RANK:-$PMI_RANK}" "$@"\nexit 0\n')
    os.chmod(wrapper, 0o755)
    forget(folder)
    journal = os.path.join(folder, "journal")
    for what, arguments in (("a list of 10⁶ tasks", [tasks, "--journal", journal]),
                            ("the same command again", [tasks, "--journal", journal]),
                            ("--resume", ["--resume", journal])):
        start = time.time()
        timed([RUN, "-n", "2", "exec", wrapper, options.program, "farm", *arguments, "--time-limit", "15", "--margin", "1"],
              env={**os.environ, "MEMORY": measured})
        first = asked(journal, f"SELECT min(ended) FROM attempt WHERE started > {start}")[0]
        with open(f"{measured}.0") as file:
            memory = int(file.read().split()[-1]) / 1024
        print(f"{what}: the first task ends after {first - start:.2f} s; rank 0 takes {memory:.0f} MiB")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tasks", type=int, default=4000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--program", default=os.path.join(HERE, "..", "..", ".build", "release", "pcompute"))
    parser.add_argument("--only", default="empty,idle,million")
    options = parser.parse_args()
    options.program = os.path.abspath(options.program)
    with tempfile.TemporaryDirectory() as folder:
        for part in options.only.split(","):
            {"empty": empty, "idle": idle, "million": million}[part](options, folder)


main()
