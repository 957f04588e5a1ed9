"""`surplus data` from outside, against a web server of its own on 127.0.0.1.

test_data.py PROGRAM JUNIT

The balance-scale table is used throughout, because it can be computed: all 5^4 balances, and to
which side each one tips. Its SHA-256 is in the catalog, so a right download is right by the
published hash.
"""

import contextlib
import gzip
import hashlib
import http.server
import itertools
import os
import pathlib
import random
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
import junit

PROGRAM = str(pathlib.Path(sys.argv[1]).resolve())
FILE = "uci/balance-scale.data"
SHA256 = "5611187ef7345d807aa8ae22615945ade52a190537c0b1434bd44c3e877c5bb4"
BUNDLED = ["breast-cancer-diagnostic", "breast-cancer-original", "digits", "iris", "wine"]
KNOWN = (", ".join(BUNDLED) + ", mnist, fashion-mnist, cifar-10, cifar-10n, svhn, uci-adult, uci-balance-scale, "
         "uci-breast-cancer-wisconsin, uci-ionosphere, uci-iris, uci-optdigits, uci-soybean-small, "
         "uci-wine")


def balance_scale():
    rows = []
    for row in itertools.product(range(1, 6), repeat=4):
        tip = row[0] * row[1] - row[2] * row[3]
        rows.append(",".join(["B" if tip == 0 else "L" if tip > 0 else "R", *map(str, row)]) + "\n")
    return "".join(rows).encode()


ORIGINAL = balance_scale()
OTHER = ORIGINAL[:-2] + b"6\n"  # as long, but wrong
ERROR_PAGE = b"<html>We are down for maintenance</html>"


class Handler(http.server.BaseHTTPRequestHandler):
    """/KIND/uci/balance-scale.data is answered by the method KIND."""

    def do_GET(self):
        kind, path = self.path.lstrip("/").split("/", 1)
        self.server.requests.append(kind)
        with contextlib.suppress(ConnectionError):  # the client may hang up
            if path == FILE:
                getattr(self, kind)()
            else:
                self.missing()

    def answer(self, status, body, length=None, location=None):
        """`length` is what is announced: None for the truth, 0 for nothing."""
        self.send_response(status)
        if length != 0:
            self.send_header("Content-Length", str(length or len(body)))
        if location:
            self.send_header("Location", location)
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def good(self):
        self.answer(200, ORIGINAL)

    def unannounced(self):
        self.answer(200, ORIGINAL, length=0)

    def other(self):
        self.answer(200, OTHER)

    def page(self):
        self.answer(200, ERROR_PAGE)

    def missing(self):
        self.answer(404, ERROR_PAGE)

    def broken(self):
        self.answer(503, ERROR_PAGE)

    def empty(self):
        self.answer(200, b"", length=0)

    def cut(self):
        self.answer(200, ORIGINAL[:3000], length=len(ORIGINAL))

    def endless(self):
        self.answer(200, ORIGINAL + b"more", length=0)

    def moved(self):
        self.answer(302, b"", location=f"/good/{FILE}")

    def circle(self):
        self.answer(302, b"", location=f"/circle/{FILE}")

    def elsewhere(self):
        self.answer(302, b"", location="file:///etc/passwd")

    def silent(self):
        self.server.released.wait()

    def stuck(self):
        self.cut()
        self.server.released.wait()

    def held(self):
        self.server.released.wait()
        self.good()

    def held_then_missing(self):
        self.server.released.wait()
        self.missing()

    def log_message(self, *_):
        pass


