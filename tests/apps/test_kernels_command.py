"""`surplus kernels` from outside: what it accepts, prints and writes. No figure is judged.

test_kernels_command.py PROGRAM JUNIT
"""

import json
import math
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree as ElementTree

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
import junit

PROGRAM = str(pathlib.Path(sys.argv[1]).resolve())
ONE = "gemm float 64 x 64 x 64"  # one routine, and the packed one after it


def kernels(*arguments, **environment):
    kept = {name: value for name, value in os.environ.items() if name != "SURPLUS_TARGET"}
    return subprocess.run([PROGRAM, "kernels", *map(str, arguments)], capture_output=True,
                          text=True, timeout=300, env={**kept, **environment})


class Kernels(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.out = pathlib.Path(folder.name) / "new" / "out"

    def profile(self, *arguments, **environment):
        """(the record, standard output) of a run that must succeed."""
        done = kernels("--out", self.out, *arguments, **environment)
        self.assertEqual((done.returncode, done.stderr), (0, ""), done.stdout)
        return json.loads((self.out / "kernels.json").read_text()), done.stdout

    def assert_positive(self, number):
        self.assertIsInstance(number, (int, float))
        self.assertTrue(math.isfinite(number) and number > 0, number)

    def assert_refused(self, message, *arguments, **environment):
        done = kernels("--out", self.out, *arguments, **environment)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (2, "", message))
        self.assertFalse((self.out / "kernels.json").exists())

    def usable(self):
        record, _ = self.profile("--filter", ONE)
        return [target["name"] for target in record["targets"] if target["usable"]]

    def test_help_explains_and_gives_examples(self):
        done = kernels("--help")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        for text in ("--target", "--filter", "--threads", "--out", "Examples:",
                     "surplus kernels --filter gemm --target avx2"):
            self.assertIn(text, done.stdout)

    def test_the_record_has_its_stated_shape_and_positive_numbers(self):
        record, _ = self.profile("--filter", "128 x 10")
        self.assertEqual(list(record), ["schema", "version", "target", "targets", "threads",
                                        "openblas_core", "peak_flops_per_second", "memory",
                                        "routines", "figures"])
        self.assertEqual((record["schema"], record["threads"], record["figures"]),
                         (1, 1, ["roofline.svg"]))
        self.assertIn({"name": record["target"], "usable": True}, record["targets"])
        self.assertEqual(list(record["peak_flops_per_second"]), ["float", "double"])
        for peak in record["peak_flops_per_second"].values():
            self.assert_positive(peak)
        self.assertGreaterEqual(len(record["memory"]), 2)
        for level in record["memory"]:
            self.assertEqual(list(level), ["level", "bytes", "read_bytes_per_second",
                                           "triad_bytes_per_second"])
            self.assert_positive(level["read_bytes_per_second"])
            self.assert_positive(level["triad_bytes_per_second"])
        self.assertEqual(record["memory"][-1]["bytes"], None)
        for rate in record["routines"]:
            self.assertEqual(list(rate), ["family", "routine", "type", "shape", "seconds", "flops",
                                          "bytes", "flops_per_second", "bytes_per_second", "bound",
                                          "share_of_roofline", "processor_share",
                                          "times"])
            for name in ("seconds", "flops", "bytes", "flops_per_second", "bytes_per_second",
                         "share_of_roofline"):
                self.assert_positive(rate[name])
            self.assertIn("128 x 10", rate["shape"])
            self.assertIn(rate["bound"], ["peak", *(m["level"] for m in record["memory"])])
            if rate["routine"].startswith("gemm"):
                self.assertEqual(list(rate["times"])[0], "OpenBLAS")
                for times in rate["times"].values():
                    self.assert_positive(times)
            else:
                self.assertEqual(rate["times"], {})

    def test_the_table_has_a_line_for_each_routine_that_the_filter_lets_through(self):
        record, printed = self.profile("--filter", "ROW_sum Double")
        self.assertEqual([rate["shape"] for rate in record["routines"]],
                         ["128 x 10", "128 x 1000", "16384 x 512"])
        self.assertEqual({(rate["routine"], rate["type"]) for rate in record["routines"]},
                         {("row_sum", "double")})
        for rate in record["routines"]:
            self.assertRegex(printed, rf"(?m)^  row_sum +double +{rate['shape']} .* % of \w+$")
        self.assertIn(f"Target {record['target']} on 1 thread", printed)
        self.assertIn(f"Written: {self.out}/roofline.svg, {self.out}/kernels.json\n", printed)

    def test_the_figure_is_svg(self):
        self.profile("--filter", ONE)
        self.assertTrue(ElementTree.parse(self.out / "roofline.svg").getroot().tag.endswith("svg"))

    def test_integers_have_no_flops_and_still_a_figure(self):
        record, _ = self.profile("--filter", "philox_uniform float 4096")
        self.assertEqual([rate["flops"] for rate in record["routines"]], [0])

    def test_a_target_can_be_forced_by_option_and_environment_in_any_case(self):
        for name in self.usable():
            for options, environment in [
                    (("--target", name.lower()), {}), ((), {"SURPLUS_TARGET": name}),
                    (("--target", name), {"SURPLUS_TARGET": "SCALAR"})]:
                with self.subTest((options, environment)):
                    record, printed = self.profile("--filter", ONE, *options, **environment)
                    self.assertEqual(record["target"], name)
                    self.assertIn(f"Target {name} on ", printed)

    def test_the_fallback_target_has_a_lower_peak_than_the_best(self):
        # Sixteen or eight lanes against one: no disturbance turns that around.
        best = self.usable()[0]
        if best == "SCALAR":
            self.skipTest("no vectors on this machine")
        fast, _ = self.profile("--filter", ONE, "--target", best)
        slow, _ = self.profile("--filter", ONE, "--target", "scalar")
        self.assertLess(slow["peak_flops_per_second"]["float"],
                        fast["peak_flops_per_second"]["float"])

    def test_an_unknown_target_is_bad_usage(self):
        known = ", ".join(self.usable())
        (self.out / "kernels.json").unlink()
        self.assert_refused(f"surplus: set_simd_target: the target must be one of {known}; got "
                            "target avx9\n", "--target", "avx9")
        self.assert_refused(f"surplus: SURPLUS_TARGET: the target must be one of {known}; got "
                            "target avx9\n", SURPLUS_TARGET="avx9")

    def test_a_filter_without_a_routine_lists_what_there_is(self):
        done = kernels("--out", self.out, "--filter", "gemmm")
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertRegex(done.stderr,
                         r"^surplus: profile_kernels: the filter must be part of a routine, its "
                         r"type and shape; routines are [a-z0-9_, ]+; got filter gemmm\n$")
        for name in ("gemm", "exp", "row_softmax", "philox_normal", "gaussian_pass full",
                     "itml_sweep", "conv2d_weights"):
            self.assertIn(f" {name},", done.stderr.replace("; got", ","))

    def test_threads_out_of_range_are_refused(self):
        cores = os.cpu_count()
        for threads in (0, cores + 1):
            self.assert_refused("surplus: profile_kernels: threads must be at least 1 and at most "
                                f"the number of cores; got threads {threads}, cores {cores}\n",
                                "--threads", threads)
        self.assertEqual(kernels("--threads", "two").returncode, 2)

    def test_all_cores_can_be_used_at_once(self):
        record, _ = self.profile("--filter", ONE, "--threads", os.cpu_count())
        self.assertEqual(record["threads"], os.cpu_count())

    def test_a_directory_that_cannot_be_written_is_found_before_the_work(self):
        self.out.parent.mkdir(parents=True)
        self.out.write_text("a file")
        self.assert_refused(f"surplus: {self.out}: the directory must be writable; got error "
                            "Not a directory\n", "--filter", ONE)
        self.assertEqual(self.out.read_text(), "a file")


if __name__ == "__main__":
    junit.main(sys.argv[2])
