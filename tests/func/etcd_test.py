#!/usr/bin/python3
"""Arbiter etcd with a real etcd: the lease decides who writes; without etcd nobody does, for longer than it lasts."""
import os
import shutil
import subprocess
import tempfile
import unittest

import harness
from cluster.net import free_port
from harness import FENCE_BOUND, FLIP_BOUND, GUARD_TICK, Writers, now, wait_until


class Etcd(harness.ClusterCase):
    def configure(self, cluster):
        self.etcd_folder = tempfile.mkdtemp(prefix="wideip-etcd-")
        self.addCleanup(shutil.rmtree, self.etcd_folder, True)
        self.client, peer = (f"http://127.0.0.1:{free_port()}" for _ in range(2))
        self.words = ["etcd", "--name=t", "--data-dir", os.path.join(self.etcd_folder, "data"),
                      "--heartbeat-interval=10", "--election-timeout=100",
                      "--listen-client-urls", self.client, "--advertise-client-urls", self.client,
                      "--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer,
                      "--initial-cluster", f"t={peer}"]
        self.start_etcd()
        self.addCleanup(self.kill_etcd)
        for site in cluster.sites:
            site.settings["mode"] = "etcd"
            site.settings["arbiter"] = f'  etcd: {{endpoints: ["{self.client}"]}}\n'

    def start_etcd(self):
        with open(os.path.join(self.etcd_folder, "log"), "ab") as log:
            self.etcd = subprocess.Popen(self.words, stdout=log, stderr=log)  # pylint: disable=consider-using-with

    def kill_etcd(self):
        self.etcd.kill()
        self.etcd.wait()

    def test_a_dead_writer_is_replaced_and_a_dead_etcd_closes_both_until_it_is_back(self):
        with Writers(self.cluster) as writers:
            writers.wait_commit(self.active)
            arbiter = self.active.json("status")["arbiter"]
            self.assertEqual(arbiter["etcd"]["owner"], self.active.name)
            self.assertGreater(arbiter["etcd"]["lease_ms"], 0)
            # No commit is under way: one that never left would keep the old writer from coming back.
            writers.pause()
            self.active.mysql.process.kill()
            writers.resume()
            self.cluster.wait_answer(self.standby, within=FLIP_BOUND)
            writers.wait_commit(self.standby, within=2)
            self.active.mysql.start()
            self.active.wait_state("STANDBY")
            wait_until(lambda: self.active.pool()["eligible"], "the old writer is a replica again")

            self.kill_etcd()
            dead = now()
            wait_until(lambda: self.standby.mysql.value("@@global.read_only") == 1, "the writer is closed")
            self.assertLess(now() - dead, 3.0 + GUARD_TICK + FENCE_BOUND)
            self.assertEqual(self.active.mysql.value("@@global.read_only"), 1)
            self.start_etcd()
            wait_until(lambda: any(site.state() == "ACTIVE" for site in self.cluster.sites), "a writer again")
        self.assert_one_writer(writers, switches=2)


if __name__ == "__main__":
    unittest.main(verbosity=2)
