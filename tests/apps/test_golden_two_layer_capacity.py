"""The study two-layer-capacity on real images beside an independent computation: in the suite `slow`.

test_golden_two_layer_capacity.py PROGRAM JUNIT
"""

import os
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
import junit
from study_run import StudyRun

DATA = os.environ.get("SURPLUS_DATA", "")


def needs(folder):
    return unittest.skipUnless(DATA and pathlib.Path(DATA, folder).is_dir(),
                               f"SURPLUS_DATA names no directory with {folder}")


class Golden(StudyRun):
    PROGRAM = str(pathlib.Path(sys.argv[1]).resolve())
    STUDY = "two-layer-capacity"

    def sweep(self, images, samples, widths, label_samples, label_widths):
        """What is measured of one network a width, by labels and width."""
        out = self.folder / images
        done = self.run_study(out, "--data", DATA, "--preset", "quick", "--set", f"sets={images}",
                              "--set", "seeds=1", "--set", f"samples={samples}",
                              "--set", f"widths={widths}", "--set", f"label_samples={label_samples}",
                              "--set", f"label_widths={label_widths}")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        result, networks = self.record(out), {}
        for table in ("training", "norms", "bounds"):
            for row in self.rows(result, table):
                if row["samples"] == (samples if row["labels"] == "true" else label_samples):
                    networks.setdefault((row["labels"], row["width"]), {}).update(row)
        return networks

    def check(self, network, golden):
        """Golden numbers are of other starts and orders, whose spread falls with the width."""
        spread = max(.05, .4 / network["width"] ** .5)
        shares = {"epochs": 2 * spread, "ours": 2.4 * spread}
        for name, value in golden.items():
            with self.subTest(width=network["width"], name=name):
                if name == "test_error":
                    self.assertLessEqual(abs(network[name] - value), .25 * spread)
                else:
                    self.assertLessEqual(abs(network[name] / value - 1), shares.get(name, spread))

    @needs("mnist")
    def test_two_thousand_images_of_mnist(self):
        networks = self.sweep("mnist", 2000, "8,16,32,64,1024", 2000, "64,1024")
        names = ("epochs", "test_error", "mean_capacity", "mean_impact", "u_distance", "v_distance",
                 "u_frobenius", "v_frobenius", "u_spectral", "median_angle", "ours")
        for width, golden in {
                8: (76, .1535, 2.2229, 2.1509, 6.696, 5.282, 6.847, 6.263, 3.003, 79.3, 9.77e7),
                16: (39, .1161, 1.3102, 1.2646, 5.296, 3.666, 5.776, 5.103, 2.217, 66.5, 4.70e7),
                32: (34, .1053, .8460, .8284, 5.100, 3.464, 6.045, 4.900, 2.038, 58.8, 4.09e7),
                1024: (26, .0893, .1142, .1405, 3.903, 3.757, 19.013, 4.732, 1.889, 11.1,
                       2.92e7)}.items():
            self.check(networks["true", width], dict(zip(names, golden)))
        self.check(networks["random", 64], {"u_distance": 15.0})
        self.check(networks["random", 1024], {"u_distance": 10.8})

    @needs("mnist")
    def test_ten_thousand_images_of_mnist(self):
        networks = self.sweep("mnist", 10000, "8,64,512,2048", 100, "8")
        names = ("epochs", "test_error", "u_distance", "mean_capacity", "ours")
        for width, golden in {8: (236, .1136, 21.1, 7.47, 2.30e9), 64: (20, .0467, 7.02, .835, 1.24e8),
                              512: (16, .0431, 6.08, .253, 9.57e7),
                              2048: (13, .0414, 5.02, .104, 7.66e7)}.items():
            self.check(networks["true", width], dict(zip(names, golden)))

    @needs("fashion-mnist")
    def test_two_thousand_images_of_fashion_mnist(self):
        networks = self.sweep("fashion-mnist", 2000, "8,64,1024", 100, "8")
        names = ("test_error", "u_distance", "ours")
        for width, golden in {8: (.2225, 9.86, 2.31e8), 1024: (.1776, 5.78, 8.48e7)}.items():
            self.check(networks["true", width], dict(zip(names, golden)))


if __name__ == "__main__":
    junit.main(sys.argv[2])
