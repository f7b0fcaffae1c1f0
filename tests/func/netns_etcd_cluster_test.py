#!/usr/bin/python3
"""Arbiter C with what stands in a data centre: three etcd members, mutual TLS, a user with a password."""
import os
import signal
import unittest

from harness import FENCE_BOUND, FLIP_BOUND, GUARD_TICK, now
from netns.case import NetnsCase
from netns.etcd_cluster import ELECTION, EtcdCluster

TTL = 4
HOLD = 3.28  # L_hold of that TTL (protocol.md section 4)
CLOSED_BOUND = HOLD + GUARD_TICK + FENCE_BOUND + 2 * ELECTION  # a leader without a majority renews leases so long


class Members(NetnsCase):
    settings = {"mode": "etcd"}
    relays = False

    @classmethod
    def prepare(cls, cluster):
        cluster.etcd = EtcdCluster(os.path.join(cluster.folder, "etcd3"), cluster.world)
        for site in cluster.sites:
            site.settings["arbiter"] = f"  etcd: {cluster.etcd.yaml}\n  timing: {{etcd_ttl: {TTL}s}}\n"

    def test_a_frozen_leader_is_nothing(self):
        self.cluster.etcd.leader().process.signal(signal.SIGSTOP)
        self.assert_writes_stay(self.active, HOLD + 0.5)
        self.assertEqual(self.active.pool()["epoch"], self.epoch)
        self.cluster.etcd.start()
        self.pass_time(1)
        # Before 3.4.29 and 3.5.12 a leader that wakes may revoke leases that others have renewed since (etcd issue
        # 15247): then the writer is fenced, and a site elected again.
        active, _ = self.settle()
        self.assertGreaterEqual(active.pool()["epoch"] >> 8, self.epoch >> 8)
        self.assert_writes_stay(active, 1)

    def test_with_a_dead_leader_the_writer_stays_and_a_lost_site_is_replaced(self):
        self.cluster.etcd.leader().process.kill()
        self.assert_writes_stay(self.active, HOLD + 0.5)
        start = now()
        self.active.kill()
        self.wait_flip(self.standby, start, TTL + FLIP_BOUND)

    def test_without_a_majority_nobody_writes_until_it_wakes(self):
        start, leader = now(), self.cluster.etcd.leader()
        for member in self.cluster.etcd.members:
            if member is not leader:
                member.process.signal(signal.SIGSTOP)
        self.pass_time(CLOSED_BOUND)
        self.assert_closed(self.active, start, CLOSED_BOUND)
        self.assert_nobody_writes(now(), 2)
        self.cluster.etcd.start()
        active, _ = self.settle()
        self.assertGreaterEqual(active.pool()["epoch"] >> 8, self.epoch >> 8)

    def test_a_leader_cut_off_with_the_writers_site_never_gives_two_writers(self):
        # The old leader goes on renewing the lease until it steps down; a new one counts it anew meanwhile.
        start, etcd = now(), self.cluster.etcd
        leader = etcd.leader()
        etcd.isolate(leader)
        self.world.hide_members(self.active.number, [member.host for member in etcd.members if member is not leader])
        self.world.hide_members(self.standby.number, [leader.host])
        self.wait_flip(self.standby, start, TTL + 2 * ELECTION + FLIP_BOUND)
        self.assert_closed(self.active, start, CLOSED_BOUND)
        self.check()


if __name__ == "__main__":
    unittest.main(verbosity=2)
