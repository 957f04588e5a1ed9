"""On-line back-propagation of small students beside PyTorch and NumPy: the same updates.

online.py BUILD [REPEATS]: students with 20 inputs, h tanh units and one output, one example per update; prints
microseconds per update and how many times as fast surplus is, and how far apart the parameters end up. BUILD is
surplus' build directory. Needs PyTorch. PyTorch is used as its documentation says (zero_grad, loss, backward, step),
and once more with the gradient written out by hand on tensors; NumPy by hand too. One thread each, processor time, the
sides in turn, REPEATS times (3), fewer updates for the slower ones; medians, lowest and highest ratio.
"""

import os
import subprocess
import sys
import time

for library in ("OMP", "OPENBLAS", "MKL"):
    os.environ[f"{library}_NUM_THREADS"] = "1"

import numpy as np  # noqa: E402  (after the thread counts, which it reads once)
import torch  # noqa: E402

torch.set_num_threads(1)
PROGRAM = os.path.join(sys.argv[1], "bench", "bench-peers-online")
REPEATS = int(sys.argv[2]) if len(sys.argv) > 2 else 3
D, N = 20, 2000


class Student:
    def __init__(self, h, updates):
        rng = np.random.default_rng(h)
        self.first_rate = 0.05 / max(1, h / 10)  # as the study has it: wider ones diverge at more
        self.h, self.updates = h, updates
        self.x = rng.normal(size=(N, D)).astype(np.float32)
        self.y = rng.normal(size=N).astype(np.float32)
        self.w = (rng.normal(size=(h, D)) / np.sqrt(D + 1)).astype(np.float32)
        self.b = (rng.normal(size=h) / np.sqrt(D + 1)).astype(np.float32)
        self.v = (rng.normal(size=h) / np.sqrt(h)).astype(np.float32)
        self.order = rng.integers(0, N, updates)

    def rate(self, t):
        return self.first_rate * (1 - t / self.updates)


def surplus(s):
    inputs = [s.x, s.y, s.w, s.b, s.v, np.zeros(1, np.float32), s.order.astype(np.uint64)]
    run = subprocess.run([PROGRAM, *map(str, (s.h, D, N, s.updates, s.first_rate))], stdout=subprocess.PIPE, check=True,
                         input=b"".join(array.tobytes() for array in inputs))
    seconds, parameters = run.stdout.split(b"\n", 1)
    return float(seconds), np.frombuffer(parameters, np.float32)


def pytorch(s):
    net = torch.nn.Sequential(torch.nn.Linear(D, s.h), torch.nn.Tanh(), torch.nn.Linear(s.h, 1))
    with torch.no_grad():
        for parameter, start in zip(net.parameters(), (s.w, s.b, s.v[None], np.zeros(1, np.float32))):
            parameter.copy_(torch.from_numpy(start))
    x, y, order = torch.from_numpy(s.x), torch.from_numpy(s.y)[:, None], s.order.tolist()
    optimizer = torch.optim.SGD(net.parameters(), lr=s.first_rate)
    begin = time.process_time()
    for t, i in enumerate(order):
        optimizer.param_groups[0]["lr"] = s.rate(t)
        optimizer.zero_grad(set_to_none=True)
        (0.5 * (net(x[i]) - y[i]) ** 2).sum().backward()
        optimizer.step()
    seconds = time.process_time() - begin
    return seconds, np.concatenate([p.detach().numpy().ravel() for p in net.parameters()])


def by_hand(s, tensor, tanh, outer):
    w, b, v, c = tensor(s.w.copy()), tensor(s.b.copy()), tensor(s.v.copy()), 0.0
    x, y, order = tensor(s.x), s.y.tolist(), s.order.tolist()
    begin = time.process_time()
    for t, i in enumerate(order):
        rate, row = s.rate(t), x[i]
        z = tanh(w @ row + b)
        e = rate * (float(v @ z) + c - y[i])
        g = e * v * (1 - z * z)
        v -= e * z
        c -= e
        b -= g
        w -= outer(g, row)
    seconds = time.process_time() - begin
    return seconds, np.concatenate([np.asarray(part).ravel() for part in (w, b, v, np.float32([c]))])


SIDES = {
    "PyTorch": (pytorch, 2000),
    "PyTorch by hand": (lambda s: by_hand(s, torch.from_numpy, torch.tanh, torch.outer), 5000),
    "NumPy by hand": (lambda s: by_hand(s, lambda array: array, np.tanh, np.multiply.outer), 5000),
}
print(f"{'':<24} {'surplus us':>10} {'other us':>10} {'ratio':>7}  {'range':<16} {'apart':>8}")
for h in (10, 40, 100):
    for name, (other, updates) in SIDES.items():
        ratios, times = [], []
        for _ in range(REPEATS):
            mine = surplus(Student(h, 200000))[0] / 200000
            student = Student(h, updates)
            found = surplus(student)[1]
            seconds, expected = other(student)
            times.append((mine, seconds / updates))
            ratios.append(seconds / updates / mine)
        apart = np.abs(found - expected).max() / np.abs(expected).max()
        mine, seconds = 1e6 * np.median(times, axis=0)
        print(f"h={h:<4} {name:<17} {mine:10.4f} {seconds:10.2f} {np.median(ratios):7.0f}  "
              f"{f'{min(ratios):.0f}-{max(ratios):.0f}':<16} {apart:8.1e}", flush=True)
