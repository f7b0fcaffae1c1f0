#!/usr/bin/python3
"""MySQL lives, its balancer died: a writer that nobody reaches by its service address is handed on."""
import socket
import threading
import unittest

import harness
from cluster.net import free_port
from cluster.wait import wait_until


class Balancer:
    """What stands before MySQL and passes connections on: a service address that can die by itself."""

    def __init__(self, host, upstream):
        self.host, self.port, self.upstream = host, free_port(), upstream
        self._socket, self._open = None, []
        self.start()

    @property
    def address(self):
        return f"{self.host}@{self.port}"

    def start(self):
        self._socket = socket.create_server((self.host, self.port), backlog=64)
        threading.Thread(target=self._accept, args=(self._socket,), daemon=True).start()

    def die(self):
        """Its listener and every connection through it are gone."""
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._socket = None
        for one in self._open:
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def _accept(self, listener):
        while True:
            try:
                client = listener.accept()[0]
                server = socket.create_connection(self.upstream, timeout=5)
            except OSError:
                if self._socket is not listener:
                    return
                continue
            self._open += [client, server]
            for one, other in ((client, server), (server, client)):
                threading.Thread(target=self._carry, args=(one, other), daemon=True).start()

    @staticmethod
    def _carry(one, other):
        try:
            while piece := one.recv(65536):
                other.sendall(piece)
        except OSError:
            pass
        for end in (one, other):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


class ServiceAddress(harness.ClusterCase):
    def configure(self, cluster):
        self.balancers = {}
        for site in cluster.sites:
            self.balancers[site] = Balancer(f"127.0.{site.number}.20", (site.mysql.host, site.mysql.port))
            site.settings["service"] = self.balancers[site].address
            self.addCleanup(self.balancers[site].die)

    def views(self, site):
        return site.pool().get("service") or {}

    def test_a_writer_behind_a_dead_balancer_is_handed_on_and_nothing_is_lost(self):
        wait_until(lambda: any(view["up"] for view in self.views(self.active).get("views", [])),
                   "the other site reaches the service address", 15)
        with harness.Writers(self.cluster) as writers:
            writers.wait_commit(self.active)
            self.balancers[self.active].die()
            wait_until(lambda: all(server.answer() == [self.standby.address] for server in self.cluster.servers),
                       "every dnsd answers the site whose balancer lives", 15)
            self.assertEqual(self.active.wait_state("STANDBY")["state"], "STANDBY")
            self.assertIn("service address", self.active.command("events").stdout)
            writers.wait_commit(self.standby)
        self.assert_one_writer(writers, 1)
        # It is reached again: fit once more, but there is no failback.
        self.balancers[self.active].start()
        wait_until(lambda: self.active.pool()["eligible"], "the site is eligible again", 20)
        self.assert_answer_stays(self.standby, 3)


class NeverReached(harness.ClusterCase):
    def configure(self, cluster):
        for site in cluster.sites:
            site.settings["service"] = f"127.0.{site.number}.21@{free_port()}"  # nobody listens there

    def test_an_address_that_was_never_reached_moves_nobody(self):
        self.assert_answer_stays(self.active, 8)
        self.assertEqual(self.active.state(), "ACTIVE")


if __name__ == "__main__":
    unittest.main(verbosity=2)
