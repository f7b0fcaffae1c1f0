#!/usr/bin/python3
"""What lies on disk and in files, lost or spoilt; wall clocks that jump; keys and configurations changed at one site
only."""
import glob
import os
import struct
import time
import unittest

import harness
from cluster import config
from harness import FLIP_BOUND, PROMOTE_WAIT, now, wait_until
from netns.case import NetnsCase

SPOILS = {"torn": lambda data: data[:len(data) // 2], "noise": lambda data: os.urandom(len(data)),
          "empty": lambda data: b"", "missing": None}


def spoil_state(folder, how):
    """Spoils every file of a state folder; a missing one is removed."""
    for path in glob.glob(os.path.join(folder, "*")):
        if not os.path.isfile(path):
            continue
        with open(path, "rb") as file:
            data = file.read()
        if SPOILS[how] is None:
            os.unlink(path)
        else:
            with open(path, "wb") as file:
                file.write(SPOILS[how](data))


class State(NetnsCase):
    def test_a_standby_that_lost_its_state_learns_the_epoch_and_moves_nobody(self):
        for how in SPOILS:
            with self.subTest(how=how):
                self.standby.sitecheck.kill()
                spoil_state(os.path.join(self.standby.folder, "state"), how)
                self.standby.sitecheck.start()
                self.standby.wait_state("STANDBY")
                self.assertGreaterEqual(self.standby.pool()["max_epoch_seen"], self.epoch)
                self.assert_writes_stay(self.active, 1)

    def test_an_active_site_that_lost_its_state_never_turns_back(self):
        for how in ("noise", "missing"):
            with self.subTest(how=how):
                active, epoch = self.active, self.active.pool()["epoch"]
                active.sitecheck.kill()
                spoil_state(os.path.join(active.folder, "state"), how)
                active.sitecheck.start()
                self.active, self.standby = self.settle()
                self.assertGreater(self.active.pool()["epoch"] >> 8, epoch >> 8)
                self.check()

    def test_every_site_lost_its_state(self):
        # The epoch row in the databases is the second source.
        for site in self.cluster.sites:
            site.sitecheck.kill()
            spoil_state(os.path.join(site.folder, "state"), "missing")
        for site in self.cluster.sites:
            site.sitecheck.start()
        active, _ = self.settle()
        self.assertGreater(active.pool()["epoch"] >> 8, self.epoch >> 8)


class Clock(NetnsCase):
    """The wall clocks of sitecheck, guard and dnsd leap by hours and by years, back and forth.

    mariadbd's own stays: InnoDB 10.11 ends itself after a leap of ten minutes ("Long wait (601 seconds)"), which is a
    crash like any other.
    """

    @classmethod
    def open(cls):
        super().open()
        for site in cls.cluster.sites:
            cls.attach(site.folder, [site.sitecheck, site.guard])
        for server in cls.cluster.servers:
            cls.attach(server.folder, [server.process])

    @classmethod
    def attach(cls, folder, processes):
        """From the next start on, the processes read their wall clock with the jump that the folder's file holds."""
        cls.set_jump(folder, 0)
        for process in processes:
            process.env = {**os.environ, "LD_PRELOAD": os.path.join(harness.BUILD, "func", "clock_jump.so"),
                           "WIDEIP_CLOCK_JUMP": os.path.join(folder, "clock")}

    @staticmethod
    def set_jump(folder, seconds):
        path = os.path.join(folder, "clock")
        with open(path, "r+b" if os.path.exists(path) else "wb") as file:
            file.write(struct.pack("=q", int(seconds * 1e9)))

    def restart_everything(self):
        """With the clocks attached."""
        for site in self.cluster.sites:
            site.sitecheck.kill()
            site.guard.kill()
        for server in self.cluster.servers:
            server.process.kill()
        return self.settle()

    def test_jumps_move_nobody_and_a_failover_goes_on(self):
        self.active, self.standby = self.restart_everything()
        folders = [owner.folder for owner in (*self.cluster.sites, *self.cluster.servers)]
        for seconds in (3600, -3600, 30 * 365 * 86400, 0):
            for folder in folders:
                self.set_jump(folder, seconds)
                self.assert_writes_stay(self.active, 0.5)
        self.set_jump(self.standby.folder, -86400)
        yesterday = time.strftime("%Y-%m-%d", time.gmtime(time.time() - 86400))
        start = now()
        self.active.mysql.process.kill()
        self.wait_flip(self.standby, start, FLIP_BOUND)
        self.assertIn(f"\n{yesterday}T", self.standby.sitecheck.output(), "its clock was moved")


class HalfDone(NetnsCase):
    """A change that has reached one site only."""

    def restart(self, site):
        """With what its files say now; within its lease, so that a writer stays the writer."""
        site.sitecheck.kill()
        site.sitecheck.start()
        wait_until(site.pool, f"{site.name} serves", 5)

    def tearDown(self):
        for site in self.cluster.sites:
            if site.settings != self.kept[site.number]:
                site.settings = dict(self.kept[site.number])
        self.cluster.write_configs()
        for site in self.cluster.sites:
            site.sitecheck.kill()
        super().tearDown()

    def setUp(self):
        super().setUp()
        self.kept = {site.number: dict(site.settings) for site in self.cluster.sites}

    def test_a_key_rotation_step_by_step_moves_nobody(self):
        secret = config.key()
        for site in self.cluster.sites:
            config.write(os.path.join(site.folder, "peer2.key"), secret + "\n", private=True)
        lines = "  - {id: p2, file: peer2.key, for: peers}\n"
        for step in ({"keys": lines}, {"first_keys": lines}):  # verified by both, then signing
            for site in (self.standby, self.active):
                site.settings.update({"keys": "", **step})
                self.cluster.write_configs()
                self.restart(site)
                self.assert_writes_stay(self.active, 1.5)
        self.assertEqual(self.active.pool()["epoch"], self.epoch)

    def test_a_key_that_only_the_standby_has_never_gives_two_writers_and_alarms(self):
        config.write(os.path.join(self.standby.folder, "peer2.key"), config.key() + "\n", private=True)
        self.standby.settings["first_keys"] = "  - {id: p2, file: peer2.key, for: peers}\n"
        self.cluster.write_configs()
        self.restart(self.standby)
        wait_until(lambda: any("unverifiable" in alarm for alarm in self.active.pool()["alarms"]), "the alarm", 10)
        self.pass_time(2 * PROMOTE_WAIT)
        self.check()

    def test_another_checkpoint_at_one_site_alarms_and_forbids_substitution_but_not_grants(self):
        fewer = {name: point for name, point in self.cluster.checkpoints.items() if name != "far3"}
        config.write(self.standby.config_file, config.sitecheck_yaml(self.standby, [self.active], fewer,
                                                                     self.standby.settings))
        self.restart(self.standby)
        wait_until(lambda: self.standby.pool()["alarms"] and self.active.pool()["alarms"], "alarms at both", 10)
        print(f"    {self.standby.pool()['alarms']}")
        self.assert_writes_stay(self.active, 2)
        start = now()
        self.active.kill()
        self.assert_nobody_writes(start + 0.1, 2 * PROMOTE_WAIT)


if __name__ == "__main__":
    unittest.main(verbosity=2)
