"""Makes gmm_sklearn.json: EM for Gaussian mixtures in scikit-learn, iteration by iteration.

Each case starts from given weights, means and precisions, does a fixed number of iterations (tol=0)
and records the parameters and what can be asked of them. The numbers in the file came from
scikit-learn 1.2.1 with NumPy 1.24.2; run as: python3 gmm_sklearn.py > gmm_sklearn.json
"""

import json
import warnings

import numpy
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture

warnings.simplefilter("ignore", ConvergenceWarning)
KINDS = {"full": "full", "tied": "tied", "diag": "diagonal", "spherical": "spherical"}


def rows(rng, n, d):
    """Three clusters of different shape, shifted away from the origin, to four decimals."""
    labels = rng.choice(3, n, p=[0.5, 0.3, 0.2])
    centres = 2.5 * rng.normal(size=(3, d)) + 4
    mixing = rng.normal(size=(3, d, d)) / numpy.sqrt(d)
    noise = rng.normal(size=(n, d))
    x = centres[labels] + numpy.einsum("nij,nj->ni", mixing[labels], noise) + 0.3 * rng.normal(size=(n, d))
    return numpy.round(x, 4)


def start(rng, x, k, kind):
    n, d = x.shape
    weights = rng.dirichlet(numpy.full(k, 5.0))
    means = x[rng.choice(n, k, replace=False)] + 0.25
    if kind == "full":
        precisions = numpy.stack([numpy.eye(d) * (0.5 + 0.1 * i) + 0.05 for i in range(k)])
    elif kind == "tied":
        precisions = numpy.eye(d) * 0.6 + 0.05
    elif kind == "diag":
        precisions = 0.3 + rng.uniform(size=(k, d))
    else:
        precisions = 0.3 + rng.uniform(size=k)
    return weights, means, precisions


def stacked(values, k, d):
    """In the layout of surplus: full k * d x d, tied d x d, diagonal k x d, spherical k x 1."""
    return numpy.asarray(values).reshape((-1, 1) if numpy.ndim(values) == 1 else (-1, d)).tolist()


def main():
    rng = numpy.random.default_rng(20261123)
    data = {f"d{d}": rows(rng, 120, d) for d in (1, 2, 5)}
    cases = []
    for name, x in data.items():
        d = x.shape[1]
        for kind in KINDS:
            for k in (1, 2, 4):
                weights, means, precisions = start(rng, x, k, kind)
                for iterations in (1, 10):
                    model = GaussianMixture(
                        k, covariance_type=kind, tol=0, max_iter=iterations, reg_covar=1e-6,
                        weights_init=weights, means_init=means, precisions_init=precisions).fit(x)
                    assert model.n_iter_ == iterations
                    cases.append({
                        "data": name, "covariance": KINDS[kind], "components": k,
                        "iterations": iterations, "start_weights": weights.tolist(),
                        "start_means": means.tolist(), "start_precisions": stacked(precisions, k, d),
                        "weights": model.weights_.tolist(), "means": model.means_.tolist(),
                        "covariances": stacked(model.covariances_, k, d),
                        "lower_bound": model.lower_bound_, "score": model.score(x),
                        "bic": model.bic(x), "aic": model.aic(x),
                        "log_densities": model.score_samples(x[:4]).tolist(),
                        "responsibilities": model.predict_proba(x[:4]).tolist(),
                        "labels": model.predict(x[:12]).tolist()})
    file = {"data": {name: x.tolist() for name, x in data.items()}, "cases": cases}
    print(json.dumps(file, separators=(",", ":")).replace('{"data":"', '\n{"data":"'))


if __name__ == "__main__":
    main()
