#!/usr/bin/python3
"""A real HAProxy before MySQL: what clients reach is the balancer, and it can die alone."""
import os
import shutil
import signal
import unittest

from harness import now, wait_until
from cluster import config
from cluster.process import Process
from netns import oracle, world
from netns.case import NetnsCase
from netns.cluster import MYSQL_PORT

CONFIG = """defaults
  mode tcp
  timeout connect 2s
  timeout client 1h
  timeout server 1h
listen mysql
  bind {address}:{port}
  server local {mysql}:{port}
"""


class Balancer(NetnsCase):
    """MySQL listens on the private address only. The oracle's clients write there, past the balancer: they go on
    whatever becomes of it."""

    @classmethod
    def setUpClass(cls):
        if not shutil.which("haproxy"):
            print("netns: skipped: haproxy is not installed: run contrib/packages tests", flush=True)
            raise unittest.SkipTest("no haproxy")
        super().setUpClass()

    @classmethod
    def prepare(cls, cluster):
        for site in cluster.sites:
            private = world.private_address(site.number)
            site.mysql.options.append(f"bind-address = {private}")
            site.writer.command[site.writer.command.index(site.address)] = private
            path = os.path.join(site.folder, "haproxy.cfg")
            config.write(path, CONFIG.format(address=site.address, port=MYSQL_PORT, mysql=private))
            site.companions.append(Process(f"{site.name} haproxy", [*site.namespace.prefix, "haproxy", "-db", "-f", path],
                                           os.path.join(site.folder, "haproxy.log")))

    def wait_reached(self, site):
        """Everybody else reaches the service address of `site`."""
        def reached():
            views = (site.pool().get("service") or {}).get("views", [])
            return views and all(view["up"] for view in views)
        wait_until(reached, f"the service address of {site.name} is reached", 20)

    def lose(self, number):
        """The writer's balancer goes; the writer follows, without a lost commit. Then it is back, and nothing returns."""
        self.wait_reached(self.active)
        balancer, start = self.active.companions[0], now()
        balancer.signal(number)
        self.wait_flip(self.standby, start, 20)
        self.assertTrue(self.active.mysql.process.running())
        self.active.wait_state("STANDBY")
        gone = oracle.lost(self.active.commits.since(self.started),
                           [row["id"] for row in self.standby.mysql.run("SELECT id FROM shop.orders")])
        self.assertEqual(gone, [], "a switchover loses nothing")
        self.assertFalse(self.active.pool()["eligible"], "the latch holds while nobody reaches the address")
        balancer.signal(signal.SIGCONT)
        if not balancer.running():
            balancer.start()
        wait_until(lambda: self.active.pool()["eligible"], "the latch has fallen", 20)
        self.assert_writes_stay(self.standby, 2)

    def test_a_killed_balancer_hands_the_writer_on(self):
        self.lose(signal.SIGKILL)

    def test_a_frozen_balancer_hands_the_writer_on(self):
        self.lose(signal.SIGSTOP)

    def test_a_dead_balancer_of_the_standby_is_nothing(self):
        self.standby.companions[0].kill()
        self.assert_writes_stay(self.active, 4)


if __name__ == "__main__":
    unittest.main(verbosity=2)
