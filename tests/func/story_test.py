#!/usr/bin/python3
"""An outage, told by the journals of both sites: what was seen, what was decided, what was done, in that order."""
import glob
import os
import unittest

import harness
from harness import FLIP_BOUND, POOL, wait_until


class Story(harness.ClusterCase):
    def lines(self, site, *words):
        """`sitecheck events` of `site` as "event: message"."""
        return [f"{event['event']}: {event['message']}" for event in site.json("events", *words)["events"]]

    def assert_told_in_order(self, lines, *beginnings):
        """A line begins with each of `beginnings`, in their order; the first of its kind after the one before."""
        at = 0
        for beginning in beginnings:
            found = [i for i, line in enumerate(lines[at:], at) if line.startswith(beginning)]
            self.assertTrue(found, f"{beginning!r} is not told after line {at}:\n" + "\n".join(lines))
            at = found[0]

    def test_a_killed_writer_and_its_return(self):
        old, new = self.active, self.standby
        old.mysql.process.kill()
        self.cluster.wait_answer(new, within=FLIP_BOUND)
        new.wait_state("ACTIVE")
        old.mysql.start()
        old.wait_state("STANDBY")
        wait_until(lambda: old.pool()["eligible"], "the old writer is a replica again")

        self.assert_told_in_order(
            self.lines(old, "--last", "1000"),
            "guard.alive: the guard answers",
            "promote.step: writes are open",
            "pool.state: PROMOTING to ACTIVE",
            f"node.silent: {old.name}-db does not answer",
            "pool.state: ACTIVE to FENCING",
            "fence.begun: the databases are being closed",
            "fence.done: the databases are closed",
            "pool.state: FENCING to FENCED",
            f"vote.given: this site releases the writer to {new.name}",
            f"node.answers: {old.name}-db answers after",
            f"node.rejoin: {old.name}-db is made a replica of the writer of {new.name}",
            "node.rejoined: it replicates")
        self.assert_told_in_order(
            self.lines(new, "--last", "1000"),
            f"peer.heard: {old.name} is heard on path 1",
            f"node.replication: {new.name}-db replicates: IO Connecting",
            f"vote.got: {old.name} releases the writer to this site",
            "promote.step: the guard is armed",
            "promote.step: the epoch is on the disk",
            "promote.step: writes are open",
            "pool.state: PROMOTING to ACTIVE")

    def test_a_lost_site_a_pool_and_a_time(self):
        for process in self.active.processes:
            process.kill()
        self.cluster.wait_answer(self.standby, within=FLIP_BOUND + 1)
        lines = self.lines(self.standby, "--since", "60s", "--pool", POOL)
        self.assert_told_in_order(
            lines,
            f"peer.silent: {self.active.name} is silent on every path",
            "pool.state: STANDBY to PROMOTING",
            "pool.state: PROMOTING to ACTIVE")
        # It writes while it settles; then the last millisecond holds nothing.
        wait_until(lambda: not self.lines(self.standby, "--since", "1ms"), "a millisecond without an event")
        wrong = self.standby.command("events", "--pool", "nobody")
        self.assertEqual(wrong.returncode, 2)
        self.assertIn(POOL, wrong.stderr)
        text = self.standby.command("events", "--since", "60s").stdout
        self.assertIn(f"{self.active.name} is silent on every path", text)
        recording = glob.glob(os.path.join(self.standby.folder, "state", "flight-*.rec"))
        self.assertEqual(len(recording), 1)
        self.assertGreater(os.path.getsize(recording[0]), 1000)


if __name__ == "__main__":
    unittest.main(verbosity=2)
