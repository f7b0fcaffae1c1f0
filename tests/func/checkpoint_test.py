#!/usr/bin/python3
"""Checkpoints: a site that loses them is warned while its peer hears it, and fences itself when it is alone."""
import unittest

import harness
from harness import Writers, now, wait_until


class Checkpoints(harness.ClusterCase):
    def configure(self, cluster):
        for site in cluster.sites:
            site.settings["extra"] = "checkpoints_clear_after: 2s\n"

    def set_open(self, is_open):
        for point in self.cluster.checkpoints.values():
            if is_open:
                point.open()
            else:
                point.close()

    def status(self, site):
        return site.pool()["status"]

    def test_lost_checkpoints_with_the_peer_in_sight_are_a_warning(self):
        epoch = self.active.pool()["epoch"]
        with Writers(self.cluster, per_site=1) as writers:
            self.set_open(False)
            wait_until(lambda: self.status(self.active) == "WARN", "the pool's status is WARN", 20)
            self.assert_answer_stays(self.active, 2 * harness.PROMOTE_WAIT)
            writers.wait_commit(self.active)
            self.set_open(True)
            wait_until(lambda: self.status(self.active) == "OK", "the pool's status is OK", 20)
        self.assertEqual(self.active.pool()["epoch"], epoch)
        self.assert_one_writer(writers, switches=0)

    def test_one_lost_checkpoint_of_three_is_nothing(self):
        next(iter(self.cluster.checkpoints.values())).close()
        wait_until(lambda: self.active.json("status")["checkpoints"]["ok"] == 2, "the loss is seen", 20)
        self.assertEqual(self.status(self.active), "OK")
        self.assert_answer_stays(self.active, 2)

    def test_a_writer_that_is_alone_fences_itself_and_returns_when_it_sees_the_world(self):
        with Writers(self.cluster, per_site=1) as writers:
            writers.wait_commit(self.active)
            for process in self.standby.processes:
                process.kill()
            self.set_open(False)
            alone = now()
            wait_until(lambda: self.active.mysql.value("@@global.read_only") == 1, "the writer is closed", 20)
            print(f"closed {now() - alone:.2f} s after it was alone")
            wait_until(lambda: self.status(self.active) == "FAIL", "the pool's status is FAIL", 20)
            self.assertNotEqual(self.active.state(), "ACTIVE")
            self.assert_answer_stays(self.active, 1)  # held by on_none
            self.set_open(True)
            writers.wait_commit(self.active, within=40)
        self.assertEqual(self.active.wait_state("ACTIVE")["counter"], 2)


if __name__ == "__main__":
    unittest.main(verbosity=2)
