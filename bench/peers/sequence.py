"""Flows of sequence models beside NumPy: same observations, same times, one thread each.

sequence.py BUILD: prints, for each case, the processor seconds of both sides, their ratio, and how
far apart the errors end. BUILD is surplus' build directory. Needs NumPy. Both sides run one after
the other, three times; each ratio is the median of three. The closed form is that of figure 1 of the
study (64 repetitions, 9 sample sizes, 10^4 coordinates, 73 times), the descent 1000 steps at D = 1.

NumPy's side takes one repetition at a time, so that its arrays stay in the second cache, and
computes in place. Of the closed form it knows two: as published, with a tanh and an exp at each
time, and as surplus has it, rational in one exponential.
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

COORDINATES, REPETITIONS, PER_OCTAVE, OCTAVES = 10_000, 64, 8, 9
SIZES = [2000, 2446, 2991, 3657, 4472, 5469, 6687, 8178, 10000]
TIMES = 2.0 ** (np.arange(PER_OCTAVE * OCTAVES + 1) / PER_OCTAVE)


def problem(sizes, repetitions):
    rng = np.random.default_rng(1)
    eigenvalues = np.arange(1, COORDINATES + 1) ** -1.5
    signal = np.zeros(COORDINATES)
    k = np.arange(1, int(COORDINATES ** 0.5) + 1)
    signal[k ** 2 - 1] = 1 / k
    noise = rng.normal(size=(len(sizes) * repetitions, COORDINATES))
    return eigenvalues, signal, signal + noise / np.sqrt(np.repeat(sizes, repetitions))[:, None]


def ours(what, eigenvalues, signal, z):
    run = subprocess.run([os.path.join(sys.argv[1], "bench", "bench-peers-sequence"), what,
                          *map(str, (COORDINATES, len(z), PER_OCTAVE, OCTAVES))],
                         input=eigenvalues.tobytes() + signal.tobytes() + z.tobytes(),
                         stdout=subprocess.PIPE, check=True)
    result = json.loads(run.stdout)
    return result["seconds"], np.array(result["errors"])


def least(errors):
    """The minimum of the parabola through the three least in the logarithm of the time."""
    at = int(np.argmin(errors))
    if 0 < at < len(errors) - 1:
        before, after = errors[at - 1] - errors[at], errors[at + 1] - errors[at]
        if before + after > 0:
            return errors[at] - (before - after) ** 2 / (8 * (before + after))
    return errors[at]


def timed(function):
    def run(eigenvalues, signal, z):
        begin = time.process_time()
        errors = np.array([function(eigenvalues, signal, row) for row in z])
        return time.process_time() - begin, errors
    return run


@timed
def published(eigenvalues, signal, z):
    size = np.abs(z)
    root = np.sqrt(eigenvalues ** 2 + 4 * size ** 2)
    errors = []
    for t in TIMES:
        e = np.exp(-root * t)
        tanh = np.tanh(root * t / 2)
        theta = 2 * eigenvalues * z * tanh * (root + eigenvalues * tanh) / (
            eigenvalues ** 2 * (1 + tanh ** 2) + 4 * size ** 2 * 4 * e / (1 + e) ** 2
            + 2 * root * eigenvalues * tanh)
        theta -= signal
        errors.append(theta @ theta)
    return least(np.array(errors))


@timed
def rational(eigenvalues, signal, z):
    root = np.sqrt(eigenvalues ** 2 + 4 * z ** 2)
    m = 4 * z ** 2 / (root + eigenvalues)
    r = m / (root + eigenvalues)
    scale, low, high = eigenvalues * z, 2 * m, eigenvalues * r
    e, up, down = np.empty_like(z), np.empty_like(z), np.empty_like(z)
    errors = []
    for t in TIMES:
        np.multiply(root, -t, out=e)
        np.exp(e, out=e)
        np.multiply(r, e, out=up)
        up += 1
        up *= scale
        np.multiply(high, e, out=down)
        np.subtract(low, down, out=down)
        down *= e
        down += eigenvalues
        np.subtract(1, e, out=e)
        up *= e
        up /= down
        up -= signal
        errors.append(up @ up)
    return least(np.array(errors))


@timed
def descent(eigenvalues, signal, z):
    a, b, beta = np.sqrt(eigenvalues), np.full_like(z, 0.3), np.zeros_like(z)
    for _ in range(1000):
        kernel = a * b
        pull = z - kernel * beta
        pull *= 0.1
        kernel *= pull
        pull *= beta
        a, b = a + b * pull, b + a * pull
        beta += kernel
    theta = a * b * beta - signal
    return theta @ theta


def compare(name, what, rival, sizes, repetitions):
    data = problem(sizes, repetitions)
    ratios = []
    for _ in range(3):
        mine, theirs = ours(what, *data), rival(*data)
        ratios.append(theirs[0] / mine[0])
    apart = np.max(np.abs(mine[1] / theirs[1] - 1))
    print(f"{name:<44} {mine[0]:9.3f} {theirs[0]:9.3f} {statistics.median(ratios):7.1f} "
          f"({min(ratios):.1f}-{max(ratios):.1f}) {apart:9.1e}", flush=True)


print(f"{'':<44} {'surplus s':>9} {'NumPy s':>9} {'ratio':>7}    {'apart':>16}")
compare("figure 1, closed form as published", "closed-form", published, SIZES, REPETITIONS)
compare("figure 1, closed form in one exponential", "closed-form", rational, SIZES, REPETITIONS)
compare("descent, D = 1, 1000 steps, 9 runs", "descent", descent, SIZES, 1)
