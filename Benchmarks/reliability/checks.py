"""What must be so after a run, by the journal and by the evidence of each task."""

import os
import shutil
import sqlite3
import tempfile

import tasks


class Figures:
    """What is counted in one run."""

    def __init__(self):
        self.resumes = 0
        self.times = []  # from the fault to the end of mpirun
        self.running = 0  # not ended at a fault
        self.repeated = 0  # run again after a fault
        self.repeated_running = 0  # of those, the ones that had not ended at the fault
        self.gaps = []  # seconds from a task's end to the fault, where it was run again all the same
        self.lost = 0
        self.unprinted = 0
        self.processes = self.segments = self.files = 0
        self.intact = True


def integrity(journal):
    """What SQLite says of a copy: the journal of a farm that was killed is not touched."""
    folder = tempfile.mkdtemp(prefix="pf-copy-")
    try:
        for name in (journal, journal + "-journal"):
            if os.path.exists(name):
                shutil.copy(name, folder)
        copy = sqlite3.connect(os.path.join(folder, os.path.basename(journal)))
        answer = copy.execute("PRAGMA integrity_check").fetchone()[0]
        copy.close()
        return answer
    except sqlite3.DatabaseError as error:
        return str(error)
    finally:
        shutil.rmtree(folder)


def check(run, window):
    """Compares what should be with what is. Adds to the failures of the run."""
    plan, figures = run.plan, Figures()
    evidence = tasks.evidence(run.folder, plan.count)
    if plan.odd and evidence[plan.odd]:
        run.launches[0].fault = evidence[plan.odd][0].begin
    faults = [launch for launch in run.launches if launch.fault]
    figures.resumes = len(run.launches) - 1
    # Where mpirun itself is killed: to the end of the last rank, for which run.sh waits.
    ends = "end" if plan.kind in ("mpirun", "all") else "ended"
    figures.times = [getattr(launch, ends) - launch.fault for launch in faults if not plan.odd]
    check_evidence(run, figures, evidence, faults, window)
    check_journal(run, figures, evidence)
    check_leftovers(run, figures)
    return figures


def check_evidence(run, figures, evidence, faults, window):
    plan = run.plan
    for number, runs in evidence.items():
        for launch in faults:
            if any(launch.start <= one.begin <= launch.fault and (one.end is None or one.end > launch.fault)
                   for one in runs):
                figures.running += 1
        if not any(one.end for one in runs):
            run.fail(f"task {number} has never ended")
        if len(runs) < 2:
            continue
        figures.repeated += 1
        justified = True
        for one, following in zip(runs, runs[1:]):
            if one.end and one.end > following.begin:
                run.fail(f"task {number} ran twice at the same time")
            fault = next((launch.fault for launch in faults if launch.start <= one.begin <= launch.end), None)
            if plan.odd and number != plan.odd:
                fault = None
            if fault is None:
                justified = False
                run.fail(f"task {number} ran again after a launch without a fault")
            elif one.end and one.end <= fault:
                justified = False
                figures.gaps.append(fault - one.end)
                if fault - one.end > window:
                    run.fail(f"task {number} ran again, which had ended {fault - one.end:.3f} s before the fault")
        figures.repeated_running += justified


def check_journal(run, figures, evidence):
    plan = run.plan
    answer = integrity(run.journal)
    if answer != "ok":
        figures.intact = False
        run.fail(f"integrity_check: {answer}")
        return
    database = sqlite3.connect(run.journal)
    states = dict(database.execute("SELECT task + 1, state FROM task"))
    logged = None
    if plan.outputs == "--log" and os.path.exists(run.journal + ".log"):
        logged = open(run.journal + ".log", "rb").read()
    done = {}
    rows = database.execute(
        "SELECT task + 1, ending, status, tail, offset, length FROM attempt WHERE ending = 'exited' AND status = 0")
    for number, _, _, tail, offset, length in rows:
        done[number] = done.get(number, 0) + 1
        expected = tasks.output(number, plan.kind if number == plan.odd else "-")
        found = [("tail", expected[-2048:], tail)]
        if logged is not None:
            found.append(("output in the log", expected, logged[offset or 0:(offset or 0) + (length or 0)]))
        if plan.outputs == "--output":
            try:
                found.append(("output file", expected, open(f"{run.folder}/out/{number}.out", "rb").read()))
            except FileNotFoundError:
                found.append(("output file", expected, None))
        for name, wanted, got in found:
            if wanted != got:
                figures.lost += 1
                run.fail(f"task {number}: the {name} is {got if got is None else got[-60:]!r}")
    database.close()
    for number in range(1, plan.count + 1):
        if done.get(number, 0) != 1 or states.get(number) != "done":
            figures.lost += 1
            run.fail(f"task {number} is {states.get(number)}, with {done.get(number, 0)} successful runs in the journal")
        elif not any(one.end for one in evidence[number]):
            figures.lost += 1
            run.fail(f"task {number} is done by the journal alone")
    if plan.outputs == "print":
        printed = set(open(f"{run.folder}/stdout", "rb").read().split(b"\n"))
        figures.unprinted = sum(
            f"result of {number}".encode() not in printed
            for number in range(1, plan.count + 1) if number != plan.odd)


def check_leftovers(run, figures):
    figures.processes, figures.segments = len(run.leftovers), len(run.segments)
    figures.files = len(run.files)
    for name in run.leftovers:
        run.fail(f"left running: {name}")
    for name in run.segments:
        run.fail(f"left in shared memory: {name}")
    for name in run.files:
        run.fail(f"left in the folder of temporary files: {name}")
