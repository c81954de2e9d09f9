"""Empty tasks in a second: mpi4py.futures (one worker, so that two processes run), and multiprocessing.

mpirun -n 2 python -m mpi4py.futures peers.py futures; python peers.py processes
"""

import sys
import time


def same(value):
    return value


if __name__ == "__main__":
    if sys.argv[1] == "futures":
        from mpi4py.futures import MPIPoolExecutor

        count = 10_000
        with MPIPoolExecutor(max_workers=1) as pool:
            list(pool.map(same, range(100)))
            start = time.perf_counter()
            assert list(pool.map(same, range(count))) == list(range(count))
    else:
        from multiprocessing import Pool

        count = 50_000
        with Pool(2) as pool:
            pool.map(same, range(100))
            start = time.perf_counter()
            assert pool.map(same, range(count), chunksize=1) == list(range(count))
    print(int(count / (time.perf_counter() - start)))
