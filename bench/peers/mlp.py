"""Training steps of two-layer networks beside PyTorch: same shapes, SGD with momentum, float.

mlp.py BUILD [--threads 1] [--widths 8,64,...] [--repeats 3]: prints, for each shape, milliseconds per
step on both sides and their ratio, then the geometric mean. BUILD is surplus' build directory. Needs
PyTorch. Both sides run one after the other, several times; each ratio is of the medians. With one
thread it is processor time, which a busy machine blurs less. PyTorch is used as its documentation
says: zero_grad, loss, backward, step on a batch that is there already.
"""

import argparse
import json
import math
import os
import statistics
import subprocess
import time

parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
parser.add_argument("build")
parser.add_argument("--threads", type=int, default=1)
parser.add_argument("--inputs", default="784,3072")
parser.add_argument("--widths", default="8,64,256,1024,4096,16384")
parser.add_argument("--batches", default="64,128")
parser.add_argument("--repeats", type=int, default=3)
parser.add_argument("--seconds", type=float, default=0.3, help="of each measurement")
options = parser.parse_args()
for library in ("OMP", "OPENBLAS", "MKL"):
    os.environ[f"{library}_NUM_THREADS"] = str(options.threads)

import torch  # noqa: E402  (after the thread counts, which it reads once)

torch.set_num_threads(options.threads)
CLASSES = 10
clock = time.process_time if options.threads == 1 else time.perf_counter


class Torch:
    def __init__(self, d, h, batch, nets=1):
        generator = torch.Generator().manual_seed(1)
        self.x = torch.randn(batch, d, generator=generator)
        self.y = torch.randint(0, CLASSES, (batch,), generator=generator)
        self.nets = [torch.nn.Sequential(torch.nn.Linear(d, h), torch.nn.ReLU(),
                                         torch.nn.Linear(h, CLASSES)) for _ in range(nets)]
        self.optimizers = [torch.optim.SGD(net.parameters(), lr=1e-3, momentum=0.9)
                           for net in self.nets]
        self.run(2)

    def run(self, steps):
        """Seconds per step of all networks."""
        begin = clock()
        for net, optimizer in zip(self.nets, self.optimizers):
            for _ in range(steps):
                optimizer.zero_grad(set_to_none=True)
                torch.nn.functional.cross_entropy(net(self.x), self.y).backward()
                optimizer.step()
        return (clock() - begin) / steps


def ours(d, h, batch, nets, steps):
    arguments = [d, h, CLASSES, batch, nets, steps, options.threads, 1]
    run = subprocess.run([os.path.join(options.build, "bench", "bench-peers-mlp"),
                          *map(str, arguments)], stdout=subprocess.PIPE, check=True)
    result = json.loads(run.stdout)
    return result["seconds"][0], result["bytes"]


def compare(d, h, batch, nets=1):
    other = Torch(d, h, batch, nets)
    steps = max(1, math.ceil(options.seconds / other.run(1)))
    mine, theirs = [], []
    for _ in range(options.repeats):
        seconds, held = ours(d, h, batch, nets, steps)
        mine.append(seconds)
        theirs.append(other.run(steps))
    ratio = statistics.median(theirs) / statistics.median(mine)
    parameters = d * h + h + h * CLASSES + CLASSES
    # Parameters, velocity, one gradient and the activations: the input is not ours.
    needed = nets * 4 * (3 * parameters + 2 * batch * (h + CLASSES))
    print(f"d={d:<5} h={h:<6} batch={batch:<4} nets={nets:<3} "
          f"{1e3 * statistics.median(mine):10.4f} {1e3 * statistics.median(theirs):10.4f} "
          f"{ratio:7.2f} {held / needed:7.2f}", flush=True)
    return ratio


def numbers(text):
    return [int(number) for number in text.split(",")]


print(f"{options.threads} thread(s) each")
print(f"{'':<36} {'surplus ms':>10} {'PyTorch ms':>10} {'ratio':>7} {'memory':>7}")
ratios = [compare(d, h, batch) for d in numbers(options.inputs) for h in numbers(options.widths)
          for batch in numbers(options.batches)]
print(f"geometric mean {math.exp(statistics.mean(map(math.log, ratios))):.2f}, "
      f"lowest {min(ratios):.2f}")
compare(784, 32, 64, nets=16)
