"""The study double-descent from outside: `surplus run double-descent`.

test_run_double_descent.py PROGRAM JUNIT
"""

import pathlib
import sys
import xml.etree.ElementTree as ElementTree

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
import junit
from study_run import StudyRun


class DoubleDescent(StudyRun):
    PROGRAM = str(pathlib.Path(sys.argv[1]).resolve())
    STUDY = "double-descent"
    # The bundled digits for images, so that real data makes no difference; no networks.
    DIGITS = ["--set", "images=digits", "--set", "network_seeds=0"]
    SMALL = ["--preset", "quick", *DIGITS, "--set", "cosine_draws=200", "--set", "fourier_n=60,100",
             "--set", "fourier_seeds=4,4", "--set", "fourier_forms=true"]

    def test_every_verdict_of_the_quick_preset_on_bundled_data_holds(self):
        done = self.run_study(self.folder / "a", "--preset", "quick", "--strict", *self.DIGITS)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        result = self.record(self.folder / "a")
        # 5 needs more draws, 11, 13 and 15 the paper's sizes, 14 MNIST.
        assertions = {verdict["id"].rstrip("abcd") for verdict in result["verdicts"]}
        self.assertEqual(assertions, {str(i) for i in (1, 2, 3, 4, 6, 7, 8, 9, 10, 12)})
        self.assertEqual({table["name"] for table in result["tables"]},
                         {"fixed-sample", "random-samples", "linear-model", "fourier-features",
                          "kernel-limit"})
        self.assertEqual(len(result["figures"]), 4)
        for figure in result["figures"]:
            root = ElementTree.parse(self.folder / "a" / figure).getroot()
            self.assertTrue(root.tag.endswith("svg"), figure)

    def test_one_thread_and_two_give_the_same_bytes(self):
        self.check_threads()

    def test_an_interrupted_run_resumes_to_the_same_bytes(self):
        self.check_resume()

    def test_settings_outside_their_domain_are_one_line_and_status_2(self):
        self.check_refused("fourier_n=500,400", "double-descent: fourier_n must increase; got fourier_n 400")


if __name__ == "__main__":
    junit.main(sys.argv[2])
