"""Waiting for what must become true, and the clock that measures it."""
import os
import shutil
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


def remove_folder(path, within=10.0):
    """Removes `path`. A process that was killed may write there until the kernel has ended it: tried until it is gone."""
    start = now()
    while os.path.lexists(path):
        shutil.rmtree(path, ignore_errors=now() - start < within)
        if os.path.lexists(path):
            time.sleep(0.05)
