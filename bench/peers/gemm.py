"""Products of matrices in NumPy and PyTorch on the shapes of bench/kernels/bench_gemm.cc.

gemm.py BENCH: runs the program BENCH (build/bench/bench-kernels-gemm) and the same products in NumPy
and, if it is installed, PyTorch, on one thread each, and prints the rates and ratios. CPU time is
what is compared, so that other work on the machine does not favour either side.
"""

import ctypes
import json
import os
import subprocess
import sys
import time

# Read when the libraries are loaded.
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"

import numpy  # noqa: E402

try:
    import torch
    torch.set_num_threads(1)
except ImportError:
    torch = None


def run_openblas_at_its_best():
    """Starts anew if OpenBLAS took a processor younger than itself for an SSE3 one, named Prescott."""
    try:
        openblas = ctypes.CDLL("libopenblas.so.0")
    except OSError:
        return
    openblas.openblas_get_corename.restype = ctypes.c_char_p
    if openblas.openblas_get_corename() != b"Prescott" or "OPENBLAS_CORETYPE" in os.environ:
        return
    with open("/proc/cpuinfo", encoding="ascii") as file:
        features = file.read()
    core = ("SkylakeX" if "avx512vl" in features else "Haswell" if "avx2" in features else None)
    if core is not None:
        os.environ["OPENBLAS_CORETYPE"] = core
        os.execv(sys.executable, [sys.executable, *sys.argv])


def rate(flops, product):
    """The best rate of 10 runs of about 20 ms, in GFLOP/s."""
    product()
    repeats, best = 1, float("inf")
    for _ in range(10):
        start = time.process_time()
        for _ in range(repeats):
            product()
        seconds = (time.process_time() - start) / repeats
        best = min(best, seconds)
        repeats = max(1, round(0.02 / max(best, 1e-9)))
    return flops / best * 1e-9


def peers(kind, m, n, k):
    dtype = numpy.float32 if kind == "sgemm" else numpy.float64
    random = numpy.random.default_rng(1)
    a, b = random.random((m, k), dtype), random.random((k, n), dtype)
    c = numpy.empty((m, n), dtype)
    yield rate(2 * m * n * k, lambda: numpy.matmul(a, b, out=c))
    if torch is not None:
        left, right, out = torch.from_numpy(a), torch.from_numpy(b), torch.from_numpy(c)
        yield rate(2 * m * n * k, lambda: torch.mm(left, right, out=out))


def main():
    run_openblas_at_its_best()
    program = sys.argv[1]
    output = subprocess.run(
        [program, "--benchmark_filter=NN/.*/surplus$", "--benchmark_format=json"],
        check=True, capture_output=True, text=True).stdout
    print(f"{'product':36} {'surplus':>8} {'NumPy':>8} {'PyTorch':>8}   GFLOP/s, ratio to the best")
    for row in json.loads(output)["benchmarks"]:
        kind, _, group, shape, _ = row["name"].split("/")
        others = list(peers(kind, *map(int, shape.split("x"))))
        ours = row["flop/s"] * 1e-9
        rates = "".join(f"{other:9.1f}" for other in others)
        print(f"{kind + ' ' + group + ' ' + shape:36} {ours:8.1f}{rates}   {ours / max(others):.2f}")


if __name__ == "__main__":
    main()
