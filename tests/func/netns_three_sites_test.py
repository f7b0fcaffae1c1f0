#!/usr/bin/python3
"""Three sites, each with a vote: any two of them decide, and no pair of them ever decides against the other."""
import signal
import unittest

from harness import FENCE_BOUND, FLIP_BOUND, GUARD_TICK, LEASE, PROMOTE_WAIT, now, wait_until
from netns.case import NetnsCase

CLOSED_BOUND = LEASE + GUARD_TICK + FENCE_BOUND


class ThreeSites(NetnsCase):
    """Mode witness without any dnsd that votes; guards of kind nft, which close with no process left to do it."""

    settings = {"mode": "witness", "guard": "nft, allow: [10.9.0.0/24]"}
    relays = False
    sites = 3

    def wait_other_writer(self, start, within=FLIP_BOUND + 2):
        """One of the sites that are not self.active writes, and is answered by every dnsd. Returns it."""
        others = self.cluster.others(self.active)
        found = wait_until(lambda: next((site for site in others if site.commits.since(start)), None),
                           "another site writes", within)
        self.wait_flip(found, start, within)
        return found

    def assert_follows(self, site, writer):
        """What `writer` commits reaches `site`."""
        row = writer.commits.wait_commit().row
        wait_until(lambda: site.mysql.value(f"(SELECT COUNT(*) FROM shop.orders WHERE id = {row})") == 1,
                   f"{site.name} follows {writer.name}")

    def test_a_lost_writers_site_is_replaced_and_the_third_follows_the_new_writer(self):
        start, lost = now(), self.active
        lost.kill()
        writer = self.wait_other_writer(start)
        third = next(site for site in self.cluster.others(writer) if site is not lost)
        self.assert_follows(third, writer)
        self.assert_writes_stay(writer, 1)

    def test_isolation_that_goes_round_moves_the_writer_and_never_gives_two(self):
        for _ in range(2):
            start, cut_off = now(), self.active
            self.world.flood(cut_off.number)
            self.active = self.wait_other_writer(start)
            self.assert_closed(cut_off, start, CLOSED_BOUND)
            self.world.unflood(cut_off.number)
            self.check()
        self.assert_writes_stay(self.active, 1)  # no failback

    def test_a_triangle_with_a_missing_side_keeps_its_writer(self):
        # Two sites do not hear each other; both reach the third, whose vote only one of them has.
        one, other = self.cluster.others(self.active)
        for first, second, seconds in ((self.active, one, PROMOTE_WAIT), (one, other, 1)):
            self.world.cut_both(first.number, second.number)
            self.assert_writes_stay(self.active, seconds)
            self.world.uncut(first.number, second.number)
        self.assertEqual(self.active.pool()["epoch"], self.epoch)

    def test_a_line_of_three_whose_middle_dies_leaves_no_writer_and_never_two(self):
        one, middle = self.cluster.others(self.active)
        self.world.cut_both(self.active.number, one.number)
        start = now()
        middle.kill()
        self.pass_time(CLOSED_BOUND)
        self.assert_closed(self.active, start, CLOSED_BOUND)
        self.assert_nobody_writes(now(), PROMOTE_WAIT)

    def test_a_voter_restarted_while_the_writer_is_frozen_has_not_voted_twice(self):
        # Sitecheck and guard freeze: the kernel closes. Meanwhile a voter that granted the writer is replaced.
        start, frozen = now(), self.active
        voter = self.cluster.others(frozen)[0]
        for process in (frozen.sitecheck, frozen.guard):
            process.signal(signal.SIGSTOP)
        voter.sitecheck.kill()
        voter.sitecheck.start()
        self.wait_other_writer(start, FLIP_BOUND + 5)
        self.assert_closed(frozen, start, CLOSED_BOUND)
        self.check()


if __name__ == "__main__":
    unittest.main(verbosity=2)
