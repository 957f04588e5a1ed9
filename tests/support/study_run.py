"""What the tests of all studies from outside have in common."""

import json
import pathlib
import random
import signal
import subprocess
import tempfile
import time
import unittest


class StudyRun(unittest.TestCase):
    """A subclass names PROGRAM, STUDY and SMALL: the flags of a run of a second with many cells."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def command(self, out, *arguments):
        return [self.PROGRAM, "run", self.STUDY, "--out", str(out), *arguments]

    def run_study(self, out, *arguments):
        return subprocess.run(self.command(out, *arguments), capture_output=True, text=True)

    def record(self, out):
        return json.loads((out / "result.json").read_text())

    def figures(self, out):
        """What two runs of one seed must have in common."""
        record = self.record(out)
        return {key: record[key] for key in ("config", "tables", "verdicts", "figures")}

    def rows(self, result, name):
        """The rows of a table, each by the names of its columns."""
        table = next(table for table in result["tables"] if table["name"] == name)
        return [dict(zip(table["columns"], row)) for row in table["rows"]]

    def check_threads(self):
        for threads in ("1", "2"):
            done = self.run_study(self.folder / threads, *self.SMALL, "--threads", threads)
            self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.figures(self.folder / "1"), self.figures(self.folder / "2"))

    def check_resume(self):
        whole = self.run_study(self.folder / "whole", *self.SMALL)
        self.assertEqual(whole.returncode, 0, whole.stderr)
        out = self.folder / "cut"
        process = subprocess.Popen(self.command(out, *self.SMALL), stdout=subprocess.DEVNULL,
                                   stderr=subprocess.PIPE, text=True)
        while process.poll() is None and not any(file.stat().st_size > 2000
                                                 for file in out.glob("*")):
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate()
        self.assertEqual(process.returncode, 130, errors)
        self.assertFalse((out / "result.json").exists())
        resumed = self.run_study(out, *self.SMALL, "--resume")
        self.assertEqual(resumed.returncode, 0, resumed.stderr)
        self.assertEqual(self.figures(out), self.figures(self.folder / "whole"))

    def check_killed(self, arguments, least):
        """Killed again and again at random moments, at least `least` times, and resumed each time."""
        whole = self.run_study(self.folder / "whole", *arguments)
        self.assertEqual(whole.returncode, 0, whole.stderr)
        out, random_numbers, kills = self.folder / "cut", random.Random(1), 0
        while True:
            process = subprocess.Popen(self.command(out, *arguments, "--resume"),
                                       stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
            # A moment longer each time, so that there is an end.
            try:
                process.wait(random_numbers.uniform(0.02, 0.3) * 1.1 ** kills)
            except subprocess.TimeoutExpired:
                process.kill()
            _, errors = process.communicate()
            if process.returncode == 0:
                break
            self.assertEqual(process.returncode, -signal.SIGKILL, errors)
            self.assertFalse((out / "result.json").exists())
            kills += 1
        self.assertGreaterEqual(kills, least)
        self.assertEqual(self.figures(out), self.figures(self.folder / "whole"))
        for file in (self.folder / "whole").glob("*.csv"):
            self.assertEqual((out / file.name).read_bytes(), file.read_bytes())

    def check_refused(self, change, message):
        done = self.run_study(self.folder / "bad", "--preset", "quick", "--set", change)
        self.assertEqual(done.returncode, 2)
        self.assertIn(message, done.stderr)
        self.assertFalse((self.folder / "bad" / "result.json").exists())