class DataTest(unittest.TestCase):
    def setUp(self):
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.handle_error = lambda *_: None  # a refused certificate, say
        self.server.requests = []
        self.server.released = threading.Event()
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.addCleanup(self.server.server_close)
        self.addCleanup(self.server.shutdown)
        self.addCleanup(self.server.released.set)
        self.root = pathlib.Path(folder.name)
        self.data = self.root / "data"

    def environment(self, **changes):
        kept = {name: value for name, value in os.environ.items()
                if name in ("PATH", "LD_LIBRARY_PATH", "ASAN_OPTIONS", "UBSAN_OPTIONS")}
        return {**kept, "HOME": str(self.root / "home"), **changes}

    def start(self, *arguments, environment=None, **options):
        return subprocess.Popen([PROGRAM, "data", *map(str, arguments)], text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                env=environment or self.environment(), **options)

    def finish(self, process):
        """(exit status, standard output, standard error less the program's name)."""
        out, err = process.communicate(timeout=120)
        return process.returncode, out, err.removeprefix("surplus: ")

    def surplus(self, *arguments, **options):
        return self.finish(self.start(*arguments, **options))

    def fetch_arguments(self, *mirrors):
        """A mirror is a URL, or the kind of answer wanted of our own server."""
        urls = [mirror if ":" in mirror else f"{self.url}/{mirror}" for mirror in mirrors]
        return ["fetch", "uci-balance-scale", "--data", self.data,
                *(f"--mirror={url}" for url in urls)]

    def fetch(self, *mirrors, more=(), **options):
        return self.surplus(*self.fetch_arguments(*mirrors), *more, **options)

    def files(self):
        return sorted(path.relative_to(self.data).as_posix() for path in self.data.rglob("*")
                      if not path.is_dir())

    def put(self, content, name=FILE, directory=None):
        path = (directory or self.data) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path

    def wait_until(self, condition):
        for _ in range(3000):
            if condition():
                return
            time.sleep(0.02)
        self.fail("what the test waits for never came")

    def wait_for_bytes(self):
        part = self.data / (FILE + ".part")
        self.wait_until(lambda: part.exists() and part.stat().st_size > 0)

    def assert_fetched(self, result):
        self.assertEqual(result, (0, f"{self.data / FILE}: fetched\n", ""))
        self.assertEqual((self.data / FILE).read_bytes(), ORIGINAL)
        self.assertEqual(self.files(), [FILE])

    def assert_fails(self, result, message):
        self.assertEqual(result, (2, "", message + "\n"))
        self.assertEqual(self.files(), [])

    def no_mirror(self, *answers):
        said = ", from ".join(f"{self.url}/{kind}/{FILE}: {text}" for kind, text in answers)
        return f"download: a mirror must deliver {FILE}; got from {said}"


