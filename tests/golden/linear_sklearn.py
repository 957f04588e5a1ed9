"""Makes linear_sklearn.json: linear classifiers in scikit-learn, each to a tight tolerance.

The numbers in the file came from scikit-learn 1.2.1 with NumPy 1.24.2; run as:
python3 linear_sklearn.py > linear_sklearn.json
"""

import json

import numpy
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import NearestCentroid
from sklearn.svm import LinearSVC


def rows(rng, n, d, k):
    """Overlapping clusters of unequal size and scale, away from the origin, to four decimals."""
    labels = rng.choice(k, n, p=numpy.arange(k, 0, -1) / (k * (k + 1) / 2))
    centres = 1.2 * rng.normal(size=(k, d)) + 3
    x = (centres[labels] + rng.normal(size=(n, d))) * numpy.linspace(0.5, 2, d)
    return numpy.round(x, 4), labels


def main():
    rng = numpy.random.default_rng(20261125)
    cases = []
    for d, k in ((1, 2), (3, 2), (2, 3), (4, 4)):
        x, y = rows(rng, 90, d, k)
        fits = []

        def add(method, model, **settings):
            model.fit(x, y)
            fit = {"method": method, **settings, "labels": model.predict(x).tolist()}
            if hasattr(model, "coef_"):
                fit["weights"] = model.coef_.tolist()
                fit["intercepts"] = numpy.atleast_1d(model.intercept_).tolist()
            if hasattr(model, "predict_proba"):
                fit["probabilities"] = model.predict_proba(x[:5]).tolist()
            fits.append(fit)

        for c in (0.01, 1.0, 100.0):
            add("logistic", LogisticRegression(C=c, solver="newton-cg", tol=1e-9, max_iter=200), c=c)
        # No penalty: c stands for infinity.
        add("logistic", LogisticRegression(penalty=None, solver="newton-cg", tol=1e-9, max_iter=200), c=0)
        for loss in ("hinge", "squared_hinge"):
            for c in (0.01, 0.3):
                for scaling in (1.0, 5.0):
                    add("svm", LinearSVC(C=c, loss=loss, dual=True, tol=1e-9, max_iter=100000,
                                         intercept_scaling=scaling, random_state=0),
                        c=c, loss=loss, intercept_scaling=scaling)
        add("lda", LinearDiscriminantAnalysis(solver="lsqr"))
        add("nearest mean", NearestCentroid())
        cases.append({"classes": k, "x": x.tolist(), "y": y.tolist(), "fits": fits})
    print(json.dumps(cases, separators=(",", ":")).replace('{"classes"', '\n{"classes"')
          .replace('{"method"', '\n{"method"'))


if __name__ == "__main__":
    main()
