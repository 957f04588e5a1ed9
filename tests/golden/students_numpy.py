"""Makes students_numpy.json: test errors of students trained by on-line back-propagation.

Teachers 20-10-1 and students 20-h-1 of tanh units, with the distributions, rates and numbers of updates of
apps/studies/classifier_width/student.h, all seeds of a design at once, in NumPy 1.24.2. For each design the medians and
quartiles over seeds; run as: python3 students_numpy.py > students_numpy.json (about ten minutes).
"""

import json

import numpy as np

INPUTS, TEACHER = 20, 10
DESIGNS = [  # h, examples, noise, updates, seeds
    (10, 200, 0, 200000, 60), (50, 200, 0.5, 200000, 40), (10, 200, 0.5, 200000, 60),
    (5, 2000, 1, 400000, 40), (20, 2000, 1, 400000, 40),
]


def output(w, b, v, c, x):
    return np.einsum("sh,snh->sn", v, np.tanh(np.einsum("snd,shd->snh", x, w) + b[:, None])) + c


def run(h, n, noise, updates, seeds):
    rng = np.random.default_rng(0)
    teacher = [rng.uniform(-1, 1, shape) for shape in
               ((seeds, TEACHER, INPUTS), (seeds, TEACHER), (seeds, TEACHER), (seeds, 1))]
    x, test_x = rng.normal(size=(seeds, n, INPUTS)), rng.normal(size=(seeds, 3000, INPUTS))
    test_y = output(*teacher, test_x)
    mean, deviation = test_y.mean(1, keepdims=True), test_y.std(1, keepdims=True)
    test_y = (test_y - mean) / deviation
    y = (output(*teacher, x) - mean) / deviation + noise * rng.normal(size=(seeds, n))
    w = (rng.normal(size=(seeds, h, INPUTS)) / np.sqrt(21)).astype(np.float32)
    b = (rng.normal(size=(seeds, h)) / np.sqrt(21)).astype(np.float32)
    v = (rng.normal(size=(seeds, h)) / np.sqrt(h)).astype(np.float32)
    c = np.zeros(seeds, np.float32)
    x, y, every = x.astype(np.float32), y.astype(np.float32), np.arange(seeds)
    for t in range(updates):
        i = rng.integers(0, n, seeds)
        row = x[every, i]
        z = np.tanh(np.matmul(w, row[:, :, None])[:, :, 0] + b)
        rate = np.float32(0.05 * (1 - t / updates) / max(1, h / 10))
        e = (rate * ((v * z).sum(1) + c - y[every, i]))[:, None]
        g = e * v * (1 - z * z)
        v -= e * z
        c -= e[:, 0]
        b -= g
        w -= g[:, :, None] * row[:, None, :]
    test = ((output(w, b, v, c[:, None], test_x) - test_y) ** 2).mean(1)
    train = ((output(w, b, v, c[:, None], x) - y) ** 2).mean(1)
    return {"units": h, "examples": n, "noise": noise, "updates": updates, "seeds": seeds,
            "test": np.quantile(test, [0.25, 0.5, 0.75]).round(5).tolist(),
            "train": np.quantile(train, [0.25, 0.5, 0.75]).round(7).tolist()}


if __name__ == "__main__":
    print(json.dumps([run(*design) for design in DESIGNS]))