class Fetching(DataTest):
    def test_a_good_file_is_fetched_and_verified(self):
        self.assert_fetched(self.fetch("good"))
        self.assertEqual(self.surplus("verify", "uci-balance-scale", "--data", self.data),
                         (0, f"right    {self.data / FILE}\n1 right, none wrong\n", ""))
        self.assertEqual(self.surplus("path", "uci-balance-scale", "--data", self.data),
                         (0, f"{self.data / FILE}\n", ""))

    def test_a_good_file_without_an_announced_length_is_fetched(self):
        self.assert_fetched(self.fetch("unannounced"))

    def test_what_is_verified_is_not_fetched_again(self):
        self.put(ORIGINAL)
        self.assertEqual(self.fetch("good"), (0, f"{self.data / FILE}: already there\n", ""))
        self.assertEqual(self.server.requests, [])

    def test_what_lies_in_a_later_directory_is_not_fetched_again(self):
        cache = self.root / "home/.cache/surplus"
        self.put(ORIGINAL, directory=cache)
        self.assertEqual(self.fetch("good"), (0, f"{cache / FILE}: already there\n", ""))
        self.assertEqual(self.server.requests, [])
        self.assertEqual(self.files(), [])

    def test_a_wrong_file_that_is_there_is_replaced(self):
        path = self.put(OTHER[:100])
        self.assertEqual(
            self.fetch("good"),
            (0, f"require_original: {path} must have the original's size of 6250 bytes; got bytes "
                f"100; fetching it again\n{path}: fetched\n", ""))
        self.assertEqual(path.read_bytes(), ORIGINAL)
        self.assertEqual(self.files(), [FILE])

    def test_a_wrong_file_stays_as_it_is_if_no_mirror_delivers(self):
        path = self.put(OTHER)
        self.assertEqual(self.fetch("missing")[0], 2)
        self.assertEqual(path.read_bytes(), OTHER)
        self.assertEqual(self.files(), [FILE])

    def test_each_wrong_answer_has_its_own_message_and_leaves_nothing(self):
        for kind, said in [
            ("page", f"{len(ERROR_PAGE)} bytes instead of 6250"),
            ("empty", "0 bytes instead of 6250"),
            ("missing", "The requested URL returned error: 404"),
            ("broken", "The requested URL returned error: 503"),
            ("cut", "transfer closed with 3250 bytes remaining to read"),
            ("endless", "more bytes than the original"),
            ("other", "other content with the SHA-256 " + hashlib.sha256(OTHER).hexdigest()),
            ("circle", "Maximum (10) redirects followed"),
            ("elsewhere", 'Protocol "file" not supported or disabled in libcurl'),
        ]:
            with self.subTest(kind):
                self.assert_fails(self.fetch(kind), self.no_mirror((kind, said)))

    def test_a_redirect_is_followed(self):
        self.assert_fetched(self.fetch("moved"))
        self.assertEqual(self.server.requests, ["moved", "good"])

    def test_mirrors_are_tried_in_turn_and_a_failed_one_leaves_no_trace_in_the_file(self):
        self.assert_fetched(self.fetch("missing", "cut", "other", "good", "page"))
        self.assertEqual(self.server.requests, ["missing", "cut", "other", "good"])

    def test_a_dead_mirror_is_passed_over(self):
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))  # bound, but nobody listens
            self.assert_fetched(self.fetch(f"http://127.0.0.1:{unused.getsockname()[1]}", "good"))

    def test_one_error_lists_what_every_mirror_said(self):
        self.assert_fails(
            self.fetch("page", "missing"),
            self.no_mirror(("page", f"{len(ERROR_PAGE)} bytes instead of 6250"),
                           ("missing", "The requested URL returned error: 404")))

    def test_a_server_that_says_nothing_is_given_up(self):
        self.assert_fails(
            self.fetch("silent", more=["--timeout=1"]),
            self.no_mirror(("silent", "Operation too slow. Less than 100 bytes/sec transferred "
                                      "the last 1 seconds")))

    def test_a_server_that_falls_silent_half_way_is_given_up_for_the_next(self):
        self.assert_fetched(self.fetch("stuck", "good", more=["--timeout=1"]))

    def test_an_untrusted_certificate_is_refused(self):
        if not shutil.which("openssl"):
            self.skipTest("openssl is not here to make a certificate")
        certificate, key = self.root / "certificate.pem", self.root / "key.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes",
                        "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1",
                        "-keyout", key, "-out", certificate], check=True, capture_output=True)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.url = self.url.replace("http:", "https:")
        self.assert_fails(
            self.fetch("good"),
            self.no_mirror(("good", "SSL certificate problem: self-signed certificate")))

    def test_the_environment_can_name_the_mirror_and_the_directory(self):
        named = self.environment(SURPLUS_MIRROR=f"{self.url}/good/", SURPLUS_DATA=str(self.data))
        self.assert_fetched(self.surplus("fetch", "uci-balance-scale", environment=named))

    def test_without_a_named_directory_the_cache_takes_the_file(self):
        for changes, place in [({}, "home/.cache/surplus"),
                               ({"SURPLUS_DATA": ""}, "home/.cache/surplus"),
                               ({"XDG_CACHE_HOME": "not/absolute"}, "home/.cache/surplus"),
                               ({"XDG_CACHE_HOME": str(self.root / "xdg")}, "xdg/surplus")]:
            with self.subTest(changes):
                path = self.root / place / FILE
                path.unlink(missing_ok=True)
                result = self.surplus("fetch", "uci-balance-scale", "--mirror", f"{self.url}/good",
                                      environment=self.environment(**changes))
                self.assertEqual(result, (0, f"{path}: fetched\n", ""))

    def test_without_any_directory_the_error_says_how_to_name_one(self):
        nameless = self.environment(HOME="")
        self.assertEqual(
            self.surplus("fetch", "uci-iris", environment=nameless),
            (2, "", "data fetch: a directory must be named by --data, SURPLUS_DATA, "
                    "XDG_CACHE_HOME or HOME\n"))
        self.assertEqual(
            self.surplus("path", "uci-iris", environment=nameless),
            (2, "", "find_dataset: uci-iris must be fetched first: surplus data fetch uci-iris; "
                    "got no uci/iris.data in any directory, for none is named\n"))


