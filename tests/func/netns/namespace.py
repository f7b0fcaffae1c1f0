"""A network namespace: a host of its own for the processes and sockets that are put into it.

Names hold the pid of the test that made them, so that a later test can remove what a killed one left behind.
"""
import contextlib
import ctypes
import os
import subprocess

_CLONE_NEWNET = 0x40000000
_libc = ctypes.CDLL(None, use_errno=True)
_PREFIX = "wi"
_FOLDER = "/run/netns"


class Unavailable(Exception):
    """This machine does not let us make namespaces, links or filters; the text says what failed and what to do."""


def _run(words, text=None):
    done = subprocess.run(words, input=text, stdin=subprocess.DEVNULL if text is None else None,
                          capture_output=True, text=True, check=False)
    if done.returncode:
        raise OSError(f"{' '.join(words)}: {done.stderr.strip() or done.stdout.strip()}\n{text or ''}")
    return done.stdout


def ip(*lines):
    """Runs `ip` commands, one a line, in the namespace of the test itself. OSError names what failed."""
    _run(["ip", "-batch", "-"], "\n".join(lines) + "\n")


def remove_stale():
    """Deletes the namespaces of tests that are no more."""
    for name in os.listdir(_FOLDER) if os.path.isdir(_FOLDER) else []:
        pid = name[len(_PREFIX):].partition("-")[0]
        if name.startswith(_PREFIX) and pid.isdigit() and not os.path.exists(f"/proc/{pid}"):
            subprocess.run(["ip", "netns", "del", name], capture_output=True, check=False)


def require():
    """Raises Unavailable unless namespaces, veth links and nftables work here."""
    remove_stale()
    probe = None
    try:
        probe = Namespace("probe")
        probe.ip("link add veth-a type veth peer name veth-b")
        probe.nft("table inet probe { chain input { type filter hook input priority 0; ip saddr 192.0.2.1 drop; }; }")
    except OSError as error:
        what = str(error).strip().splitlines()[0]
        raise Unavailable(f"network namespaces do not work here ({what}): run as root, with iproute2 and nftables "
                          "installed") from error
    finally:
        if probe:
            probe.remove()


class Namespace:
    """Namespace `role` of this test process; its loopback is up."""

    def __init__(self, role):
        self.role, self.name = role, f"{_PREFIX}{os.getpid()}-{role}"
        self.path = os.path.join(_FOLDER, self.name)
        _run(["ip", "netns", "add", self.name])
        self._drops = {}
        self._made_table = False
        self.ip("link set lo up")

    def remove(self):
        """Deletes it, with its end of every link. Processes still in it keep it until they end."""
        subprocess.run(["ip", "netns", "del", self.name], capture_output=True, check=False)

    @property
    def prefix(self):
        """The words that make a command run in it, under the command's own pid."""
        return ["nsenter", f"--net={self.path}", "--"]

    def ip(self, *lines):
        """Runs `ip` commands, one a line, in it."""
        _run(["ip", "-n", self.name, "-batch", "-"], "\n".join(lines) + "\n")

    def nft(self, text):
        """Runs an nftables script in it, as one transaction."""
        _run([*self.prefix, "nft", "-f", "-"], text + "\n")

    @contextlib.contextmanager
    def entered(self):
        """The calling thread is in it: sockets that it makes belong there for good."""
        with open("/proc/thread-self/ns/net", "rb") as home, open(self.path, "rb") as there:
            _enter(there.fileno())
            try:
                yield self
            finally:
                _enter(home.fileno())

    def drop(self, name, *rules, hook="input"):
        """Drops what matches any of `rules` (nftables, without the verdict) at `hook`, until accept(name)."""
        self._drops[name] = (hook, rules)
        self._write_drops()

    def accept(self, name=None):
        """Ends the drops called `name`, or all of them."""
        if name is None:
            self._drops.clear()
        else:
            self._drops.pop(name, None)
        self._write_drops()

    def _write_drops(self):
        if not self._drops and not self._made_table:
            return
        chains = []
        for hook in ("input", "output", "forward"):
            lines = [f"    {rule} drop;" for at, rules in self._drops.values() for rule in rules if at == hook]
            chains.append(f"  chain {hook} {{ type filter hook {hook} priority -300;\n" + "\n".join(lines) + "\n  }")
        # The first line makes a table that may not be there, so that the second can always delete it.
        self.nft("table inet faults\ndelete table inet faults\ntable inet faults {\n" + "\n".join(chains) + "\n}")
        self._made_table = True


def _enter(descriptor):
    if _libc.setns(descriptor, _CLONE_NEWNET):
        error = ctypes.get_errno()
        raise OSError(error, f"setns: {os.strerror(error)}")
