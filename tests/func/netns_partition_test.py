#!/usr/bin/python3
"""Networks that fail in part: links cut in one direction and in both, on one path and on all, floods, lost checkpoints.

What is asserted is what protocol.md sections 6 and 7 promise, no more and no less.
"""
import unittest

from harness import FENCE_BOUND, FLIP_BOUND, GUARD_TICK, LEASE, PROMOTE_WAIT, now, wait_until
from netns import oracle
from netns.case import NetnsCase
from netns.world import BOTH, PRIVATE, private_address, public_address

# Until a site that lost its permit has closed its database.
CLOSED_BOUND = LEASE + GUARD_TICK + FENCE_BOUND
# Long enough for a lease to end and for a substitute to come, had there been reason.
STILL = PROMOTE_WAIT + 1.5


class Partition(NetnsCase):
    def test_a_cut_of_one_path_in_any_direction_is_nothing(self):
        one, other = self.active.number, self.standby.number
        for path in BOTH:
            for source, target in ((one, other), (other, one)):
                self.world.cut(source, target, [path])
                self.assert_writes_stay(self.active, 1.5)
                self.world.uncut(source, target, [path])
            self.world.cut_both(one, other, [path])
            self.assert_writes_stay(self.active, STILL)
            self.world.uncut(one, other, [path])

    def test_a_tenth_of_all_packets_lost_is_nothing(self):
        self.world.lose(10)
        start = now()
        self.pass_time(STILL)
        self.assertEqual(self.active.pool()["epoch"], self.epoch)
        self.assertEqual(self.standby.commits.since(start), [])
        self.active.commits.wait_commit(within=2)

    def test_a_pulled_private_cable_is_nothing(self):
        for site in (self.standby, self.active):
            self.world.set_link(site.number, PRIVATE, False)
            self.assert_writes_stay(self.active, PROMOTE_WAIT)
            self.world.set_link(site.number, PRIVATE, True)

    def test_a_deaf_standby_gets_the_writer_or_leaves_it_but_never_shares_it(self):
        # The standby hears nothing of the ACTIVE, which hears it: one direction of both paths.
        self.world.cut(self.active.number, self.standby.number)
        self.one_writer_goes_on()

    def test_a_deaf_active_keeps_the_writer_or_yields_it_but_never_shares_it(self):
        self.world.cut(self.standby.number, self.active.number)
        self.one_writer_goes_on()

    def one_writer_goes_on(self):
        """After time enough for everything that may happen, somebody writes, and only one (tearDown looks back)."""
        self.pass_time(STILL)
        start = now()
        wait_until(lambda: any(site.commits.since(start) for site in self.cluster.sites), "somebody writes", 10)
        self.check()

    def test_links_cut_with_relays_leave_the_writer_where_it_is(self):
        self.world.cut_both(self.active.number, self.standby.number)
        self.assert_writes_stay(self.active, STILL)
        self.world.uncut(self.active.number, self.standby.number)
        self.assert_writes_stay(self.active, 1)

    def test_blackhole_routes_on_both_sides_with_relays_leave_the_writer_where_it_is(self):
        self.blackhole(self.active, self.standby)
        self.blackhole(self.standby, self.active)
        self.assert_writes_stay(self.active, STILL)

    def test_a_blackhole_route_on_one_side_never_gives_two_writers(self):
        self.blackhole(self.active, self.standby)
        self.one_writer_goes_on()

    def blackhole(self, site, other):
        self.world.blackhole(site.number, [private_address(other.number), public_address(other.number)])

    def test_an_active_site_that_is_cut_off_whole_fences_itself_before_the_other_opens(self):
        start = now()
        for path in BOTH:
            self.world.set_link(self.active.number, path, False)
        self.wait_flip(self.standby, start, FLIP_BOUND + 1)
        self.assert_closed(self.active, start, CLOSED_BOUND)

    def test_links_cut_and_checkpoints_lost_at_the_active_site_move_the_writer(self):
        start = now()
        self.world.cut_both(self.active.number, self.standby.number)
        self.world.hide_checkpoints(self.active.number)
        self.wait_flip(self.standby, start, 2 * FLIP_BOUND)
        self.check()

    def test_a_standby_that_is_cut_off_whole_is_nothing(self):
        for path in BOTH:
            self.world.set_link(self.standby.number, path, False)
        self.assert_writes_stay(self.active, STILL)
        self.world.heal()
        self.assert_writes_stay(self.active, 2)

    def test_isolation_that_alternates_never_gives_two_writers(self):
        for _ in range(2):
            for site in (self.active, self.standby):
                self.world.flood(site.number)
                self.pass_time(PROMOTE_WAIT)
                self.world.unflood(site.number)
                self.check()

    # --- floods, as total loss at the uplinks of a site

    def test_a_flood_at_the_active_site_moves_the_writer(self):
        start = now()
        self.world.flood(self.active.number)
        self.wait_flip(self.standby, start, FLIP_BOUND + 1)
        self.assert_closed(self.active, start, CLOSED_BOUND)
        self.world.unflood(self.active.number)
        self.active.wait_state("STANDBY", "QUARANTINED")
        self.assert_writes_stay(self.standby, 2)  # no failback

    def test_a_flood_of_what_comes_in_at_the_active_site_closes_it(self):
        start = now()
        self.world.flood(self.active.number, outward=False)
        # The site still speaks, so that its peer may not take it for dead; but its permit runs out.
        wait_until(lambda: not self.active.commits.since(now() - 0.5), "the flooded site is closed", 15)
        self.assert_closed(self.active, start, CLOSED_BOUND + 2)
        self.check()

    def test_a_flood_at_the_standby_site_is_nothing(self):
        for inward in (True, False):
            self.world.flood(self.standby.number, inward)
            self.assert_writes_stay(self.active, STILL)
            self.world.unflood(self.standby.number)

    def test_a_flood_of_what_comes_in_at_the_standby_site_never_gives_two_writers(self):
        # A standby that speaks and does not hear: the ACTIVE site may not take checkpoints for its grant (rule 3).
        self.world.flood(self.standby.number, outward=False)
        self.pass_time(STILL)
        self.check()

    # --- checkpoints

    def test_checkpoints_lost_while_the_sites_hear_each_other_are_a_warning(self):
        for site in (self.active, self.standby):
            self.world.hide_checkpoints(site.number)
            wait_until(lambda: self.active.pool()["status"] == "WARN", "the pool's status is WARN", 20)
            self.assert_writes_stay(self.active, STILL)

    def test_checkpoints_lost_everywhere_and_the_links_cut_leave_no_writer(self):
        start = now()
        for site in self.cluster.sites:
            self.world.hide_checkpoints(site.number)
        self.world.cut_both(1, 2)
        wait_until(lambda: self.active.pool()["status"] == "FAIL", "the pool's status is FAIL", 20)
        self.assert_closed(self.active, start, CLOSED_BOUND)
        self.assert_nobody_writes(now(), STILL)
        for server in self.cluster.servers:
            self.assertEqual(server.answer(), [self.active.address])  # held by on_none


