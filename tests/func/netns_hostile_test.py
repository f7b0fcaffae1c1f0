#!/usr/bin/python3
"""Somebody on the path between the sites: datagrams copied and sent again, changed, and made up (protocol.md rules 10
and 11)."""
import random
import threading
import unittest

from harness import FLIP_BOUND, PROMOTE_WAIT, now, wait_until
from netns import wire
from netns.case import NetnsCase
from netns.cluster import PEER_PORT


class Hostile(NetnsCase):
    def setUp(self):
        super().setUp()
        self.wires = []
        for namespace in (self.world.bridge, self.world.router):
            self.wires.append(wire.Wire(namespace, f"s{self.standby.number}", PEER_PORT))
            self.addCleanup(self.wires[-1].close)
        wait_until(lambda: all(len(w.frames) >= 10 for w in self.wires), "datagrams were copied")

    def replay(self, stop, spoil=lambda frame: frame):
        """Sends copies of what was kept, at random, on every cable of the standby, until `stop` is set."""
        while not stop.wait(0.02):
            for cable in self.wires:
                for frame in random.sample(cable.frames, 3):
                    cable.send(spoil(frame))

    def during(self, spoil=lambda frame: frame):
        """The replay runs from here on, until the test ends."""
        stop = threading.Event()
        thread = threading.Thread(target=self.replay, args=(stop, spoil), daemon=True)
        thread.start()
        self.addCleanup(thread.join, 5)
        self.addCleanup(stop.set)
        return stop

    def test_replayed_datagrams_move_nobody(self):
        self.during()
        self.assert_writes_stay(self.active, 2 * PROMOTE_WAIT)

    def test_replayed_datagrams_do_not_make_a_dead_site_look_alive(self):
        self.during()
        for cable in self.wires:
            cable.keep_no_more()  # what is kept ends with the site
        start = now()
        self.active.kill()
        self.wait_flip(self.standby, start, FLIP_BOUND + 1)

    def test_replayed_datagrams_of_the_last_term_do_not_disturb_the_next(self):
        self.active.mysql.process.kill()
        self.cluster.wait_answer(self.standby, within=FLIP_BOUND)
        self.active.mysql.start()
        self.during()
        self.assert_writes_stay(self.standby, PROMOTE_WAIT)
        self.standby.sitecheck.kill()  # a new boot of the receiver knows none of what it received
        self.standby.sitecheck.start()
        self.standby.wait_state("ACTIVE", within=2)
        self.assert_writes_stay(self.standby, PROMOTE_WAIT)

    def test_changed_and_made_up_datagrams_move_nobody_and_are_named(self):
        def spoil(frame):
            data = bytearray(wire.payload(frame))
            kind = random.randrange(4)
            if kind == 0:
                data[random.randrange(len(data))] ^= 1 << random.randrange(8)
            elif kind == 1:
                del data[random.randrange(len(data)):]
            elif kind == 2:
                data = bytearray(random.randbytes(random.randrange(1, 1201)))
            else:
                data += random.randbytes(random.randrange(1, 200))
            return wire.with_payload(frame, bytes(data))
        self.during(spoil)
        self.assert_writes_stay(self.active, PROMOTE_WAIT)
        alarms = wait_until(lambda: self.standby.pool()["alarms"], "an alarm names it")
        print(f"    {alarms}")
        self.assert_writes_stay(self.active, PROMOTE_WAIT)


if __name__ == "__main__":
    unittest.main(verbosity=2)
