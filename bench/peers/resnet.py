"""Convolutions and training steps of residual networks beside PyTorch, one thread each, float.

resnet.py BUILD [--repeats 3] [--seconds 1] [--filter TEXT]: prints, for each piece of work, the
milliseconds of processor time on both sides and their ratio, and the geometric mean of each kind.
BUILD is surplus' build directory. Needs PyTorch. Both sides run one after the other, several times;
each ratio is of the medians. A convolution is forward and backward, with respect to images and
weights; a step is forward, backward, SGD with momentum, on a batch that is there already. PyTorch
gets channels_last memory as well as its default, and the faster of the two counts.
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
parser.add_argument("--repeats", type=int, default=3)
parser.add_argument("--seconds", type=float, default=1, help="of each measurement")
parser.add_argument("--filter", default="", help="only work with this text in its name")
options = parser.parse_args()
for library in ("OMP", "OPENBLAS", "MKL"):
    os.environ[f"{library}_NUM_THREADS"] = "1"

import torch  # noqa: E402  (after the thread counts, which it reads once)
from torch import nn  # noqa: E402
from torch.nn import functional as F  # noqa: E402

torch.set_num_threads(1)
LAYOUTS = {"default": torch.contiguous_format, "channels last": torch.channels_last}

# images, size, channels in, out, window, stride
CONVOLUTIONS = [(32, 32, 64, 64, 3, 1), (32, 32, 64, 128, 3, 2), (32, 32, 64, 128, 1, 2),
                (32, 16, 128, 128, 3, 1), (32, 8, 256, 256, 3, 1), (128, 4, 512, 512, 3, 1),
                (128, 32, 16, 16, 3, 1), (128, 16, 32, 32, 3, 1), (128, 8, 64, 64, 3, 1),
                (32, 32, 3, 64, 7, 2)]
# blocks of each of three stages, width of the first, batch; no blocks: PreActResNet-18
STEPS = [(1, 16, 128), (3, 16, 128), (1, 64, 64), (0, 64, 32)]


def conv(inputs, outputs, window, stride):
    return nn.Conv2d(inputs, outputs, window, stride, window // 2, bias=False)


class Block(nn.Module):
    def __init__(self, inputs, outputs, stride, pre_activation):
        super().__init__()
        self.pre_activation = pre_activation
        self.conv1 = conv(inputs, outputs, 3, stride)
        self.bn1 = nn.BatchNorm2d(inputs if pre_activation else outputs)
        self.conv2 = conv(outputs, outputs, 3, 1)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.shortcut = nn.Sequential()
        if stride != 1 or inputs != outputs:
            self.shortcut = nn.Sequential(conv(inputs, outputs, 1, stride))
            if not pre_activation:
                self.shortcut.append(nn.BatchNorm2d(outputs))

    def forward(self, x):
        if self.pre_activation:
            y = F.relu(self.bn1(x), inplace=True)
            around = self.shortcut(y) if len(self.shortcut) > 0 else x
            return self.conv2(F.relu(self.bn2(self.conv1(y)), inplace=True)) + around
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)), inplace=True)))
        return F.relu(y + self.shortcut(x), inplace=True)


def resnet(blocks, width):
    pre_activation = blocks == 0
    widths = [width * 2**i for i in range(4 if pre_activation else 3)]
    layers = [conv(3, width, 3, 1), nn.BatchNorm2d(width), nn.ReLU(inplace=True)]
    inputs = width
    for stage, outputs in enumerate(widths):
        for i in range(2 if pre_activation else blocks):
            layers.append(Block(inputs, outputs, 2 if stage > 0 and i == 0 else 1, pre_activation))
            inputs = outputs
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(inputs, 10))


def convolution_of(shape, layout):
    n, size, inputs, outputs, window, stride = shape
    x = torch.randn(n, inputs, size, size).to(memory_format=layout).requires_grad_()
    w = torch.randn(outputs, inputs, window, window).to(memory_format=layout).requires_grad_()
    d_y = torch.randn_like(F.conv2d(x, w, None, stride, window // 2))

    def run():
        x.grad = w.grad = None
        F.conv2d(x, w, None, stride, window // 2).backward(d_y)
    return run


def step_of(shape, layout):
    blocks, width, batch = shape
    net = resnet(blocks, width).to(memory_format=layout)
    x = torch.randn(batch, 3, 32, 32).to(memory_format=layout)
    y = torch.arange(batch) % 10
    optimizer = torch.optim.SGD(net.parameters(), lr=1e-3, momentum=0.9)

    def run():
        optimizer.zero_grad(set_to_none=True)
        F.cross_entropy(net(x), y).backward()
        optimizer.step()
    return run


def seconds_of(run, steps):
    begin = time.process_time()
    for _ in range(steps):
        run()
    return (time.process_time() - begin) / steps


def ours(kind, shape, steps):
    run = subprocess.run([os.path.join(options.build, "bench", "bench-peers-resnet"), kind,
                          *map(str, shape), str(steps)], stdout=subprocess.PIPE, check=True)
    return json.loads(run.stdout)["seconds"]


def compare(kind, shape):
    make = convolution_of if kind == "conv" else step_of
    sides = {name: make(shape, layout) for name, layout in LAYOUTS.items()}
    for run in sides.values():
        run()
    steps = max(1, math.ceil(options.seconds / min(seconds_of(run, 1) for run in sides.values())))
    mine, theirs = [], {name: [] for name in sides}
    for _ in range(options.repeats):
        mine.append(ours(kind, shape, steps))
        for name, run in sides.items():
            theirs[name].append(seconds_of(run, steps))
    medians = {name: statistics.median(times) for name, times in theirs.items()}
    name, best = min(medians.items(), key=lambda item: item[1])
    ratio = best / statistics.median(mine)
    print(f"{kind} {str(shape):<28} {1e3 * statistics.median(mine):10.2f} {1e3 * best:10.2f} "
          f"{ratio:6.2f}  {name}", flush=True)
    return ratio


print(f"{'':<33} {'surplus ms':>10} {'PyTorch ms':>10} {'ratio':>6}")
for kind, shapes in (("conv", CONVOLUTIONS), ("step", STEPS)):
    ratios = [compare(kind, shape) for shape in shapes if options.filter in f"{kind} {shape}"]
    if ratios:
        print(f"{kind}: geometric mean {math.exp(statistics.mean(map(math.log, ratios))):.2f}, "
              f"lowest {min(ratios):.2f}")
