#!/usr/bin/python3
"""TCP clients that drip, never read, or storm in: UDP and the other TCP clients are served all the while (RFC 7766)."""
import contextlib
import socket
import struct
import threading
import unittest

import harness  # noqa: F401
from harness import dns, wait_until
from plain_server import PlainServer

PLACES = 200  # TCP connections that the server takes at once


class Slow(threading.Thread):
    """Keeps `count` connections, each from an address of its own, that behave as `act(stream)` says; those that the
    server closes are opened again."""

    def __init__(self, server, count, act, network):
        super().__init__(daemon=True)
        self.server, self.count, self.act, self.network = server, count, act, network
        self.opened, self.acted, self.stop = 0, 0, threading.Event()

    def open(self):
        stream = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        host, port = self.server.address.split("@")
        stream.bind((f"127.{self.network}.{self.opened // 200 % 200}.{self.opened % 200 + 1}", 0))
        self.opened += 1
        stream.connect((host, int(port)))
        stream.setblocking(False)
        return stream

    def run(self):
        streams = []
        with contextlib.suppress(OSError):
            streams = [self.open() for _ in range(self.count)]
        while not self.stop.wait(0.02):
            for at, stream in enumerate(streams):
                try:
                    self.act(stream)
                    self.acted += 1
                except BlockingIOError:
                    pass
                except OSError:
                    stream.close()
                    with contextlib.suppress(OSError):
                        streams[at] = self.open()
        for stream in streams:
            stream.close()


def drip(stream):
    """One octet at a time of a question that never ends."""
    stream.send(b"\x00")


def never_read(stream):
    """Questions without end; their answers are never read."""
    message = dns.question("www.example.com")
    stream.send((struct.pack("!H", len(message)) + message) * 200)


def storm(stream):
    """Nothing but the opening of a connection."""
    stream.close()
    raise OSError("open another one")


class SlowClients(unittest.TestCase):
    def setUp(self):
        self.server = PlainServer(server=f"  tcp_max_connections: {PLACES}\n  tcp_max_per_client: {PLACES}\n"
                                         "  tcp_idle_timeout: 2s\n")
        self.addCleanup(self.server.close)
        self.server.process.start().wait_ready()

    def crowd(self, count, act, network):
        made = Slow(self.server, count, act, network)
        made.start()
        self.addCleanup(made.join, 20)
        self.addCleanup(made.stop.set)
        return made

    def assert_served(self):
        for _ in range(100):
            self.assertEqual(self.server.ask(within=20).addresses, ["192.0.2.80"])
        served = 0
        for _ in range(200):
            # A place may be taken by the crowd in the very moment; RFC 7766 section 6.2.4 lets a client try again.
            with contextlib.suppress(ConnectionError, struct.error):
                served += self.server.ask(within=20, tcp=True).addresses == ["192.0.2.80"]
            if served == 20:
                return
        self.fail(f"{served} of 200 TCP clients were served")

    def test_others_are_served_beside_slow_clients_that_want_every_place(self):
        crowds = [self.crowd(PLACES, drip, 1), self.crowd(PLACES // 2, never_read, 2)]
        wait_until(lambda: all(crowd.acted > crowd.count for crowd in crowds), "the slow clients are there", within=60)
        self.assert_served()

    def test_a_storm_of_connections_does_not_keep_udp_waiting(self):
        crowd = self.crowd(50, storm, 3)
        wait_until(lambda: crowd.opened > 500, "the storm blows", within=60)
        self.assert_served()


if __name__ == "__main__":
    unittest.main(verbosity=2)
