"""What a slow machine may excuse, and what nothing excuses.

A *wait that ran out* says that something did not come in time: perhaps it never would, perhaps the machine was busy. Such
a test runs once more, from a fresh cluster, and one line says so:

    LATE: <test>: <message>; tried once more

Everything else a test says is a *verdict*: two writers, an epoch that fell, a wrong answer. A verdict is never tried
again, and one that is found while the late test is taken down counts as if nothing had been late.
"""
import subprocess
import unittest

from cluster.wait import Timeout

# wait_until, a socket's timeout, and a command that did not end.
RAN_OUT = (Timeout, TimeoutError, subprocess.TimeoutExpired)


def only_late(error):
    """Is `error` a wait that ran out, and not one that came while a verdict was on its way?"""
    if not isinstance(error, RAN_OUT):
        return False
    while error := error.__context__:
        if isinstance(error, AssertionError) and not isinstance(error, RAN_OUT):
            return False
    return True


def say(name, error):
    """The line of a wait that ran out."""
    text = (str(error).strip() or type(error).__name__).splitlines()[0]
    print(f"LATE: {name}: {text}; tried once more", flush=True)


def twice(name, attempt, clean_up=lambda: None):
    """`attempt()`; if a wait ran out in it, `clean_up()` and `attempt()` once more."""
    try:
        return attempt()
    except RAN_OUT as error:
        if not only_late(error):
            raise
        say(name, error)
    clean_up()
    return attempt()


class _Attempt:
    """A unittest result that keeps back the waits that ran out, and passes everything else on to `result`."""

    def __init__(self, result, begun):
        self._result, self._begun = result, begun  # `begun`: `result` knows that the test has started
        self.waits = []  # (how to tell the result, test, exc_info)
        self.verdict = False

    def __getattr__(self, name):
        return getattr(self._result, name)

    def startTest(self, test):  # pylint: disable=invalid-name
        if not self._begun:
            self._result.startTest(test)

    def stopTest(self, test):  # pylint: disable=invalid-name
        """The last attempt's end is the test's: LateOnce tells it."""

    def addFailure(self, test, error):  # pylint: disable=invalid-name
        self._add(self._result.addFailure, test, error)

    def addError(self, test, error):  # pylint: disable=invalid-name
        self._add(self._result.addError, test, error)

    def addSubTest(self, test, subtest, error):  # pylint: disable=invalid-name
        if error is None:
            self._result.addSubTest(test, subtest, error)
        else:
            self._add(lambda _, found: self._result.addSubTest(test, subtest, found), test, error)

    def _add(self, tell, test, error):
        if only_late(error[1]):
            self.waits.append((tell, test, error))
        else:
            self.verdict = True
            tell(test, error)

    @property
    def failed(self):
        return bool(self.verdict or self.waits)

    def tell_waits(self):
        """They fail the test after all."""
        for tell, test, error in self.waits:
            tell(test, error)


class LateOnce(unittest.TestCase):
    """A test case whose tests run once more if all that went wrong is that a wait ran out. setUp makes, or must be able
    to make, a fresh start after a failure."""

    _attempt = None

    def run(self, result=None):
        if result is None:  # as by TestCase.debug() and by hand
            return super().run(result)
        try:
            attempt = self._try(result, False)
            if attempt.waits and not attempt.verdict:
                say(self.id(), attempt.waits[0][2][1])
                attempt = self._try(result, True)
            attempt.tell_waits()
        finally:
            result.stopTest(self)
        return result

    def _try(self, result, again):
        self._attempt = _Attempt(result, again)
        super().run(self._attempt)
        return self._attempt

    @property
    def failed(self):
        """Has anything gone wrong in this attempt so far, late or not?"""
        return self._attempt is not None and self._attempt.failed
