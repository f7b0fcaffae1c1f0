"""Waiting for what must become true, and the clock that measures it."""
import time


def now():
    """Seconds on a clock that never jumps."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


class Timeout(AssertionError):
    """What was waited for did not come in time."""


def wait_until(predicate, what, within=30.0, every=0.01):
    """Asks `predicate` until it returns something true, and returns that.

    `what` names it in the Timeout that comes after `within` seconds, with the last exception or value seen. Errors of
    the outside world (refused connection, missing file) count as "not yet".
    """
    start = now()
    last = None
    while True:
        try:
            last = predicate()
            if last:
                return last
        except (OSError, LookupError, ValueError) as error:
            last = error
        if now() - start > within:
            raise Timeout(f"not within {within:g} s: {what}; last seen: {last!r}")
        time.sleep(every)
