"""Makes gmm_optdigits_sklearn.json: EM on the UCI table optdigits.tra in scikit-learn.

Ten components start at every 382nd row, weights 1/10, covariances 16 I (a power of two, so that its inverse
is exact), and do 12 iterations (tol=0). The numbers in the file came from scikit-learn 1.2.1 with
NumPy 1.24.2; run as: python3 gmm_optdigits_sklearn.py optdigits.tra > gmm_optdigits_sklearn.json
"""

import json
import sys
import warnings

import numpy
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture

warnings.simplefilter("ignore", ConvergenceWarning)
COMPONENTS, STRIDE, VARIANCE, ITERATIONS = 10, 382, 16.0, 12


def main():
    x = numpy.loadtxt(sys.argv[1], delimiter=",")[:, :-1]
    n, d = x.shape
    file = {"rows": n, "components": COMPONENTS, "stride": STRIDE, "variance": VARIANCE,
            "iterations": ITERATIONS}
    for kind, precisions in (("full", numpy.tile(numpy.eye(d) / VARIANCE, (COMPONENTS, 1, 1))),
                             ("diag", numpy.full((COMPONENTS, d), 1 / VARIANCE))):
        model = GaussianMixture(
            COMPONENTS, covariance_type=kind, tol=0, max_iter=ITERATIONS, reg_covar=1e-6,
            weights_init=numpy.full(COMPONENTS, 1 / COMPONENTS), means_init=x[:COMPONENTS * STRIDE:STRIDE],
            precisions_init=precisions).fit(x)
        assert model.n_iter_ == ITERATIONS
        file[{"full": "full", "diag": "diagonal"}[kind]] = {
            "score": model.score(x), "bic": model.bic(x), "aic": model.aic(x),
            "weights": model.weights_.tolist(), "means": model.means_.tolist()}
    print(json.dumps(file, separators=(",", ":")))


if __name__ == "__main__":
    main()
