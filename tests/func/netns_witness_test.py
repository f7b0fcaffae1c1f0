#!/usr/bin/python3
"""Arbiter B: two sites and a dnsd at a third place; a majority of the three grants the right to write."""
import signal
import unittest

from harness import PROMOTE_WAIT, now
from netns.arbiter_cases import AnyArbiter
from netns.case import NetnsCase

GRANT_WAIT = 3.0  # T_grant of the lan preset, and a poll


class Witness(AnyArbiter, NetnsCase):
    settings = {"mode": "witness"}
    relays = True  # the voter's port

    def wait_votes(self):
        """Until every voter votes: one that the test before restarted votes for nobody so long."""
        self.pass_time(GRANT_WAIT)

    @property
    def voter(self):
        return self.cluster.servers[0].process

    def test_a_lost_witness_is_nothing(self):
        self.wait_votes()
        self.voter.kill()
        self.assert_writes_stay_without_first(2 * PROMOTE_WAIT)
        self.voter.start()
        self.cluster.wait_answer(self.active)
        self.assert_writes_stay(self.active, 1)

    def test_a_witness_replaced_again_and_again_never_votes_twice(self):
        self.wait_votes()
        for _ in range(3):
            self.voter.kill()
            self.voter.start().wait_ready()
            self.pass_time(1)
            self.check()
        self.active.commits.wait_commit(within=2)

    def test_a_site_cut_from_the_witness_stays_by_the_vote_of_the_other(self):
        self.wait_votes()
        for site in (self.active, self.standby):
            self.world.hide_place(site.number)
            self.pass_time(PROMOTE_WAIT)
            self.active.commits.wait_commit(within=2)
            self.world.hide_place(site.number, False)
        self.assertEqual(self.active.pool()["epoch"], self.epoch)

    def test_without_witness_and_link_nobody_writes(self):
        self.voter.kill()
        self.world.cut_both(1, 2)
        self.pass_time(self.closed_bound + 1)
        self.assert_nobody_writes(now(), 2 * PROMOTE_WAIT)

    def test_the_active_site_cut_from_both_voters_loses_the_writer_to_the_majority(self):
        self.wait_votes()
        start = now()
        self.world.cut_both(1, 2)
        self.world.hide_place(self.active.number)
        self.standby.commits.wait_commit(within=10, start=start)
        self.assert_closed(self.active, start, self.closed_bound)
        self.check()

    def test_a_frozen_witness_that_wakes_has_not_voted_twice(self):
        self.wait_votes()
        self.voter.signal(signal.SIGSTOP)
        self.active.kill()
        self.pass_time(2 * PROMOTE_WAIT)
        self.assertEqual(self.standby.commits.since(now() - PROMOTE_WAIT), [], "one vote of three is no majority")
        self.voter.signal(signal.SIGCONT)
        self.standby.commits.wait_commit(within=10)

    def test_a_flood_at_the_standby_site_is_nothing(self):
        self.wait_votes()
        super().test_a_flood_at_the_standby_site_is_nothing()

    def assert_writes_stay_without_first(self, seconds):
        """The second name server answers, and the writer stays, while the first is gone."""
        self.pass_time(seconds)
        self.active.commits.wait_commit(within=2)
        self.assertEqual(self.cluster.servers[1].answer(), [self.active.address])
        self.assertEqual(self.active.pool()["epoch"], self.epoch)


if __name__ == "__main__":
    unittest.main(verbosity=2)
