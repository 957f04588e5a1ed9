"""Sparse noise beside NumPy: the same data, start, step and number of steps, one thread each.

sparse_noise.py BUILD: prints, for each case, the processor seconds of both sides, their ratio, and how
far apart the thetas end. BUILD is surplus' build directory. Needs NumPy. Both sides run one after
the other, five times; each ratio is the median of five. N = 100, p = 150, 10 gross errors, lambda 1,
gamma 1e-6.

NumPy's loop is the method as it is written down: two products with J a step. The loop in the row space
is the same in the r coordinates in which surplus works, J's decomposition included, with its arrays
updated in place: what is left is the library's code alone.
"""

import json
import os
import statistics
import subprocess
import sys
import time

for library in ("OMP", "OPENBLAS", "MKL"):
    os.environ[f"{library}_NUM_THREADS"] = "1"

import numpy as np  # noqa: E402  (after the thread counts, which it reads once)

N, P, K, GAMMA, LAMBDA = 100, 150, 10, 1e-6, 1.0
ALPHA = -np.log(GAMMA) / (2 * LAMBDA)


def problem(rank):
    rng = np.random.default_rng(1)
    j = rng.normal(size=(N, rank)) @ rng.normal(size=(rank, P)) / np.sqrt(P)
    theta = j.T @ rng.normal(size=N)
    y = j @ (theta / np.linalg.norm(theta))
    y[rng.choice(N, K, replace=False)] += rng.normal(size=K)
    tau = min(0.5 / np.linalg.norm(j, 2) ** 2, 0.1 / (4 * ALPHA * max(1, np.abs(y).max())))
    return j, y, tau


def ours(what, j, y, tau, steps):
    run = subprocess.run([os.path.join(sys.argv[1], "bench", "bench-peers-sparse_noise"), what,
                          str(N), str(P), str(steps), repr(LAMBDA), repr(GAMMA), repr(float(tau)), "1"],
                         input=j.tobytes() + y.tobytes(), stdout=subprocess.PIPE, check=True)
    result = json.loads(run.stdout)
    return result["seconds"], np.array(result["thetas"])


def timed(function):
    def run(*arguments):
        begin = time.process_time()
        theta = function(*arguments)
        return time.process_time() - begin, theta
    return run


@timed
def descent(j, y, tau, steps):
    theta, u, v = np.zeros(P), np.full(N, GAMMA), np.full(N, GAMMA)
    for _ in range(steps):
        rho = j @ theta + u * u - v * v - y
        theta -= tau * (rho @ j)
        pull = (2 * ALPHA * tau) * rho
        u -= pull * u
        v += pull * v
    return theta


@timed
def descent_in_row_space(j, y, tau, steps):
    left, values, right = np.linalg.svd(j, full_matrices=False)
    rank = int(np.sum(values > values[0] * P * np.finfo(float).eps))
    b = np.ascontiguousarray(left[:, :rank] * values[:rank])
    z, u, v = np.zeros(rank), np.full(N, GAMMA), np.full(N, GAMMA)
    rho, square = np.empty(N), np.empty(N)
    for _ in range(steps):
        np.dot(b, z, out=rho)
        np.multiply(u, u, out=square)
        rho += square
        np.multiply(v, v, out=square)
        rho -= square
        rho -= y
        rho *= tau
        z -= rho @ b
        rho *= 2 * ALPHA
        np.multiply(rho, u, out=square)
        u -= square
        np.multiply(rho, v, out=square)
        v += square
    return right[:rank].T @ z


@timed
def mirror(j, y, tau, steps):
    mu, log_start = np.zeros(N), 2 * np.log(GAMMA)
    for _ in range(steps):
        rise = 4 * ALPHA * mu
        s = np.exp(log_start + rise) - np.exp(log_start - rise)
        mu -= tau * (j @ (mu @ j) + s - y)
    return mu @ j


@timed
def convex(j, y, tau, steps):
    step = 1 / np.linalg.norm(j, 2) ** 2
    mu, ahead, t = np.zeros(N), np.zeros(N), 1.0
    for _ in range(steps):
        following = np.clip(ahead - step * (j @ (ahead @ j) - y), -LAMBDA, LAMBDA)
        if (ahead - following) @ (following - mu) > 0:
            t_next, momentum = 1.0, 0.0
        else:
            t_next = (1 + np.sqrt(1 + 4 * t * t)) / 2
            momentum = (t - 1) / t_next
        ahead = following + momentum * (following - mu)
        mu, t = following, t_next
    return mu @ j


def compare(name, what, rival, rank, steps):
    data = problem(rank)
    ratios = []
    for _ in range(5):
        mine, theirs = ours(what, *data, steps), rival(*data, steps)
        ratios.append(theirs[0] / mine[0])
    apart = np.linalg.norm(mine[1] - theirs[1]) / np.linalg.norm(theirs[1])
    print(f"{name:<44} {mine[0]:9.4f} {theirs[0]:9.3f} {statistics.median(ratios):7.1f} "
          f"({min(ratios):.1f}-{max(ratios):.1f}) {apart:9.1e}", flush=True)


print(f"{'':<44} {'surplus s':>9} {'NumPy s':>9} {'ratio':>7}    {'apart':>16}")
for rank in (10, 50):
    compare(f"descent, r = {rank}, 40000 steps", "descent", descent, rank, 40000)
    compare("the same, NumPy too in the row space", "descent", descent_in_row_space, rank, 40000)
    compare(f"mirror, r = {rank}, 40000 steps", "mirror", mirror, rank, 40000)
    compare(f"(P), r = {rank}, 4000 iterations", "convex", convex, rank, 4000)
