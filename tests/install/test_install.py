"""What `meson install` puts in place is enough to build against, and so is a Meson subproject.

The programs built are the README's own, and must print what the README says they print.
test_install.py SOURCE_ROOT BUILD_ROOT JUNIT_FILE
"""

import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
import junit  # pylint: disable=wrong-import-position

SOURCE, BUILD = (pathlib.Path(path) for path in sys.argv[1:3])

SUBPROJECT_USER = """project('user', 'cpp', default_options: ['cpp_std=c++20', 'buildtype=release'])
executable('program', 'program.cc', dependencies: dependency('surplus', fallback: 'surplus'))
"""


def run(*command, **options):
    done = subprocess.run(command, capture_output=True, text=True, check=False, **options)
    if done.returncode != 0:
        raise AssertionError(f"{command} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout


def readme_programs():
    """The README's C++ programs, each with the output shown below it."""
    text = (SOURCE / "README.md").read_text(encoding="utf-8")
    return re.findall(r"```cpp\n(.*?)```.*?```text\n(.*?)```", text, re.DOTALL)


class Install(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.root = pathlib.Path(cls.folder.name)
        run("meson", "install", "-C", BUILD, "--no-rebuild", "--destdir", cls.root / "stage")
        cls.pkgconfig = next((cls.root / "stage").rglob("surplus.pc")).parent
        cls.library = cls.pkgconfig.parent
        cls.environment = {
            **os.environ,
            "PKG_CONFIG_PATH": str(cls.pkgconfig),
            "PKG_CONFIG_SYSROOT_DIR": str(cls.root / "stage"),
            "LD_LIBRARY_PATH": str(cls.library),
        }

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def flags(self, *what):
        return run("pkg-config", *what, "surplus", env=self.environment).split()

    def test_the_readme_programs_build_with_pkg_config_and_print_what_the_readme_shows(self):
        programs = readme_programs()
        self.assertEqual(len(programs), 2)
        for program, output in programs:
            (self.root / "program.cc").write_text(program)
            run("c++", "-std=c++20", "-O2", "program.cc", "-o", "program",
                *self.flags("--cflags", "--libs"), cwd=self.root)
            self.assertEqual(run("./program", cwd=self.root, env=self.environment), output)

    def test_every_installed_header_compiles_on_its_own_and_shows_nothing_of_ours_inside(self):
        include = self.root / "stage" / self.flags("--variable=includedir")[0].lstrip("/")
        if not include.exists():  # pkg-config may have put the sysroot in front already
            include = pathlib.Path(self.flags("--variable=includedir")[0])
        headers = [path.relative_to(include) for path in sorted(include.rglob("*.h"))]
        self.assertGreater(len(headers), 10)
        self.assertFalse([path for path in include.rglob("*.cc")])

        def compile_only(*names):
            run("c++", "-std=c++20", "-fsyntax-only", "-Wall", "-Wextra", "-Werror", f"-I{include}",
                "-x", "c++", "-", input="".join(f'#include "{name}"\n' for name in names))

        # A header that comes first in its own source has compiled alone in the build; all of them
        # together need every file that they include to be installed.
        compile_only(*headers)
        for header in headers:
            source = SOURCE / "lib" / header.with_suffix(".cc")
            own = source.exists() and re.search('#include [<"]([^>"]+)', source.read_text())
            if not own or own[1] != str(header):
                compile_only(header)

    def test_a_readme_program_builds_with_surplus_as_a_meson_subproject(self):
        program, output = readme_programs()[0]
        user = self.root / "user"
        (user / "subprojects").mkdir(parents=True)
        (user / "subprojects" / "surplus").symlink_to(SOURCE)
        (user / "program.cc").write_text(program)
        (user / "meson.build").write_text(SUBPROJECT_USER)
        # One target, not optimized: what is tested is that it builds and links.
        run("meson", "setup", "build", "-Dsurplus:simd=scalar", "-Doptimization=0", cwd=user)
        run("meson", "compile", "-C", "build", "program", cwd=user)
        self.assertEqual(run("build/program", cwd=user), output)


if __name__ == "__main__":
    junit.main(sys.argv[3])
