"""The study linearity from outside: `surplus run linearity`.

test_run_linearity.py PROGRAM JUNIT
"""

import pathlib
import sys
import xml.etree.ElementTree as ElementTree

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
import junit
from study_run import StudyRun


class Linearity(StudyRun):
    PROGRAM = str(pathlib.Path(sys.argv[1]).resolve())
    STUDY = "linearity"
    # All experiments at a size of a second, cut into about sixty cells of work.
    SMALL = ["--preset", "quick", "--set", "widths=16,32,64", "--set", "starts=3",
             "--set", "path_widths=8,16", "--set", "steps=50", "--set", "deep_widths=8,16",
             "--set", "deep_seeds=2", "--set", "narrow_widths=8,16", "--set", "wide=16",
             "--set", "bottlenecks=2,4", "--set", "panel_width=16",
             "--set", "panel_bottlenecks=2,4", "--set", "panel_steps=20",
             "--set", "limit_widths=8,16", "--set", "limit_seeds=2",
             "--set", "loss_widths=8,16", "--set", "loss_seeds=2"]

    def test_the_quick_preset_gives_its_verdicts_tables_and_figures(self):
        done = self.run_study(self.folder / "a", "--preset", "quick")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        result = self.record(self.folder / "a")
        assertions = {verdict["id"][:2] for verdict in result["verdicts"]}
        self.assertEqual(assertions, {"A1", "A2", "A3", "A4", "A5", "A6", "A7", "Lr", "Le", "G", "P"})
        # Exact ones hold at any size; few seeds leave slopes their scatter.
        for verdict in result["verdicts"]:
            if verdict["id"] in ("A1", "A2a", "A2b", "A2c", "A4c", "A5a", "A5b", "A7", "P"):
                self.assertTrue(verdict["holds"], verdict)
        self.assertEqual({table["name"] for table in result["tables"]},
                         {"two-layers", "slopes", "descent", "deep", "bottleneck-descent",
                          "infinite-width", "loss-hessian"})
        self.assertEqual(len(result["figures"]), 6)
        for figure in result["figures"]:
            root = ElementTree.parse(self.folder / "a" / figure).getroot()
            self.assertTrue(root.tag.endswith("svg"), figure)

    def test_one_thread_and_two_give_the_same_bytes(self):
        self.check_threads()

    def test_an_interrupted_run_resumes_to_the_same_bytes(self):
        self.check_resume()

    def test_settings_outside_their_domain_are_one_line_and_status_2(self):
        for change, message in [
                ("widths=16", "linearity: there must be at least 2 widths; got widths 1"),
                ("widths=32,16", "linearity: widths must increase; got widths 16"),
                ("starts=0", "linearity: the number must be at least 1 and at most 100000; "
                             "got starts 0")]:
            self.check_refused(change, message)


if __name__ == "__main__":
    junit.main(sys.argv[2])
