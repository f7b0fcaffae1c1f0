"""What every functional test shares: a cluster of real programs for each test, writers that keep a log of their
commits, and reports when a test fails. Tests wait for events (wait_until), never for luck."""
import os
import shutil
import signal  # noqa: F401
import subprocess
import sys
import tempfile
import threading
import time

ROOT = os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
sys.path.insert(0, os.path.join(ROOT, "contrib"))

import pymysql  # noqa: E402
from cluster import dns  # noqa: E402,F401  pylint: disable=unused-import
from cluster.cluster import NAME, POOL, Cluster  # noqa: E402,F401  pylint: disable=unused-import
from cluster.wait import Timeout, now, wait_until  # noqa: E402,F401  pylint: disable=unused-import
from late import LateOnce  # noqa: E402

BUILD = os.path.abspath(os.environ.get("WIDEIP_BUILD", os.path.join(ROOT, "build")))
PROGRAMS = os.path.join(BUILD, "bin")
TEMPLATE = os.path.join(BUILD, "func", "template")

# The lan preset, seconds (protocol.md section 4).
LEASE, GUARD_TICK, FENCE_BOUND, PROMOTE_WAIT = 2.0, 0.05, 0.6, 3.3
# Default settings: from the kill of the writer to the other site's address at every dnsd.
FLIP_BOUND = 5.0


def keep(cluster, name):
    """Prints the ends of the logs, and keeps the folder, without the data, under build/func/failed."""
    print(cluster.logs(), file=sys.stderr)
    kept = os.path.join(BUILD, "func", "failed", name)
    shutil.rmtree(kept, ignore_errors=True)
    shutil.copytree(cluster.folder, kept, ignore=lambda _, names: [
        name for name in names if name in ("data", "template") or name.endswith(".sock")])


class ClusterCase(LateOnce):
    """A test with a cluster of its own in self.cluster, started and with its first answer in self.active."""

    maxDiff = None
    autostart = True

    def setUp(self):
        self.cluster = Cluster(tempfile.mkdtemp(prefix="wideip-"), PROGRAMS, TEMPLATE)
        self.addCleanup(self._close)
        self.active = self.standby = None
        self.configure(self.cluster)
        if self.autostart:
            self.active = self.cluster.start()
            self.standby = self.cluster.other(self.active)

    def configure(self, cluster):
        """Changes `settings` of sites and servers before anything is written. For tests that need it."""

    def _close(self):
        """Stops and removes the cluster; after a failure its logs are printed and kept under build/func/failed."""
        self.cluster.stop()
        if self.failed:
            keep(self.cluster, self.id())
        self.cluster.remove()

    def assert_holds(self, predicate, what, seconds):
        """`predicate` stays true for `seconds`: for what must not happen."""
        until = now() + seconds
        while now() < until:
            self.assertTrue(predicate(), f"{what} ceased to hold")
            time.sleep(0.02)

    def assert_answer_stays(self, site, seconds):
        """Every dnsd answers `site` and nothing else for `seconds`."""
        self.assert_holds(lambda: all(server.answer() == [site.address] for server in self.cluster.servers),
                          f"the answer {site.name}", seconds)

    def assert_one_writer(self, writers, switches):
        """The log of acknowledged commits shows no more than `switches` changes of the site that wrote."""
        found = writers.switches()
        self.assertLessEqual(len(found), switches, f"two writers: {found}")


class Writers:
    """Clients that insert into both sites all the time, as fast as they are let, each knowing nothing of the other.

    Each acknowledged commit is logged as (site number, sent, acknowledged). What is refused is tried again.
    """

    # No test moves the writer as often; two writers at once alternate some hundred times a second.
    MOST_SWITCHES = 10

    def __init__(self, cluster, per_site=2):
        self.commits = []
        self._sites, self._stop, self._go, self._busy = cluster.sites, threading.Event(), threading.Event(), 0
        self._lock = threading.Lock()
        self._go.set()
        self._threads = [threading.Thread(target=self._write, args=(site, cluster.passwords["app"]), daemon=True)
                         for site in cluster.sites for _ in range(per_site)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        for thread in self._threads:
            thread.join(20)
        # Whatever ended the test, a wait that ran out above all: it is judged.
        if len(self.switches()) > self.MOST_SWITCHES:
            raise AssertionError(f"two writers: {self.switches()[:self.MOST_SWITCHES]}")

    def _write(self, site, password):
        while not self._stop.is_set():
            try:
                with site.mysql.connect("app", password, connect_timeout=1, read_timeout=10) as connection, \
                        connection.cursor() as cursor:
                    while not self._stop.is_set():
                        self._insert(site, cursor)
                        self._stop.wait(0.002)
            except (pymysql.MySQLError, OSError, ValueError):
                self._stop.wait(0.01)

    def _insert(self, site, cursor):
        if not self._go.wait(0.1):
            return
        with self._lock:
            self._busy += 1
        try:
            sent = now()
            cursor.execute("INSERT INTO shop.orders (site) VALUES (%s)", (site.number,))
            self.commits.append((site.number, sent, now()))
        finally:
            with self._lock:
                self._busy -= 1

    def pause(self):
        """No commit is under way from here on, and both sites hold the same rows, until resume().

        What is killed now loses nothing. (Replication is asynchronous: a kill in the middle may lose the last commits,
        and the old site then returns QUARANTINED, rightly.)
        """
        self._go.clear()
        wait_until(lambda: self._busy == 0, "the writers pause")
        count = "(SELECT COUNT(*) FROM shop.orders)"
        wait_until(lambda: self._sites[0].mysql.value(count) == self._sites[1].mysql.value(count), "both hold the same")

    def resume(self):
        self._go.set()

    def of(self, site):
        """The commits at one site, by the time of their acknowledgement."""
        return sorted((c for c in list(self.commits) if c[0] == site.number), key=lambda c: c[2])

    def wait_commit(self, site, within=30.0):
        """Waits for a commit at `site` that was sent from now on."""
        start = now()
        return wait_until(lambda: any(c[0] == site.number and c[1] > start for c in self.commits[-200:]),
                          f"a commit at {site.name}", within)

    def switches(self):
        """The longest provable alternation of sites, as the commits before and after each change.

        Commit a is before b for certain if a was acknowledged before b was sent. One writer that moves once gives one
        change; two writers at once give many.
        """
        return max((_alternation(sorted(self.commits, key=lambda c: c[2]), first) for first in (1, 2)), key=len)


def _alternation(commits, first):
    chain = [next((c for c in commits if c[0] == first), None)]
    if chain[0] is None:
        return []
    for commit in commits:
        if commit[0] != chain[-1][0] and commit[1] > chain[-1][2]:
            chain.append(commit)
    return list(zip(chain, chain[1:]))


def run(words, within=30):
    """Runs a program to its end, without standard input."""
    return subprocess.run([str(word) for word in words], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=within, check=False)
