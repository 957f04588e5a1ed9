"""The study em-gmm from outside: `surplus run em-gmm`.

test_run_em_gmm.py PROGRAM JUNIT
"""

import pathlib
import sys
import xml.etree.ElementTree as ElementTree

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
import junit
from study_run import StudyRun


class EmGmm(StudyRun):
    PROGRAM = str(pathlib.Path(sys.argv[1]).resolve())
    STUDY = "em-gmm"
    # All experiments at a size of a second, cut into about thirty cells of work.
    SMALL = ["--preset", "quick", "--set", "b_starts=300", "--set", "b_separations=2",
             "--set", "c_samples=40", "--set", "c_starts=5", "--set", "c_separations=2",
             "--set", "d_samples=2", "--set", "d_starts=2"]

    def test_every_verdict_of_the_quick_preset_holds(self):
        done = self.run_study(self.folder / "a", "--preset", "quick", "--strict")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        result = self.record(self.folder / "a")
        assertions = {verdict["id"].rstrip("abcd") for verdict in result["verdicts"]}
        self.assertEqual(assertions, {f"A{i}" for i in range(1, 14)})
        for verdict in result["verdicts"]:
            self.assertTrue(verdict["holds"], verdict)
        self.assertEqual({table["name"] for table in result["tables"]},
                         {"population-success", "sample-success", "plane-success",
                          "symmetric-limits", "critical-weights", "population-checks",
                          "success-thresholds"})
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
                ("d_cases=7", "em-gmm: d_cases must be among 1, 2, 3 and 4; got d_cases 7"),
                ("weights=0.5", "em-gmm: weights must be between 0.5 and 1; got weights 0.5")]:
            self.check_refused(change, message)


if __name__ == "__main__":
    junit.main(sys.argv[2])