class Writing(DataTest):
    def test_a_directory_that_is_a_file_is_refused(self):
        self.data = self.put(b"", name="file", directory=self.root)
        self.assert_fails(self.fetch("good"),
                          f"PartFile: {self.data}/uci must be writable; got error Not a directory")
        self.assertEqual(self.server.requests, [])

    def test_a_directory_that_may_not_be_written_is_refused(self):
        (self.data / "uci").mkdir(parents=True)
        self.root.chmod(0o755)
        (self.data / "uci").chmod(0o555)
        user = {"user": 65534} if os.getuid() == 0 else {}  # root may write anywhere
        try:
            subprocess.run([PROGRAM, "--help"], capture_output=True, check=True, **user)
        except (OSError, subprocess.CalledProcessError):
            self.skipTest("none but root can run the program where it lies")
        self.assert_fails(self.fetch("good", **user),
                          f"PartFile: {self.data / FILE}.part must be writable; "
                          "got error Permission denied")
        self.assertEqual(self.server.requests, [])

    def test_a_full_disk_ends_the_fetch_and_leaves_nothing(self):
        self.data.mkdir()
        # One page holds no 6250 bytes. The mount is seen by, and ends with, these processes alone.
        script = (f"mount -t tmpfs -o size=4k tmpfs '{self.data}' || exit 77; "
                  f"\"$@\"; status=$?; find '{self.data}' -type f >&2; exit $status")
        namespace = ["unshare", "--map-root-user", "--mount"]
        try:
            subprocess.run([*namespace, "sh", "-c", script, "sh", "true"], check=True,
                           capture_output=True)
        except (OSError, subprocess.CalledProcessError):
            self.skipTest("no small disk can be mounted")
        done = subprocess.run([*namespace, "sh", "-c", script, "sh", PROGRAM, "data",
                               *map(str, self.fetch_arguments("good", "good"))],
                              capture_output=True, text=True, env=self.environment(), check=False)
        self.assertEqual(
            (done.returncode, done.stdout, done.stderr.removeprefix("surplus: ")),
            (2, "", f"PartFile: {self.data / FILE}.part must be writable; "
                    "got error No space left on device\n"))
        self.assertEqual(self.server.requests, ["good"])  # another mirror would not help

    def test_an_interrupt_removes_the_part(self):
        process = self.start(*self.fetch_arguments("stuck"))
        self.wait_for_bytes()
        process.send_signal(signal.SIGINT)
        self.assertEqual(self.finish(process)[0], 130)
        self.assertEqual(self.files(), [])

    def test_what_a_killed_fetch_left_behind_is_overwritten(self):
        process = self.start(*self.fetch_arguments("stuck"))
        self.wait_for_bytes()
        process.kill()
        self.finish(process)
        self.assertEqual(self.files(), [FILE + ".part"])
        self.assert_fetched(self.fetch("good"))

    def start_two(self, first_kind):
        """A fetch that the server holds up, and one that waits for the first to end."""
        first = self.start(*self.fetch_arguments(first_kind))
        self.wait_until(lambda: self.server.requests == [first_kind])
        second = self.start(*self.fetch_arguments("good"))
        descriptors = pathlib.Path(f"/proc/{second.pid}/fd")

        def waits():
            with contextlib.suppress(OSError):
                return any(os.readlink(link).endswith(".part") for link in descriptors.iterdir())
            return False
        self.wait_until(waits)
        return first, second

    def test_two_fetches_of_one_file_download_it_once(self):
        first, second = self.start_two("held")
        self.server.released.set()
        self.assert_fetched(self.finish(first))
        self.assertEqual(self.finish(second), (0, f"{self.data / FILE}: already there\n", ""))
        self.assertEqual(self.server.requests, ["held"])
        self.assertEqual(self.files(), [FILE])

    def test_a_fetch_goes_on_when_the_one_it_waited_for_fails(self):
        first, second = self.start_two("held_then_missing")
        self.server.released.set()
        self.assertEqual(self.finish(first)[0], 2)
        self.assert_fetched(self.finish(second))

    def test_a_waiting_fetch_can_be_interrupted_and_leaves_the_other_alone(self):
        first, second = self.start_two("held")
        second.send_signal(signal.SIGINT)
        self.assertEqual(self.finish(second)[0], 130)
        self.server.released.set()
        self.assert_fetched(self.finish(first))

    def test_a_part_that_is_a_link_is_not_followed(self):
        victim = self.put(b"precious", name="victim", directory=self.root)
        (self.data / "uci").mkdir(parents=True)
        (self.data / (FILE + ".part")).symlink_to(victim)
        self.assertEqual(
            self.fetch("good"),
            (2, "", f"PartFile: {self.data / FILE}.part must be writable; "
                    "got error Too many levels of symbolic links\n"))
        self.assertEqual(victim.read_bytes(), b"precious")


