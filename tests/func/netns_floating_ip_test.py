#!/usr/bin/python3
"""The example hook floating-ip: an address moves between two hosts, and the ARP cache of a neighbour follows at once."""
import json
import os
import shutil
import subprocess
import unittest

import harness
from harness import wait_until
from netns import namespace

HOOK = os.path.join(harness.ROOT, "contrib", "hooks", "floating-ip")
FLOATING = "10.99.0.50"


class FloatingIp(unittest.TestCase):
    def setUp(self):
        if not shutil.which("arping") and not os.path.exists("/usr/bin/arping"):
            self.skip("arping (iputils-arping) is not installed")
        try:
            namespace.require()
        except namespace.Unavailable as error:
            self.skip(error)
        self.hosts = {}
        self.lan = self.add("lan")
        self.lan.ip("link add br0 type bridge", "link set br0 up")
        for number, role in enumerate(("db1", "db2", "web"), start=1):
            host = self.add(role)
            self.lan.ip(f"link add {role} type veth peer name eth0 netns {host.name}",
                        f"link set {role} master br0", f"link set {role} up")
            host.ip(f"addr add 10.99.0.{number}/24 dev eth0", "link set eth0 up")

    def skip(self, why):
        print(f"netns: skipped: {why}", flush=True)
        self.skipTest(str(why))

    def add(self, role):
        host = self.hosts[role] = namespace.Namespace(role)
        self.addCleanup(host.remove)
        return host

    def run_in(self, role, *words, **options):
        return subprocess.run(self.hosts[role].prefix + list(words), capture_output=True, text=True, check=False,
                              stdin=subprocess.DEVNULL, **options)

    def hook(self, role, event, *words):
        number = list(self.hosts).index(role)
        return self.run_in(role, HOOK, *words, env={
            "PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "WIDEIP_EVENT": event, "WIDEIP_ADDRESS": FLOATING,
            "WIDEIP_NODE": role, "WIDEIP_NODE_ADDRESS": f"10.99.0.{number}"})

    def done(self, role, event):
        done = self.hook(role, event)
        self.assertEqual(done.returncode, 0, done.stderr)

    def mac(self, role):
        return json.loads(self.run_in(role, "ip", "-j", "link", "show", "eth0").stdout)[0]["address"]

    def cached(self):
        known = json.loads(self.run_in("web", "ip", "-j", "neigh", "show", FLOATING).stdout or "[]")
        return known[0].get("lladdr") if known else None

    def test_a_neighbours_cache_follows_the_address(self):
        self.done("db1", "promote")
        wait_until(lambda: self.run_in("web", "ping", "-c", "1", "-W", "1", FLOATING).returncode == 0, "an answer")
        self.assertEqual(self.cached(), self.mac("db1"))
        self.done("db1", "demote")
        # The neighbour sends nothing from here on: what it knows, it was told.
        self.done("db2", "promote")
        self.assertEqual(self.cached(), self.mac("db2"))
        self.assertEqual(self.run_in("web", "ping", "-c", "1", "-W", "2", FLOATING).returncode, 0)

    def test_both_may_be_repeated(self):
        for event in ("promote", "promote", "demote", "demote"):
            self.done("db1", event)
        self.assertEqual(self.run_in("db1", "ip", "-o", "addr", "show", "to", FLOATING).stdout, "")

    def test_what_is_wrong_is_said(self):
        self.run_in("web", "ip", "addr", "flush", "dev", "eth0")
        self.assertIn("is not an address of this host", self.hook("web", "promote").stderr)
        self.assertIn('allowed: promote, demote', self.hook("db1", "dance").stderr)
        broken = self.hook("db1", "promote", "-i", "eth9")
        self.assertNotEqual(broken.returncode, 0)
        self.assertIn("is not added to eth9", broken.stderr)


if __name__ == "__main__":
    unittest.main()