class BrokenAssumption(NetnsCase):
    """Both links cut, both sites in sight of the checkpoints, and nobody who relays: CA does not hold."""

    relays = False

    def tearDown(self):
        """The oracle does not apply: what it finds here is that it can find."""
        self.settle(within=90)

    def test_it_gives_two_writers_until_it_heals_then_the_higher_epoch_and_a_quarantine(self):
        self.world.cut_both(1, 2)
        self.standby.commits.wait_commit(within=20)
        self.active.commits.wait_commit(within=5)
        self.assertNotEqual(oracle.overlaps([site.commits for site in self.cluster.sites]), [])
        self.world.uncut(1, 2)
        self.active.wait_state("QUARANTINED", "FENCED", within=20)
        self.assert_writes_stay(self.standby, 2)
        self.assertEqual(self.cluster.watch.faults, [])


class Hold(NetnsCase):
    """on_silence: hold promises one writer without CA."""

    relays = False
    settings = {"on_silence": "hold"}

    def test_links_cut_leave_the_writer_where_it_is(self):
        self.world.cut_both(1, 2)
        self.assert_writes_stay(self.active, STILL)

    def test_a_lost_site_is_not_replaced(self):
        self.active.kill()
        self.assert_nobody_writes(now(), STILL)


if __name__ == "__main__":
    unittest.main(verbosity=2)
