"""Writes autodiff_torch.json: each op of the op table in PyTorch, in double precision.

autodiff_torch.py > autodiff_torch.json, run with PyTorch 1.13.1 (Debian's python3-torch).

Per row of tests/lib/autodiff/op_table.cc, by its name: random operands `x` of the row's first case,
the value `y`, and for the objective sum(c y + y^2) with a random `c` the gradients `d` and the
products `h` of its Hessian with random directions `t`. Dropout is missing: its masks are our own.
"""

import json

import numpy as np
import torch
import torch.nn.functional as F

LINEAR = [(3, 4), (5, 4), (1, 5)]
SPARSE = [(8, 16), (1, 6), (1, 5)]
SAME = [(3, 4), (3, 4)]


def linear(f):
    return lambda x, w, b: f(F.linear(x, w, b[0]))


def gelu(x):
    return F.gelu(x, approximate="tanh")


def labels(x):
    return torch.arange(x.shape[0]) * 2 % x.shape[1]


def batch_norm(x, gain, shift):
    return F.batch_norm(x, None, None, gain[0], shift[0], training=True, eps=0.125)


def fixed_batch_norm(x, gain, shift):
    mean = torch.full((x.shape[1],), 0.25, dtype=x.dtype)
    variance = torch.full((x.shape[1],), 0.5, dtype=x.dtype)
    return F.batch_norm(x, mean, variance, gain[0], shift[0], training=False, eps=0.125)


def images(x, height, width):
    """Rows that are pixels as PyTorch's images."""
    return x.reshape(-1, height, width, x.shape[1]).permute(0, 3, 1, 2)


def pixels(x):
    return x.permute(0, 2, 3, 1).reshape(-1, x.shape[1])


def conv2d(stride):
    return lambda x, w: pixels(F.conv2d(images(x, 4, 3), w.reshape(-1, 3, 3, x.shape[1]).permute(0, 3, 1, 2),
                                        stride=stride, padding=1))


def tiles(x):
    """Rows in tiles of 16."""
    padded = F.pad(x, (0, 0, 0, -x.shape[0] % 16))
    return padded.reshape(-1, 16, x.shape[1]).permute(0, 2, 1).reshape(-1, 16)


def sparse_linear(f):
    """Of 5 x 4, on tiles of 4 features x 16 examples."""
    def of(x, values, *bias):
        w = torch.zeros(20, dtype=x.dtype).index_put((torch.tensor([0, 2, 4, 6, 12, 18]),), values[0])
        z = w.reshape(5, 4) @ x.reshape(-1, 4, 16)
        return f(z + bias[0].reshape(5, 1) if bias else z).reshape(-1, 16)
    return of


def sparse_conv2d(x, values, bias):
    w = torch.zeros(54, dtype=x.dtype).index_put((torch.arange(1, 54, 3),), values[0])
    return torch.tanh(conv2d(2)(x, w.reshape(3, 18)) + bias)


def window_tiles(x):
    """Features line, column, channel; unfold has channel, line, column."""
    rows = F.unfold(images(x, 4, 3), 3, padding=1).reshape(-1, 2, 9, 12).permute(0, 3, 2, 1).reshape(24, 18)
    return tiles(rows)


