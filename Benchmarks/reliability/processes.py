"""The processes of one run, by a mark in their environment, and what they leave behind."""

import os
import signal
import time

RANK_VARIABLES = (b"OMPI_COMM_WORLD_RANK", b"PMIX_RANK", b"PMI_RANK")
LAUNCHERS = ("mpirun", "mpiexec", "orterun", "prterun")


def read(path):
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return b""


def state(pid):
    """One letter, as ps(1) has it; None for a process that is not there."""
    line = read(f"/proc/{pid}/stat")
    return line.rpartition(b")")[2].split()[0].decode() if line else None


def is_alive(pid):
    return state(pid) not in (None, "Z", "X")


class Marked:
    """All processes that have VARIABLE=VALUE in their environment, and the guardians of ranks among them, which do not."""

    def __init__(self, variable, value, program):
        self.mark = f"{variable}={value}".encode()
        # As the system shortens it.
        self.program = os.path.basename(program)[:15]
        self.ranks_seen = set()
        self.segments = set()

    def all(self):
        """Identifiers, with the environment of each."""
        found = {}
        for name in os.listdir("/proc"):
            if not name.isdigit():
                continue
            variables = read(f"/proc/{name}/environ").split(b"\0")
            if self.mark in variables and is_alive(int(name)):
                found[int(name)] = variables
            elif self.ranks_seen and self._is_guardian(int(name)):
                found[int(name)] = []
        return found

    def _is_guardian(self, pid):
        line = read(f"/proc/{pid}/cmdline")
        place = line.find(b"PCOMPUTE_FARM_RANK=")
        if place < 0 or not is_alive(pid):
            return False
        mark = line[place:].split(b'"')[0].partition(b"=")[2]
        # HOST.PID.TIME
        return mark.rsplit(b".", 2)[1:2] in [[str(rank).encode()] for rank in self.ranks_seen]

    def look(self):
        """Finds the launcher and the ranks, and notes what they have mapped of shared memory."""
        launcher, ranks = None, {}
        for pid, variables in self.all().items():
            name = read(f"/proc/{pid}/comm").decode().strip()
            if name.startswith(LAUNCHERS) and (launcher is None or pid < launcher):
                launcher = pid
            if name != self.program:
                continue
            for variable in variables:
                key, _, value = variable.partition(b"=")
                if key in RANK_VARIABLES:
                    ranks[int(value)] = pid
                    break
        self.ranks_seen |= set(ranks.values())
        for pid in ranks.values():
            for line in read(f"/proc/{pid}/maps").split(b"\n"):
                place = line.find(b"/dev/shm/")
                if place >= 0 and not line.endswith(b" (deleted)"):
                    self.segments.add(line[place:].decode())
        return launcher, ranks

    def left(self, patience):
        """What is still alive after so many seconds."""
        limit = time.monotonic() + patience
        while True:
            found = self.all()
            if not found or time.monotonic() > limit:
                names = (read(f"/proc/{pid}/cmdline").replace(b"\0", b" ").decode(errors="replace") for pid in found)
                return [f"{pid} {name[:80]}" for pid, name in zip(found, names)]
            time.sleep(0.02)

    def left_segments(self):
        return sorted(path for path in self.segments if os.path.exists(path))

    def end(self):
        """Ends all of them, until there are none, and removes their shared memory."""
        limit = time.monotonic() + 10
        while (found := self.all()) and time.monotonic() < limit:
            for pid in found:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            time.sleep(0.02)
        for path in self.left_segments():
            os.unlink(path)
