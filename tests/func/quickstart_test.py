#!/usr/bin/python3
"""The quickstart tells its story, ends on Ctrl-C and leaves nothing behind."""
import os
import signal
import subprocess
import sys
import tempfile
import unittest

import harness
from harness import wait_until
from late import LateOnce


def processes_of(folder):
    """Command lines of running processes that name `folder`."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                line = file.read().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if folder in line:
            found.append(line)
    return found


class Quickstart(LateOnce):
    def setUp(self):
        self.build = tempfile.mkdtemp(prefix="wideip-")
        os.symlink(harness.PROGRAMS, os.path.join(self.build, "bin"))
        self.addCleanup(harness.shutil.rmtree, self.build, True)

    def start(self, *arguments):
        with open(os.path.join(self.build, "output"), "wb") as output:
            child = subprocess.Popen(
                [sys.executable, "-B", "-m", "cluster.quickstart", *arguments], cwd=harness.ROOT, stdout=output,
                stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                env={**os.environ, "PYTHONPATH": "contrib", "WIDEIP_BUILD": self.build})
        self.addCleanup(lambda: child.poll() is None and child.kill())
        return child

    def output(self):
        with open(os.path.join(self.build, "output"), encoding="utf-8") as file:
            return file.read()

    def nothing_is_left(self):
        # Those that were killed are gone as soon as the kernel has cleaned up after them.
        wait_until(lambda: processes_of(os.path.join(self.build, "quickstart")) == [], "every process is gone", 5)
        left = sorted(os.listdir(self.build))
        self.assertEqual(left, ["bin", "output", "quickstart.lock"], self.output())

    def test_check_goes_through_the_story(self):
        status = self.start("--check").wait(120)
        print(self.output())
        self.assertEqual(status, 0)
        self.assertIn("all of it held", self.output())
        self.nothing_is_left()

    def test_ctrl_c_ends_it_and_a_second_one_is_refused_meanwhile(self):
        child = self.start()
        wait_until(lambda: "Ctrl-C stops everything" in self.output() or child.poll() is not None, "it is up", 60)
        self.assertIsNone(child.poll(), self.output())
        self.assertGreaterEqual(len(processes_of(os.path.join(self.build, "quickstart"))), 8)
        second = harness.run(["env", "PYTHONPATH=contrib", f"WIDEIP_BUILD={self.build}", sys.executable, "-B", "-m",
                              "cluster.quickstart"])
        self.assertEqual(second.returncode, 1)
        child.send_signal(signal.SIGINT)
        self.assertEqual(child.wait(30), 0, self.output())
        self.nothing_is_left()

    def test_ctrl_c_while_it_starts_leaves_nothing(self):
        child = self.start()
        wait_until(lambda: "configurations are written" in self.output(), "it begins", 60)
        child.send_signal(signal.SIGINT)
        child.wait(30)
        self.nothing_is_left()


if __name__ == "__main__":
    unittest.main(verbosity=2)
