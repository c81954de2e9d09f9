"""What `run` and `check-budget` have in common: building the twins, and a fit environment."""

import os
import pathlib
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent


def fail(message):
    sys.exit(f"overhead: {message}")


def require(program, origin):
    if not shutil.which(program):
        fail(f"{program} is missing; on Debian it comes with {origin}")


def build():
    """Returns the paths of the Swift and of the C program."""
    built = subprocess.run([HERE / "build"], stdout=subprocess.PIPE, text=True)
    if built.returncode != 0:
        fail("the twins could not be built")
    return built.stdout.split("\n")[:2]


def environment():
    """The same for both twins: Open MPI as root, without looking for networks on a single host, and with the one-sided
    component for shared memory, which this package chooses where its user has not chosen (docs/KnownIssues.md)."""
    settings = {
        "OMPI_ALLOW_RUN_AS_ROOT": "1",
        "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
        "OMPI_MCA_pml": "ob1",
        "OMPI_MCA_osc_rdma_priority": "99",
    }
    return settings | dict(os.environ)


def table(header, rows):
    """A table as Markdown, which reads well on a terminal, too."""
    rows = [[str(cell) for cell in row] for row in rows]
    widths = [max(len(row[i]) for row in [header] + rows) for i in range(len(header))]

    def line(cells):
        padded = [cells[0].ljust(widths[0])]
        padded += [cell.rjust(width) for cell, width in zip(cells[1:], widths[1:])]
        return "| " + " | ".join(padded) + " |"

    rule = line(["-" * widths[0]] + ["-" * (width - 1) + ":" for width in widths[1:]])
    return "\n".join([line(header), rule] + [line(row) for row in rows])
