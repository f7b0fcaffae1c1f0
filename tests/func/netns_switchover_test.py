#!/usr/bin/python3
"""Planned switchover under load: no acknowledged commit is lost, one site writes at a time, and an abort leaves the old
writer writing."""
import signal
import threading
import unittest

from harness import FLIP_BOUND, POOL, PROMOTE_WAIT, now, wait_until
from netns import oracle
from netns.case import NetnsCase


class Command:
    """A `sitecheck switchover` that runs beside the test."""

    def __init__(self, site, *words):
        self.done = None
        self._thread = threading.Thread(target=self._run, args=(site, words), daemon=True)
        self._thread.start()

    def _run(self, site, words):
        self.done = site.command("switchover", POOL, *words, "--reason", "test", within=60)

    def wait(self):
        """The finished command."""
        self._thread.join(60)
        return self.done


class Switchover(NetnsCase):
    def switch(self, *words):
        return self.active.command("switchover", POOL, "--to", self.standby.name, *words, "--reason", "test", within=60)

    def assert_nothing_lost(self, old, new):
        """Every commit that `old` acknowledged is at `new`."""
        rows = [row["id"] for row in new.mysql.run(f"SELECT id FROM shop.orders WHERE site = {old.number}")]
        self.assertEqual(oracle.lost(old.commits.since(self.started), rows), [])

    def lag_behind(self, site):
        """Replication at `site` cannot apply what it receives, until the connection that is returned is closed."""
        self.wait_ready()
        holder = site.mysql.connect()
        self.addCleanup(lambda: holder.open and holder.close())
        with holder.cursor() as cursor:
            cursor.execute("LOCK TABLES shop.orders READ")
        return holder

    def wait_ready(self):
        """Nothing stands against a switchover: a target that was restarted just now is not taken."""
        wait_until(lambda: self.switch("--dry-run").returncode == 0, "nothing stands against a switchover", 20)

    def wait_draining(self):
        return wait_until(lambda: self.active.state() == "DRAINING", "the old writer drains", 10, every=0.002)

    def test_it_moves_the_writer_and_loses_nothing(self):
        for _ in range(3):
            self.wait_ready()
            start = now()
            done = self.switch()
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            self.wait_flip(self.standby, start, FLIP_BOUND)
            gap = oracle.gap([c for c in self.active.commits.commits()], self.standby.commits.since(start))
            print(f"    nobody wrote for {gap * 1000:.0f} ms", flush=True)
            self.assert_nothing_lost(self.active, self.standby)
            self.check()
            self.active, self.standby = self.settle()

    def test_a_dry_run_moves_nobody(self):
        done = self.switch("--dry-run")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assert_writes_stay(self.active, 1)
        self.assertEqual(self.active.pool()["epoch"], self.epoch)

    def test_to_nobody_is_refused(self):
        self.assertNotEqual(self.active.command("switchover", POOL, "--to", "atlantis", "--reason", "test").returncode, 0)
        self.assert_writes_stay(self.active, 1)

    def test_a_target_that_does_not_catch_up_leaves_the_old_writer_writing(self):
        holder = self.lag_behind(self.standby)
        start = now()
        done = self.switch()
        self.assertNotEqual(done.returncode, 0)
        self.active.commits.wait_commit(within=5)
        self.assertEqual(self.standby.commits.since(start), [])
        holder.close()
        self.assertEqual(self.active.pool()["epoch"], self.epoch)

    def killed_midway(self, kill):
        """The target dies while the old writer drains for it."""
        self.lag_behind(self.standby)
        start = now()
        command = Command(self.active, "--to", self.standby.name)
        self.wait_draining()
        kill()
        self.assertNotEqual(command.wait().returncode, 0)
        self.active.commits.wait_commit(within=2 * PROMOTE_WAIT)
        self.assertEqual(self.standby.commits.since(start), [])
        self.check()

    def test_a_target_whose_database_dies_midway(self):
        self.killed_midway(self.standby.mysql.process.kill)

    def test_a_target_whose_sitecheck_dies_midway(self):
        self.killed_midway(self.standby.sitecheck.kill)

    def test_a_target_whose_host_dies_midway(self):
        self.killed_midway(self.standby.kill)

    def test_a_target_that_is_cut_off_midway(self):
        self.killed_midway(lambda: self.world.flood(self.standby.number))

    def test_a_target_that_freezes_midway(self):
        self.killed_midway(lambda: self.standby.sitecheck.signal(signal.SIGSTOP))

    def test_a_target_that_dies_at_any_moment_loses_nothing_that_was_acknowledged(self):
        # From the command's start to well past its end: before the release the old writer goes on, after it the epoch
        # has moved and the old site takes the writer back like after any crash.
        for delay in (0.005, 0.02, 0.05, 0.1, 0.2):
            self.wait_ready()
            command = Command(self.active, "--to", self.standby.name)
            self.pass_time(delay)
            self.standby.sitecheck.kill()
            command.wait()
            self.check()
            before, old, target = now(), self.active, self.standby
            self.active, self.standby = self.settle()
            self.assertGreater(self.active.commits.commits()[-1].acknowledged, before)
            for site, other in ((old, target), (target, old)):
                rows = [row["id"] for row in self.active.mysql.run("SELECT id FROM shop.orders")]
                self.assertEqual(oracle.lost([c for c in site.commits.since(self.started) if c.acknowledged < before],
                                             rows), [], f"acknowledged at {site.name}, {other.name} the other")

    def test_an_old_writer_that_dies_midway_is_replaced(self):
        holder = self.lag_behind(self.standby)
        command = Command(self.active, "--to", self.standby.name)
        self.wait_draining()
        start = now()
        self.active.kill()
        holder.close()
        self.wait_flip(self.standby, start, FLIP_BOUND + 1)
        command.wait()


if __name__ == "__main__":
    unittest.main(verbosity=2)
