"""The study interpolation-sgd from outside: `surplus run interpolation-sgd`.

test_run_interpolation_sgd.py PROGRAM JUNIT
"""

import pathlib
import sys
import xml.etree.ElementTree as ElementTree

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
import junit
from study_run import StudyRun


class InterpolationSgd(StudyRun):
    PROGRAM = str(pathlib.Path(sys.argv[1]).resolve())
    STUDY = "interpolation-sgd"
    # All experiments but the network on MNIST, at a size of a second.
    SMALL = ["--preset", "quick", "--set", "chains=200", "--set", "chain_steps=300", "--set", "long_chains=20",
             "--set", "long_steps=1000", "--set", "kernel_sets=digits", "--set", "kernel_examples=80",
             "--set", "kernel_target=0.3", "--set", "momentum_runs=100", "--set", "noise_epochs=50"]

    def test_every_verdict_of_the_quick_preset_holds(self):
        done = self.run_study(self.folder / "a", "--preset", "quick", "--strict")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        result = self.record(self.folder / "a")
        assertions = {verdict["id"].rstrip("abcdef") for verdict in result["verdicts"]}
        self.assertEqual(assertions, {f"A{i}" for i in range(1, 9)} | {"M1", "M2"})
        for verdict in result["verdicts"]:
            self.assertTrue(verdict["holds"], verdict)
        self.assertEqual({table["name"] for table in result["tables"]},
                         {"plateaus", "lifts", "paths", "bound", "contractions", "mass-batches"})
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
                ("chain_steps=7", "interpolation-sgd: the number must be at least 100 and at most 1000000; "
                                  "got chain_steps 7"),
                ("kernel_sets=moons", "interpolation-sgd: kernel_sets must be among mnist, digits; got "
                                      "kernel_sets moons")]:
            self.check_refused(change, message)


if __name__ == "__main__":
    junit.main(sys.argv[2])
