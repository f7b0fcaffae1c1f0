"""What every arbiter promises alike: the same faults, the same oracle."""
import signal

from harness import FENCE_BOUND, FLIP_BOUND, GUARD_TICK, LEASE, PROMOTE_WAIT, now
from netns.world import BOTH


class AnyArbiter:
    """Mixed into a NetnsCase whose settings name the mode."""

    def test_a_killed_mysqld_is_replaced(self):
        start = now()
        self.active.mysql.process.kill()
        self.wait_flip(self.standby, start, FLIP_BOUND)

    def test_a_lost_host_is_replaced(self):
        start = now()
        self.active.kill()
        self.wait_flip(self.standby, start, FLIP_BOUND + 1)

    def test_a_frozen_sitecheck_is_fenced_by_its_guard(self):
        start = now()
        self.active.sitecheck.signal(signal.SIGSTOP)
        self.wait_flip(self.standby, start, FLIP_BOUND + 1)
        self.assert_closed(self.active, start, self.closed_bound)

    def test_links_cut_between_the_sites_never_give_two_writers(self):
        # No assumption on connectivity is needed: the arbiter decides.
        start = now()
        self.world.cut_both(1, 2)
        self.assert_some_writer(start, 2 * PROMOTE_WAIT)

    def test_one_direction_cut_never_gives_two_writers(self):
        for source, target in ((1, 2), (2, 1)):
            self.world.cut(source, target)
            self.assert_some_writer(now(), 2 * PROMOTE_WAIT)
            self.world.uncut(source, target)

    def test_an_active_site_that_is_cut_off_whole_fences_itself_before_the_other_opens(self):
        start = now()
        for path in BOTH:
            self.world.set_link(self.active.number, path, False)
        self.wait_flip(self.standby, start, FLIP_BOUND + 2)
        self.assert_closed(self.active, start, self.closed_bound)

    def test_a_flood_at_the_standby_site_is_nothing(self):
        for inward, outward in ((True, True), (True, False), (False, True)):
            self.world.flood(self.standby.number, inward, outward)
            self.assert_writes_stay(self.active, PROMOTE_WAIT)
            self.world.unflood(self.standby.number)

    def test_checkpoints_lost_at_both_sites_are_nothing(self):
        for site in self.cluster.sites:
            self.world.hide_checkpoints(site.number)
        self.assert_writes_stay(self.active, 2 * PROMOTE_WAIT)

    def test_a_reload_moves_nobody_and_what_the_sites_agreed_on_needs_a_restart(self):
        agreed = [dict(site.settings) for site in self.cluster.sites]
        try:
            for site in self.cluster.sites:
                site.settings["extra"] += "flap_count: 7\n"
                site.settings["pool"] = "    warn_lag: 20s\n"
            self.cluster.write_configs()
            for site in self.cluster.sites:
                done = site.command("reload")
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertIn("flap_count", done.stdout)
            self.assert_writes_stay(self.active, 1)
            for site in self.cluster.sites:
                site.settings["preset"] = "fast"
            self.cluster.write_configs()
            for site in self.cluster.sites:
                done = site.command("reload")
                self.assertEqual(done.returncode, 1, done.stdout)
                self.assertIn("arbiter.preset", done.stderr)
            self.assert_writes_stay(self.active, 1)
        finally:
            for site, settings in zip(self.cluster.sites, agreed):
                site.settings = settings
            self.cluster.write_configs()
        self.assertEqual(self.active.command("reload").returncode, 0)
        self.assertEqual(self.standby.command("reload").returncode, 0)
        self.assertEqual(self.active.pool()["epoch"], self.epoch)

    # Until a site that lost its permit has closed its database.
    closed_bound = LEASE + GUARD_TICK + FENCE_BOUND

    def assert_some_writer(self, start, seconds):
        """After `seconds` somebody commits, and never two at once."""
        self.pass_time(seconds)
        self.assertTrue(any(site.commits.since(now() - 1) for site in self.cluster.sites), "somebody writes")
        self.assertGreater(now(), start)
        self.check()
