"""The README's commands do what it says.

test_readme.py SOURCE_ROOT BUILD_ROOT JUNIT_FILE
"""

import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
import junit  # pylint: disable=wrong-import-position

SOURCE, BUILD = (pathlib.Path(path).resolve() for path in sys.argv[1:3])
README = (SOURCE / "README.md").read_text(encoding="utf-8")


class Readme(unittest.TestCase):
    def test_every_command_of_the_program_succeeds_in_the_order_shown(self):
        commands = [line for block in re.findall(r"```sh\n(.*?)```", README, re.DOTALL)
                    for line in block.splitlines() if line.startswith("build/apps/surplus ")]
        self.assertGreaterEqual(len(commands), 6)
        with tempfile.TemporaryDirectory() as folder:
            (pathlib.Path(folder) / "apps").symlink_to(SOURCE / "apps")
            (pathlib.Path(folder) / "build").symlink_to(BUILD)
            for command in commands:
                done = subprocess.run(command.split(), cwd=folder, capture_output=True, text=True,
                                      check=False)
                self.assertEqual(done.returncode, 0, f"{command}\n{done.stdout}{done.stderr}")

    def test_every_file_it_names_exists(self):
        for folder in ("", "kernels/", "lib/", "apps/", "tests/", "bench/"):
            text = (SOURCE / folder / "README.md").read_text(encoding="utf-8")
            for link in re.findall(r"\]\(([^)#:]+)\)", text):
                self.assertTrue((SOURCE / folder / link).exists(), f"{folder}README.md: {link}")
        for name in re.findall(r"`((?:apps|tests)/[a-z_./]+)`", README):
            self.assertTrue((SOURCE / name).exists(), name)


if __name__ == "__main__":
    junit.main(sys.argv[3])
