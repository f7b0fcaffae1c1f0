#!/usr/bin/python3
"""The guard of kind nft: the kernel itself closes the writer to its clients when the permit ends, with no process left
that could."""
import signal
import subprocess
import unittest

from harness import FENCE_BOUND, FLIP_BOUND, GUARD_TICK, LEASE, now, wait_until
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


    def test_a_guard_that_is_reloaded_lets_pass_whom_the_file_names_and_breaks_no_connection(self):
        site, mysql = self.active, self.active.mysql
        passed = "192.0.2.77"
        before = site.settings["guard"]
        sessions = {row["id"] for row in mysql.run("SELECT id FROM information_schema.processlist WHERE user = 'app'")}
        try:
            site.settings["guard"] = before.replace("]", f", {passed}]")
            self.cluster.write_configs()
            done = site.command("reload")
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn("reload the guard", done.stdout)
            site.guard.signal(signal.SIGHUP)
            wait_until(lambda: passed in self.table(site), "the kernel lets it pass")
            self.assert_writes_stay(site, 1)
            now_there = {row["id"] for row in mysql.run("SELECT id FROM information_schema.processlist WHERE user = 'app'")}
            self.assertTrue(sessions & now_there, "the writer's client kept its connection")
        finally:
            site.settings["guard"] = before
            self.cluster.write_configs()
        self.assertEqual(site.command("reload").returncode, 0)
        site.guard.signal(signal.SIGHUP)
        wait_until(lambda: passed not in self.table(site), "and no longer")
        self.assertEqual((site.state(), site.pool()["epoch"]), ("ACTIVE", self.epoch))

    @staticmethod
    def table(site):
        """What the kernel has of the guard."""
        done = subprocess.run([*site.namespace.prefix, "nft", "list", "table", "inet", "wideip_main"],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        return done.stdout


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
