#!/usr/bin/python3
"""Listen addresses that appear late, vanish and come back; answers leave from the address that was asked."""
import socket
import struct
import unittest

import harness  # noqa: F401
from harness import dns, wait_until
from netns.namespace import Namespace, Unavailable, require
from plain_server import PlainServer


class Addresses(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        try:
            require()
        except Unavailable as why:
            print(f"netns: skipped: {why}", flush=True)
            raise unittest.SkipTest(str(why)) from why

    def setUp(self):
        self.host = Namespace("host")
        self.addCleanup(self.host.remove)
        self.client = Namespace("client")
        self.addCleanup(self.client.remove)
        self.host.ip(f"link add eth0 type veth peer name eth0 netns {self.client.name}")
        self.host.ip("link set eth0 up", "address add 10.1.0.1/24 dev eth0", "address add 10.1.0.2/24 dev eth0",
                     "address add fd00::1/64 dev eth0 nodad")
        self.client.ip("link set eth0 up", "address add 10.1.0.9/24 dev eth0",
                       "address add fd00::9/64 dev eth0 nodad")

    def serve(self, *listen, server=""):
        made = PlainServer(listen, server, self.host.prefix)
        self.addCleanup(made.close)
        made.process.start()
        made.process.wait_ready()
        return made

    def answers(self, host, port=53, tcp=False):
        """Does `host` answer from the very address that was asked?"""
        message = dns.question("www.example.com")
        with self.client.entered():
            info = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM if tcp else socket.SOCK_DGRAM)[0]
            stream = socket.socket(*info[:2])
        with stream:
            stream.settimeout(1)
            stream.connect(info[4])
            if tcp:
                stream.sendall(struct.pack("!H", len(message)) + message)
                stream.recv(2, socket.MSG_WAITALL)
            else:
                stream.send(message)  # connected: what comes from elsewhere is not received
            return dns.Answer(stream.recv(4096)).addresses == ["192.0.2.80"]

    def wait_answers(self, host, **options):
        wait_until(lambda: self.answers(host, **options), f"{host} answers")

    def test_an_address_that_appears_later_is_bound_from_the_start_and_told(self):
        server = self.serve("10.1.0.1@53", "10.1.0.7@53", "fd00::7@53")
        output = server.process.output
        wait_until(lambda: output().count("listen.absent") == 2, "the absent addresses are named")
        self.wait_answers("10.1.0.1")
        self.host.ip("address add 10.1.0.7/24 dev eth0", "address add fd00::7/64 dev eth0")
        self.wait_answers("10.1.0.7")
        self.wait_answers("10.1.0.7", tcp=True)
        self.wait_answers("fd00::7")
        wait_until(lambda: output().count("listen.present") == 2, "their arrival is told")
        self.host.ip("address del 10.1.0.7/24 dev eth0")
        wait_until(lambda: output().count("listen.absent") == 3, "its loss is told")
        self.host.ip("address add 10.1.0.7/24 dev eth0")
        self.wait_answers("10.1.0.7")
        self.wait_answers("10.1.0.7", tcp=True)

    def test_without_freebind_it_is_bound_when_it_appears_though_root_was_given_up(self):
        server = self.serve("10.1.0.1@53", "10.1.0.7@53", server="  freebind: false\n  user: nobody\n")
        status = self.status_of(server)
        self.assertEqual(status["Uid"].split(), ["65534"] * 4)
        self.assertEqual(int(status["CapPrm"], 16), 1 << 10)  # CAP_NET_BIND_SERVICE and nothing else
        wait_until(lambda: "listen.absent" in server.process.output(), "the absent address is named")
        self.wait_answers("10.1.0.1")
        self.host.ip("address add 10.1.0.7/24 dev eth0")
        self.wait_answers("10.1.0.7")
        self.wait_answers("10.1.0.7", tcp=True)
        self.assertIn("listen.bound", server.process.output())

    def test_nothing_of_root_is_left_after_the_drop(self):
        server = self.serve("10.1.0.1@53", server="  user: nobody\n")
        status = self.status_of(server)
        self.assertEqual(status["Uid"].split(), ["65534"] * 4)
        self.assertEqual(status["Gid"].split(), ["65534"] * 4)
        self.assertEqual(set(status["Groups"].split()), {"65534"})
        for kind in ("CapInh", "CapPrm", "CapEff", "CapAmb"):
            self.assertEqual(int(status[kind], 16), 0, kind)
        self.assertEqual(status["NoNewPrivs"], "1")

    def status_of(self, server):
        with open(f"/proc/{server.process.pid}/status", encoding="utf-8") as file:
            return {key: value.strip() for key, value in (line.split(":", 1) for line in file)}

    def test_a_wildcard_answers_from_the_address_that_was_asked(self):
        self.serve("0.0.0.0@53", "[::]@53")
        link_local = self.link_local(self.host)
        for host in ("10.1.0.1", "10.1.0.2", "fd00::1", f"{link_local}%{self.client_index()}"):
            self.wait_answers(host)
            self.wait_answers(host, tcp=True)

    def client_index(self):
        with self.client.entered():
            return socket.if_nametoindex("eth0")

    def link_local(self, namespace):
        """The address that every IPv6 interface gives itself (RFC 4291 section 2.5.6), once it may be used."""
        def found():
            with namespace.entered(), open("/proc/thread-self/net/if_inet6", encoding="utf-8") as file:
                for line in file:
                    digits, _, _, scope, flags, name = line.split()
                    if name == "eth0" and scope == "20" and not int(flags, 16) & 0x40:  # not tentative
                        return socket.inet_ntop(socket.AF_INET6, bytes.fromhex(digits))
            return None
        return wait_until(found, "a link-local address")


if __name__ == "__main__":
    unittest.main(verbosity=2)
