#!/usr/bin/python3
"""Long and bad lines: the wan preset over cables that delay, reorder and lose."""
import os
import socket
import unittest

import harness
from harness import now
from netns.case import NetnsCase

PROMOTE_WAIT = 15.0  # of the wan preset (protocol.md section 4)


class Wan(NetnsCase):
    settings = {"preset": "wan"}

    def slow(self, *how):
        self.world.slow(os.path.join(harness.PROGRAMS, "slow_wire"), *how)
        point, start = next(iter(self.cluster.checkpoints.values())), now()
        with self.active.namespace.entered(), socket.create_connection((point.host, point.port), timeout=10):
            self.assertGreater(now() - start, 2 * how[0] / 1000, "the cables are slow")

    def test_delay_jitter_and_loss_move_nobody_and_a_lost_site_is_replaced(self):
        self.slow(20, 300, 5)
        start = now()
        self.pass_time(PROMOTE_WAIT + 5)
        self.assertEqual(self.standby.commits.since(start), [])
        self.active.commits.wait_commit(within=2)
        self.assertEqual((self.active.state(), self.active.pool()["epoch"]), ("ACTIVE", self.epoch))
        start = now()
        self.active.kill()
        self.standby.commits.wait_commit(3 * PROMOTE_WAIT, start)
        self.check()
        print(f"    the other site writes {now() - start:.1f} s after the loss", flush=True)


if __name__ == "__main__":
    unittest.main(verbosity=2)
