"""Sparse layers and training steps beside dense ones, ours and PyTorch's: same shapes, float.

sparse.py BUILD [--densities 0.2,0.1,...] [--rounds 5]: prints, for each layer and density, the time
of the three products of a layer (forward, to the inputs, to the weights) on our sparse kernels, and as
multiples of it those of our dense ones, of PyTorch's and of torch.sparse's CSR; then the same for whole
training steps with Nesterov's momentum: ours, ours dense, PyTorch dense with masks on weights and
velocities; the share of topology updates in trainings; and convolutions, ours and ours dense. Then the density at which dense and sparse break even, and bytes per non-zero. BUILD is
surplus' build directory. Needs PyTorch. One thread each, processor time, both of ours in turn in one
process, PyTorch's after it; medians. CSR has no gradient of its values in PyTorch 1.13: its
to-weights product is the dense one on which the places are then looked up, as its users do.
"""

import argparse
import json
import os
import statistics
import subprocess
import time

parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
parser.add_argument("build")
parser.add_argument("--densities", default="0.5,0.4,0.2,0.1,0.05,0.02,0.01")
parser.add_argument("--layers", default="1000x784,1024x3072")
parser.add_argument("--inputs", default="784,3072")
parser.add_argument("--batch", type=int, default=128)
parser.add_argument("--rounds", type=int, default=5)
options = parser.parse_args()
for library in ("OMP", "OPENBLAS", "MKL"):
    os.environ[f"{library}_NUM_THREADS"] = "1"

import torch  # noqa: E402  (after the thread counts, which it reads once)

torch.set_num_threads(1)
densities = [float(text) for text in options.densities.split(",")]


def ours(*arguments):
    run = subprocess.run([os.path.join(options.build, "bench", "bench-peers-sparse"),
                          *map(str, arguments), str(options.rounds)], stdout=subprocess.PIPE, check=True)
    return json.loads(run.stdout)


def seconds(work):
    """Median of some rounds of about 20 milliseconds, after one."""
    work()
    times = []
    begin = time.process_time()
    work()
    count = max(1, int(0.02 / (time.process_time() - begin + 1e-9)))
    for _ in range(options.rounds):
        begin = time.process_time()
        for _ in range(count):
            work()
        times.append((time.process_time() - begin) / count)
    return statistics.median(times)


def torch_layer(out, inputs, density):
    """Seconds of the three products: dense, and in CSR."""
    generator = torch.Generator().manual_seed(1)
    x, d_y = torch.randn(options.batch, inputs, generator=generator), torch.randn(options.batch, out)
    dense, mask = torch.randn(out, inputs), torch.rand(out, inputs, generator=generator) < density
    masked = dense * mask
    csr, transposed = masked.to_sparse_csr(), masked.T.contiguous().to_sparse_csr()
    rows, cols = mask.nonzero(as_tuple=True)
    x_t, d_y_t = x.T.contiguous(), d_y.T.contiguous()
    d_w = seconds(lambda: d_y.T @ x)
    return (seconds(lambda: x @ dense.T) + seconds(lambda: d_y @ dense) + d_w,
            seconds(lambda: csr @ x_t) + seconds(lambda: transposed @ d_y_t) +
            seconds(lambda: (d_y.T @ x)[rows, cols]))


def torch_step(units, density):
    """Seconds of a step of the dense network whose weights and gradients are masked."""
    torch.manual_seed(1)
    x, y = torch.randn(options.batch, units[0]), torch.randint(0, units[3], (options.batch,))
    layers = [torch.nn.Linear(units[i], units[i + 1]) for i in range(3)]
    net = torch.nn.Sequential(layers[0], torch.nn.ReLU(), layers[1], torch.nn.ReLU(), layers[2])
    masks = [(torch.rand_like(layer.weight) < density).float() for layer in layers[:2]]
    optimizer = torch.optim.SGD(net.parameters(), lr=1e-3, momentum=0.9, nesterov=True,
                                weight_decay=5e-4)

    def step():
        optimizer.zero_grad(set_to_none=True)
        torch.nn.functional.cross_entropy(net(x), y).backward()
        optimizer.step()
        with torch.no_grad():
            for layer, mask in zip(layers, masks):
                layer.weight.mul_(mask)
                optimizer.state[layer.weight]["momentum_buffer"].mul_(mask)

    return seconds(step)


