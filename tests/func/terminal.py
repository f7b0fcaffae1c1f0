"""A real terminal for a program: a pseudo-terminal that a test reads and types at."""
import fcntl
import os
import pty
import select
import struct
import subprocess
import termios

from harness import now

WITHIN = 30


class Terminal:
    """A program at a terminal of `size` (rows, columns)."""

    def __init__(self, words, size=(40, 150), **environment):
        self.master, self.slave = pty.openpty()
        self.resize(*size)
        self.before = termios.tcgetattr(self.slave)
        self.seen = b""
        env = {"PATH": os.environ["PATH"], "TERM": "xterm", **environment}
        self.child = subprocess.Popen(words, stdin=self.slave, stdout=self.slave, stderr=self.slave, env=env,
                                      preexec_fn=self._own)  # pylint: disable=subprocess-popen-preexec-fn

    @staticmethod
    def _own():
        """The terminal is that of a session of its own, so that Ctrl-C reaches this program alone."""
        os.setsid()
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)

    def resize(self, rows, columns):
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def read(self):
        while select.select([self.master], [], [], 0)[0]:
            self.seen += os.read(self.master, 65536)

    def wait_for(self, what, count=1):
        """Until `what` was seen so often since the last forget()."""
        end = now() + WITHIN
        while self.seen.count(what) < count:
            left = end - now()
            if left <= 0 or not select.select([self.master], [], [], left)[0]:
                raise AssertionError(f"{what!r} was not shown {count} times: {self.seen!r}")
            self.seen += os.read(self.master, 65536)

    def forget(self):
        self.seen = b""

    def type(self, keys):
        os.write(self.master, keys)

    def end(self):
        """Its exit status, once it is over and all that it wrote is read."""
        status = self.child.wait(WITHIN)
        self.read()
        return status

    def close(self):
        if self.child.poll() is None:
            self.child.kill()
            self.child.wait()
        os.close(self.master)
        os.close(self.slave)
