"""The study itml from outside: `surplus run itml`.

test_run_itml.py PROGRAM JUNIT
"""

import pathlib
import sys
import xml.etree.ElementTree as ElementTree

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
import junit
from study_run import StudyRun


class Itml(StudyRun):
    PROGRAM = str(pathlib.Path(sys.argv[1]).resolve())
    STUDY = "itml"
    # All experiments at a size of a second, cut into about sixty cells of work.
    SMALL = ["--preset", "quick", "--set", "s_seeds=10", "--set", "u_repeats=3", "--set", "z_splits=3",
             "--set", "z_standardized=true"]

    def test_every_verdict_of_the_quick_preset_holds(self):
        done = self.run_study(self.folder / "a", "--preset", "quick", "--strict")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        result = self.record(self.folder / "a")
        # A5 is about time (bench/), A10 about the kernel form (tests/lib/metric/).
        assertions = {verdict["id"].rstrip("abcd") for verdict in result["verdicts"]}
        self.assertEqual(assertions, {f"A{i}" for i in (1, 2, 3, 4, 6, 7, 8, 9)})
        for verdict in result["verdicts"]:
            self.assertTrue(verdict["holds"], verdict)
        self.assertEqual({table["name"] for table in result["tables"]},
                         {"breast-cancer", "nearest-neighbors", "data-sets", "class-separation",
                          "convergence"})
        self.assertEqual(len(result["figures"]), 5)
        for figure in result["figures"]:
            root = ElementTree.parse(self.folder / "a" / figure).getroot()
            self.assertTrue(root.tag.endswith("svg"), figure)

    def test_one_thread_and_two_give_the_same_bytes(self):
        self.check_threads()

    def test_an_interrupted_run_resumes_to_the_same_bytes(self):
        self.check_resume()

    def test_settings_outside_their_domain_are_one_line_and_status_2(self):
        for change, message in [
                ("z_pairs=7,7", "itml: values must differ; got z_pairs 7"),
                ("u_sets=moons", "itml: u_sets must be among iris, wine, ionosphere, "
                                 "balance-scale, soybean-small; got u_sets moons")]:
            self.check_refused(change, message)


if __name__ == "__main__":
    junit.main(sys.argv[2])
