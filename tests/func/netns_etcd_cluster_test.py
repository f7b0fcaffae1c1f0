#!/usr/bin/python3
"""Arbiter C with what stands in a data centre: three etcd members, mutual TLS, a user with a password."""
import os
import signal
import unittest

from harness import FENCE_BOUND, FLIP_BOUND, GUARD_TICK, now
from netns.case import NetnsCase
from netns.etcd_cluster import EtcdCluster

TTL, HOLD = 5, 4.25  # L_hold of that TTL (protocol.md section 4)
CLOSED_BOUND = HOLD + GUARD_TICK + FENCE_BOUND


class Members(NetnsCase):
    settings = {"mode": "etcd"}
    relays = False

    @classmethod
    def prepare(cls, cluster):
        cluster.etcd = EtcdCluster(os.path.join(cluster.folder, "etcd3"), cluster.world.far)
        for site in cluster.sites:
            site.settings["arbiter"] = f"  etcd: {cluster.etcd.yaml}\n  timing: {{etcd_ttl: {TTL}s}}\n"

    def test_a_leader_that_dies_or_freezes_is_nothing(self):
        for number in (signal.SIGKILL, signal.SIGSTOP):
            leader = self.cluster.etcd.leader()
            leader.process.signal(number)
            self.assert_writes_stay(self.active, HOLD + 0.5)
            self.cluster.etcd.start()
        self.assert_writes_stay(self.active, 1)
        self.assertEqual(self.active.pool()["epoch"], self.epoch)

    def test_without_a_majority_nobody_writes_until_it_wakes(self):
        start, leader = now(), self.cluster.etcd.leader()
        for member in self.cluster.etcd.members:
            if member is not leader:
                member.process.signal(signal.SIGSTOP)
        self.pass_time(CLOSED_BOUND)
        self.assertLess(self.last_commit(self.active) - start, CLOSED_BOUND)
        self.assert_nobody_writes(now(), 2)
        self.cluster.etcd.start()
        active, _ = self.settle()
        self.assertGreaterEqual(active.pool()["epoch"] >> 8, self.epoch >> 8)

    def test_a_lost_site_is_replaced_with_one_member_less(self):
        self.cluster.etcd.leader().process.kill()
        self.cluster.etcd.leader()
        start = now()
        self.active.kill()
        self.wait_flip(self.standby, start, TTL + FLIP_BOUND)


if __name__ == "__main__":
    unittest.main(verbosity=2)
