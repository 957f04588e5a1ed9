"""Makes the bundled tables from the packages of Debian 12: python3-sklearn 1.2.1, r-cran-mass 7.3-58.2.

make_bundled.py [DIR]: writes the CSV files into DIR (this folder if none is given) and prints for
each its rows, features, classes, bytes and SHA-256, as README.md lists them. Numbers keep the text
they have in the package; what is added is a header, and the name of the class in place of its number.
"""

import collections
import csv
import gzip
import hashlib
import io
import pathlib
import subprocess
import sys

import sklearn.datasets


def rows_of_package(name):
    path = pathlib.Path(sklearn.datasets.__file__).parent / "data" / name
    with (gzip.open(path, "rt") if path.suffix == ".gz" else open(path)) as text:
        return list(csv.reader(text))


def from_sklearn(name, load, has_counts):
    """(header, rows) of a table of scikit-learn; its first line may hold counts and class names."""
    rows = rows_of_package(name)[1 if has_counts else 0:]
    data = load()
    classes = [str(c) for c in data.target_names]
    features = [f.replace(",", "") for f in data.feature_names]
    return features + ["class"], [row[:-1] + [classes[int(float(row[-1]))]] for row in rows]


def digits():
    header, rows = from_sklearn("digits.csv.gz", sklearn.datasets.load_digits, has_counts=False)
    return header, [[str(int(float(x))) for x in row[:-1]] + row[-1:] for row in rows]


def biopsy():
    """Wolberg's original scores; the column of patient codes, which is no feature, is left out."""
    text = subprocess.run(
        ["Rscript", "-e", 'write.csv(MASS::biopsy, row.names=FALSE, quote=FALSE, na="?")'],
        check=True, capture_output=True, text=True).stdout
    _, *rows = csv.reader(io.StringIO(text))
    header = ["clump thickness", "uniformity of cell size", "uniformity of cell shape",
              "marginal adhesion", "single epithelial cell size", "bare nuclei", "bland chromatin",
              "normal nucleoli", "mitoses", "class"]
    return header, [row[1:] for row in rows]


TABLES = {
    "breast-cancer-diagnostic.csv": lambda: from_sklearn(
        "breast_cancer.csv", sklearn.datasets.load_breast_cancer, has_counts=True),
    "breast-cancer-original.csv": biopsy,
    "digits.csv": digits,
    "iris.csv": lambda: from_sklearn("iris.csv", sklearn.datasets.load_iris, has_counts=True),
    "wine.csv": lambda: from_sklearn("wine_data.csv", sklearn.datasets.load_wine, has_counts=True),
}


def main():
    folder = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent)
    for name, make in TABLES.items():
        header, rows = make()
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows([header, *rows])
        data = text.getvalue().encode("ascii")
        (folder / name).write_bytes(data)
        counts = collections.Counter(row[-1] for row in rows)
        print(name, len(rows), len(header) - 1, dict(sorted(counts.items())), len(data),
              hashlib.sha256(data).hexdigest())


if __name__ == "__main__":
    main()
