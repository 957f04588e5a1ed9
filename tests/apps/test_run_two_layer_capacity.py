"""The study two-layer-capacity from outside: `surplus run two-layer-capacity`.

test_run_two_layer_capacity.py PROGRAM JUNIT
"""

import os
import pathlib
import sys
import unittest
import xml.etree.ElementTree as ElementTree

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
import junit
from study_run import StudyRun

DATA = os.environ.get("SURPLUS_DATA", "")

# MNIST, the first 2000 images, one network a width, of an independent computation: epochs, test
# error, mean beta, mean alpha, D1, D2, F1, F2, s1, median angle.
REDUCED_SWEEP = {
    64: (32, .0977, .5750, .5809, 4.906, 3.439, 6.789, 4.845, 2.005, 45.6),
    128: (30, .0964, .3964, .4059, 4.754, 3.382, 8.152, 4.776, 1.954, 34.8),
    256: (28, .0939, .2658, .2836, 4.540, 3.444, 10.398, 4.754, 1.902, 24.5),
    512: (27, .0875, .1763, .1988, 4.284, 3.598, 13.868, 4.742, 1.877, 17.2)}
# VC, l1-max, Frobenius, spectral-L1, spectral-Frobenius, ours.
REDUCED_BOUNDS = {
    64: (1.14e8, 1.07e10, 5.34e7, 1.99e14, 4.17e11, 3.75e7),
    128: (2.44e8, 1.24e10, 7.44e7, 3.24e14, 7.67e11, 3.56e7),
    256: (5.20e8, 1.90e10, 1.19e8, 5.69e14, 1.54e12, 3.38e7),
    512: (1.11e9, 3.24e10, 2.03e8, 8.90e14, 2.60e12, 3.14e7)}