# name: (shapes, low, high, function)
ROWS = {
    "linear": (LINEAR, -1, 1, linear(lambda z: z)),
    "linear (no bias)": (LINEAR[:2], -1, 1, F.linear),
    "linear (relu)": (LINEAR, -1, 1, linear(torch.relu)),
    "linear (tanh)": (LINEAR, -1, 1, linear(torch.tanh)),
    "linear (sigmoid)": (LINEAR, -1, 1, linear(torch.sigmoid)),
    "linear (gelu)": (LINEAR, -1, 1, linear(gelu)),
    "linear (erf)": (LINEAR, -1, 1, linear(torch.erf)),
    "matmul": ([(3, 4), (4, 5)], -1, 1, torch.matmul),
    "matmul (a transposed)": ([(4, 3), (4, 5)], -1, 1, lambda a, b: a.T @ b),
    "matmul (b transposed)": ([(3, 4), (5, 4)], -1, 1, lambda a, b: a @ b.T),
    "matmul (both transposed)": ([(4, 3), (5, 4)], -1, 1, lambda a, b: a.T @ b.T),
    "add": (SAME, -1, 1, torch.add),
    "sub": (SAME, -1, 1, torch.sub),
    "mul": (SAME, -1, 1, torch.mul),
    "div": (SAME, 0.5, 2, torch.div),
    "relu": ([(3, 5)], -1, 1, torch.relu),
    "leaky_relu": ([(3, 5)], -1, 1, lambda x: F.leaky_relu(x, 0.1)),
    "tanh": ([(3, 5)], -3, 3, torch.tanh),
    "sigmoid": ([(3, 5)], -6, 6, torch.sigmoid),
    "softplus": ([(3, 5)], -6, 6, F.softplus),
    "gelu": ([(3, 5)], -3, 3, gelu),
    "erf": ([(3, 5)], -3, 3, torch.erf),
    "exp": ([(3, 5)], -2, 2, torch.exp),
    "log": ([(3, 5)], 0.5, 3, torch.log),
    "square": ([(3, 5)], -2, 2, torch.square),
    "sqrt": ([(3, 5)], 0.5, 3, torch.sqrt),
    "sum": ([(3, 5)], -1, 1, torch.sum),
    "sum (over rows)": ([(3, 5)], -1, 1, lambda x: x.sum(0, keepdim=True)),
    "sum (over columns)": ([(3, 5)], -1, 1, lambda x: x.sum(1, keepdim=True)),
    "mean": ([(3, 5)], -1, 1, torch.mean),
    "mean (over rows)": ([(3, 5)], -1, 1, lambda x: x.mean(0, keepdim=True)),
    "mean (over columns)": ([(3, 5)], -1, 1, lambda x: x.mean(1, keepdim=True)),
    "max": ([(3, 5)], -1, 1, torch.max),
    "max (over rows)": ([(3, 5)], -1, 1, lambda x: x.max(0, keepdim=True).values),
    "max (over columns)": ([(3, 5)], -1, 1, lambda x: x.max(1, keepdim=True).values),
    "log_sum_exp": ([(4, 3)], -3, 3, lambda x: torch.logsumexp(x, 1, keepdim=True)),
    "log_softmax": ([(4, 3)], -3, 3, lambda x: torch.log_softmax(x, 1)),
    "softmax_cross_entropy": ([(4, 3)], -3, 3,
                              lambda x: F.cross_entropy(x, labels(x), reduction="none")[:, None]),
    "softmax_cross_entropy (soft targets)": ([(4, 3), (4, 3)], -3, 3,
                                             lambda x, q: F.cross_entropy(x, q, reduction="none")[:, None]),
    "mean_squared_error": (SAME, -1, 1, F.mse_loss),
    "binary_cross_entropy": (SAME, -1, 1,
                             lambda x, q: F.binary_cross_entropy_with_logits(x, q, reduction="none")),
    "transpose": ([(3, 5)], -1, 1, torch.t),
    "slice": ([(3, 5)], -1, 1, lambda x: x[1:, 1:]),
    "concat_rows": ([(3, 4), (2, 4)], -1, 1, lambda a, b: torch.cat([a, b])),
    "concat_columns": ([(3, 4), (3, 2)], -1, 1, lambda a, b: torch.cat([a, b], 1)),
    "gather_rows": ([(3, 5)], -1, 1, lambda x: x[[2, 0, 2]]),
    "row_norm": ([(3, 5)], 0.2, 2, lambda x: torch.linalg.vector_norm(x, dim=1, keepdim=True)),
    "checkpoint": (SAME, -1, 1, lambda a, b: torch.tanh(a) * torch.exp(b)),
    "checkpoint (nested)": (SAME, -1, 1, lambda a, b: torch.square(torch.sigmoid(a) * b + a)),
    "batch_norm": ([(5, 3), (1, 3), (1, 3)], -1, 1, batch_norm),
    "fixed_batch_norm": ([(5, 3), (1, 3), (1, 3)], -1, 1, fixed_batch_norm),
    "add_relu": (SAME, 0.5, 2, lambda a, b: torch.relu(a + b)),
    "batch_norm_relu": ([(5, 3), (1, 3), (1, 3)], -1, 1,
                        lambda x, gain, shift: torch.relu(batch_norm(x, gain, shift + torch.tensor([[7, -7, 7]])))),
    "conv2d": ([(24, 2), (3, 18)], -1, 1, conv2d(1)),
    "conv2d (stride 2)": ([(24, 2), (3, 18)], -1, 1, conv2d(2)),
    "max_pool2d": ([(24, 2)], -1, 1, lambda x: pixels(F.max_pool2d(images(x, 4, 3), 3, 2, 1))),
    "average_pool2d": ([(24, 2)], -1, 1, lambda x: pixels(F.avg_pool2d(images(x, 4, 3), 3, 2, 1))),
    "global_average_pool": ([(12, 3)], -1, 1, lambda x: x.reshape(6, 2, 3).mean(1)),
    "channels_last": ([(2, 6)], -1, 1, lambda x: x.reshape(2, 2, 3).permute(0, 2, 1).reshape(6, 2)),
    "sparse_linear": (SPARSE, -1, 1, sparse_linear(lambda z: z)),
    "sparse_linear (relu)": (SPARSE, -1, 1, sparse_linear(torch.relu)),
    "sparse_linear (tanh)": (SPARSE, -1, 1, sparse_linear(torch.tanh)),
    "sparse_linear (gelu)": (SPARSE, -1, 1, sparse_linear(gelu)),
    "sparse_linear (no bias)": (SPARSE[:2], -1, 1, sparse_linear(lambda z: z)),
    "sparse_conv2d": ([(24, 2), (1, 18), (1, 3)], -1, 1, sparse_conv2d),
    "window_tiles": ([(24, 2)], -1, 1, window_tiles),
    "to_tiles": ([(20, 3)], -1, 1, tiles),
    "from_tiles": ([(6, 16)], -1, 1, lambda x: x.reshape(2, 3, 16).permute(0, 2, 1).reshape(32, 3)[:20]),
    "reshape": ([(3, 5)], -1, 1, lambda x: x.reshape(5, 3)),
}


def golden(shapes, low, high, function, rng):
    draw = [rng.uniform(low, high, shape) for shape in shapes]
    x = [torch.tensor(value, requires_grad=True) for value in draw]
    t = [torch.tensor(rng.uniform(-1, 1, shape)) for shape in shapes]
    y = function(*x).reshape(1, 1) if function(*x).dim() == 0 else function(*x)
    c = torch.tensor(rng.uniform(-1, 1, y.shape))
    d = torch.autograd.grad((c * y + y * y).sum(), x, create_graph=True)
    along = sum((a * b).sum() for a, b in zip(d, t))
    h = torch.autograd.grad(along, x, allow_unused=True)
    h = [torch.zeros_like(a) if b is None else b for a, b in zip(x, h)]
    listed = {"x": x, "t": t, "y": [y], "c": [c], "d": d, "h": h}
    return {name: [value.tolist() for value in values] for name, values in listed.items()}


def main():
    rng = np.random.default_rng(1)
    rows = {name: golden(*row, rng) for name, row in ROWS.items()}
    print(json.dumps({"torch": torch.__version__, "rows": rows}))


main()
