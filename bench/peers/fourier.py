"""Random Fourier features, their Gram matrix and a solve beside NumPy and SciPy: the same work.

fourier.py BUILD [N] [D] [REPEATS]: prints, for the product under the features alone, the features, and these with the
Gram matrix and a Cholesky solve of n = N equations, what each side took and their ratio, and how far apart the two end
up; NumPy's features step by step in one array, and as one expression with temporaries. The last line of a type says
how many times as fast as NumPy one would be whose cosines took no time at all beside our product. BUILD is surplus'
build directory; N is 10000 unless given, D 784. Needs NumPy and SciPy. One thread each, processor time; the sides run
in turn, three times unless told otherwise, and the median ratio counts.
"""

import os
import subprocess
import sys
import time

for library in ("OMP", "OPENBLAS", "MKL"):
    os.environ[f"{library}_NUM_THREADS"] = "1"

import numpy as np  # noqa: E402  (after the thread counts, which it reads once)
from scipy.linalg import cho_factor, cho_solve  # noqa: E402

PROGRAM = os.path.join(sys.argv[1], "bench", "bench-peers-fourier")
N = int(sys.argv[2]) if len(sys.argv) > 2 else 10000
D = int(sys.argv[3]) if len(sys.argv) > 3 else 784
REPEATS = int(sys.argv[4]) if len(sys.argv) > 4 else 3


def ours(work, dtype, arrays):
    run = subprocess.run([PROGRAM, work, np.dtype(dtype).name, str(N), str(D)], stdout=subprocess.PIPE, check=True,
                         input=b"".join(np.ascontiguousarray(array).tobytes() for array in arrays))
    seconds, result = run.stdout.split(b"\n", 1)
    return float(seconds), np.frombuffer(result)


def theirs(work, x, v, b, y):
    root = x.dtype.type(np.sqrt(2))
    begin = time.process_time()
    if work == "product":
        z = x @ v.T
    elif work == "features, one expression":
        z = root * np.cos(x @ v.T + b)
    else:
        z = x @ v.T
        z += b
        np.cos(z, out=z)
        z *= root
    if work != "features, Gram, solve":
        return time.process_time() - begin, z[:, :8].astype(float).ravel()
    k = z @ z.T  # NumPy gives this product to syrk
    k[np.diag_indices(len(k))] += k.dtype.type(N)
    alpha = cho_solve(cho_factor(k, lower=True, overwrite_a=True, check_finite=False), y, check_finite=False)
    return time.process_time() - begin, alpha.astype(float).ravel()


MODES = {"product": "product", "features": "features", "features, one expression": "features",
         "features, Gram, solve": "solve"}
rng = np.random.default_rng(1)
print(f"{'n = N = ' + str(N) + ', d = ' + str(D):<36} {'surplus s':>10} {'NumPy s':>10} {'ratio':>7} {'apart':>9}")
for dtype in (np.float32, np.float64):
    x = rng.random((N, D)).astype(dtype)
    v = (rng.normal(size=(N, D)) / 5).astype(dtype)
    b = rng.uniform(0, 2 * np.pi, N).astype(dtype)
    y = rng.normal(size=(N, 10)).astype(dtype)
    medians = {}
    for work, mode in MODES.items():
        times = []
        for _ in range(REPEATS):
            mine, found = ours(mode, dtype, [x, v, b, y])
            other, expected = theirs(work, x, v, b, y)
            times.append((mine, other))
        apart = np.abs(found - expected).max() / np.abs(expected).max()
        medians[work] = mine, other = np.median(times, axis=0)
        ratios = sorted(o / m for m, o in times)
        print(f"{work + ', ' + np.dtype(dtype).name:<36} {mine:10.3g} {other:10.3g} {np.median(ratios):7.2f} {apart:9.1e}"
              f"   ({ratios[0]:.2f}-{ratios[-1]:.2f})", flush=True)
    free = [medians[work][1] / medians["product"][0] for work in ("features", "features, one expression")]
    print(f"{'  were cosines free':<36} {'':>21} {free[0]:7.2f}, one expression {free[1]:.2f}", flush=True)
