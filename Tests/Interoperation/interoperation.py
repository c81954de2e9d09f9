"""The Python half of a job whose other ranks run Interoperation.swift. Both halves do the same, and each expects of the
other what it gives itself."""

import sys

import numpy
from mpi4py import MPI

world = MPI.COMM_WORLD
rank, size = world.rank, world.size
count = failures = 0


def expect(condition, what):
    global count, failures
    count += 1
    if not condition:
        failures += 1
        print(f"Python: not as expected: {what}", flush=True)


def values(rank, indices):
    return numpy.array([rank + index / 8 for index in indices])


# The layout that Swift gives a structure of Double, Int32 and Bool, which is C's.
particle_type = numpy.dtype([("position", "f8"), ("species", "i4"), ("charged", "?")], align=True)
particle = MPI.Datatype.Create_struct(
    [1, 1, 1],
    [particle_type.fields[name][1] for name in particle_type.names],
    [MPI.DOUBLE, MPI.INT32_T, MPI.C_BOOL],
).Create_resized(0, particle_type.itemsize)
particle.Commit()


def particles(rank):
    return numpy.array(
        [(rank + index / 8, rank * 10 + index, index % 2 == 0) for index in range(5)], dtype=particle_type)


languages = numpy.zeros(size, "i4")
world.Allgather(numpy.array([2], "i4"), languages)

for peer in range(size):
    if peer == rank:
        continue
    received = numpy.zeros(100)
    world.Sendrecv(values(rank, range(100)), peer, 1, received, peer, 1)
    expect((received == values(peer, range(100))).all(), f"numbers of rank {peer}")

    mine, theirs = particles(rank), numpy.zeros(5, particle_type)
    request = world.Isend([mine, 5, particle], peer, 2)
    world.Recv([theirs, 5, particle], peer, 2)
    request.Wait()
    expect((theirs == particles(peer)).all(), f"particles of rank {peer}")

    matrix, other = values(rank, range(24)), numpy.full(24, -1.0)
    column = MPI.DOUBLE.Create_vector(6, 1, 4).Commit()
    request = world.Isend([matrix[2:], 1, column], peer, 3)
    world.Recv([other[1:], 1, column], peer, 3)
    request.Wait()
    column.Free()
    expected = numpy.full(24, -1.0)
    expected[1::4] = values(peer, range(2, 24, 4))
    expect((other == expected).all(), f"a column of rank {peer}")

for root in range(size):
    numbers = root * 100 + numpy.arange(7, dtype="i8") if rank == root else numpy.zeros(7, "i8")
    world.Bcast(numbers, root)
    expect((numbers == root * 100 + numpy.arange(7)).all(), f"broadcast from {root}")

    gathered = numpy.zeros(3 * size, "f4") if rank == root else None
    world.Gather(rank * 3 + numpy.arange(3, dtype="f4"), gathered, root)
    if rank == root:
        expect((gathered == numpy.arange(3 * size)).all(), "gather")

    parts = numpy.arange(2 * size, dtype="i4") ** 2 if rank == root else None
    part = numpy.zeros(2, "i4")
    world.Scatter(parts, part, root)
    expect((part == numpy.array([2 * rank, 2 * rank + 1]) ** 2).all(), f"scatter from {root}")

total = numpy.zeros(1)
world.Allreduce(numpy.array([rank + 0.5]), total)
expect(total[0] == size * size / 2, "a sum")
located = numpy.dtype([("value", "f8"), ("rank", "i4")], align=True)
least = numpy.zeros(1, located)
world.Allreduce(
    [numpy.array([((rank + 1) % size, rank)], located), 1, MPI.DOUBLE_INT], [least, 1, MPI.DOUBLE_INT], MPI.MINLOC)
expect(least["value"][0] == 0 and least["rank"][0] == size - 1, "a minimum and its rank")
before = numpy.zeros(1, "i8")
world.Exscan(numpy.array([rank], "i8"), before)
if rank > 0:
    expect(before[0] == rank * (rank - 1) // 2, "a scan")
incoming = numpy.zeros(size, "i8")
world.Alltoall(rank * 100 + numpy.arange(size, dtype="i8"), incoming)
expect((incoming == numpy.arange(size) * 100 + rank).all(), "all to all")
world.Barrier()

half = world.Split(2, rank)
sum_of_half = numpy.zeros(1, "i8")
half.Allreduce(numpy.array([1], "i8"), sum_of_half)
expect(sum_of_half[0] == (languages == 2).sum(), "the size of Python's half")

sums = numpy.zeros(2, "i8")
for index, number in enumerate([failures, count]):
    world.Allreduce(numpy.array([number], "i8"), sums[index : index + 1])
if rank == 0:
    python = (languages == 2).sum()
    print(f"{sums[1]} checks, {sums[0]} failures, {size - python} ranks in Swift, {python} in Python")
if failures:
    world.Abort(1)
sys.stdout.flush()
