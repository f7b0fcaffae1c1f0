#!/usr/bin/python3
"""Arbiter C: a real etcd beyond the router holds the lease of the writer."""
import unittest

from harness import FENCE_BOUND, GUARD_TICK, PROMOTE_WAIT, now
from netns.arbiter_cases import AnyArbiter
from netns.case import NetnsCase

HOLD = 2.25  # L_hold of a TTL of 3 s (protocol.md section 4)

# Answers of something that is no etcd, or no healthy one: (status, body), or None for silence.
GARBAGE = (None, (200, b"{}"), (200, b'{"result":{"ID":"1","TTL":"-3"}}'), (500, b"\xff\xfe" + b"[" * 100000))


class Etcd(AnyArbiter, NetnsCase):
    settings = {"mode": "etcd"}
    relays = False
    closed_bound = HOLD + GUARD_TICK + FENCE_BOUND

    def assert_closed_until_etcd_returns(self, start):
        """The writer fences within its hold, nobody opens, and with etcd back one site writes under a higher epoch."""
        self.pass_time(self.closed_bound)
        self.assert_closed(self.active, start, self.closed_bound)
        self.assert_nobody_writes(now(), PROMOTE_WAIT)
        self.cluster.etcd.start()
        active, _ = self.settle()
        self.assertGreaterEqual(active.pool()["epoch"] >> 8, self.epoch >> 8)
        self.active, self.standby = active, self.cluster.other(active)

    def test_a_stopped_etcd_closes_the_writer(self):
        start = now()
        self.cluster.etcd.process.kill()
        self.assert_closed_until_etcd_returns(start)

    def test_an_etcd_that_answers_garbage_is_a_stopped_etcd(self):
        for answer in GARBAGE:
            with self.subTest(answer=str(answer)[:60]):
                start = now()
                self.cluster.etcd.replace(answer)
                self.assert_closed_until_etcd_returns(start)

    def test_an_etcd_that_is_back_at_once_is_nothing(self):
        self.cluster.etcd.process.kill()
        self.cluster.etcd.start()
        self.assert_writes_stay(self.active, PROMOTE_WAIT)

    def test_a_rebuilt_etcd_never_turns_the_counter_back(self):
        start, epoch = now(), self.epoch
        self.cluster.etcd.forget()
        self.pass_time(self.closed_bound)
        self.assert_closed(self.active, start, self.closed_bound)
        self.cluster.etcd.start()
        active, _ = self.settle()
        self.assertGreater(active.pool()["epoch"] >> 8, epoch >> 8)

    def test_a_site_cut_from_etcd_loses_the_writer(self):
        start = now()
        self.world.hide_etcd(self.active.number)
        self.wait_flip(self.standby, start, 10)
        self.assert_closed(self.active, start, self.closed_bound)

    def test_a_standby_cut_from_etcd_is_nothing(self):
        self.world.hide_etcd(self.standby.number)
        self.assert_writes_stay(self.active, 2 * PROMOTE_WAIT)


if __name__ == "__main__":
    unittest.main(verbosity=2)
