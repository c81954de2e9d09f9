"""Times `pcompute integrate` against scipy.integrate.cubature with a NumPy integrand, in turns, on this machine.

    python3 compare.py [--ranks 2] [--runs 3] [--limit 60] [--launcher "mpirun …"] PCOMPUTE

Four variables, a relative tolerance of 1e-8, and the same rule (Genz and Malik) in both programs. Prints evaluations per
second, medians of the runs, on one rank and on several, and what the integrals are. scipy is given --limit seconds for
each run; the rate is that of the evaluations it has made until then.
"""

import argparse
import json
import os
import shlex
import statistics
import subprocess
import sys
import tempfile
import time

PACKAGES = ["scipy==1.17.1", "numpy==2.4.6"]
VARIABLES = "xyzw"

# Each one twice: for pcompute, and for NumPy with the four columns of points.
INTEGRANDS = {
    "gaussian": ("exp(-25*((x-0.3)^2 + (y-0.4)^2 + (z-0.5)^2 + (w-0.6)^2))",
                 "exp(-25*((x-0.3)**2 + (y-0.4)**2 + (z-0.5)**2 + (w-0.6)**2))"),
    "oscillatory": ("cos(x + 2*y + 3*z + 4*w)", "cos(x + 2*y + 3*z + 4*w)"),
    "product peak": ("1/((0.04+(x-0.3)^2)*(0.04+(y-0.4)^2)*(0.04+(z-0.5)^2)*(0.04+(w-0.6)^2))",
                     "1/((0.04+(x-0.3)**2)*(0.04+(y-0.4)**2)*(0.04+(z-0.5)**2)*(0.04+(w-0.6)**2))"),
}
TOLERANCE = 1e-8


def in_environment(folder):
    """Goes on in a virtual environment with scipy."""
    python = os.path.join(folder, "venv", "bin", "python")
    if not os.path.exists(os.path.join(folder, "venv", "done")):
        subprocess.run([sys.executable, "-m", "venv", "--clear", os.path.join(folder, "venv")], check=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *PACKAGES], check=True)
        open(os.path.join(folder, "venv", "done"), "w").close()
    if os.path.realpath(sys.prefix) != os.path.realpath(os.path.join(folder, "venv")):
        os.execv(python, [python, os.path.abspath(__file__), *sys.argv[1:]])


class OutOfTime(Exception):
    pass


def run_scipy(formula, limit):
    import numpy as np
    from scipy.integrate import cubature

    code = compile(formula, "integrand", "eval")
    names = {"exp": np.exp, "cos": np.cos}
    count = 0
    start = time.perf_counter()

    def integrand(points):
        nonlocal count
        count += len(points)
        if time.perf_counter() - start > limit:
            raise OutOfTime
        return eval(code, names | dict(zip(VARIABLES, points.T)))

    value = None
    try:
        result = cubature(integrand, [0] * 4, [1] * 4, rule="genz-malik", rtol=TOLERANCE, atol=0,
                          max_subdivisions=10**9)
        value = float(result.estimate)
    except OutOfTime:
        pass
    seconds = time.perf_counter() - start
    return {"value": value, "evaluations": count, "seconds": seconds}


def run_pcompute(program, launcher, formula, ranks):
    command = [*shlex.split(launcher), "-np", str(ranks), program, "integrate", formula, "--format", "json",
               "--method", "cubature", "--tolerance", str(TOLERANCE), "--max-evaluations", "2000000000"]
    for variable in VARIABLES:
        command += ["--over", f"{variable}=0:1"]
    run = subprocess.run(command, capture_output=True, text=True)
    if run.returncode != 0:
        sys.exit(run.stderr)
    return json.loads(run.stdout)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program")
    parser.add_argument("--ranks", type=int, default=2)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--limit", type=float, default=60)
    parser.add_argument("--launcher", default="mpirun")
    options = parser.parse_args()
    in_environment(os.path.join(tempfile.gettempdir(), "pcompute-integrate-benchmark"))

    print(f"{'':14}{'scipy':>10}{'1 rank':>10}{options.ranks:>4} ranks{'scipy =':>10}{'1 rank =':>10}   in M/s; ratios")
    for name, (formula, numpy_formula) in INTEGRANDS.items():
        scipy, one, several = [], [], []
        for _ in range(options.runs):
            scipy.append(run_scipy(numpy_formula, options.limit))
            one.append(run_pcompute(options.program, options.launcher, formula, 1))
            several.append(run_pcompute(options.program, options.launcher, formula, options.ranks))

        def rate(runs):
            return statistics.median(run["evaluations"] / run["seconds"] for run in runs) / 1e6

        print(f"{name:14}{rate(scipy):10.3f}{rate(one):10.1f}{rate(several):10.1f}"
              f"{rate(one) / rate(scipy):9.0f}×{rate(several) / rate(one):9.2f}×", flush=True)
        print(f"{'':14}values {scipy[0]['value']} {one[0]['value']}; evaluations {scipy[0]['evaluations']}"
              f" {one[0]['evaluations']}; {one[0]['seconds']:.3f} s on 1 rank", flush=True)


main()
