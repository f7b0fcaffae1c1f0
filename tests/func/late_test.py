#!/usr/bin/python3
"""A wait that ran out is tried once more, and a verdict never."""
import contextlib
import io
import subprocess
import unittest

import harness  # noqa: F401  pylint: disable=unused-import
import late
from cluster.wait import Timeout


def case(*attempts, tear_down=(), set_up=()):
    """A test whose n-th attempt runs the n-th of `attempts`; likewise its beginning and its end."""
    class Case(late.LateOnce):
        begun, failures = 0, []

        def setUp(self):
            Case.begun += 1
            self.addCleanup(lambda: Case.failures.append(self.failed))
            self._do(set_up)

        def tearDown(self):
            self._do(tear_down)

        def test(self):
            self._do(attempts)

        @staticmethod
        def _do(each):
            if Case.begun <= len(each) and each[Case.begun - 1]:
                each[Case.begun - 1]()
    return Case("test")


def fail_with(kind, *words):
    def run():
        raise kind(*words)
    return run


LATE = fail_with(Timeout, "not within 5 s: a commit\nand more")
VERDICT = fail_with(AssertionError, "two writers")


class LateOnce(unittest.TestCase):
    def judge(self, test):
        """(result, lines that were printed, attempts) of a test."""
        result, said = unittest.TestResult(), io.StringIO()
        with contextlib.redirect_stdout(said):
            test.run(result)
        self.assertEqual(result.testsRun, 1)
        return result, said.getvalue().splitlines(), type(test).begun

    def test_a_good_test_runs_once(self):
        result, said, attempts = self.judge(case(None))
        self.assertEqual((result.wasSuccessful(), said, attempts), (True, [], 1))

    def test_a_wait_that_ran_out_is_tried_once_more_and_said(self):
        for kind, words, line in ((Timeout, ["not within 5 s: a commit\nand more"], "not within 5 s: a commit"),
                                  (TimeoutError, ["timed out"], "timed out"), (TimeoutError, [], "TimeoutError"),
                                  (subprocess.TimeoutExpired, ["status", 30],
                                   "Command 'status' timed out after 30 seconds")):
            with self.subTest(line=line):
                test = case(fail_with(kind, *words), None)
                result, said, attempts = self.judge(test)
                self.assertTrue(result.wasSuccessful())
                self.assertEqual(attempts, 2)
                self.assertEqual(said, [f"LATE: {test.id()}: {line}; tried once more"])

    def test_the_second_time_it_fails(self):
        result, said, attempts = self.judge(case(LATE, LATE, None))
        self.assertEqual((len(result.failures), len(said), attempts), (1, 1, 2))
        self.assertIn("not within 5 s: a commit", result.failures[0][1])

    def test_a_verdict_is_never_tried_again(self):
        for kind in (AssertionError, ConnectionRefusedError, KeyError):
            with self.subTest(kind=kind):
                result, said, attempts = self.judge(case(fail_with(kind, "wrong"), None))
                self.assertEqual((len(result.failures + result.errors), said, attempts), (1, [], 1))

    def test_a_verdict_at_the_end_of_a_late_test_counts(self):
        result, said, attempts = self.judge(case(LATE, None, tear_down=(VERDICT, None)))
        self.assertEqual((len(result.failures), said, attempts), (2, [], 1))

    def test_a_verdict_of_the_second_attempt_counts(self):
        result, _, attempts = self.judge(case(LATE, VERDICT))
        self.assertEqual((len(result.failures), attempts), (1, 2))

    def test_a_wait_that_ran_out_over_a_verdict_is_a_verdict(self):
        def both():
            try:
                VERDICT()
            finally:
                LATE()
        result, _, attempts = self.judge(case(both, None))
        self.assertEqual((len(result.failures), attempts), (1, 1))

    def test_a_late_beginning_and_a_late_end_are_tried_once_more(self):
        for place in ("set_up", "tear_down"):
            with self.subTest(place=place):
                result, said, attempts = self.judge(case(None, None, **{place: (LATE, None)}))
                self.assertEqual((result.wasSuccessful(), len(said), attempts), (True, 1, 2))

    def test_a_late_subtest_is_tried_once_more_and_a_wrong_one_is_not(self):
        def within(run):
            def part():
                with test.subTest("part"):
                    run()
            return part
        for run, expected in ((LATE, (True, 2)), (VERDICT, (False, 1))):
            test = case(within(run), None)
            result, _, attempts = self.judge(test)
            self.assertEqual((result.wasSuccessful(), attempts), expected)

    def test_a_late_attempt_counts_as_failed_for_what_is_cleaned_up_after_it(self):
        test = case(LATE, None)
        self.judge(test)
        self.assertEqual(type(test).failures, [True, False])

    def test_a_skipped_test_stays_skipped(self):
        result, _, attempts = self.judge(case(fail_with(unittest.SkipTest, "no root")))
        self.assertEqual((len(result.skipped), attempts), (1, 1))

    def test_what_a_class_shares_is_opened_once_more(self):
        opened, cleaned, said = [], [], io.StringIO()

        def attempt(error):
            opened.append(error)
            if len(opened) == 1:
                raise error
            return "open"
        with contextlib.redirect_stdout(said):
            self.assertEqual(late.twice("Case", lambda: attempt(Timeout("no answer")), lambda: cleaned.append(1)),
                             "open")
        self.assertEqual((said.getvalue(), cleaned), ("LATE: Case: no answer; tried once more\n", [1]))
        opened.clear()
        with self.assertRaises(AssertionError):
            late.twice("Case", lambda: attempt(AssertionError("two writers")))
        self.assertEqual(len(opened), 1)


if __name__ == "__main__":
    unittest.main(verbosity=2)
