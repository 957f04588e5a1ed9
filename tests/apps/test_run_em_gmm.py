"""The study em-gmm from outside: `surplus run em-gmm`.

test_run_em_gmm.py PROGRAM JUNIT
"""

import json
import pathlib
import signal
import subprocess
import sys
import tempfile
import time
import unittest
import xml.etree.ElementTree as ElementTree

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
import junit

PROGRAM = str(pathlib.Path(sys.argv[1]).resolve())

# All experiments at a size of a second, cut into about thirty cells of work.
SMALL = ["--preset", "quick", "--set", "b_starts=300", "--set", "b_separations=2",
         "--set", "c_samples=40", "--set", "c_starts=5", "--set", "c_separations=2",
         "--set", "d_samples=2", "--set", "d_starts=2"]


def command(out, *arguments):
    return [PROGRAM, "run", "em-gmm", "--out", str(out), *arguments]


def run(out, *arguments):
    return subprocess.run(command(out, *arguments), capture_output=True, text=True)


def record(out):
    return json.loads((pathlib.Path(out) / "result.json").read_text())


def figures(record):
    """What two runs of one seed must have in common."""
    return {key: record[key] for key in ("config", "tables", "verdicts", "figures")}


class EmGmm(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def test_every_verdict_of_the_quick_preset_holds(self):
        done = run(self.folder / "a", "--preset", "quick", "--strict")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        result = record(self.folder / "a")
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
        for threads in ("1", "2"):
            done = run(self.folder / threads, *SMALL, "--threads", threads)
            self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(figures(record(self.folder / "1")), figures(record(self.folder / "2")))

    def test_an_interrupted_run_resumes_to_the_same_bytes(self):
        whole = run(self.folder / "whole", *SMALL)
        self.assertEqual(whole.returncode, 0, whole.stderr)
        out = self.folder / "cut"
        process = subprocess.Popen(command(out, *SMALL), stdout=subprocess.DEVNULL,
                                   stderr=subprocess.PIPE, text=True)
        while process.poll() is None and not any(file.stat().st_size > 2000
                                                 for file in out.glob("*")):
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate()
        self.assertEqual(process.returncode, 130, errors)
        self.assertFalse((out / "result.json").exists())
        resumed = run(out, *SMALL, "--resume")
        self.assertEqual(resumed.returncode, 0, resumed.stderr)
        self.assertEqual(figures(record(out)), figures(record(self.folder / "whole")))

    def test_settings_outside_their_domain_are_one_line_and_status_2(self):
        for change, message in [
                ("d_cases=7", "em-gmm: d_cases must be among 1, 2, 3 and 4; got d_cases 7"),
                ("weights=0.5", "em-gmm: weights must be between 0.5 and 1; got weights 0.5")]:
            done = run(self.folder / "bad", "--preset", "quick", "--set", change)
            self.assertEqual(done.returncode, 2)
            self.assertIn(message, done.stderr)
            self.assertFalse((self.folder / "bad" / "result.json").exists())


if __name__ == "__main__":
    junit.main(sys.argv[2])
