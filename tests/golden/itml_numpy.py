"""Makes itml_numpy.json: ITML by the published recursion on A, written out in NumPy.

Two bundled and two UCI tables with the pairs listed, in their order; bounds are the 5th and 95th percentiles of the
squared distances of all pairs of different rows. Each pair (i, j) is visited once a sweep:
    v = x_i - x_j, p = v' A v, delta = 1 (similar) or -1
    alpha = min(lambda, delta gamma / (gamma + 1) (1 / p - 1 / xi))
    beta = delta alpha / (1 - delta alpha p)
    xi = gamma xi / (gamma + delta alpha xi), lambda -= alpha, A += beta A v (A v)'
And a small feasible problem with hard constraints, whose least objective tr A - log det A - d comes
from SLSQP over the entries of a Cholesky factor. The numbers in the file came from NumPy 1.24.2 and
SciPy 1.10.1; run as: python3 itml_numpy.py UCI_DIRECTORY > itml_numpy.json
"""

import json
import pathlib
import sys

import numpy
import scipy.optimize

BUNDLED = pathlib.Path(__file__).resolve().parent.parent.parent / "apps" / "data"
# File, label column, sweeps, gamma.
TABLES = {"iris": (BUNDLED / "iris.csv", -1, 40, 1.0), "wine": (BUNDLED / "wine.csv", -1, 20, 1.0),
          "ionosphere": ("ionosphere.data", -1, 20, 0.1),
          "balance-scale": ("balance-scale.data", 0, 40, 10.0)}
SAME_ROW = 1e-18


def read(path, label_column):
    rows = [line.split(",") for line in path.read_text().splitlines() if line]
    if path.suffix == ".csv":
        del rows[0]  # the names
    labels = [row.pop(label_column) for row in rows]
    return numpy.array(rows, dtype=float), labels


def project(a, v, similar, gamma, dual, xi):
    """A, lambda and xi after one projection."""
    delta = 1.0 if similar else -1.0
    av = a @ v
    p = v @ av
    alpha = min(dual, delta * gamma / (gamma + 1) * (1 / p - 1 / xi))
    beta = delta * alpha / (1 - delta * alpha * p)
    return (a + beta * numpy.outer(av, av), dual - alpha,
            gamma * xi / (gamma + delta * alpha * xi))


def itml(x, pairs, bounds, gamma, sweeps):
    a = numpy.eye(x.shape[1])
    duals = [0.0] * len(pairs)
    slacks = [bounds[0] if similar else bounds[1] for _, _, similar in pairs]
    for _ in range(sweeps):
        for c, (i, j, similar) in enumerate(pairs):
            v = x[i] - x[j]
            if v @ v > SAME_ROW:
                a, duals[c], slacks[c] = project(a, v, similar, gamma, duals[c], slacks[c])
    return a, duals


def table(path, label_column, sweeps, gamma, rng):
    x, labels = read(path, label_column)
    n = len(x)
    count = 40 * len(set(labels)) ** 2
    pairs = []
    while len(pairs) < count:
        i, j = (int(row) for row in rng.integers(0, n, 2))
        if i != j:
            pairs.append((i, j, int(labels[i] == labels[j])))
    upper = numpy.triu_indices(n, 1)
    squared = ((x[upper[0]] - x[upper[1]]) ** 2).sum(axis=1)
    bounds = numpy.percentile(squared[squared > SAME_ROW], [5, 95])
    a, duals = itml(x, pairs, bounds, gamma, sweeps)
    return {"rows": n, "label_column": label_column, "gamma": gamma, "sweeps": sweeps,
            "pairs": pairs, "bounds": bounds.tolist(), "metric": a.tolist(), "dual": duals}


def feasible(rng):
    d, count = 4, 8
    x = numpy.round(rng.normal(size=(2 * count, d)), 3)
    pairs = [(2 * c, 2 * c + 1, c % 2) for c in range(count)]
    differences = x[::2] - x[1::2]
    signs = numpy.array([1.0 if similar else -1.0 for _, _, similar in pairs])
    bounds = (4.0, 6.0)
    targets = numpy.where(signs > 0, *bounds)
    lower = numpy.tril_indices(d)

    def factor(entries):
        l = numpy.zeros((d, d))
        l[lower] = entries
        return l

    def objective(entries):
        l = factor(entries)
        return (l ** 2).sum() - 2 * numpy.log(numpy.abs(numpy.diag(l))).sum() - d

    def slack(entries):
        return signs * (targets - ((differences @ factor(entries)) ** 2).sum(axis=1))

    found = scipy.optimize.minimize(objective, numpy.eye(d)[lower], method="SLSQP",
                                    constraints={"type": "ineq", "fun": slack},
                                    options={"ftol": 1e-14, "maxiter": 10000})
    # Weak duality bounds the objective from below at any lambda >= 0: L-BFGS-B gets as high.
    def negative_dual(duals):
        inverse = numpy.eye(d) + (differences.T * (signs * duals)) @ differences
        sign, log_det = numpy.linalg.slogdet(inverse)
        if sign <= 0 or numpy.linalg.eigvalsh(inverse)[0] <= 0:
            return 1e10
        return (signs * targets * duals).sum() - log_det
    below = scipy.optimize.minimize(negative_dual, numpy.full(count, 0.01), method="L-BFGS-B",
                                    bounds=[(0, None)] * count, options={"ftol": 1e-15, "gtol": 1e-10})
    assert slack(found.x).min() > -1e-9 and abs(found.fun + below.fun) < 1e-7, (found, below)
    return {"x": x.tolist(), "pairs": pairs, "bounds": bounds, "objective": found.fun}


def main():
    rng = numpy.random.default_rng(20261125)
    directory = pathlib.Path(sys.argv[1])
    tables = {name: table(directory / file, *settings, rng)
              for name, (file, *settings) in TABLES.items()}
    print(json.dumps({"tables": tables, "feasible": feasible(rng)}, separators=(",", ":")))


if __name__ == "__main__":
    main()