class LookingUp(DataTest):
    def test_the_list_says_what_is_here(self):
        self.data.mkdir()
        for state in ("not fetched", "here"):
            status, out, err = self.surplus("list", "--data", self.data)
            self.assertEqual((status, err), (0, ""))
            lines = out.splitlines()
            row = next(line for line in lines if line.startswith("uci-balance-scale "))
            self.assertEqual(row.split(), f"uci-balance-scale 6.2 kB {state} a psychological "
                                          "experiment, 625 rows of 4 features, 3 classes".split())
            self.assertEqual(lines[-2:], [f"looked up in {self.data}",
                                          f"looked up in {self.root}/home/.cache/surplus"])
            self.assertEqual([line.split()[0] for line in lines[1:-2]], KNOWN.split(", "))
            self.put(ORIGINAL)

    def test_a_set_with_some_of_its_files_is_incomplete(self):
        self.put(b"", name="uci/optdigits.tra")
        row = next(line for line in self.surplus("list", "--data", self.data)[1].splitlines()
                   if line.startswith("uci-optdigits "))
        self.assertIn(" incomplete ", row)

    def test_an_absent_set_names_the_command_that_fetches_it_and_where_it_was_looked_for(self):
        self.data.mkdir()
        environment = self.environment(SURPLUS_DATA="/nowhere")
        self.assertEqual(
            self.surplus("path", "mnist", "--data", self.data, environment=environment),
            (2, "", "find_dataset: mnist must be fetched first: surplus data fetch mnist; got no "
                    f"mnist/train-images-idx3-ubyte.gz in {self.data} or /nowhere or "
                    f"{self.root}/home/.cache/surplus\n"))

    def test_directories_are_looked_up_in_the_promised_order(self):
        places = [self.data, self.root / "named", self.root / "cache/surplus"]
        environment = self.environment(SURPLUS_DATA=str(places[1]),
                                       XDG_CACHE_HOME=str(places[2].parent))
        for place in places:
            self.put(ORIGINAL, directory=place)
        for place in places:
            result = self.surplus("path", "uci-balance-scale", "--data", self.data,
                                  environment=environment)
            self.assertEqual(result, (0, f"{place / FILE}\n", ""))
            (place / FILE).unlink()

    def test_a_wrong_file_is_an_error_and_not_passed_over(self):
        path = self.data / FILE
        self.put(ORIGINAL, directory=self.root / "home/.cache/surplus")
        size = f"require_original: {path} must have the original's size of 6250 bytes; got bytes"
        for content, message in [
            (OTHER, f"require_original: {path} must have the original's SHA-256 {SHA256}; "
                    f"got SHA-256 {hashlib.sha256(OTHER).hexdigest()}"),
            (ERROR_PAGE, f"{size} {len(ERROR_PAGE)}"),
            (b"", f"{size} 0"),
        ]:
            self.put(content)
            self.assertEqual(self.surplus("path", "uci-balance-scale", "--data", self.data),
                             (2, "", message + "\n"))

    def test_a_packed_copy_counts_by_its_content(self):
        packed = gzip.compress(ORIGINAL)
        path = self.data / (FILE + ".gz")
        fault = f"require_original: {path} must have the original's size of 6250 bytes; got bytes"
        damaged = f"require_original: {path} must be readable; got error damaged gzip file"
        for content, message in [
            (packed, None),
            (ORIGINAL, None),  # not packed after all: zlib reads it as it is
            (packed[:200], damaged),
            (packed[:-8], damaged),
            (packed[:-8] + bytes(8), damaged),
            (gzip.compress(ORIGINAL + b"more"), f"{fault} 6254"),
            (gzip.compress(bytes(10_000_000)), f"{fault} 65536"),  # not read to its end
        ]:
            self.put(content, name=FILE + ".gz")
            self.assertEqual(self.surplus("path", "uci-balance-scale", "--data", self.data),
                             (2, "", message + "\n") if message else (0, f"{path}\n", ""))

    def test_verify_checks_all_that_is_there_and_fails_if_one_is_wrong(self):
        self.put(ORIGINAL)
        iris = self.put(ERROR_PAGE, name="uci/iris.data")
        wrong = (f"wrong    require_original: {iris} must have the original's size of 4551 bytes; "
                 f"got bytes {len(ERROR_PAGE)}\n")
        bundled = "".join(f"right    {path}\n"
                          for path in self.surplus("path", *BUNDLED)[1].splitlines())
        self.assertEqual(
            self.surplus("verify", "--data", self.data),
            (2, bundled + f"right    {self.data / FILE}\n{wrong}",
             "data verify: every file that is there must be the original; got right 6, wrong 1\n"))
        self.assertEqual(
            self.surplus("verify", "uci-wine", "uci-iris", "--data", self.data),
            (2, "missing  uci/wine.data\n" + wrong,
             "data verify: every file of the data sets must be there and be the original; "
             "got right 0, wrong 1, missing 1\n"))

    def test_a_bundled_set_is_there_without_a_fetch_and_whatever_else_has_its_name(self):
        self.put(OTHER, name="iris.csv")
        for name in BUNDLED:
            status, out, err = self.surplus("path", name, "--data", self.data)
            self.assertEqual((status, err), (0, ""))
            self.assertEqual(pathlib.Path(out.strip()).name, name + ".csv")
            self.assertFalse(out.startswith(str(self.root)))
            self.assertEqual(self.surplus("fetch", name, "--data", self.data),
                             (0, f"{name}: bundled with surplus\n", ""))
            self.assertEqual(self.surplus("verify", name)[0], 0)
        rows = self.surplus("list")[1].splitlines()[1:1 + len(BUNDLED)]
        self.assertEqual([(row.split()[0], row.split()[3]) for row in rows],
                         [(name, "bundled") for name in BUNDLED])

    def test_bundled_sets_are_found_beside_an_installed_program_wherever_it_was_moved(self):
        program = self.root / "moved/bin/surplus"
        program.parent.mkdir(parents=True)
        shutil.copy(PROGRAM, program)
        libraries = subprocess.run(["ldd", PROGRAM], capture_output=True, text=True, check=True)
        own = [line.split()[2] for line in libraries.stdout.splitlines() if "libsurplus." in line]
        environment = self.environment(LD_LIBRARY_PATH=str(pathlib.Path(*own).parent))
        share = self.root / "moved/share/surplus"
        share.mkdir(parents=True)

        def path_of_iris():
            done = subprocess.run([program, "data", "path", "iris"], capture_output=True,
                                  text=True, env=environment, check=False)
            return done.returncode, done.stdout, done.stderr

        self.assertEqual(
            path_of_iris(),
            (2, "", "surplus: find_dataset: iris must be installed with surplus; "
                    f"got no iris.csv in {share}\n"))
        bundled = self.surplus("path", "iris")[1].strip()
        shutil.copy(bundled, share)
        self.assertEqual(path_of_iris(), (0, f"{share}/iris.csv\n", ""))

    def test_an_unreadable_file_is_named(self):
        self.data.mkdir()
        (self.data / "uci").mkdir()
        path = self.data / "uci/wine.data"
        path.symlink_to("/proc/self/mem")  # opens, and fails to read
        self.assertEqual(
            self.surplus("path", "uci-wine", "--data", self.data),
            (2, "", f"require_original: {path} must be readable; got error Input/output error\n"))

    def test_real_data_that_is_here_is_right(self):
        directory = os.environ.get("SURPLUS_DATA")
        if not directory or not (pathlib.Path(directory) / "mnist").is_dir():
            self.skipTest("SURPLUS_DATA names no directory with MNIST")
        status, out, err = self.surplus("verify", "--data", directory)
        self.assertEqual((status, err), (0, ""))
        self.assertRegex(out, r"\n\d+ right, none wrong\n$")


