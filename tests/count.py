"""Prints `N passed, N failed` (and skipped, if any) for the runs that Meson logged.

count.py LOG.json...: each log is the meson-logs/*.json of one run. A test program that wrote a
JUnit file counts as its test cases, any other as one test; a program that failed without a failed
case (a crash, a time-out) counts as one failure more. Exit status 1 if anything failed or if
nothing passed.
"""

import json
import pathlib
import sys
import xml.etree.ElementTree as ElementTree


def cases(path):
    """(passed, failed, skipped) of one JUnit file."""
    passed = failed = skipped = 0
    for case in ElementTree.parse(path).getroot().iter("testcase"):
        kinds = {child.tag for child in case}
        if kinds & {"failure", "error"}:
            failed += 1
        elif "skipped" in kinds:
            skipped += 1
        else:
            passed += 1
    return passed, failed, skipped


def count(log):
    """(passed, failed, skipped) of one run, with the names of what failed or was skipped."""
    totals = [0, 0, 0]
    notes = []
    for line in log.read_text(encoding="utf-8").splitlines():
        test = json.loads(line)
        name = test["name"].split(" / ")[-1]
        report = log.parent.parent / "tests" / f"{name}.junit.xml"
        fresh = report.exists() and report.stat().st_mtime >= test["starttime"] - 1
        ok = test["result"] in ("OK", "EXPECTEDFAIL")
        try:
            result = cases(report) if fresh else (0, 0, 0)
        except ElementTree.ParseError:  # cut off by a crash
            result = (0, 0, 0)
        if sum(result) == 0:
            result = (int(ok), 0, int(test["result"] == "SKIP"))
        if not ok and result[2] == 0 and result[1] == 0:
            result = (result[0], 1, result[2])
        if result[1] or result[2]:
            notes.append(f"{log.parent.parent.name}: {name}: {result[1]} failed, {result[2]} skipped")
        totals = [a + b for a, b in zip(totals, result)]
    return totals, notes


def main():
    totals = [0, 0, 0]
    for log in map(pathlib.Path, sys.argv[1:]):
        found, notes = count(log) if log.exists() else ([0, 1, 0], [f"{log}: no log of this run"])
        totals = [a + b for a, b in zip(totals, found)]
        print("\n".join(notes), end="\n" if notes else "")
    passed, failed, skipped = totals
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
