"""A test case whose tests share one cluster in namespaces, each from a healthy start to a healthy end.

The oracle looks over every test: acknowledged commits of two sites never overlap, no dnsd turns back or names two
writers, and after the faults are gone exactly one site is ACTIVE and every dnsd answers it.
"""
import os
import shutil
import sys
import tempfile
import time
import unittest

import harness
from harness import now
from netns import health, namespace, oracle
from netns.cluster import Cluster


class NetnsCase(unittest.TestCase):
    """`settings`: of every site (contrib/cluster/config.py). `relays`: do the name servers relay?"""

    maxDiff = None
    settings = {}
    relays = True
    cluster = None
    broken = False  # a test left the cluster in a state that the next one must not start from

    @classmethod
    def setUpClass(cls):
        try:
            namespace.require()
        except namespace.Unavailable as error:
            print(f"netns: skipped: {error}", flush=True)
            raise unittest.SkipTest(str(error)) from error
        cls.open()

    @classmethod
    def open(cls):
        """A new cluster, with its first answer."""
        cls.cluster = Cluster(tempfile.mkdtemp(prefix="wideip-"), harness.PROGRAMS, harness.TEMPLATE, cls.settings,
                              cls.relays)
        try:
            cls.cluster.start()
        except BaseException:
            print(cls.cluster.logs(), file=sys.stderr)
            cls.cluster.remove()
            raise
        cls.broken = False

    @classmethod
    def tearDownClass(cls):
        if cls.cluster:
            cls.cluster.remove()

    def setUp(self):
        if type(self).broken:
            self.cluster.remove()
            self.open()
        self.addCleanup(self._report)
        self.world, self.started = self.cluster.world, now()
        self.active, self.standby = self.settle()
        self.epoch = self.active.pool()["epoch"]

    def tearDown(self):
        self.settle()
        self.check()

    def _report(self):
        """After a failure: the logs are printed and kept under build/func/failed, and the cluster is renewed."""
        result = self._outcome.result
        if not any(self in (test, getattr(test, "test_case", None)) for test, _ in result.failures + result.errors):
            return
        type(self).broken = True
        print(self.cluster.logs(), file=sys.stderr)
        kept = os.path.join(harness.BUILD, "func", "failed", self.id())
        shutil.rmtree(kept, ignore_errors=True)
        shutil.copytree(self.cluster.folder, kept, ignore=lambda _, names: [
            name for name in names if name in ("data", "template") or name.endswith(".sock")])

    def check(self):
        """The oracle, over everything that was written and answered so far."""
        self.assertEqual(oracle.overlaps([site.commits for site in self.cluster.sites]), [], "two writers")
        self.assertEqual(self.cluster.watch.faults, [])

    def settle(self, within=60.0):
        """The way back to health: netns/health.py."""
        return health.settle(self.cluster, within)

    # --- what tests say

    def wait_flip(self, site, start, within):
        """Every dnsd answers `site`, and it commits. Prints and returns how long that took since `start`."""
        self.cluster.wait_answer(site, within=within)
        answered = now() - start
        first = site.commits.wait_commit(within=5, start=start)
        print(f"    every dnsd answers {site.name} {answered:.2f} s after the fault; first commit at "
              f"{first.acknowledged - start:.2f} s", flush=True)
        return answered

    def last_commit(self, site):
        """When the last commit at `site` was acknowledged."""
        return site.commits.commits()[-1].acknowledged

    def assert_writes_stay(self, site, seconds):
        """For `seconds` every dnsd answers `site`, which commits; no other site does; the epoch stays."""
        start, epoch = now(), site.pool()["epoch"]
        while now() - start < seconds:
            for server in self.cluster.servers:
                self.assertEqual(server.answer(), [site.address])
            site.commits.wait_commit(within=5)
        for other in self.cluster.others(site):
            self.assertEqual(other.commits.since(start), [])
        self.assertEqual((site.state(), site.pool()["epoch"]), ("ACTIVE", epoch))

    @staticmethod
    def pass_time(seconds):
        """For what must not happen meanwhile."""
        time.sleep(seconds)

    def assert_nobody_writes(self, start, seconds):
        """No commit is sent and acknowledged at any site between `start` and `seconds` from now."""
        self.pass_time(seconds)
        for site in self.cluster.sites:
            self.assertEqual(site.commits.since(start), [], site.name)
