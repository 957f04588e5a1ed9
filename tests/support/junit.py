"""Runs the unit tests of the calling program and writes the JUnit file that count.py reads."""

import sys
import unittest
import xml.etree.ElementTree as ElementTree


class Result(unittest.TextTestResult):
    """Keeps the cases of the run as JUnit elements."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.suite = ElementTree.Element("testsuite")

    def case(self, test, kind=None, message=""):
        element = ElementTree.SubElement(self.suite, "testcase", name=test.id())
        if kind:
            ElementTree.SubElement(element, kind, message=message)

    def addSuccess(self, test):
        super().addSuccess(test)
        self.case(test)

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self.case(test, "failure", str(err[1]))

    def addError(self, test, err):
        super().addError(test, err)
        self.case(test, "error", str(err[1]))

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self.case(test, "skipped", reason)

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err:
            self.case(subtest, "failure", str(err[1]))


def main(path):
    """Runs the tests of __main__, writes their JUnit file to `path` and ends the program."""
    runner = unittest.TextTestRunner(resultclass=Result, verbosity=2)
    result = unittest.main(argv=sys.argv[:1], testRunner=runner, exit=False).result
    ElementTree.ElementTree(result.suite).write(path)
    sys.exit(not result.wasSuccessful())