class TwoLayerCapacity(StudyRun):
    PROGRAM = str(pathlib.Path(sys.argv[1]).resolve())
    STUDY = "two-layer-capacity"
    # Two dozen networks of some hundredths of a second.
    SMALL = ["--preset", "quick", "--set", "samples=400", "--set", "widths=8,64,128", "--set", "seeds=2",
             "--set", "label_samples=200", "--set", "label_widths=64,128", "--set", "epochs=40"]

    def test_the_quick_preset_gives_its_verdicts(self):
        done = self.run_study(self.folder / "a", "--preset", "quick")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        result = self.record(self.folder / "a")
        claims = {verdict["id"].split()[0].rstrip("abcd") for verdict in result["verdicts"]}
        # A1 is the library's (tests/lib/theory/), A8 and A9 are the signs of Q1 to Q11.
        self.assertEqual(claims, {f"A{i}" for i in range(2, 8)} | {"R1", "R2"} |
                         {f"Q{i}" for i in range(1, 12)})
        failing = {verdict["id"] for verdict in result["verdicts"] if not verdict["holds"]}
        # 449 test images do not rank errors that differ by two of them; ||V - V0||_F rises at the end,
        # and units of eight do not move alike: not on digits, which the paper has not.
        self.assertLessEqual(failing, {"Q1c digits", "Q4b digits", "Q10 digits"})
        self.assertEqual({table["name"] for table in result["tables"]},
                         {"training", "norms", "bounds", "bounds-code", "measures", "terms"})
        self.assertEqual(len(result["figures"]), 8)
        for figure in result["figures"]:
            root = ElementTree.parse(self.folder / "a" / figure).getroot()
            self.assertTrue(root.tag.endswith("svg"), figure)
        self.assertFalse((self.folder / "a" / "states").exists())

    def test_one_thread_and_two_give_the_same_bytes(self):
        self.check_threads()

    def test_an_interrupted_run_resumes_to_the_same_bytes(self):
        self.check_resume()

    def test_a_run_killed_at_random_moments_resumes_to_the_same_bytes(self):
        # Each training saves its state after every epoch, and goes on from there.
        self.check_killed([*self.SMALL, "--set", "epochs=300", "--set", "loss=1e-9",
                           "--set", "state_seconds=0"], 3)

    def test_a_run_that_is_not_resumed_leaves_earlier_states_alone(self):
        out = self.folder / "a"
        (out / "states").mkdir(parents=True)
        for name in ("digits__400_images__true_labels__h_8__seed_0.state", "x.state.part-1-0"):
            (out / "states" / name).write_text("nonsense")
        done = self.run_study(out, *self.SMALL, "--set", "state_seconds=0")
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_settings_outside_their_domain_are_one_line_and_status_2(self):
        for change, message in [
                ("seeds=0", "two-layer-capacity: the number must be at least 1 and at most 1000; got "
                            "seeds 0"),
                ("sets=nist", "two-layer-capacity: sets must be among digits, mnist, fashion-mnist, "
                              "cifar-10, cifar-10-jpeg, svhn; got sets nist")]:
            self.check_refused(change, message)

    def test_a_set_that_is_absent_names_the_command_that_fetches_it(self):
        done = self.run_study(self.folder / "a", "--preset", "quick", "--set", "sets=svhn", "--data",
                              str(self.folder))
        self.assertEqual(done.returncode, 2)
        self.assertIn("find_dataset: svhn must be fetched first: surplus data fetch svhn", done.stderr)

    @unittest.skipUnless(DATA and pathlib.Path(DATA, "mnist").is_dir(),
                         "SURPLUS_DATA names no directory with mnist")
    def test_the_reduced_sweep_of_mnist_has_its_golden_numbers(self):
        done = self.run_study(self.folder / "a", "--data", DATA, "--preset", "quick",
                              "--set", "sets=mnist", "--set", "samples=2000", "--set", "seeds=1",
                              "--set", "widths=64,128,256,512", "--set", "label_samples=2000",
                              "--set", "label_widths=256")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        result = self.record(self.folder / "a")
        names = ("test_error", "mean_capacity", "mean_impact", "u_distance", "v_distance",
                 "u_frobenius", "v_frobenius", "u_spectral", "median_angle")
        sweep = {}
        for row in self.rows(result, "training") + self.rows(result, "norms"):
            if row["labels"] == "true":
                sweep.setdefault(row["width"], {}).update(row)
        for width, (epochs, *golden) in REDUCED_SWEEP.items():
            found = sweep[width]
            self.assertEqual(found["train_error"], 0)
            # Other starts and orders: two of their seeds differ by 1 to 2 percent in norms, by one
            # standard error of 10^4 images, .003, in errors.
            self.assertLessEqual(abs(found["epochs"] - epochs), 2)
            self.assertLessEqual(abs(found["test_error"] - golden[0]), .009)
            for name, value in zip(names[1:], golden[1:]):
                self.assertLessEqual(abs(found[name] / value - 1), .05, (width, name))
        for row in self.rows(result, "bounds"):
            if row["labels"] != "true":
                continue
            names = ("vc", "max_row_l1", "frobenius", "spectral_l1", "spectral_frobenius", "ours")
            for name, value in zip(names, REDUCED_BOUNDS[row["width"]]):
                # Three digits; squares of norms over margins, the l1 norms being those of one unit.
                tolerance = {"vc": .005, "max_row_l1": .35}.get(name, .12)
                self.assertLessEqual(abs(row[name] / value - 1), tolerance, (row["width"], name))
        # Random labels, h = 256: g / (D1 F2) is .030, against .158 of true labels.
        random_row, = (row for row in self.rows(result, "training") if row["labels"] == "random")
        norms, = (row for row in self.rows(result, "norms") if row["labels"] == "random")
        self.assertLessEqual(abs(random_row["epochs"] - 100), 5)
        share = random_row["margin"] / norms["u_distance"] / norms["v_frobenius"]
        self.assertLessEqual(abs(share / .030 - 1), .1)
        found = sweep[256]
        share = found["margin"] / found["u_distance"] / found["v_frobenius"]
        self.assertLessEqual(abs(share / .158 - 1), .1)


if __name__ == "__main__":
    junit.main(sys.argv[2])
