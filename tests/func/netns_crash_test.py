#!/usr/bin/python3
"""Processes and hosts that die, hang and freeze, with real databases on hosts of their own."""
import signal
import unittest

from harness import FENCE_BOUND, FLIP_BOUND, GUARD_TICK, LEASE, PROMOTE_WAIT, now, wait_until
from netns.case import NetnsCase


class Crash(NetnsCase):
    def test_a_killed_mysqld_is_replaced(self):
        start = now()
        self.active.mysql.process.kill()
        self.wait_flip(self.standby, start, FLIP_BOUND)

    def test_a_hung_mysqld_is_killed_before_the_other_opens(self):
        start = now()
        self.active.mysql.process.signal(signal.SIGSTOP)
        self.wait_flip(self.standby, start, FLIP_BOUND)
        self.assertFalse(self.active.mysql.process.running())

    def test_a_lost_host_is_replaced_by_substitution(self):
        start = now()
        self.active.kill()
        self.wait_flip(self.standby, start, FLIP_BOUND)

    def test_a_lost_standby_host_that_returns_disturbs_nobody(self):
        self.standby.kill()
        self.assert_writes_stay(self.active, 2 * PROMOTE_WAIT)
        self.world.heal()
        self.standby.start_missing()
        self.standby.wait_state("STANDBY")
        self.assert_writes_stay(self.active, 1)

    def test_restarts_of_each_process_of_the_standby_disturb_nobody(self):
        for process in (self.standby.sitecheck, self.standby.guard, self.standby.mysql.process):
            for end in (process.kill, process.stop):
                end()
                self.assert_writes_stay(self.active, 0.5)
                process.start()
                self.assert_writes_stay(self.active, 1)
        self.assertEqual(self.active.pool()["epoch"], self.epoch)


class Freeze(NetnsCase):
    """SIGSTOP of each process, past the lease."""

    def test_a_frozen_sitecheck_is_fenced_by_its_guard(self):
        start = now()
        self.active.sitecheck.signal(signal.SIGSTOP)
        self.wait_flip(self.standby, start, FLIP_BOUND + 1)
        self.assert_closed(self.active, start, LEASE + GUARD_TICK + FENCE_BOUND)
        self.active.sitecheck.signal(signal.SIGCONT)
        self.active.wait_state("STANDBY", "QUARANTINED")
        self.assert_writes_stay(self.standby, 1)

    def test_a_frozen_guard_alone_moves_nobody(self):
        self.active.guard.signal(signal.SIGSTOP)
        wait_until(lambda: not self.active.pool()["guard"]["armed"], "the loss of the guard is seen", 10)
        self.assertEqual(self.standby.commits.since(self.started), [])

    def test_a_writer_without_a_guard_is_not_substituted_for(self):
        # A killed guard is seen and told to the peer; then sitecheck dies too, and nobody can close the database.
        self.active.guard.kill()
        wait_until(lambda: not self.active.pool()["guard"]["armed"], "the loss of the guard is seen", 10)
        self.active.commits.wait_commit()
        start = now()
        self.active.sitecheck.kill()
        self.pass_time(2 * PROMOTE_WAIT)
        self.assertEqual(self.standby.commits.since(start), [])
        self.active.commits.wait_commit(within=2)  # it writes on: closed by nobody, and nobody else opened

    def test_a_frozen_guard_and_a_frozen_sitecheck_that_wake_leave_one_writer(self):
        # Both halves of the fence are gone: mysqld would write on (protocol.md section 6 promises one writer only while
        # a fence works: the writer is therefore stopped as a whole host would be). What wakes first must end it before
        # mysqld wakes; a mysqld that does not answer is ended by SIGKILL.
        start = now()
        for process in (self.active.writer, self.active.mysql.process, self.active.guard, self.active.sitecheck):
            process.signal(signal.SIGSTOP)
        self.wait_flip(self.standby, start, FLIP_BOUND + 1)
        for process in (self.active.guard, self.active.sitecheck):
            process.signal(signal.SIGCONT)
        wait_until(lambda: not self.active.mysql.process.running(), "the woken guard has ended the frozen mysqld", 10)
        wait_until(lambda: self.active.state() != "ACTIVE", "the woken site knows that it is not the writer", 10)

    def test_a_frozen_dnsd_takes_up_where_the_others_are(self):
        server, start = self.cluster.servers[0], now()
        server.process.signal(signal.SIGSTOP)
        self.active.mysql.process.kill()
        self.standby.commits.wait_commit(within=FLIP_BOUND, start=start)
        server.process.signal(signal.SIGCONT)
        self.cluster.wait_answer(self.standby, within=2)

    def test_a_frozen_standby_is_nothing(self):
        for process in self.standby.processes:
            process.signal(signal.SIGSTOP)
        self.assert_writes_stay(self.active, PROMOTE_WAIT + LEASE)
        for process in self.standby.processes:
            process.signal(signal.SIGCONT)
        self.assert_writes_stay(self.active, 1)


if __name__ == "__main__":
    unittest.main(verbosity=2)
