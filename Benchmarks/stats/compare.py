"""Times `pcompute stats` against DuckDB's SUMMARIZE on the same file, in turns, on this machine.

    python3 compare.py [--size 1000] [--ranks 2] [--runs 3] [--file CSV] [--launcher "mpirun …"]
        [--aggregate [COLUMN,…]] [--by COLUMN] PCOMPUTE

With --aggregate both compute counts, least and greatest values, and sums of numbers, of some columns or of all: pcompute by
--only count,sum,min,max, DuckDB by a query of just that. With --by, they do so for groups.
Without --file, a table of numbers and short texts of --size MB is made once, in a folder for temporary files. Prints
medians, the ratio, and each rank's greatest resident memory.
"""

import argparse
import json
import os
import re
import resource
import shlex
import statistics
import subprocess
import sys
import tempfile
import time

PACKAGES = ["duckdb==2.0.0"]

# Wraps a rank: says how much memory it took at most, and for how long it ran on a processor.
RANK = """
import resource, subprocess, sys
status = subprocess.run(sys.argv[1:]).returncode
usage = resource.getrusage(resource.RUSAGE_CHILDREN)
print(f"rank used {usage.ru_maxrss} KiB {usage.ru_utime + usage.ru_stime} s", file=sys.stderr)
sys.exit(status)
"""


def in_environment(folder):
    """Goes on in a virtual environment with DuckDB."""
    python = os.path.join(folder, "venv", "bin", "python")
    if not os.path.exists(os.path.join(folder, "venv", "done")):
        subprocess.run([sys.executable, "-m", "venv", "--clear", os.path.join(folder, "venv")], check=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *PACKAGES], check=True)
        open(os.path.join(folder, "venv", "done"), "w").close()
    if os.path.realpath(sys.prefix) != os.path.realpath(os.path.join(folder, "venv")):
        os.execv(python, [python, os.path.abspath(__file__), *sys.argv[1:]])


def generate(path, megabytes):
    """Writes a table of numbers and short texts; the same one each time."""
    import duckdb

    rows = int(megabytes * 1e6 / 77)
    connection = duckdb.connect()
    connection.execute("set threads = 1; select setseed(0.5)")
    connection.execute(f"""
        copy (
          select range as id, (random() * 1000)::int as quantity, (random() * 1e5)::decimal(10, 2) as price,
            random() as share, sqrt(-2 * ln(random() + 1e-12)) * cos(6.283185307179586 * random()) as deviation,
            ['north', 'south', 'east', 'west', 'centre'][1 + (random() * 4)::int] as region,
            substr(md5(range::varchar), 1, 6) as code, random() < 0.3 as flag,
            date '2015-01-01' + (random() * 3650)::int as day
          from range({rows})
        ) to '{path}' (header, delimiter ',')""")


def query(path, options):
    """What DuckDB is to do."""
    import duckdb

    table = f"read_csv('{path}', header = true)"
    if options.aggregate is None:
        return f"summarize select * from {table}"
    types = dict(row[:2] for row in duckdb.execute(f"describe select * from {table}").fetchall())
    numbers = ("BIGINT", "DOUBLE", "INTEGER", "HUGEINT")
    terms = []
    for name in options.aggregate.split(",") if options.aggregate else types:
        if options.by and types[name] not in numbers:
            continue
        terms += [f'{function}("{name}")' for function in ("count", "min", "max")]
        if types[name] in numbers:
            terms.append(f'sum("{name}")')
    if not options.by:
        return f"select {', '.join(terms)} from {table}"
    return f'select "{options.by}", count(*), {", ".join(terms)} from {table} group by 1 order by 2 desc, 1 limit 20'


def run_duckdb(path, threads, query):
    import duckdb

    connection = duckdb.connect()
    connection.execute(f"set threads = {threads}")
    before = resource.getrusage(resource.RUSAGE_SELF)
    start = time.perf_counter()
    connection.execute(query).fetchall()
    seconds = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_SELF)
    return {"seconds": seconds,
            "processor": after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime}


def run_pcompute(program, launcher, path, ranks, extra):
    command = [*shlex.split(launcher), "-np", str(ranks), sys.executable, "-c", RANK, program, "stats", path,
               "--format", "json", *extra]
    start = time.perf_counter()
    run = subprocess.run(command, capture_output=True, text=True)
    seconds = time.perf_counter() - start
    if run.returncode:
        sys.exit(f"{shlex.join(command)} ended with status {run.returncode}:\n{run.stderr}")
    usage = [(int(m[1]) / 1024, float(m[2])) for m in re.finditer(r"rank used (\d+) KiB ([\d.]+) s", run.stderr)]
    return {"seconds": seconds, "inside": json.loads(run.stdout)["seconds"],
            "memory": max(u[0] for u in usage), "processor": sum(u[1] for u in usage)}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--size", type=int, default=1000, help="MB of the generated file")
    parser.add_argument("--ranks", type=int, default=2)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--file")
    parser.add_argument("--aggregate", nargs="?", const="", metavar="COLUMNS")
    parser.add_argument("--by", metavar="COLUMN")
    parser.add_argument("--launcher", default="mpirun --oversubscribe --bind-to none")
    options = parser.parse_args()
    folder = os.path.join(tempfile.gettempdir(), "pcompute-benchmark-stats")
    os.makedirs(folder, exist_ok=True)
    in_environment(folder)

    path = options.file or os.path.join(folder, f"table-{options.size}.csv")
    if not os.path.exists(path):
        generate(path, options.size)
    megabytes = os.path.getsize(path) / 1e6
    for variable, value in {"OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
                            "OMPI_MCA_mpi_yield_when_idle": "1"}.items():
        os.environ.setdefault(variable, value)

    with open(path, "rb") as file:  # from the page cache, for both
        while file.read(1 << 24):
            pass
    extra, what = [], "SUMMARIZE"
    if options.aggregate is not None:
        extra, what = ["--only", "count,sum,min,max"], "aggregates"
        if options.aggregate:
            extra += ["--columns", options.aggregate]
    if options.by:
        extra += ["--by", options.by]
    ours, theirs = [], []
    for _ in range(options.runs):
        ours.append(run_pcompute(options.program, options.launcher, path, options.ranks, extra))
        theirs.append(run_duckdb(path, options.ranks, query(path, options)))
    inside = statistics.median(run["inside"] for run in ours)
    own = statistics.median(run["seconds"] for run in ours)
    other = statistics.median(run["seconds"] for run in theirs)
    work = statistics.median(run["processor"] for run in ours)
    other_work = statistics.median(run["processor"] for run in theirs)
    memory = max(run["memory"] for run in ours)
    print(f"{os.path.basename(path)}: {megabytes:.0f} MB, {options.ranks} ranks or threads, medians of {options.runs}")
    print(f"  pcompute stats    {own:6.2f} s {megabytes / own:5.0f} MB/s, processor time {work:6.2f} s"
          f"  (with the launch of the job; without {inside:.2f} s)")
    print(f"  DuckDB {what:10} {other:6.2f} s {megabytes / other:5.0f} MB/s, processor time {other_work:6.2f} s")
    print(f"  ratio             {other / own:6.2f}                            {other_work / work:6.2f}")
    print(f"  greatest memory of a rank {memory:.0f} MiB; {megabytes / work:.0f} MB for a second of one core")


if __name__ == "__main__":
    main()