def total(result, prefix=""):
    return [sum(parts) for parts in
            zip(*(result[prefix + name] for name in ("forward", "inputs", "weights")))]


def ratio(dense, sparse):
    return statistics.median(a / b for a, b in zip(dense, sparse))


def break_even(ratios):
    """The density at which the ratio is 1, on the line between the two around it (log-log)."""
    import math
    points = sorted(ratios.items())
    for (d, a), (e, b) in zip(points, points[1:]):
        if a >= 1 > b:
            share = math.log(a) / (math.log(a) - math.log(b))
            return f"{d * (e / d) ** share:.2f}"
    return f"above {points[-1][0]}" if points[-1][1] >= 1 else f"below {points[0][0]}"


print(f"{'layer, batch ' + str(options.batch):<22} {'density':>7} {'us':>8} {'ns/place':>8} {'dense':>6} "
      f"{'torch':>6} {'CSR':>6}   times as long; dense by product")
for shape in options.layers.split(","):
    out, inputs = map(int, shape.split("x"))
    ratios = {}
    for density in densities:
        result = ours("layer", out, inputs, options.batch, density)
        sparse, dense = total(result), total(result, "dense_")
        peer, csr = torch_layer(out, inputs, density)
        mine = statistics.median(sparse)
        ratios[density] = ratio(dense, sparse)
        parts = " ".join(f"{ratio(result['dense_' + name], result[name]):.2f}"
                         for name in ("forward", "inputs", "weights"))
        print(f"{shape:<22} {density:>7} {1e6 * mine:>8.0f} {1e9 * mine / result['places']:>8.1f} "
              f"{ratios[density]:>6.2f} {peer / mine:>6.2f} {csr / mine:>6.2f}   {parts}", flush=True)
    print(f"{shape:<22} break-even density {break_even(ratios)}")
print(f"{'step':<22} {'density':>7} {'ms':>8} {'bytes':>8} {'dense':>6} {'masked torch':>12}")
for inputs in map(int, options.inputs.split(",")):
    units = [inputs, 1024, 512, 10]
    for density in densities:
        if density > 0.35:
            continue
        result = ours("step", *units, options.batch, density)
        mine = statistics.median(result["sparse"])
        peer = torch_step(units, density)
        # Weight, velocity, and one copy of the values of a layer while a step runs.
        held = 12 + result["pattern_bytes"] / result["places"]
        print(f"{'-'.join(map(str, units)):<22} {density:>7} {1e3 * mine:>8.3f} {held:>8.1f} "
              f"{ratio(result['dense'], result['sparse']):>6.2f} {peer / mine:>12.2f}", flush=True)
print("topology updates each 100 steps that drop a quarter: share of a training at density 0.05, and dense gradients of "
      "the first layer")
for inputs in map(int, options.inputs.split(",")):
    result = ours("training", inputs, 1024, 512, 10, options.batch, 0.05)
    texts = [f"{growth} {100 * statistics.median(result[growth + '_share']):.1f} %, "
             f"{statistics.median(result[growth + '_update']) / result['dense_gradient'][0]:.2f}"
             for growth in ("random", "gradient")]
    print(f"{inputs}-1024-512-10: " + "; ".join(texts), flush=True)
print("convolution, forward and backward, of our dense one's speed")
for side, in_, out, window, batch in ((28, 1, 20, 5, 128), (12, 20, 50, 5, 128), (10, 256, 256, 3, 32)):
    texts = []
    for density in densities:
        if density <= 0.2:
            result = ours("convolution", side, in_, out, window, batch, density)
            texts.append(f"{ratio(result['dense'], result['sparse']):.2f} at {density}")
    print(f"{batch} of {side}x{side}x{in_} to {out}, {window}x{window}: " + ", ".join(texts), flush=True)