class Names(DataTest):
    def test_an_unknown_name_lists_the_known_ones_before_anything_is_fetched(self):
        self.data.mkdir()
        for arguments in (["fetch", "uci-balance-scale", "nist", "--mirror", f"{self.url}/good"],
                          ["path", "nist"], ["verify", "nist"]):
            self.assert_fails(self.surplus(*arguments, "--data", self.data),
                              f"dataset_named: the data set must be one of {KNOWN}; got name nist")
        self.assertEqual(self.server.requests, [])

    def test_names_are_never_paths(self):
        self.put(ORIGINAL)
        names = ["..", ".", "/", "../data/uci-iris", "mnist/", "./mnist", "MNIST", " mnist",
                 FILE, str(self.data / FILE), "x" * 5000, "\udcff\udcfe"]
        generator = random.Random(1)
        pieces = ["..", "/", "uci", "-", " ", "mnist", "\u00e9", "\u6570", "\n", "%2e", "*", "'",
                  "\\", "~", "{}", "\x1b"]
        names += ["".join(generator.choices(pieces, k=generator.randint(2, 6))) for _ in range(40)]
        for name in names:
            with self.subTest(name):
                done = subprocess.run([PROGRAM, "data", "path", "--data", self.data, "--", name],
                                      capture_output=True, env=self.environment(), check=False)
                self.assertEqual((done.returncode, done.stdout), (2, b""))
                shown = name.replace("\n", " ")  # an error is one line
                self.assertEqual(
                    os.fsdecode(done.stderr),
                    f"surplus: dataset_named: the data set must be one of {KNOWN}; "
                    f"got name {shown}\n")

    def test_directories_may_have_any_name(self):
        (self.root / "real").mkdir()
        (self.root / "link").symlink_to("real")
        for name in ["with space", "\u00e9\u6570\u636e", "\udcff", "new\nline", "quote'\"", "%2e%2e",
                     "{}", "trailing/", "a/../b", "link", "deep/" * 20, "x" * 255, ".hidden"]:
            with self.subTest(name):
                self.data = self.root / name
                status, out, _ = self.fetch("good", errors="surrogateescape")
                self.assertEqual((status, out), (0, f"{os.path.join(self.data, FILE)}: fetched\n"))
                self.assertEqual(self.files(), [FILE])
                self.assertEqual(self.surplus("verify", "--data", self.data,
                                              errors="surrogateescape")[0], 0)

    def test_a_relative_directory_is_below_the_working_directory(self):
        self.data = pathlib.Path("here")
        self.assertEqual(self.fetch("good", cwd=self.root), (0, f"here/{FILE}: fetched\n", ""))
        self.assertEqual((self.root / "here" / FILE).read_bytes(), ORIGINAL)

    def test_a_name_too_long_for_the_file_system_is_refused(self):
        self.data = self.root / ("x" * 256)
        self.assertEqual(self.fetch("good"), (2, "", f"PartFile: {self.data}/uci must be writable; "
                                                     "got error File name too long\n"))

    def test_a_mirror_that_is_no_url_is_refused(self):
        for mirror, said in [
            ("file:///etc", 'Protocol "file" not supported or disabled in libcurl'),
            ("http://127.0.0.1:99999", "URL using bad/illegal format or missing URL"),
            ("http://with space:1", "URL using bad/illegal format or missing URL"),
        ]:
            with self.subTest(mirror):
                self.assert_fails(
                    self.fetch(mirror),
                    f"download: a mirror must deliver {FILE}; got from {mirror}/{FILE}: {said}")

    def test_bad_flags_are_bad_usage(self):
        for arguments in ([], ["fetch"], ["path"], ["lost"], ["list", "--data", "/no/where"],
                          ["fetch", "mnist", "--timeout", "0"], ["fetch", "mnist", "--timeout", "x"],
                          ["list", "mnist"]):
            with self.subTest(arguments):
                status, _, err = self.surplus(*arguments)
                self.assertEqual(status, 2)
                self.assertNotEqual(err, "")

    def test_help_is_everywhere(self):
        for command in ([], ["list"], ["fetch"], ["path"], ["verify"]):
            status, out, err = self.surplus(*command, "--help")
            self.assertEqual((status, err), (0, ""))
            self.assertIn("$SURPLUS_DATA", out)


if __name__ == "__main__":
    junit.main(sys.argv[2])
