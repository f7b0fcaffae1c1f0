#!/usr/bin/python3
"""The database on a host of its own, the guard beside it: what reaches it by the network only must still close it.

Site 1 has a guard of kind process, site 2 one of kind nft; each scenario moves the writer to the other.
"""
import contextlib
import random
import signal
import threading
import unittest

from harness import FENCE_BOUND, FLIP_BOUND, GUARD_TICK, LEASE, now, wait_until
from netns import wire, world
from netns.case import NetnsCase
from netns.cluster import GUARD_PORT

CLOSED_BOUND = LEASE + GUARD_TICK + FENCE_BOUND


class RemoteGuard(NetnsCase):
    databases = True

    @classmethod
    def prepare(cls, cluster):
        for site, kind in zip(cluster.sites, ("process", "nft, allow: [10.9.0.0/24]")):
            site.settings["guard"] = f'{kind}, address: "{world.private_database(site.number)}@{GUARD_PORT}"'

    def assert_moved(self, start):
        """The other site takes over, and the database of the old one was closed in time."""
        self.wait_flip(self.standby, start, FLIP_BOUND + 1)
        self.assert_closed(self.active, start, CLOSED_BOUND)
        self.check()

    def test_a_guard_that_no_longer_hears_sitecheck_closes_and_the_other_site_takes_over(self):
        start = now()
        self.world.hide_guard(self.active.number, GUARD_PORT)
        self.assert_moved(start)

    def test_a_database_host_that_sitecheck_no_longer_reaches_is_closed_by_its_guard(self):
        start = now()
        self.world.hide_database(self.active.number)
        self.assert_moved(start)

    # --- somebody on the path

    @contextlib.contextmanager
    def replay(self):
        """Copies of the orders and reports of the writer's guard, as they were and spoilt, within the block."""
        orders = wire.Wire(self.world.bridge, f"d{self.active.number}", GUARD_PORT)
        reports = wire.Wire(self.world.bridge, f"s{self.active.number}", GUARD_PORT, source=True)
        stop = threading.Event()

        def run():
            while not stop.wait(0.01):
                for cable in (orders, reports):
                    for frame in random.sample(cable.frames, 2):
                        cable.send(frame)
                        cable.send(wire.with_payload(frame, self.spoil(wire.payload(frame))))
        thread = threading.Thread(target=run, daemon=True)
        try:
            wait_until(lambda: min(len(orders.frames), len(reports.frames)) >= 8, "datagrams were copied")
            thread.start()
            yield
        finally:
            stop.set()
            if thread.is_alive():
                thread.join(5)
            orders.close()
            reports.close()

    @staticmethod
    def spoil(data):
        kind, data = random.randrange(3), bytearray(data)
        if kind == 0:
            data[random.randrange(len(data))] ^= 1 << random.randrange(8)
        elif kind == 1:
            del data[random.randrange(len(data)):]
        else:
            data = bytearray(random.randbytes(random.randrange(1, 400)))
        return bytes(data)

    def test_forged_and_repeated_orders_do_not_lengthen_the_permit_of_a_frozen_sitecheck(self):
        for _ in self.cluster.sites:
            with self.replay():
                self.assert_writes_stay(self.active, 1)
                self.assertTrue(self.active.pool()["guard"]["armed"])
                start = now()
                self.active.sitecheck.signal(signal.SIGSTOP)
                self.assert_moved(start)
            self.active, self.standby = self.settle()

    def test_repeated_reports_do_not_make_a_dead_guard_look_alive(self):
        with self.replay():
            self.active.guard.kill()
            wait_until(lambda: not self.active.pool()["guard"]["armed"], "the loss of the guard is seen", 10)
            self.active.guard.start()
            wait_until(lambda: self.active.pool()["guard"]["armed"], "the guard is armed again", 10)


if __name__ == "__main__":
    unittest.main(verbosity=2)
