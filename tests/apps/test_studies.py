"""`surplus` list, run and reproduce from outside, with the studies of tiny_studies.cc.

test_studies.py PROGRAM JUNIT
"""

import csv
import json
import os
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


class Case(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory(prefix="surplus-test-")
        self.addCleanup(scratch.cleanup)
        self.scratch = pathlib.Path(scratch.name)

    def surplus(self, *arguments, status=0, **options):
        environment = {**os.environ, **options.pop("env", {})}
        done = subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True,
                              cwd=self.scratch, check=False, env=environment, **options)
        self.assertEqual(done.returncode, status, f"{arguments}\n{done.stdout}{done.stderr}")
        return done

    def error(self, *arguments, **options):
        """The one line on standard error with which the program refuses the arguments."""
        done = self.surplus(*arguments, status=2, **options)
        self.assertEqual(done.stdout, "")
        self.assertRegex(done.stderr, r"\Asurplus: [^\n]+\n\Z")
        return done.stderr.removeprefix("surplus: ").removesuffix("\n")

    def result(self, directory="surplus-out/tiny"):
        return json.loads((self.scratch / directory / "result.json").read_text())

    def start(self, *arguments):
        return subprocess.Popen([PROGRAM, *map(str, arguments)], cwd=self.scratch, text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def wait_for_cells(self, directory, count):
        """Until `count` cells are saved."""
        journal = self.scratch / directory / "cells.jsonl"
        deadline = time.monotonic() + 60
        while not journal.exists() or journal.read_text().count("\n") < 1 + count:
            self.assertLess(time.monotonic(), deadline, "no cell was saved")
            time.sleep(0.01)


def without_seconds(result):
    return {key: value for key, value in result.items() if key != "seconds"}


class Usage(Case):
    def test_list_shows_each_study_with_its_claim_and_its_paper(self):
        self.assertEqual(self.surplus("list").stdout,
                         "tiny\n    The mean of standard normal numbers is zero\n"
                         "    Nobody (1900), On the mean of nothing, J. Tests 1\n"
                         "long\n    The mean of standard normal numbers is zero\n"
                         "    Nobody (1900), On the mean of nothing, J. Tests 1\n"
                         "failing\n    One is two\n    Nobody (1901), On being wrong, J. Tests 2\n"
                         "absent\n    One is two\n    Nobody (1901), On being wrong, J. Tests 2\n")

    def test_list_of_a_study_shows_its_settings_in_each_preset_and_its_times(self):
        shown = self.surplus("list", "tiny").stdout
        self.assertIn("  cells: number of cells\n      default 8; quick 4; paper 12\n", shown)
        self.assertIn("  offsets: added to the numbers\n      default 0,0.25\n", shown)
        self.assertIn("Expected time on one core: quick 0 s, default 0 s, paper 0 s\n", shown)

    def test_every_command_explains_itself_with_an_example(self):
        for command in ([], ["list"], ["run"], ["reproduce"], ["gmm"], ["gmm", "fit"],
                        ["gmm", "predict"], ["gmm", "sample"], ["data"]):
            shown = self.surplus(*command, "--help").stdout
            self.assertIn("Examples:\n  surplus", shown)

    def test_version_names_the_program_and_its_version(self):
        self.assertRegex(self.surplus("--version").stdout, r"\Asurplus \d+\.\d+\.\d+\n\Z")

    def test_wrong_usage_is_one_line_and_status_2(self):
        for arguments, message in (
                ([], "A subcommand is required; see surplus --help"),
                (["frobnicate"], "A subcommand is required; see surplus --help"),
                (["run"], "STUDY is required; see surplus run --help"),
                (["run", "tiny", "--frob"],
                 "The following argument was not expected: --frob; see surplus run --help"),
                (["run", "nothing"],
                 "run: the study must be one of tiny, long, failing, absent; got study nothing"),
                (["reproduce", "--only", "tiny,nothing"],
                 "run: the study must be one of tiny, long, failing, absent; got study nothing"),
                (["run", "tiny", "--preset", "huge"],
                 "--preset: huge not in {quick,default,paper}; see surplus run --help"),
                (["run", "tiny", "--seed", "-1"],
                 "--seed: the value must be a whole number, not negative; got value -1; see surplus "
                 "run --help"),
                (["run", "tiny", "--seed", "x"],
                 "--seed: the value must be a whole number, not negative; got value x; see surplus "
                 "run --help"),
                (["run", "tiny", "--threads", "5000"],
                 "--threads: Value 5000 not in range 0 to 4096; see surplus run --help"),
                (["run", "tiny", "--data", "nowhere"],
                 "--data: Directory does not exist: nowhere; see surplus run --help"),
                (["run", "tiny", "--set", "cell=3"],
                 "--set: the key must be one of cells, pause, limit, heat_map, label, offsets, "
                 "lengths; got key cell"),
                (["run", "failing", "--set", "x=3"], "--set: there are no keys; got key x"),
                (["run", "tiny", "--set", "cells"],
                 "--set: a setting must be written key=value; got setting cells"),
                (["run", "tiny", "--set", "cells=1.5"],
                 "--set: cells must be a whole number, not negative; got cells 1.5"),
                (["run", "tiny", "--set", "limit=nan"],
                 "--set: limit must be a finite number; got limit nan"),
                (["run", "tiny", "--set", "heat_map=yes"],
                 "--set: heat_map must be true or false; got heat_map yes"),
                (["run", "tiny", "--set", "lengths=1,,2"],
                 "--set: lengths must be a list of whole numbers, not negative, with commas "
                 "between them; got lengths 1,,2"),
                (["run", "tiny", "--set", "offsets="],
                 "--set: offsets must be a list of finite numbers with commas between them; got "
                 "offsets "),
                (["run", "tiny", "--set", "cells=1"], "tiny: cells must be at least 2; got cells 1")):
            with self.subTest(arguments=arguments):
                self.assertEqual(self.error(*arguments), message)

    def test_what_is_wrong_leaves_no_result(self):
        self.error("run", "tiny", "--set", "cells=1")
        self.assertFalse((self.scratch / "surplus-out/tiny/result.json").exists())
        self.error("run", "tiny", "--set", "cell=1", "--out", "out")
        self.assertFalse((self.scratch / "out").exists())

    def test_an_unknown_simd_target_is_refused_and_a_known_one_used(self):
        message = self.error("list", env={"SURPLUS_TARGET": "FOO"})
        self.assertRegex(message, r"\ASURPLUS_TARGET: the target must be one of [A-Z0-9, ]*SCALAR; "
                                  r"got target FOO\Z")
        self.surplus("run", "tiny", env={"SURPLUS_TARGET": "SCALAR"})
        self.assertEqual(self.result()["target"], "SCALAR")

    def test_output_that_cannot_be_written_is_an_error(self):
        with open("/dev/full", "w", encoding="ascii") as full:
            done = subprocess.run([PROGRAM, "list"], stdout=full, stderr=subprocess.PIPE, text=True,
                                  check=False)
        self.assertEqual((done.returncode, done.stderr),
                         (2, "surplus: the output could not be written\n"))


class Result(Case):
    def test_result_json_has_the_fixed_shape(self):
        self.surplus("run", "tiny", "--seed", "7", "--threads", "1", "--set", "limit=0.0001")
        result = self.result()
        self.assertEqual(list(result), ["schema", "study", "preset", "version", "target", "threads",
                                        "seed", "seconds", "config", "verdicts", "tables", "figures"])
        self.assertEqual([result[key] for key in ("schema", "study", "preset", "threads", "seed")],
                         [1, "tiny", "default", 1, 7])
        self.assertGreater(result["seconds"], 0)
        self.assertEqual(result["config"],
                         {"cells": 8, "pause": 0, "limit": 0.0001, "heat_map": True,
                          "label": "mean & <more>", "offsets": [0, 0.25], "lengths": [1000, 3000]})
        first, second = result["verdicts"]
        self.assertEqual(list(first), ["id", "claim", "paper", "measured", "standard_error", "holds",
                                       "note"])
        self.assertEqual((first["id"], first["paper"], first["standard_error"], first["holds"]),
                         ("1", 0, 1 / 1000 ** 0.5, False))
        self.assertEqual((second["paper"], second["standard_error"], second["holds"]),
                         (None, None, True))
        table, = result["tables"]
        self.assertEqual({key: table[key] for key in ("name", "columns", "units")},
                         {"name": "means", "columns": ["cell", "mean", "comment"],
                          "units": ["", "s.d.", ""]})
        self.assertEqual(len(table["rows"]), 8)
        self.assertEqual(table["rows"][0][1], first["measured"])
        self.assertEqual(result["figures"], ["means.svg", "map.svg"])

    def test_two_runs_of_one_seed_differ_in_seconds_alone_and_another_seed_differs(self):
        for out in ("a", "b"):
            self.surplus("run", "tiny", "--out", out)
        self.surplus("run", "tiny", "--out", "c", "--seed", "2")
        self.assertEqual(without_seconds(self.result("a")), without_seconds(self.result("b")))
        self.assertNotEqual(self.result("a")["tables"], self.result("c")["tables"])
        for name in ("means.svg", "map.svg", "means.csv"):
            self.assertEqual(*((self.scratch / out / name).read_bytes() for out in ("a", "b")))

    def test_the_tables_do_not_depend_on_the_number_of_threads(self):
        texts = []
        for threads in (1, 2, 8):
            self.surplus("run", "tiny", "--out", "out", "--threads", threads)
            text = (self.scratch / "out/result.json").read_text()
            texts.append(text[text.index('"tables"'):])
        self.assertEqual(texts, texts[:1] * 3)

    def test_csv_holds_the_numbers_of_the_table(self):
        self.surplus("run", "tiny")
        with open(self.scratch / "surplus-out/tiny/means.csv", newline="", encoding="utf-8") as file:
            header, *rows = csv.reader(file)
        self.assertEqual(header, ["cell", "mean [s.d.]", "comment"])
        self.assertEqual([[float(row[0]), float(row[1]), row[2]] for row in rows],
                         self.result()["tables"][0]["rows"])

    def test_svg_is_well_formed_and_draws_each_point(self):
        self.surplus("run", "tiny")
        root = ElementTree.parse(self.scratch / "surplus-out/tiny/means.svg").getroot()
        self.assertEqual(root.find("{http://www.w3.org/2000/svg}title").text, "Means are near zero")
        texts = [element.text for element in root.iter("{http://www.w3.org/2000/svg}text")]
        for text in ("Means are near zero", "mean & <more>", "the truth", "mean (s.d.)"):
            self.assertIn(text, texts)
        self.assertEqual((self.scratch / "surplus-out/tiny/means.svg").read_text()
                         .count("<use xlink:href='#gpPt6'"), 1 + 8)  # the legend's and one per cell

    def test_the_report_is_one_file_with_figures_before_verdicts_before_how_to_repeat(self):
        self.surplus("run", "tiny", "--seed", "3", "--set", "cells=4")
        page = (self.scratch / "surplus-out/tiny/report.html").read_text()
        self.assertNotRegex(page, r"(src|href)=[\"'](?!#)|url\(|@import|<script")
        places = [page.index(part) for part in ("<svg", "<h2>Verdicts", "<h2>Tables", "<h2>Settings",
                                                "<h2>Run it again")]
        self.assertEqual(places, sorted(places))
        self.assertIn("surplus run tiny --preset default --seed 3 --set cells=4", page)
        self.assertIn('<span class="pill holds">holds</span>', page)
        self.assertNotIn("mean & <more>", page)

    def test_verdicts_are_printed_and_progress_goes_to_standard_error(self):
        done = self.surplus("run", "tiny", "--threads", "1")
        self.assertRegex(done.stdout, r"\Atiny: preset default, seed 1, \w+, 1 thread, [\d.]+ s\n")
        self.assertRegex(done.stdout, r"  1     the mean is zero +0 +-?0\.\d+ \+- 0\.032  holds\n")
        self.assertTrue(done.stdout.endswith("  2 of 2 verdicts hold\n"
                                             "Report: surplus-out/tiny/report.html\n"))
        self.assertEqual(done.stderr, "")  # less than the interval between two lines
        self.assertNotIn("\r", done.stdout)

    def test_a_failing_verdict_is_status_1_under_strict_alone(self):
        done = self.surplus("run", "failing")
        self.assertIn("FAILS\n          one is one\n  0 of 1 verdicts hold\n", done.stdout)
        self.surplus("run", "failing", "--strict", status=1)
        self.surplus("run", "tiny", "--strict")
        self.surplus("reproduce", "--only", "tiny,failing", "--strict", status=1)
        self.surplus("reproduce", "--strict", "--only", "tiny")

    def test_a_paper_run_says_first_how_long_it_takes(self):
        done = self.surplus("run", "failing", "--preset", "paper", "--threads", "1")
        self.assertEqual(done.stderr,
                         "surplus: failing: preset paper takes about 2 h 5 min on 1 thread\n")

    def test_reproduce_writes_a_directory_per_study_a_summary_and_an_index(self):
        self.surplus("reproduce", "--preset", "quick", "--out", "all", "--only", "tiny,failing")
        summary = json.loads((self.scratch / "all/summary.json").read_text())
        self.assertEqual([(study["study"], study["preset"], study["holding"], len(study["verdicts"]))
                          for study in summary["studies"]],
                         [("tiny", "quick", 2, 2), ("failing", "quick", 0, 1)])
        self.assertEqual(summary["studies"][0]["verdicts"], self.result("all/tiny")["verdicts"])
        index = (self.scratch / "all/index.html").read_text()
        self.assertIn('href="tiny/report.html"', index)
        self.assertIn("2 of 3 verdicts hold", index)

    def test_a_study_without_its_data_set_is_left_out_and_named(self):
        done = self.surplus("reproduce", "--out", "all", "--only", "absent,tiny", status=2)
        reason = "find_dataset: mnist must be fetched first: surplus data fetch mnist"
        self.assertIn(f"surplus: absent: not run: {reason}\n", done.stderr)
        summary = json.loads((self.scratch / "all/summary.json").read_text())
        self.assertEqual([study["study"] for study in summary["studies"]], ["tiny"])
        self.assertEqual(summary["not_run"], [{"study": "absent", "reason": reason}])
        self.assertIn(f"<h2>absent</h2>\n<p>Not run: {reason}</p>",
                      (self.scratch / "all/index.html").read_text())

    def test_a_missing_gnuplot_is_said_before_the_work(self):
        message = self.error("run", "tiny", env={"PATH": str(self.scratch)})
        self.assertEqual(message, "gnuplot: the program gnuplot must be installed (Debian package "
                                  "gnuplot-nox); got error No such file or directory")
        self.assertFalse((self.scratch / "surplus-out").exists())


class Interruption(Case):
    ARGUMENTS = ("run", "tiny", "--set", "pause=50", "--set", "cells=12", "--out", "run")

    def reference(self):
        self.surplus("run", "tiny", "--set", "pause=50", "--set", "cells=12", "--out", "whole")
        return without_seconds(self.result("whole"))

    def check_resumed(self, least):
        before = (self.scratch / "run/cells.jsonl").read_text().rpartition("\n")[0]
        self.assertGreaterEqual(before.count("\n"), least)
        done = self.surplus(*self.ARGUMENTS, "--resume")
        self.assertIn(f"surplus: tiny: {before.count(chr(10))} cells were saved in run\n", done.stderr)
        after = (self.scratch / "run/cells.jsonl").read_text()
        self.assertTrue(after.startswith(before))  # nothing was computed twice
        self.assertEqual(without_seconds(self.result("run")), self.reference())

    def test_ctrl_c_saves_the_work_and_resume_goes_on_to_the_same_bits(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            with self.subTest(signal=number):
                process = self.start(*self.ARGUMENTS)
                self.wait_for_cells("run", 3)
                process.send_signal(number)
                output, errors = process.communicate(timeout=60)
                self.assertEqual((process.returncode, output), (130, ""))
                self.assertEqual(errors, "surplus: interrupted; to go on: surplus run tiny --preset "
                                 "default --seed 1 --out 'run' --set pause=50 --set cells=12 "
                                 "--resume\n")
                self.assertFalse((self.scratch / "run/result.json").exists())
                self.check_resumed(3)
                (self.scratch / "run/result.json").unlink()
                (self.scratch / "run/cells.jsonl").unlink()

    def test_a_killed_run_loses_at_most_one_cell(self):
        process = self.start(*self.ARGUMENTS)
        self.wait_for_cells("run", 4)
        process.kill()
        process.communicate(timeout=60)
        self.check_resumed(4)

    def test_a_line_that_was_cut_off_is_computed_again(self):
        self.surplus(*self.ARGUMENTS)
        journal = self.scratch / "run/cells.jsonl"
        journal.write_text(journal.read_text()[:-9])
        self.check_resumed(11)

    def test_an_interrupted_reproduction_says_how_to_go_on(self):
        process = self.start("reproduce", "--preset", "paper", "--only", "long,tiny", "--out", "all")
        self.wait_for_cells("all/long", 2)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 130)
        self.assertEqual(errors.splitlines()[-1],
                         "surplus: interrupted; to go on: surplus reproduce --preset paper --seed 1 "
                         "--out 'all' --only long,tiny --resume")
        done = self.surplus("reproduce", "--preset", "paper", "--only", "long,tiny", "--out", "all",
                            "--resume")
        self.assertRegex(done.stderr, r"surplus: long: [1-9]\d* cells were saved in all/long\n")

    def test_saved_work_of_another_run_is_refused(self):
        self.surplus("run", "tiny")
        for arguments, got in ((["--seed", "2"], "seed 2, saved 1"),
                               (["--preset", "quick"], "preset quick, saved default"),
                               (["--set", "cells=9"], "cells 9, saved 8")):
            self.assertEqual(self.error("run", "tiny", *arguments, "--resume"),
                             "--resume: the saved run must have been started the same way; got " + got)

    def test_saved_work_that_surplus_did_not_write_is_refused(self):
        self.surplus("run", "tiny")
        journal = self.scratch / "surplus-out/tiny/cells.jsonl"
        lines = journal.read_text().splitlines(True)
        for wrong in ("nonsense\n", '["mean 1"]\n', '["mean 1", 5, 6]\n', '{}\n'):
            journal.write_text("".join([*lines[:2], wrong, *lines[3:]]))
            self.assertEqual(self.error("run", "tiny", "--resume"),
                             "surplus-out/tiny/cells.jsonl:3: the line must be one that surplus wrote")
        journal.write_text("".join([*lines[:2], '["mean 1", [5], 6]\n']))
        done = self.surplus("run", "tiny", "--resume", status=2)
        self.assertEqual(done.stderr.splitlines()[-1],
                         "surplus: --resume: the saved work must be that of this version's study; got "
                         "cell mean 1, values 1, expected 2")

    def test_resume_without_saved_work_begins_at_the_beginning(self):
        done = self.surplus("run", "tiny", "--resume")
        self.assertEqual(done.stderr, "surplus: tiny: 0 cells were saved in surplus-out/tiny\n")

    def test_without_resume_a_run_begins_anew(self):
        self.surplus("run", "tiny", "--seed", "2")
        self.surplus("run", "tiny", "--seed", "1")
        self.assertEqual(self.result()["seed"], 1)

    def test_two_runs_at_once_in_one_directory_are_refused(self):
        process = self.start("run", "tiny", "--set", "pause=300")
        self.addCleanup(process.communicate)
        self.addCleanup(process.kill)
        self.wait_for_cells("surplus-out/tiny", 1)
        self.assertEqual(self.error("run", "tiny"),
                         "surplus-out/tiny/cells.jsonl: no other run may use the directory; got "
                         "error Resource temporarily unavailable")


class Disk(Case):
    def test_a_directory_that_cannot_be_made_is_one_error(self):
        (self.scratch / "file").write_text("")
        self.assertEqual(self.error("run", "tiny", "--out", "file/out"),
                         "file/out: the directory must be writable; got error Not a directory")

    def test_a_directory_without_write_permission_is_one_error(self):
        self.scratch.chmod(0o755)
        (self.scratch / "locked").mkdir(mode=0o555)
        user = {"user": 65534, "group": 65534} if os.geteuid() == 0 else {}  # root may write anywhere
        try:
            self.surplus("--version", **user)
        except PermissionError:
            self.skipTest("only root can reach the program")
        self.assertEqual(self.error("run", "tiny", "--out", "locked", **user),
                         "locked/cells.jsonl: the file must be writable; got error Permission denied")

    def test_a_full_disk_is_one_error_and_leaves_no_half_file(self):
        small = self.scratch / "small"
        small.mkdir()
        mount = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=32k", "tmpfs", str(small)],
                               capture_output=True, text=True, check=False)
        if mount.returncode != 0:
            self.skipTest("a small tmpfs cannot be mounted here: " + mount.stderr.strip())
        self.addCleanup(subprocess.run, ["umount", str(small)], check=True)
        # The figures do not fit: the work is saved, the report is not there.
        message = self.error("run", "tiny", "--out", "small/report")
        self.assertIn("No space left on device", message)
        self.surplus("run", "tiny", "--out", "good")
        left = {path.name for path in (small / "report").iterdir()}
        self.assertIn("cells.jsonl", left)
        self.assertLessEqual(left, {"cells.jsonl", "means.csv", "means.svg", "map.svg"})
        for name in left - {"cells.jsonl"}:
            self.assertEqual((small / "report" / name).read_bytes(),
                             (self.scratch / "good" / name).read_bytes())
        # Not even the saved work fits.
        (small / "report/cells.jsonl").unlink()
        filler = b"x" * 65536
        with open(small / "filler", "wb", buffering=0) as file:
            try:
                while file.write(filler):
                    pass
            except OSError:
                pass
        message = self.error("run", "tiny", "--out", "small/report")
        self.assertEqual(message, "small/report/cells.jsonl: the saved work must fit on the disk; "
                                  "got error No space left on device")
        self.assertEqual((small / "report/cells.jsonl").read_text(), "")


class Terminal(Case):
    def test_a_bar_is_drawn_on_a_terminal_and_wiped_away(self):
        import pty
        master, slave = pty.openpty()
        self.addCleanup(os.close, master)
        process = subprocess.Popen([PROGRAM, "run", "tiny", "--set", "pause=60"], cwd=self.scratch,
                                   stdout=subprocess.PIPE, stderr=slave)
        os.close(slave)
        process.communicate(timeout=60)
        self.assertEqual(process.returncode, 0)
        shown = os.read(master, 65536).decode()
        self.assertRegex(shown, r"\rtiny \[#+\.+\]  ?\d+ %  \d+ cells  [\d.]+ cells/s  \d s left")
        self.assertTrue(shown.endswith("\r\x1b[K"), repr(shown[-20:]))


if __name__ == "__main__":
    junit.main(sys.argv[2])
