#!/usr/bin/python3
"""The guard of kind nft: the kernel itself closes the writer to its clients when the permit ends, with no process left
that could."""
import signal
import unittest

from harness import FENCE_BOUND, FLIP_BOUND, GUARD_TICK, LEASE, now
from netns import oracle
from netns.case import NetnsCase


class Nft(NetnsCase):
    settings = {"guard": "nft, allow: [10.9.0.0/24]"}

    def test_frozen_sitecheck_and_guard_leave_one_writer(self):
        start = now()
        for process in (self.active.sitecheck, self.active.guard):
            process.signal(signal.SIGSTOP)
        self.wait_flip(self.standby, start, FLIP_BOUND + 1)
        self.assert_closed(self.active, start, LEASE + GUARD_TICK + FENCE_BOUND)
        self.check()

    def test_killed_sitecheck_and_guard_leave_one_writer(self):
        start = now()
        for process in (self.active.guard, self.active.sitecheck):
            process.kill()
        self.wait_flip(self.standby, start, FLIP_BOUND + 1)
        self.check()

    def test_a_frozen_sitecheck_is_fenced(self):
        start = now()
        self.active.sitecheck.signal(signal.SIGSTOP)
        self.wait_flip(self.standby, start, FLIP_BOUND + 1)
        self.assert_closed(self.active, start, LEASE + GUARD_TICK + FENCE_BOUND)

    def test_a_killed_mysqld_is_replaced(self):
        start = now()
        self.active.mysql.process.kill()
        self.wait_flip(self.standby, start, FLIP_BOUND)

    def test_an_active_site_that_is_cut_off_whole_fences_itself(self):
        start = now()
        self.world.flood(self.active.number)
        self.wait_flip(self.standby, start, FLIP_BOUND + 1)
        self.assert_closed(self.active, start, LEASE + GUARD_TICK + FENCE_BOUND)


class Privileged(NetnsCase):
    """Clients with READ_ONLY ADMIN, which MariaDB's read_only does not bind; the packet filter does (section 6)."""

    settings = Nft.settings

    @classmethod
    def open(cls):
        super().open()
        for site in cls.cluster.sites:
            site.mysql.run("SET SESSION sql_log_bin = 0", "GRANT READ ONLY ADMIN ON *.* TO app@'%'")
            site.writer.kill()  # privileges are those of the connection's begin

    def check(self):
        """Times only: from the moment at which a promotion arms its guard these clients write, before the epoch row."""
        found = oracle.overlaps([site.commits for site in self.cluster.sites])
        self.assertEqual([(one, other) for one, other in found if one is not other], [])
        self.assertEqual(self.cluster.watch.faults, [])

    def test_they_are_closed_with_the_permit(self):
        self.active.commits.wait_commit(5)
        start = now()
        self.world.flood(self.active.number)
        self.wait_flip(self.standby, start, FLIP_BOUND + 1)
        self.assert_closed(self.active, start, LEASE + GUARD_TICK + FENCE_BOUND)
        self.check()

    def test_they_are_closed_with_nobody_left_to_close_them(self):
        start = now()
        for process in (self.active.sitecheck, self.active.guard):
            process.signal(signal.SIGSTOP)
        self.wait_flip(self.standby, start, FLIP_BOUND + 1)
        self.assert_closed(self.active, start, LEASE + GUARD_TICK + FENCE_BOUND)
        self.check()


if __name__ == "__main__":
    unittest.main(verbosity=2)
