"""Tangent kernels of two-layer networks beside PyTorch: same rows, same parameters, float, one thread.

ntk.py BUILD [--rows 1000] [--inputs 32,784] [--width 1024] [--repeats 3]: prints, for each number of
inputs, seconds and memory of both sides and their ratios, and how far apart the kernels are. Then the
top Hessian eigenvalue of a network with 10^6 parameters on 1000 rows, ours alone. BUILD is surplus'
build directory. Needs PyTorch. Each side runs in a process of its own, one after the other.

PyTorch's side is the loop that its users write: the gradient of each example's output with respect to
all parameters, stacked to a Jacobian (functorch's vmap over them where it is installed), and that
times its transpose. Ours goes by layers and writes no gradient out.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import time

parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
parser.add_argument("build")
parser.add_argument("--rows", type=int, default=1000)
parser.add_argument("--inputs", default="32,784")
parser.add_argument("--width", type=int, default=1024)
parser.add_argument("--repeats", type=int, default=3)
parser.add_argument("--peer", type=int, help=argparse.SUPPRESS)  # PyTorch's side: with so many inputs
options = parser.parse_args()
for library in ("OMP", "OPENBLAS", "MKL"):
    os.environ[f"{library}_NUM_THREADS"] = "1"


def peer(d):
    import torch
    torch.set_num_threads(1)
    n, h = options.rows, options.width
    net = torch.nn.Sequential(torch.nn.Linear(d, h), torch.nn.ReLU(), torch.nn.Linear(h, 1))
    with torch.no_grad():
        for layer, p in enumerate(net.parameters()):
            scale = 0.1 if layer % 2 == 1 else p.shape[1] ** -0.5
            i = torch.arange(p.numel(), dtype=torch.float64)
            p.copy_((scale * torch.cos(i + layer)).reshape(p.shape))
    x = torch.sin(0.7 * torch.arange(n * d, dtype=torch.float64)).reshape(n, d).float()
    at_rest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    parameters = list(net.parameters())

    def jacobian():
        try:
            from functorch import grad, make_functional, vmap
            f, values = make_functional(net)
            rows = vmap(grad(lambda v, row: f(v, row[None])[0, 0]), (None, 0))(values, x)
            return torch.cat([g.reshape(n, -1) for g in rows], 1)
        except ImportError:
            j = torch.empty(n, sum(p.numel() for p in parameters))
            for i in range(n):
                rows = torch.autograd.grad(net(x[i:i + 1])[0, 0], parameters)
                torch.cat([g.reshape(-1) for g in rows], out=j[i])
            return j

    begin = time.perf_counter()
    j = jacobian()
    k = j @ j.T
    seconds = time.perf_counter() - begin
    held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - at_rest
    print(json.dumps({"seconds": [seconds], "bytes": 1024 * held, "sum": float(k.double().sum())}))


def run(*command):
    return json.loads(subprocess.run(list(map(str, command)), stdout=subprocess.PIPE, check=True).stdout)


if options.peer:
    peer(options.peer)
    sys.exit()
program = os.path.join(options.build, "bench", "bench-peers-ntk")
print(f"{'':<24} {'surplus s':>10} {'PyTorch s':>10} {'ratio':>7} {'surplus MB':>10} {'PyTorch MB':>10} "
      f"{'ratio':>7} {'difference':>10}")
for d in map(int, options.inputs.split(",")):
    mine, theirs = [], []
    for _ in range(options.repeats):
        mine.append(run(program, "kernel", options.rows, d, options.width, 1))
        theirs.append(run(sys.executable, __file__, options.build, "--peer", d, "--rows", options.rows,
                          "--width", options.width))
    ratios = [b["seconds"][0] / a["seconds"][0] for a, b in zip(mine, theirs)]
    memory = [statistics.median(side["bytes"] for side in sides) / 1e6 for sides in (mine, theirs)]
    print(f"n={options.rows} d={d:<4} h={options.width:<6} "
          f"{statistics.median(a['seconds'][0] for a in mine):10.3f} "
          f"{statistics.median(b['seconds'][0] for b in theirs):10.3f} "
          f"{statistics.median(ratios):7.1f} {memory[0]:10.1f} {memory[1]:10.1f} "
          f"{memory[1] / memory[0]:7.1f} {abs(mine[0]['sum'] / theirs[0]['sum'] - 1):10.1e}", flush=True)
print("top of the Hessian:", run(program, "hessian", options.rows, 784, 1))
