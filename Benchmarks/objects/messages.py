"""Pickled messages between two ranks and back, or from a rank to itself: prints the nanoseconds that each message took,
a sample a line.

    mpirun -n 2 python messages.py small|doubles|bytes|numpy [single]

With "single" without MPI's support for threads.
"""

import sys
import time

import mpi4py

if sys.argv[2:] == ["single"]:
    mpi4py.rc.thread_level = "single"
from mpi4py import MPI

world = MPI.COMM_WORLD
case = sys.argv[1]
if case == "small":
    value, repetitions = {"task": "resize", "data": [1, 2, 3]}, 2000
elif case == "doubles":
    value, repetitions = [i / 7 for i in range(100)], 2000
elif case == "numpy":
    import numpy

    value, repetitions = numpy.arange(100) / 7, 2000
elif case == "bytes":
    value, repetitions = bytes([7]) * (1 << 20), 40

for sample in range(-2, 20):
    world.barrier()
    start = time.perf_counter()
    if world.size == 1:
        for _ in range(2 * repetitions):
            world.sendrecv(value, 0, source=0)
    elif world.rank == 0:
        for _ in range(repetitions):
            world.send(value, 1)
            world.recv(source=1)
    else:
        for _ in range(repetitions):
            world.send(world.recv(source=0), 0)
    seconds = time.perf_counter() - start
    if world.rank == 0 and sample >= 0:
        print(seconds * 1e9 / (2 * repetitions))
