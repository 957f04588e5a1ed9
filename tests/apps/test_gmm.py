"""`surplus gmm` fit, predict and sample from outside.

test_gmm.py PROGRAM JUNIT
"""

import csv
import io
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

import numpy

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
import junit

PROGRAM = str(pathlib.Path(sys.argv[1]).resolve())
GOLDEN = pathlib.Path(__file__).resolve().parent.parent / "golden"


def rows(text):
    header, *lines = csv.reader(io.StringIO(text))
    return header, numpy.array([[float(field) for field in line] for line in lines])


class Gmm(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory(prefix="surplus-test-")
        self.addCleanup(scratch.cleanup)
        self.scratch = pathlib.Path(scratch.name)
        random = numpy.random.default_rng(1)
        self.x = numpy.concatenate([random.normal(-4, 1, (150, 2)), random.normal(4, 0.5, (50, 2))])
        numpy.savetxt(self.scratch / "x.csv", self.x, delimiter=",", fmt="%.17g")
        numpy.save(self.scratch / "x.npy", self.x)

    def surplus(self, *arguments, status=0):
        done = subprocess.run([PROGRAM, "gmm", *map(str, arguments)], capture_output=True, text=True,
                              cwd=self.scratch, check=False)
        self.assertEqual(done.returncode, status, f"{arguments}\n{done.stdout}{done.stderr}")
        return done

    def error(self, *arguments):
        done = self.surplus(*arguments, status=2)
        self.assertRegex(done.stderr, r"\Asurplus: [^\n]+\n\Z")
        return done.stderr.removeprefix("surplus: ").removesuffix("\n")

    def fit(self, *arguments):
        """The figures that a fit prints, and the model it wrote."""
        shown = self.surplus("fit", *arguments, "--out", "model.json").stdout
        return (dict(line.split(" ", 1) for line in shown.splitlines()),
                json.loads((self.scratch / "model.json").read_text()))

    def test_one_full_component_is_the_sample_mean_and_covariance_with_its_likelihood(self):
        shown, _ = self.fit("x.csv", "--floor", "0")
        n, d = self.x.shape
        covariance = numpy.cov(self.x.T, bias=True)
        # Of a Gaussian with the sample's own moments: -(d ln 2 pi + ln det + d) / 2 per row.
        score = -(d * numpy.log(2 * numpy.pi) + numpy.linalg.slogdet(covariance)[1] + d) / 2
        self.assertAlmostEqual(float(shown["log_likelihood_per_row"]), score, delta=1e-12 * abs(score))
        self.assertAlmostEqual(float(shown["bic"]), -2 * n * score + 5 * numpy.log(n), delta=1e-9)
        self.assertAlmostEqual(float(shown["aic"]), -2 * n * score + 2 * 5, delta=1e-9)
        self.assertEqual([shown[key] for key in ("rows", "features", "components", "covariance",
                                                 "stop", "model")],
                         ["200", "2", "1", "full", "converged", "model.json"])

    def test_csv_and_npy_give_the_same_model_with_any_number_of_threads(self):
        models = [self.fit(name, "-k", "2", "--threads", threads)[1]
                  for name in ("x.csv", "x.npy") for threads in (1, 2)]
        self.assertEqual(models, models[:1] * 4)

    def test_predict_finds_the_two_groups(self):
        self.fit("x.csv", "-k", "2")
        header, columns = rows(self.surplus("predict", "model.json", "x.csv", "--proba").stdout)
        self.assertEqual(header, ["component", "log_density", "p0", "p1"])
        self.assertEqual(len(set(columns[:150, 0])), 1)
        self.assertEqual(set(columns[150:, 0]), {1 - columns[0, 0]})
        self.assertTrue(numpy.array_equal(columns[:, 0], columns[:, 2:].argmax(axis=1)))
        self.assertTrue(numpy.allclose(columns[:, 2:].sum(axis=1), 1, rtol=0, atol=4e-16))
        self.surplus("predict", "model.json", "x.npy", "--proba", "--out", "p.npy")
        self.assertTrue(numpy.array_equal(numpy.load(self.scratch / "p.npy"), columns))

    def test_samples_follow_the_seed_and_come_from_the_model(self):
        self.fit("x.csv", "-k", "2")
        first = self.surplus("sample", "model.json", "-n", "400", "--seed", "3", "--labels").stdout
        self.assertEqual(first, self.surplus("sample", "model.json", "-n", "400", "--seed", "3",
                                             "--labels").stdout)
        self.assertNotEqual(first, self.surplus("sample", "model.json", "-n", "400", "--labels").stdout)
        header, columns = rows(first)
        self.assertEqual(header, ["x0", "x1", "component"])
        self.assertEqual(columns.shape, (400, 3))
        # Both groups stand at least four standard deviations from zero.
        self.assertEqual(len(set(columns[columns[:, 0] > 0, 2])), 1)
        self.surplus("sample", "model.json", "-n", "400", "--seed", "3", "--out", "s.csv")
        self.assertTrue(numpy.array_equal(
            rows((self.scratch / "s.csv").read_text())[1], columns[:, :2]))

    def test_a_given_start_is_taken_exactly_and_what_is_fixed_stays(self):
        _, model = self.fit("x.csv", "-k", "2")
        _, unmoved = self.fit("x.csv", "--from", "model.json", "--iterations", "0")
        self.assertEqual(unmoved, model)
        model["weights"] = [0.5, 0.5]
        (self.scratch / "start.json").write_text(json.dumps(model))
        _, fixed = self.fit("x.csv", "--from", "start.json", "--fix", "weights")
        self.assertEqual(fixed["weights"], [0.5, 0.5])
        _, free = self.fit("x.csv", "--from", "start.json")
        self.assertNotEqual(free["weights"], [0.5, 0.5])

    def test_optdigits_ends_where_scikit_learn_ends_from_the_same_start(self):
        table = pathlib.Path(os.environ.get("SURPLUS_DATA") or "/nowhere") / "uci" / "optdigits.tra"
        if not table.exists():
            self.skipTest("SURPLUS_DATA names no directory with uci/optdigits.tra")
        golden = json.loads((GOLDEN / "gmm_optdigits_sklearn.json").read_text())
        k, variance = golden["components"], golden["variance"]
        x = numpy.loadtxt(table, delimiter=",")[:, :-1]
        d = x.shape[1]
        for kind, covariances in (("full", numpy.tile(variance * numpy.eye(d), (k, 1))),
                                  ("diagonal", numpy.full((k, d), variance))):
            expected = golden[kind]
            start = {"format": "surplus-gaussian-mixture", "version": 1, "covariance": kind,
                     "weights": [1 / k] * k, "means": x[:k * golden["stride"]:golden["stride"]].tolist(),
                     "covariances": covariances.tolist()}
            (self.scratch / "start.json").write_text(json.dumps(start))
            shown, model = self.fit(table, "--label-column", "-1", "--from", "start.json",
                                    "--tolerance", "0", "--iterations", golden["iterations"])
            with self.subTest(covariance=kind):
                self.assertEqual([int(shown["rows"]), int(shown["iterations"])],
                                 [golden["rows"], golden["iterations"]])
                for ours, theirs in (("log_likelihood_per_row", "score"), ("bic", "bic"), ("aic", "aic")):
                    self.assertAlmostEqual(float(shown[ours]) / expected[theirs], 1, delta=1e-8)
                for part in ("weights", "means"):
                    numpy.testing.assert_allclose(model[part], expected[part], rtol=1e-8, atol=1e-8)

    def test_a_label_column_a_header_and_missing_values_can_be_left_out(self):
        text = "a;b;kind\n" + "".join(f"{a!r};{b!r};{'left' if a < 0 else 'right'}\n"
                                      for a, b in self.x.tolist()) + "?;1;left\n"
        (self.scratch / "labelled.csv").write_text(text)
        options = ("--delimiter", ";", "--label-column", "-1", "--drop-missing")
        self.assertEqual(self.fit("labelled.csv", "-k", "2", *options)[1],
                         self.fit("x.csv", "-k", "2")[1])

    def test_a_row_of_weight_two_counts_as_two_rows(self):
        weights = numpy.where(numpy.arange(200) % 3 == 0, 2.0, 1.0)
        numpy.save(self.scratch / "weights.npy", weights[:, None])
        numpy.save(self.scratch / "repeated.npy", numpy.repeat(self.x, weights.astype(int), axis=0))
        shown, model = self.fit("x.csv", "--sample-weights", "weights.npy")
        repeated, expected = self.fit("repeated.npy")
        for key in ("means", "covariances"):
            numpy.testing.assert_allclose(model[key], expected[key], rtol=1e-12)
        for key in ("log_likelihood_per_row", "bic", "aic"):
            self.assertAlmostEqual(float(shown[key]) / float(repeated[key]), 1, delta=1e-12)

    def test_sample_weights_must_be_one_column_with_a_weight_for_each_row(self):
        self.assertEqual(self.error("fit", "x.csv", "--sample-weights", "x.csv", "--out", "model.json"),
                         "--sample-weights: the file must have one column; got columns 2")
        numpy.save(self.scratch / "few.npy", numpy.ones((3, 1)))
        self.assertEqual(self.error("fit", "x.csv", "--sample-weights", "few.npy", "--out", "model.json"),
                         "fit_gmm: sample_weights must be empty or one for each row; got "
                         "sample_weights 3, rows 200")

    def test_wrong_input_is_one_line_and_leaves_no_model(self):
        (self.scratch / "ragged.csv").write_text("1,2\n3\n")
        (self.scratch / "words.csv").write_text("1,2\n3,x\n")
        (self.scratch / "cut.npy").write_bytes((self.scratch / "x.npy").read_bytes()[:-8])
        numpy.save(self.scratch / "nan.npy", numpy.array([[1.0], [numpy.nan]]))
        for file in ("missing.csv", "ragged.csv", "words.csv", "cut.npy", "nan.npy"):
            with self.subTest(file=file):
                self.error("fit", file, "--out", "model.json")
        for arguments, message in (
                (["-k", "0"], "fit_gmm: components must be at least 1 and at most n; got components 0, "
                              "n 200"),
                (["-k", "201"], "fit_gmm: components must be at least 1 and at most n; got components "
                                "201, n 200"),
                (["-k", "-1"], "--components: the value must be a whole number, not negative; got value "
                               "-1; see surplus gmm fit --help"),
                (["--fix", "weights"], "--fix: what is held fixed must be given by --from; got fixed "
                                       "weights"),
                (["--delimiter", "ab"], "--delimiter: the delimiter must be one character; got "
                                        "delimiter ab"),
                (["--covariance", "round"], "--covariance: round not in {full,tied,diagonal,spherical}; "
                                            "see surplus gmm fit --help")):
            with self.subTest(arguments=arguments):
                self.assertEqual(self.error("fit", "x.csv", *arguments, "--out", "model.json"), message)
        self.assertFalse((self.scratch / "model.json").exists())
        self.error("predict", "x.csv", "x.csv")

    def test_a_model_that_cannot_be_written_is_an_error(self):
        self.error("fit", "x.csv", "--out", "nowhere/model.json")


if __name__ == "__main__":
    junit.main(sys.argv[2])
