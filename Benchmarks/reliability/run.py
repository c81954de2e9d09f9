"""One run: a farm, a fault at a random time, and as many resumptions as it takes."""

import glob
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import uuid

import processes
import tasks

ROOT = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
#: Faults that hit processes or the disk, at a time; and tasks that are odd, at a place in the list.
SUDDEN = ("worker", "root", "mpirun", "term", "disk")
ODD = ("limit", "forks", "closes", "prints", "utf8")
KINDS = SUDDEN + ODD
#: Only if it is asked for: mpirun and all ranks by SIGKILL, at once.
EXTRA = ("all",)
#: Seconds after which a launch is hopeless, and launches after which a run is.
PATIENCE, LAUNCHES = 180, 6
ENDING = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class Plan:
    """What happens in a run: a function of its seed."""

    def __init__(self, seed, kind, count, ranks):
        draw = random.Random(seed)
        self.seed, self.count, self.ranks = seed, count, ranks
        self.kind = kind or KINDS[seed % len(KINDS)]
        self.seconds = [draw.uniform(0.2, 0.6) if draw.random() < 0.02 else draw.uniform(0.002, 0.02)
                        for _ in range(count)]
        self.json = draw.random() < 0.5 or self.kind == "limit"
        self.odd = draw.randint(1, count) if self.kind in ODD else None
        self.outputs = draw.choice(["--quiet", "--log", "--output", "print"])
        self.asks = draw.random() < 0.5
        self.victim = draw.randint(1, ranks - 1) if ranks > 1 else 0
        self.to_launcher = draw.random() < 0.5
        # After how many tasks have begun, and how many seconds later; some before the first has. A second fault hits
        # what resumes.
        begun = 0 if draw.random() < 0.1 else draw.randint(1, count - 1)
        self.faults = [(begun, draw.uniform(0, 1 if begun == 0 else 0.03))]
        if draw.random() < 0.25:
            self.faults.append((draw.randint(begun, count - 1), draw.uniform(0, 0.03)))
        if self.kind in ODD:
            self.faults = []


class Launch:
    """What became of one launch."""

    def __init__(self):
        self.start = time.time()
        self.end = self.fault = self.ended = None
        self.status = None


