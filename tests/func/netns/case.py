"""A test case whose tests share one cluster in namespaces, each from a healthy start to a healthy end.

The oracle looks over every test: acknowledged commits of two sites never overlap, no dnsd turns back or names two
writers, and after the faults are gone exactly one site is ACTIVE and every dnsd answers it.
"""
import sys
import tempfile
import time
import unittest

import harness
import late
from harness import now
from netns import health, namespace, oracle
from netns.cluster import Cluster


class NetnsCase(late.LateOnce):
    """`settings`: of every site (contrib/cluster/config.py). `relays`: do the name servers relay? `sites`: how many.
    `databases`: do they stand on hosts of their own?"""

    maxDiff = None
    settings = {}
    relays = True
    sites = 2
    databases = False
    cluster = None
    broken = False  # a test left the cluster in a state that the next one must not start from

    @classmethod
    def setUpClass(cls):
        try:
            namespace.require()
        except namespace.Unavailable as error:
            print(f"netns: skipped: {error}", flush=True)
            raise unittest.SkipTest(str(error)) from error
        late.twice(f"{cls.__module__}.{cls.__qualname__}", cls.open, cls.tearDownClass)

    @classmethod
    def open(cls):
        """A new cluster, with its first answer."""
        cls.cluster = Cluster(tempfile.mkdtemp(prefix="wideip-"), harness.PROGRAMS, harness.TEMPLATE, cls.settings,
                              cls.relays, cls.sites, cls.databases)
        try:
            cls.prepare(cls.cluster)
            cls.cluster.start()
        except BaseException:
            print(cls.cluster.logs(), file=sys.stderr)
            cls.cluster.remove()
            raise
        cls.broken = False

    @classmethod
    def prepare(cls, cluster):
        """Changes what each site has of its own before anything is written or started. For tests that need it."""

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
        try:
            self.active, self.standby = self.settle()
            self.epoch = self.active.pool()["epoch"]
        except BaseException:
            self.check()
            raise

    def tearDown(self):
        try:
            self.settle()
        finally:
            self.check()  # a verdict, if there is one, whatever ran out

    def _report(self):
        """After a failure the logs are printed and kept, and the cluster is renewed."""
        if self.failed:
            type(self).broken = True
            harness.keep(self.cluster, self.id())

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

    def assert_closed(self, site, start, within):
        """The last commit at `site` was acknowledged less than `within` after `start`. (Whether it was in time for
        safety is the oracle's to say: a fence that a busy machine held up is late.)"""
        took = self.last_commit(site) - start
        print(f"    {site.name}: last commit {took:.2f} s after the fault", flush=True)
        if took >= within:
            raise harness.Timeout(f"{site.name} was not closed within {within:.2f} s: its last commit is at {took:.2f} s")

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
