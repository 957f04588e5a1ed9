"""The study sequence-adaptivity from outside: `surplus run sequence-adaptivity`.

test_run_sequence_adaptivity.py PROGRAM JUNIT
"""

import json
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree as ElementTree

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
import junit

PROGRAM = str(pathlib.Path(sys.argv[1]).resolve())


def run(out, *arguments):
    return subprocess.run([PROGRAM, "run", "sequence-adaptivity", "--preset", "quick", "--out",
                           str(out), *arguments], capture_output=True, text=True)


def record(out):
    return json.loads((pathlib.Path(out) / "result.json").read_text())


class SequenceAdaptivity(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def test_the_quick_preset_gives_its_verdicts_with_one_thread_and_with_two(self):
        for threads in ("1", "2"):
            done = run(self.folder / threads, "--strict", "--threads", threads)
            self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        result, other = record(self.folder / "1"), record(self.folder / "2")
        for key in ("config", "tables", "verdicts", "figures"):
            self.assertEqual(result[key], other[key])
        assertions = {re.match("[A-Z][0-9]?", verdict["id"])[0] for verdict in result["verdicts"]}
        self.assertEqual(assertions, {"A1", "A2", "A3", "A4", "A6", "A8", "A9", "F5", "T"})
        # Noise lifts more than the signal's eigenvalues by a factor of 3: the note says why.
        failing = {verdict["id"] for verdict in result["verdicts"] if not verdict["holds"]}
        self.assertEqual(failing, {"A8b"})
        self.assertEqual({table["name"] for table in result["tables"]},
                         {"fits", "errors-and-times", "depth-minima", "torus", "torus-fits"})
        self.assertEqual(len(result["figures"]), 6)
        for figure in result["figures"]:
            root = ElementTree.parse(self.folder / "1" / figure).getroot()
            self.assertTrue(root.tag.endswith("svg"), figure)

    def test_settings_outside_their_domain_are_one_line_and_status_2(self):
        done = run(self.folder / "bad", "--set", "n=2000,3000")
        self.assertEqual(done.returncode, 2)
        self.assertIn("sequence-adaptivity: there must be three sample sizes; got n 2", done.stderr)
        self.assertFalse((self.folder / "bad" / "result.json").exists())


if __name__ == "__main__":
    junit.main(sys.argv[2])
