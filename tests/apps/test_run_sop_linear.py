"""The study sop-linear from outside: `surplus run sop-linear`.

test_run_sop_linear.py PROGRAM JUNIT
"""

import pathlib
import sys
import xml.etree.ElementTree as ElementTree

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
import junit
from study_run import StudyRun


class SopLinear(StudyRun):
    PROGRAM = str(pathlib.Path(sys.argv[1]).resolve())
    STUDY = "sop-linear"
    # All experiments, phase diagrams of the descents too, at a size of a second.
    SMALL = ["--preset", "quick", "--set", "seeds=3", "--set", "recovery_seeds=2",
             "--set", "draws=10", "--set", "ranks=5,10", "--set", "counts=2,40",
             "--set", "trials=2", "--set", "descent_ranks=5,10", "--set", "descent_counts=2,40",
             "--set", "descent_trials=2", "--set", "steps=2000", "--set", "halvings=1"]

    def test_the_quick_preset_gives_its_verdicts_tables_and_figures(self):
        done = self.run_study(self.folder / "a", "--preset", "quick")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        result = self.record(self.folder / "a")
        assertions = {verdict["id"].rstrip("abcd") for verdict in result["verdicts"]}
        self.assertEqual(assertions, {f"L{number}" for number in range(1, 12)})
        # What follows from theory, whatever the draws; rates and borders are the draws' own.
        for verdict in result["verdicts"]:
            if verdict["id"] not in ("L4a", "L4b", "L4c", "L5b", "L5c", "L10"):
                self.assertTrue(verdict["holds"], verdict)
        self.assertEqual({table["name"] for table in result["tables"]},
                         {"recovery", "phase-diagram", "lambda-sweep", "end-of-the-flow",
                          "step-halving", "theorem"})
        self.assertEqual(len(result["figures"]), 4)
        for figure in result["figures"]:
            root = ElementTree.parse(self.folder / "a" / figure).getroot()
            self.assertTrue(root.tag.endswith("svg"), figure)

    def test_one_thread_and_two_give_the_same_bytes(self):
        self.check_threads()

    def test_an_interrupted_run_resumes_to_the_same_bytes(self):
        self.check_resume()

    def test_settings_outside_their_domain_are_one_line_and_status_2(self):
        for change, message in [
                ("seeds=0", "sop-linear: the number must be at least 1 and at most 10000; "
                            "got seeds 0"),
                ("ranks=101", "sop-linear: the number must be at least 1 and at most 100; "
                              "got ranks 101"),
                ("gammas=1", "sop-linear: gammas must be at least 1e-100 and at most 0.5; "
                             "got gammas 1"),
                ("lambdas=0", "sop-linear: lambdas must be at least 0.0001 and at most 10000; "
                              "got lambdas 0")]:
            self.check_refused(change, message)


if __name__ == "__main__":
    junit.main(sys.argv[2])
