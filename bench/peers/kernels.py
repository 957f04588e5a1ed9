"""The kernels besides gemm (peers/gemm.py) beside NumPy and PyTorch, on the same shapes.

kernels.py BUILD: runs the benchmark programs below BUILD/bench, then the same work in NumPy and, if it
is installed, PyTorch, on one thread each, and prints the times of a call and how many times as fast
surplus is. CPU time is what is compared, so that other work on the machine does not favour either side.
"""

import json
import os
import pathlib
import subprocess
import sys
import time

# Read when the libraries are loaded. OpenBLAS takes processors younger than itself for SSE3 ones.
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"
if "avx512vl" in open("/proc/cpuinfo", encoding="ascii").read():
    os.environ.setdefault("OPENBLAS_CORETYPE", "SkylakeX")

import numpy  # noqa: E402

try:
    import torch
    torch.set_num_threads(1)
except ImportError:
    torch = None

RANDOM = numpy.random.default_rng(1)


def reals(*shape):
    """Positive, so that they are in the domain of log."""
    return RANDOM.random(shape, numpy.float32) + numpy.float32(0.01)


def gemv(transposed, m, n):
    a, x = reals(m, n), reals(m if transposed else n)
    y = numpy.empty(n if transposed else m, numpy.float32)
    left = a.T if transposed else a
    yield lambda: numpy.dot(left, x, out=y)
    if torch:
        matrix, vector, out = torch.from_numpy(a), torch.from_numpy(x), torch.from_numpy(y)
        matrix = matrix.T if transposed else matrix
        yield lambda: torch.mv(matrix, vector, out=out)


def ger(n):
    a, x, y = reals(n, n), reals(n), reals(n)
    work = numpy.empty_like(a)

    def update():
        numpy.multiply.outer(x, y, out=work)
        numpy.add(a, work, out=a)
    yield update
    if torch:
        matrix, left, right = torch.from_numpy(a), torch.from_numpy(x), torch.from_numpy(y)
        yield lambda: matrix.addr_(left, right)


def syrk(transposed, n, k):
    a, c = reals(*((k, n) if transposed else (n, k))), numpy.empty((n, n), numpy.float32)
    left, right = (a.T, a) if transposed else (a, a.T)
    yield lambda: numpy.dot(left, right, out=c)  # which calls syrk
    if torch:
        both = [torch.from_numpy(a).T, torch.from_numpy(a)]
        both, out = both if transposed else both[::-1], torch.from_numpy(c)
        yield lambda: torch.mm(*both, out=out)


def elementwise(function):
    def make(n):
        x, y = reals(n), numpy.empty(n, numpy.float32)
        in_numpy = getattr(numpy, function, None)
        yield (lambda: in_numpy(x, out=y)) if in_numpy else None
        if torch:
            values, out = torch.from_numpy(x), torch.from_numpy(y)
            yield lambda: getattr(torch, function)(values, out=out)
    return make


def cross_entropy(m, n):
    yield None
    if torch:
        x = torch.from_numpy(reals(m, n)).requires_grad_()
        y = torch.arange(m) % n

        def step():
            x.grad = None
            torch.nn.functional.cross_entropy(x, y).backward()
        yield step


def distances(n, d):
    x = reals(n, d)
    yield None
    if torch:
        points = torch.from_numpy(x)
        yield lambda: torch.cdist(points, points, compute_mode="donot_use_mm_for_euclid_dist")


def random_fill(method):
    def make(size):
        out = numpy.empty(size // 4, numpy.float32)
        generator = numpy.random.Generator(numpy.random.Philox(1))
        yield lambda: getattr(generator, method)(out=out, dtype=numpy.float32)
        if torch:
            values = torch.from_numpy(out)
            yield values.normal_ if method == "standard_normal" else values.uniform_
    return make


def adam(n):
    yield None
    if torch:
        w = torch.ones(n, requires_grad=True)
        w.grad = torch.full((n,), 1e-3)
        yield torch.optim.Adam([w], lr=1e-3).step


# Program, benchmark, its arguments, the same work in the peers.
ROWS = [
    *(("gemv", "bench_gemv<float, ours<float>>", shape, gemv)
      for shape in ((0, 256, 256), (0, 4096, 4096), (1, 256, 256), (1, 4096, 4096))),
    *(("ger", "bench_ger<float, ours<float>>", (n,), ger) for n in (256, 4096)),
    *(("syrk", "bench_syrk<float, ours<float>>", shape, syrk)
      for shape in ((1, 16, 10000), (1, 784, 1000), (0, 1024, 1024))),
    *(("vector_math", f"bench_array<float, kernels::vector_{function}>", (n,), elementwise(function))
      for function in ("exp", "log", "tanh", "sigmoid", "sin") for n in (1 << 12, 1 << 24)),
    *(("softmax_cross_entropy", "bench_loss<float, kernels::softmax_cross_entropy>", shape,
       cross_entropy) for shape in ((128, 10), (1024, 1000))),
    *(("distance", "bench_distances<float, kernels::squared_distances>", shape, distances)
      for shape in ((150, 4), (1797, 64), (500, 784))),
    ("philox", "bench_fill<float, kernels::philox_uniform>", (1 << 26,), random_fill("random")),
    ("philox", "bench_fill<float, kernels::philox_normal>", (1 << 26,),
     random_fill("standard_normal")),
    *(("update", "bench_adam<float>", (n,), adam) for n in (1 << 12, 1 << 24)),
]


def best_seconds(work):
    """The best of 10 runs of about 20 ms."""
    work()
    repeats, best = 1, float("inf")
    for _ in range(10):
        start = time.process_time()
        for _ in range(repeats):
            work()
        best = min(best, (time.process_time() - start) / repeats)
        repeats = max(1, round(0.02 / max(best, 1e-9)))
    return best


def measured(program, name):
    """Seconds of the benchmark called `name`, the best of 5; its arguments may have names."""
    pattern = "^" + name.replace("/", "/([a-z]+:)?") + "$"
    output = subprocess.run(
        [program, f"--benchmark_filter={pattern}", "--benchmark_format=json",
         "--benchmark_repetitions=5", "--benchmark_min_time=0.05"],
        check=True, capture_output=True, text=True).stdout
    times = [row["cpu_time"] for row in json.loads(output)["benchmarks"]
             if row["run_type"] == "iteration"]
    return min(times) * 1e-9


def main():
    folder = pathlib.Path(sys.argv[1]) / "bench"
    print(f"{'kernel':24}{'shape':16}{'surplus':>10}{'NumPy':>10}{'PyTorch':>10}   microseconds, "
          "times as fast")
    for program, name, shape, peers in ROWS:
        ours = measured(folder / f"bench-kernels-{program}", "/".join([name, *map(str, shape)]))
        others = [work and best_seconds(work) for work in peers(*shape)]
        texts = "".join(f"{seconds * 1e6:10.1f}" if seconds else f"{'-':>10}" for seconds in others)
        ratios = "  ".join(f"{seconds / ours:.2f}" if seconds else "-" for seconds in others)
        title = name.split("::vector_")[-1].rstrip(">") if program == "vector_math" else program
        title = title if program != "philox" else name.split("::")[-1].rstrip(">")
        print(f"{title:24}{' x '.join(map(str, shape)):16}{ours * 1e6:10.1f}{texts}   {ratios}",
              flush=True)


if __name__ == "__main__":
    main()
