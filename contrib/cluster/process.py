"""A child process with its log: started, watched for its `ready` line, signalled and ended by its pid."""
import ctypes
import os
import shlex
import signal
import subprocess
import time

from cluster.wait import wait_until

_libc = ctypes.CDLL(None, use_errno=True)
_PR_SET_PDEATHSIG = 1


def _die_with_parent():
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


_MARK = "WIDEIP_STARTED_BY"


def mark_children():
    """What is started from here on, by whatever way, is found by end_marked()."""
    os.environ[_MARK] = f"{os.getpid()}.{time.monotonic_ns()}"


def end_marked():
    """Kills what mark_children() marked and is still there, children of children too, until none is left."""
    mark = f"{_MARK}={os.environ.get(_MARK)}".encode()
    clean = 0
    while clean < 3:  # a process that is just being executed has no environment for a moment
        found = []
        for pid in map(int, filter(str.isdigit, os.listdir("/proc"))):
            try:
                with open(f"/proc/{pid}/environ", "rb") as file:
                    if pid != os.getpid() and mark in file.read().split(b"\0"):
                        found.append(pid)
            except OSError:
                continue
        clean = 0 if found else clean + 1
        for pid in found:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        time.sleep(0.01)


class Process:
    """`command` with its output in `log`.

    Started from the main thread only: when that thread ends, in whatever way, the kernel kills the child
    (PR_SET_PDEATHSIG), so that nothing is left behind.
    """

    def __init__(self, name, command, log, env=None):
        self.name = name
        self.command = [str(word) for word in command]
        self.log = log
        self.env = env
        self.keep = ()  # descriptors that the child inherits
        self._child = None
        self._read_from = 0

    @property
    def pid(self):
        return self._child.pid if self._child else None

    def start(self):
        """Starts it (again); the log goes on."""
        with open(self.log, "ab") as log:
            self._read_from = log.tell()
            log.write(f"--- {shlex.join(self.command)}\n".encode())
            log.flush()
            self._child = subprocess.Popen(  # pylint: disable=consider-using-with
                self.command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, start_new_session=True,
                preexec_fn=_die_with_parent, env=self.env, pass_fds=self.keep)
        return self

    def output(self):
        """What it wrote since its last start."""
        with open(self.log, "rb") as log:
            log.seek(self._read_from)
            return log.read().decode(errors="replace")

    def wait_ready(self, within=30.0):
        """Its `ready …` line, once it has printed one. A process that ended instead is an error."""
        def line():
            found = [text for text in self.output().splitlines() if text.startswith("ready")]
            if not found and not self.running():
                raise RuntimeError(f"{self.name} ended with status {self._child.returncode}:\n{self.output()[-2000:]}")
            return found and found[0]
        return wait_until(line, f"{self.name} is ready", within)

    def running(self):
        return self._child is not None and self._child.poll() is None

    def signal(self, number):
        if self.running():
            os.kill(self._child.pid, number)

    def kill(self):
        """kill -9, and waits for the end."""
        self.signal(signal.SIGKILL)
        if self._child:
            self._child.wait()

    def stop(self, within=10.0):
        """Asks it to end, waits, and kills it if it does not. Returns its exit status (None if never started)."""
        if not self._child:
            return None
        self.signal(signal.SIGTERM)
        self.signal(signal.SIGCONT)
        try:
            return self._child.wait(within)
        except subprocess.TimeoutExpired:
            self.kill()
            return self._child.returncode
