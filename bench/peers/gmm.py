"""EM for Gaussian mixtures beside scikit-learn: same rows, same start, same iterations.

gmm.py BUILD [--threads 1]: prints, for each case, milliseconds per iteration (or per fit) on both
sides, their ratio, and how far apart the two end up. BUILD is surplus' build directory. Needs
NumPy and scikit-learn. An iteration's time is the difference between a long and a short fit, so
that neither side's start counts; both sides run one after the other, three times, and the fastest
counts. With one thread it is processor time, which a busy machine blurs less.
"""

import argparse
import json
import os
import subprocess
import time
import warnings

parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
parser.add_argument("build")
parser.add_argument("--threads", type=int, default=1)
options = parser.parse_args()
for library in ("OMP", "OPENBLAS", "MKL"):
    os.environ[f"{library}_NUM_THREADS"] = str(options.threads)
# OpenBLAS 0.3.21 takes some processors newer than itself for a Prescott, and scikit-learn would
# look several times slower than it is.
with open("/proc/cpuinfo", encoding="ascii") as cpuinfo:
    if "avx512f" in cpuinfo.read():
        os.environ.setdefault("OPENBLAS_CORETYPE", "SkylakeX")

import numpy as np  # noqa: E402  (after the thread counts, which it reads once)
from sklearn.mixture import GaussianMixture  # noqa: E402

warnings.filterwarnings("ignore")  # "did not converge": the iterations are counted, not awaited
SKLEARN_KIND = {"full": "full", "tied": "tied", "diagonal": "diag", "spherical": "spherical"}


def problem(n, d, k):
    rng = np.random.default_rng(1)
    centres = 2 * rng.normal(size=(k, d))
    x = rng.normal(size=(n, d)) + centres[rng.integers(0, k, size=n)]
    return np.ascontiguousarray(x), centres + 0.1 * rng.normal(size=(k, d))


def ours(kind, x, means, iterations, fits=1):
    arguments = [kind, *x.shape, len(means), fits, iterations, options.threads]
    run = subprocess.run([os.path.join(options.build, "bench", "bench-peers-gmm"),
                          *map(str, arguments)],
                         input=x.tobytes() + means.tobytes(), stdout=subprocess.PIPE, check=True)
    result = json.loads(run.stdout)
    return result["seconds"], result["log_likelihood"], np.array(result["means"])


def theirs(kind, x, means, iterations, fits=1):
    k, d = means.shape
    ones = {"full": np.stack([np.eye(d)] * k), "tied": np.eye(d), "diagonal": np.ones((k, d)),
            "spherical": np.ones(k)}[kind]
    clock = time.process_time if options.threads == 1 else time.perf_counter
    begin = clock()
    for _ in range(fits):
        model = GaussianMixture(k, covariance_type=SKLEARN_KIND[kind], tol=0, max_iter=iterations,
                                weights_init=np.full(k, 1 / k), means_init=means,
                                precisions_init=ones, init_params="random", random_state=0)
        model.fit(x)
    return (clock() - begin) / fits, model.lower_bound_, model.means_.ravel()


def report(name, our_seconds, their_seconds, our_end, their_end):
    apart = abs(our_end[0] - their_end[0]) / abs(their_end[0])
    means = np.max(np.abs(our_end[1] - their_end[1])) / np.max(np.abs(their_end[1]))
    print(f"{name:<48} {1e3 * our_seconds:10.4f} {1e3 * their_seconds:10.3f} "
          f"{their_seconds / our_seconds:8.1f} {apart:12.1e} {means:12.1e}", flush=True)


def compare_iterations(kind, n, d, k, few=2, many=12):
    x, means = problem(n, d, k)
    seconds = {ours: [], theirs: []}
    ends = {}
    for _ in range(3):
        for side in (ours, theirs):
            short = side(kind, x, means, few)
            long = side(kind, x, means, many)
            seconds[side].append((long[0] - short[0]) / (many - few))
            ends[side] = long[1:]
    report(f"iteration {kind} n={n} d={d} k={k}", min(seconds[ours]), min(seconds[theirs]),
           ends[ours], ends[theirs])


def compare_fits(n, d, k, iterations, our_fits, their_fits):
    x, means = problem(n, d, k)
    mine = min((ours("spherical", x, means, iterations, our_fits) for _ in range(3)),
               key=lambda end: end[0])
    other = min((theirs("spherical", x, means, iterations, their_fits) for _ in range(3)),
                key=lambda end: end[0])
    report(f"fit spherical n={n} d={d} k={k}, {iterations} iterations", mine[0], other[0],
           mine[1:], other[1:])


print(f"{options.threads} thread(s) each; relative difference of log-likelihood and means at the end")
print(f"{'':<48} {'surplus ms':>10} {'sklearn ms':>10} {'ratio':>8} {'likelihood':>12} {'means':>12}")
compare_iterations("full", 100_000, 16, 8)
compare_iterations("tied", 100_000, 16, 8)
compare_iterations("diagonal", 100_000, 16, 8)
compare_iterations("spherical", 100_000, 2, 3)
compare_fits(1000, 1, 2, 50, 4000, 20)
compare_fits(2000, 2, 4, 50, 1000, 20)