class Run:
    def __init__(self, plan, options):
        self.plan, self.options = plan, options
        self.folder = tempfile.mkdtemp(prefix=f"pf{plan.seed}-")
        self.marked = processes.Marked("PCOMPUTE_FAULTS", str(uuid.uuid4()), options.program)
        self.launches, self.failures = [], []
        self.leftovers, self.segments, self.files = [], [], []
        self.process = None
        self.disk = None

    def fail(self, text):
        self.failures.append(text)

    @property
    def journal(self):
        return f"{self.folder}/disk/journal" if self.plan.kind == "disk" else f"{self.folder}/journal"

    def __enter__(self):
        try:
            self.prepare()
        except BaseException:
            self.__exit__()
            raise
        return self

    def prepare(self):
        tasks.write(self.folder, self.plan)
        os.mkdir(f"{self.folder}/tmp")
        if self.plan.kind == "disk":
            self.disk = f"{self.folder}/disk"
            os.mkdir(self.disk)
            subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "none", self.disk], check=True)

    def __exit__(self, *_):
        # Whoever is impatient waits until nothing is left.
        signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
        try:
            self.clear()
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDING)

    def clear(self):
        self.marked.end()
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        if self.disk:
            subprocess.run(["umount", "-l", self.disk], check=False)
        if self.options.keep and self.failures:
            print(f"kept: {self.folder}", file=sys.stderr)
        else:
            shutil.rmtree(self.folder, ignore_errors=True)

    # Launches

    def to_the_end(self):
        retries = False
        while len(self.launches) < LAUNCHES:
            number = len(self.launches)
            fault = self.plan.faults[number] if number < len(self.plan.faults) else None
            launch = self.launch(fault, retries)
            self.launches.append(launch)
            self.look_after(launch, number)
            retries = launch.status == 1
            if launch.status == 0:
                return
        self.fail(f"not done after {LAUNCHES} launches, the last one with status {self.launches[-1].status}")

    def launch(self, fault, retries):
        plan, options = self.plan, self.options
        journal = os.path.relpath(self.journal, self.folder)
        is_there = os.path.exists(self.journal) and os.path.getsize(self.journal) > 0
        command = [f"{ROOT}/run.sh", *(["--mpi", options.mpi] if options.mpi else []), "-n", str(plan.ranks), "exec",
                   os.path.abspath(options.program), "farm"]
        command += ["--resume", journal] if is_there else ["tasks", "--journal", journal]
        if plan.outputs == "--output":
            command += ["--output", "out"]
        elif plan.outputs != "print" and not (is_there and plan.outputs == "--log"):
            command.append(plan.outputs)
        elif plan.outputs == "--log":
            command.append("--log")
        if retries:
            command.append("--retry-failed")
        if options.tolerant:
            command += ["--tolerant", "--lost-after", str(options.lost_after)]
        environment = {key: value for key, value in os.environ.items()
                       if not key.startswith(("PMIX_", "PMI_", "OMPI_COMM_", "OMPI_APP_", "OMPI_UNIVERSE_"))}
        name, _, mark = self.marked.mark.decode().partition("=")
        environment.update({
            name: mark, "TMPDIR": f"{self.folder}/tmp", "OMPI_MCA_hwloc_base_binding_policy": "none",
            "PRTE_MCA_hwloc_default_binding_policy": "none"})
        self.marked.ranks_seen.clear()
        launch = Launch()
        with open(f"{self.folder}/stdout", "ab") as out, open(f"{self.folder}/stderr", "ab") as error:
            error.write(f"--- {' '.join(command)}\n".encode())
            error.flush()
            self.process = subprocess.Popen(
                command, cwd=self.folder, env=environment, stdin=subprocess.DEVNULL, stdout=out, stderr=error)
        launcher = self.inject(launch, fault)
        self.wait(launch, launcher)
        return launch

    def wait(self, launch, launcher):
        limit = time.monotonic() + PATIENCE
        while self.process.poll() is None:
            if launch.ended is None and launcher and not processes.is_alive(launcher):
                launch.ended = time.time()
            if time.monotonic() > limit:
                self.fail(f"still running after {PATIENCE} s")
                self.marked.end()
                break
            time.sleep(0.002 if launch.fault else 0.02)
        launch.status = self.process.wait()
        launch.end = time.time()
        launch.ended = launch.ended or launch.end

    def inject(self, launch, fault):
        """Waits for the time of the fault, and causes it. Returns the launcher's process."""
        begun, delay = fault or (self.plan.count + 1, 0)
        launcher, ranks = None, {}
        is_complete = False
        while self.process.poll() is None:
            if not is_complete:
                launcher, ranks = self.marked.look()
                is_complete = len(ranks) == self.plan.ranks
                if is_complete:
                    open(f"{self.folder}/ready", "w").close()
                time.sleep(0.02)
            # The ranks have mapped their shared memory when a task has begun.
            elif self.begun() >= begun and (begun == 0 or self.begun() > 0):
                break
            elif not fault and self.begun() > 0:
                break
            time.sleep(0.005)
        if not is_complete and self.begun() > 0:
            self.fail("tasks have begun, and their ranks were not found: no fault was caused")
        if self.process.poll() is not None:
            return None
        time.sleep(delay)
        launcher, ranks = self.marked.look()
        if fault and launcher and len(ranks) == self.plan.ranks:
            self.cause(launch, launcher, ranks)
        return launcher

    def begun(self):
        return len(os.listdir(f"{self.folder}/evidence"))

    def cause(self, launch, launcher, ranks):
        kind = self.plan.kind
        launch.fault = time.time()
        try:
            if kind == "worker":
                os.kill(ranks[self.plan.victim], signal.SIGKILL)
            elif kind == "root":
                os.kill(ranks[0], signal.SIGKILL)
            elif kind == "mpirun":
                os.kill(launcher, signal.SIGKILL)
            elif kind == "all":
                for pid in (launcher, *ranks.values()):
                    os.kill(pid, signal.SIGKILL)
            elif kind == "term":
                os.kill(launcher if self.plan.to_launcher else self.process.pid, signal.SIGTERM)
            elif kind == "disk":
                self.fill()
        except ProcessLookupError:
            launch.fault = None

    def fill(self):
        try:
            with open(f"{self.disk}/filler", "wb", buffering=0) as file:
                size = 1 << 16
                while size:
                    try:
                        if file.write(bytes(size)) < size:
                            size //= 2
                    except OSError:
                        size //= 2
        except OSError:
            pass

    # After each launch

    def look_after(self, launch, number):
        plan = self.plan
        self.leftovers += self.marked.left(5)
        self.segments += self.marked.left_segments()
        self.files += [name for name in glob.glob(f"{self.folder}/tmp/**", recursive=True)
                       if not os.path.isdir(name)]
        self.marked.end()
        shutil.rmtree(f"{self.folder}/tmp")
        os.mkdir(f"{self.folder}/tmp")
        if self.disk and os.path.exists(f"{self.disk}/filler"):
            os.unlink(f"{self.disk}/filler")
        if launch.status == 2:
            # A farm that could not begin on a full disk; or whose journal has not got its whole list, and is refused.
            if self.begun() > 0 or not (number or launch.fault):
                self.fail(f"launch {number + 1}: status 2")
            for path in glob.glob(f"{self.journal}*"):
                os.unlink(path)
        if self.options.tolerant and plan.kind == "worker" and launch.fault and launch.status != 0:
            self.fail(f"launch {number + 1}: status {launch.status}, did not go on without the worker")
        if plan.asks and os.path.exists(self.journal):
            answer = subprocess.run(
                [self.options.program, "farm", "status", self.journal], capture_output=True, timeout=60, check=False)
            if answer.returncode not in (0, 1, 75):
                self.fail(f"farm status: {answer.returncode} {answer.stderr.decode(errors='replace')[:200]}")
