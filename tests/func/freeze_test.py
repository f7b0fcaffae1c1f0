#!/usr/bin/python3
"""Processes that hang: a frozen sitecheck is fenced by its guard, a frozen database is killed, and only then the other
site opens."""
import signal
import unittest

import harness
from harness import FENCE_BOUND, GUARD_TICK, LEASE, Writers, now, wait_until


class Freeze(harness.ClusterCase):
    @staticmethod
    def in_time(last):
        """Late is what a busy machine makes it; that nobody wrote at the other site before is the verdict."""
        if last >= LEASE + GUARD_TICK + FENCE_BOUND:
            raise harness.Timeout(f"the last commit came {last:.2f} s after sitecheck stopped")

    def test_the_guard_fences_a_frozen_site_before_the_other_promotes(self):
        with Writers(self.cluster) as writers:
            writers.wait_commit(self.active)
            frozen = now()
            self.active.sitecheck.signal(signal.SIGSTOP)
            self.cluster.wait_answer(self.standby, within=harness.FLIP_BOUND + 1)
            print(f"every dnsd answers {self.standby.name} {now() - frozen:.2f} s after the freeze")
            writers.wait_commit(self.standby, within=2)
            last = writers.of(self.active)[-1][2] - frozen
            print(f"last commit at the frozen site: {last:.2f} s after the freeze")
            self.in_time(last)
            self.assertGreater(writers.of(self.standby)[0][1], writers.of(self.active)[-1][2])

            self.active.sitecheck.signal(signal.SIGCONT)
            self.active.wait_state("STANDBY")
            self.assert_answer_stays(self.standby, 2)
        self.assert_one_writer(writers, switches=1)

    def test_a_killed_sitecheck_is_fenced_by_the_guard_too(self):
        with Writers(self.cluster) as writers:
            writers.wait_commit(self.active)
            killed = now()
            self.active.sitecheck.kill()
            self.cluster.wait_answer(self.standby, within=harness.FLIP_BOUND + 1)
            writers.wait_commit(self.standby, within=2)
            self.in_time(writers.of(self.active)[-1][2] - killed)
            self.active.sitecheck.start()
            self.active.wait_state("STANDBY")
            wait_until(lambda: self.active.pool()["eligible"], "the fenced site is eligible again")
        self.assert_one_writer(writers, switches=1)

    def test_a_killed_guard_that_returns_disturbs_nobody(self):
        epoch = self.active.pool()["epoch"]
        with Writers(self.cluster, per_site=1) as writers:
            self.active.guard.kill()
            self.active.guard.start()
            wait_until(lambda: self.active.pool()["guard"]["armed"], "the guard is armed again")
            self.assert_answer_stays(self.active, 3)
            writers.wait_commit(self.active)
        self.assertEqual(self.active.pool()["epoch"], epoch)

    def test_a_hung_database_is_killed_before_the_other_promotes(self):
        with Writers(self.cluster) as writers:
            writers.wait_commit(self.active)
            writers.pause()
            hung = now()
            self.active.mysql.process.signal(signal.SIGSTOP)
            writers.resume()
            self.cluster.wait_answer(self.standby, within=harness.FLIP_BOUND)
            print(f"every dnsd answers {self.standby.name} {now() - hung:.2f} s after the database hung")
            self.assertFalse(self.active.mysql.process.running())
            writers.wait_commit(self.standby, within=2)
            self.active.mysql.start()
            self.active.wait_state("STANDBY")
            self.assert_answer_stays(self.standby, 2)
        self.assert_one_writer(writers, switches=1)


if __name__ == "__main__":
    unittest.main(verbosity=2)
