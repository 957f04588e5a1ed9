"""The study itop from outside: `surplus run itop`.

test_run_itop.py PROGRAM JUNIT
"""

import pathlib
import sys
import unittest
import xml.etree.ElementTree as ElementTree

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
import junit
from study_run import StudyRun


class Itop(StudyRun):
    PROGRAM = str(pathlib.Path(sys.argv[1]).resolve())
    STUDY = "itop"
    SMALL = ["--preset", "quick", "--set", "samples=300", "--set", "hidden=24,16", "--set", "epochs=4",
             "--set", "densities=0.2", "--set", "intervals=2,5", "--set", "low_epochs=4",
             "--set", "conv_samples=200", "--set", "conv_epochs=4"]

    def test_the_quick_preset_gives_its_verdicts(self):
        done = self.run_study(self.folder / "a", "--preset", "quick")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        result = self.record(self.folder / "a")
        holds = {verdict["id"]: verdict["holds"] for verdict in result["verdicts"]}
        # Counting and equality do not depend on how well anything is learned.
        for claim in ("12a", "12a S4", "12b", "13a", "13b", "21", "21 S4"):
            self.assertTrue(holds[claim], claim)
        self.assertEqual({claim.split()[0].rstrip("abc") for claim in holds},
                         {"12", "13", "14", "15", "16", "19", "20", "21", "S4"})
        self.assertEqual({table["name"] for table in result["tables"]}, {"trainings"})
        self.assertEqual(len(result["figures"]), 4)
        for figure in result["figures"]:
            root = ElementTree.parse(self.folder / "a" / figure).getroot()
            self.assertTrue(root.tag.endswith("svg"), figure)
        for row in self.rows(result, "trainings"):
            if row["method"] == "dense":
                self.assertGreater(row["accuracy"], 90)
                self.assertEqual(row["training_flops"], 1)
            # Of a convolution the weights of few pixels count as much as those of many.
            if row["method"] == "static" and row["task"] != "S4":
                self.assertAlmostEqual(row["training_flops"], row["density"], places=9)

    def test_one_thread_and_two_give_the_same_bytes(self):
        self.check_threads()

    def test_an_interrupted_run_resumes_to_the_same_bytes(self):
        self.check_resume()

    def test_a_run_killed_at_random_moments_resumes_to_the_same_bytes(self):
        self.check_killed([*self.SMALL, "--set", "epochs=30", "--set", "state_seconds=0"], 3)

    def test_settings_outside_their_domain_are_one_line_and_status_2(self):
        self.check_refused("seeds=0", "itop: the number must be at least 1 and at most 1000; got seeds 0")


if __name__ == "__main__":
    junit.main(sys.argv[2])
