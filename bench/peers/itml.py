"""ITML beside the published loop in NumPy, and its neighbors beside scikit-learn: the same work.

itml.py BUILD: prints, for each case, what each side took and their ratio, and how far apart the two
end up. BUILD is surplus' build directory. Needs NumPy and scikit-learn. One thread each, processor
time; the sides run in turn, five times, and the median of the five ratios counts.
"""

import os
import subprocess
import sys
import time

for library in ("OMP", "OPENBLAS", "MKL"):
    os.environ[f"{library}_NUM_THREADS"] = "1"

import numpy as np  # noqa: E402  (after the thread counts, which it reads once)
from sklearn.neighbors import KNeighborsClassifier  # noqa: E402

PROGRAM = os.path.join(sys.argv[1], "bench", "bench-peers-itml")
REPEATS = 5


def ours(arguments, arrays):
    run = subprocess.run([PROGRAM, *map(str, arguments)], stdout=subprocess.PIPE, check=True,
                         input=b"".join(np.ascontiguousarray(array, dtype=float).tobytes() for array in arrays))
    seconds, result = run.stdout.split(b"\n", 1)
    return float(seconds), np.frombuffer(result)


def published_loop(x, pairs, bounds, sweeps, gamma=1.0):
    """The recursion on A, a projection after the other."""
    differences = x[pairs[:, 0]] - x[pairs[:, 1]]
    a = np.eye(x.shape[1])
    dual = np.zeros(len(pairs))
    slack = np.where(pairs[:, 2] == 1, *bounds)
    signs = np.where(pairs[:, 2] == 1, 1.0, -1.0)
    for _ in range(sweeps):
        for c, v in enumerate(differences):
            av = a.dot(v)
            p = v.dot(av)
            alpha = min(dual[c], signs[c] * gamma / (gamma + 1) * (1 / p - 1 / slack[c]))
            dual[c] -= alpha
            slack[c] = gamma * slack[c] / (gamma + signs[c] * alpha * slack[c])
            beta = signs[c] * alpha / (1 - signs[c] * alpha * p)
            a += np.outer(av, av * beta)
    return a


def report(name, unit, our_rates, their_rates, apart):
    ratio = np.median(np.divide(our_rates, their_rates))
    print(f"{name:<44} {np.median(our_rates):12.4g} {np.median(their_rates):12.4g} {unit:<14} "
          f"{ratio:8.1f} {apart:10.1e}", flush=True)


def compare_projections(d, count, our_sweeps, their_sweeps):
    rng = np.random.default_rng(1)
    x = rng.normal(size=(200, d))
    pairs = rng.integers(0, 200, size=(count, 3))
    pairs[:, 1] = (pairs[:, 0] + 1 + pairs[:, 1] % 199) % 200
    pairs[:, 2] %= 2
    rates = {ours: [], published_loop: []}
    for _ in range(REPEATS):
        seconds, _ = ours(["sweeps", 200, d, count, our_sweeps], [x, pairs])
        rates[ours].append(count * our_sweeps / seconds)
        begin = time.process_time()
        theirs = published_loop(x, pairs, (0.5 * d, 4.0 * d), their_sweeps)
        rates[published_loop].append(count * their_sweeps / (time.process_time() - begin))
    _, metric = ours(["sweeps", 200, d, count, their_sweeps], [x, pairs])
    apart = np.abs(metric.reshape(d, d) - theirs).max() / np.abs(theirs).max()
    report(f"projections, d={d}, {count} pairs", "per second", *rates.values(), apart)


def compare_neighbors(n, d, k=5):
    rng = np.random.default_rng(2)
    x, queries, labels = rng.normal(size=(n, d)), rng.normal(size=(n, d)), rng.integers(0, 2, n)
    rates = {ours: [], KNeighborsClassifier: []}
    for _ in range(REPEATS):
        seconds, found = ours(["knn", n, d, n, k], [x, queries, labels])
        rates[ours].append(n / seconds)
        begin = time.process_time()
        theirs = KNeighborsClassifier(k, algorithm="brute", n_jobs=1).fit(x, labels).predict(queries)
        rates[KNeighborsClassifier].append(n / (time.process_time() - begin))
    # Five votes for two labels do not tie; ties would differ: scikit-learn takes the smallest label.
    report(f"{k}-NN labels, n={n} d={d}", "queries/s", *rates.values(), np.mean(found != theirs))


print(f"{'':<44} {'surplus':>12} {'NumPy or':>12} {'':<14} {'ratio':>8} {'relative':>10}")
print(f"{'':<44} {'':>12} {'scikit-learn':>12} {'':<14} {'':>8} {'difference':>10}")
compare_projections(4, 1000, 400, 10)
compare_projections(9, 1000, 400, 10)
compare_projections(30, 1000, 100, 10)
compare_projections(1024, 40, 40, 1)
compare_neighbors(10_000, 30)
