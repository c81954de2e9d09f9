"""The list of tasks of a run: each leaves evidence, a line for its beginning and one for its end, in its own file."""

import json
import os

# $1 is the number, $2 how long it takes, $3 what is odd about it. The evidence is written whole, each line by one call.
# The first tasks wait until the script knows the ranks: a short list would be done before any fault.
TASK = r"""#!/bin/bash
LC_ALL=C
echo "begin $EPOCHREALTIME $$ $PCOMPUTE_RANK $PCOMPUTE_ATTEMPT" >>"evidence/$1"
until [ -e ready ]; do sleep 0.01; done
case $3 in
  limit) # the first time only: it takes no SIGTERM, and neither does its child
    if [ "$(wc -l <"evidence/$1")" = 1 ]; then trap '' TERM; while :; do sleep 60; done; fi ;;
  forks) # in its group, one that takes no SIGTERM, one that holds the output, one that has its own children
    (trap '' TERM; exec sleep 300) &
    sleep 300 &
    (sleep 300; echo never) & ;;
  closes) exec 0<&- 1>&- 2>&- ;;
  prints) head -c 100000000 /dev/zero | tr '\0' x ;;
  utf8) printf '\377\376\300\200\355\240\200' ;;
esac
sleep "$2"
[ "$3" = closes ] || echo "result of $1"
echo "end $EPOCHREALTIME $$" >>"evidence/$1"
"""


def output(number, odd):
    """What a task prints."""
    if odd == "closes":
        return b""
    start = b"x" * 100_000_000 if odd == "prints" else b"\377\376\300\200\355\240\200" if odd == "utf8" else b""
    return start + f"result of {number}\n".encode()


def write(folder, plan):
    os.mkdir(f"{folder}/evidence")
    with open(f"{folder}/task", "w") as file:
        file.write(TASK)
    with open(f"{folder}/tasks", "w") as file:
        for number, seconds in enumerate(plan.seconds, 1):
            odd = plan.kind if number == plan.odd else "-"
            command = f"bash task {number} {seconds:.4f} {odd}"
            if plan.json:
                limit = {"timeout": 1.5} if odd == "limit" else {}
                command = json.dumps({"command": command, **limit})
            file.write(command + "\n")


class Run:
    """One run of a task, by its own evidence."""

    def __init__(self, begin, pid, rank):
        self.begin, self.pid, self.rank = begin, pid, rank
        self.end = None


def evidence(folder, count):
    """The runs of each task from 1, in the order of their beginnings."""
    found = {}
    for number in range(1, count + 1):
        runs = []
        try:
            lines = open(f"{folder}/evidence/{number}").read().split("\n")
        except FileNotFoundError:
            lines = []
        for line in lines:
            fields = line.split()
            if fields[:1] == ["begin"] and len(fields) == 5:
                runs.append(Run(float(fields[1]), fields[2], int(fields[3])))
            elif fields[:1] == ["end"] and len(fields) == 3:
                for run in reversed(runs):
                    if run.pid == fields[2] and run.end is None:
                        run.end = float(fields[1])
                        break
        found[number] = runs
    return found
