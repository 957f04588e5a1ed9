"""`surplus itml` fit and transform from outside.

test_itml.py PROGRAM JUNIT
"""

import csv
import io
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

import numpy

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
import junit

PROGRAM = str(pathlib.Path(sys.argv[1]).resolve())
IRIS = pathlib.Path(__file__).resolve().parent.parent.parent / "apps" / "data" / "iris.csv"


def rows(text):
    header, *lines = csv.reader(io.StringIO(text))
    return header, numpy.array([[float(field) for field in line] for line in lines])


class Itml(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory(prefix="surplus-test-")
        self.addCleanup(scratch.cleanup)
        self.scratch = pathlib.Path(scratch.name)
        # The first feature tells the classes apart, the second is loud and says nothing.
        random = numpy.random.default_rng(1)
        self.labels = numpy.arange(60) % 2
        self.x = random.normal(size=(60, 2)) * [0.3, 20] + numpy.stack([self.labels, 0 * self.labels], 1)
        table = numpy.column_stack([self.x, self.labels])
        numpy.savetxt(self.scratch / "x.csv", table, delimiter=",", fmt="%.17g")
        numpy.save(self.scratch / "x.npy", table)
        numpy.save(self.scratch / "bare.npy", self.x)

    def surplus(self, *arguments, status=0):
        done = subprocess.run([PROGRAM, "itml", *map(str, arguments)], capture_output=True, text=True,
                              cwd=self.scratch, check=False)
        self.assertEqual(done.returncode, status, f"{arguments}\n{done.stdout}{done.stderr}")
        return done

    def error(self, *arguments):
        done = self.surplus(*arguments, status=2)
        self.assertRegex(done.stderr, r"\Asurplus: [^\n]+\n\Z")
        return done.stderr.removeprefix("surplus: ").removesuffix("\n")

    def fit(self, *arguments):
        """The figures that a fit prints, and the model it wrote."""
        shown = self.surplus("fit", *arguments, "--out", "metric.json").stdout
        return (dict(line.split(" ", 1) for line in shown.splitlines()),
                json.loads((self.scratch / "metric.json").read_text()))

    def pairs(self, *lines, name="pairs.csv"):
        (self.scratch / name).write_text("first,second,similar\n" + "".join(f"{line}\n" for line in lines))
        return name

    def test_one_hard_constraint_has_the_worked_answer_and_its_pair_the_distance_asked_for(self):
        numpy.save(self.scratch / "two.npy", numpy.array([[3.0, 4.0], [0.0, 0.0]]))
        name = self.pairs("0,1,1")
        shown, model = self.fit("two.npy", "--pairs", name, "--bounds", "1,4")
        self.assertTrue(numpy.allclose(model["metric"], [[.6676923, -.4430769], [-.4430769, .4092308]],
                                       rtol=0, atol=1e-7))
        self.assertEqual([shown[key] for key in ("rows", "features", "constraints", "bound_similar",
                                                 "bound_different", "stop", "model")],
                         ["2", "2", "1", "1", "4", "converged", "metric.json"])
        _, hard = self.fit("two.npy", "--pairs", name, "--bounds", "1,4", "--slack", "inf")
        v = numpy.array([3.0, 4.0])
        self.assertAlmostEqual(v @ numpy.array(hard["metric"]) @ v, 1, delta=1e-12)

    def test_labels_teach_which_feature_counts(self):
        shown, model = self.fit("x.csv", "--label-column", "-1")
        self.assertEqual([shown["constraints"], shown["features"]], ["160", "2"])
        a = numpy.array(model["metric"])
        self.assertGreater(a[0, 0], 100 * a[1, 1])
        header, z = rows(self.surplus("transform", "metric.json", "x.csv", "--label-column", "-1").stdout)
        self.assertEqual(header, ["z0", "z1"])
        between = self.x[:, None] - self.x[None]
        expected = numpy.einsum("ijp,pq,ijq->ij", between, a, between)
        found = ((z[:, None] - z[None]) ** 2).sum(axis=2)
        self.assertTrue(numpy.allclose(found, expected, rtol=1e-9, atol=1e-9))

    def test_csv_and_npy_give_the_same_metric_with_any_number_of_threads(self):
        models = [self.fit(name, "--label-column", "-1", "--threads", threads)[1]
                  for name in ("x.csv", "x.npy") for threads in (1, 2)]
        self.assertEqual(models, models[:1] * 4)

    def test_pairs_in_a_file_do_what_the_same_pairs_from_labels_do(self):
        first, second = numpy.triu_indices(60, 1)
        similar = (self.labels[first] == self.labels[second]).astype(int)
        name = self.pairs(*(f"{i},{j},{s}" for i, j, s in zip(first, second, similar)))
        _, listed = self.fit("bare.npy", "--pairs", name, "--sweeps", "5")
        _, labelled = self.fit("x.csv", "--label-column", "-1", "--sampling", "all", "--sweeps", "5")
        self.assertEqual(listed, labelled)
        # -1 says dissimilar as 0 does.
        name = self.pairs(*(f"{i},{j},{2 * s - 1}" for i, j, s in zip(first, second, similar)))
        self.assertEqual(self.fit("bare.npy", "--pairs", name, "--sweeps", "5")[1], listed)

    def test_pairs_get_distances_and_a_verdict(self):
        _, model = self.fit("x.csv", "--label-column", "-1")
        name = self.pairs("0,1,0", "4,4,1", "2,0,1")
        header, columns = rows(self.surplus("transform", "metric.json", "bare.npy", "--pairs", name).stdout)
        self.assertEqual(header, ["first", "second", "distance", "similar"])
        self.assertEqual(columns[:, :2].tolist(), [[0, 1], [4, 4], [2, 0]])
        for first, second, distance, similar in columns:
            v = self.x[int(first)] - self.x[int(second)]
            self.assertAlmostEqual(distance, numpy.sqrt(v @ numpy.array(model["metric"]) @ v), delta=1e-9)
            self.assertEqual(similar, distance <= model["threshold"])
        model["threshold"] = None
        (self.scratch / "bare.json").write_text(json.dumps(model))
        header, _ = rows(self.surplus("transform", "bare.json", "bare.npy", "--pairs", name).stdout)
        self.assertEqual(header, ["first", "second", "distance"])

    def test_every_way_of_drawing_bounding_and_starting_gives_a_metric(self):
        self.fit("x.csv", "--label-column", "2", "--prior", "inverse-covariance")
        (self.scratch / "metric.json").rename(self.scratch / "start.json")
        for options in (["--sampling", "random", "-c", "50"], ["--sampling", "replacement"],
                        ["--sampling", "random"], ["-c", "30", "--seed", "7"],
                        ["--bound-rule", "plain"], ["--bound-rule", "histogram"],
                        ["--percentiles", "10,90"], ["--prior", "random"], ["--from", "start.json"],
                        ["--online", "--rate", "0.5"]):
            with self.subTest(options=options):
                shown, model = self.fit(IRIS, "--label-column", "-1", *options) \
                    if "--from" not in options else self.fit("x.csv", "--label-column", "-1", *options)
                self.assertGreater(numpy.linalg.eigvalsh(model["metric"]).min(), 0)
                self.assertGreater(float(shown["pair_accuracy"]), 0.5)
                self.assertEqual("steps" in shown, "--online" in options)

    def test_wrong_input_is_one_line_and_leaves_no_model(self):
        labelled = ["x.csv", "--label-column", "-1"]
        numpy.save(self.scratch / "nan.npy", numpy.array([[1.0, 0], [numpy.nan, 1]]))
        (self.scratch / "two.csv").write_text("0,1\n")
        third = ("--pairs: a pair must be two rows of the table, from 0, and 1 if they are similar, 0 or "
                 "-1 if not; got pair 0, first {}, second {}, similar {}, rows 60")
        for arguments, message in (
                (["x.csv"], "surplus itml fit: constraints must come from --label-column or --pairs; got "
                            "labels 0"),
                ([*labelled, "--slack", "0"], "fit_itml: slack must be positive; got slack 0"),
                ([*labelled, "--bounds", "0,1"], "fit_itml: bounds must be positive and finite; got "
                                                 "similar 0, different 1"),
                ([*labelled, "-c", "-1"], "--constraints: the value must be a whole number, not negative; "
                                          "got value -1; see surplus itml fit --help"),
                ([*labelled, "-c", "9999"], "balanced_pairs: the labels must make that many pairs of each "
                                            "kind; got similar wanted 9999, found 870, different wanted "
                                            "9999, found 900"),
                ([*labelled, "--sampling", "some"], "--sampling: some not in {balanced,random,replacement,"
                                                    "all}; see surplus itml fit --help"),
                (["x.npy", "--label-column", "3"], "--label-column: the column must be one of the table, "
                                                   "beside another; got column 3, columns 3"),
                (["nan.npy", "--label-column", "0"], "--label-column: labels must be finite; got row 1, "
                                                     "value nan"),
                (["nan.npy", "--label-column", "1"], "fit_itml: x must be finite; got row 1, column 0, "
                                                     "value nan"),
                (["bare.npy", "--pairs", self.pairs("0,60,1", name="a.csv")], third.format(0, 60, 1)),
                (["bare.npy", "--pairs", self.pairs("0.5,1,1", name="b.csv")], third.format(0.5, 1, 1)),
                (["bare.npy", "--pairs", self.pairs("0,1,2", name="c.csv")], third.format(0, 1, 2)),
                (["bare.npy", "--pairs", "two.csv"], "--pairs: the file must have three columns: first "
                                                     "row, second row, similar; got columns 2")):
            with self.subTest(arguments=arguments):
                self.assertEqual(self.error("fit", *arguments, "--out", "metric.json"), message)
        for arguments in (["missing.csv"], ["bare.npy", "--pairs", "missing.csv"],
                          [*labelled, "--from", "x.csv"]):
            with self.subTest(arguments=arguments):
                self.error("fit", *arguments, "--out", "metric.json")
        self.assertFalse((self.scratch / "metric.json").exists())
        self.error("transform", "x.csv", "x.csv")
        self.error("fit", *labelled, "--out", "nowhere/metric.json")

    def test_a_table_of_other_features_does_not_fit_the_metric(self):
        self.fit("x.csv", "--label-column", "-1")
        self.assertEqual(self.error("transform", "metric.json", "x.csv"),
                         "transform_rows: transform must have a column for each feature, at least 1; got "
                         "transform 2 x 2, x 60 x 3")

    def test_help_names_the_options(self):
        shown = self.surplus("fit", "--help").stdout
        for option in ("--pairs", "--sampling", "--slack", "--bounds", "--online", "Examples:"):
            self.assertIn(option, shown)


if __name__ == "__main__":
    junit.main(sys.argv[2])
