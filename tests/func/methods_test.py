#!/usr/bin/python3
"""Wide-IPs of addresses with a monitor: every method over real HTTP servers that come and go."""
import collections
import http.server
import json
import re
import shutil
import subprocess
import threading
import unittest

from harness import dns, wait_until
from cluster.net import free_port
from cluster.process import Process
from plain_server import PlainServer

WIDEIPS = """topology:
  regions: {{here: 127.0.0.0/8, there: 198.51.100.0/24}}
monitors:
  - {{name: web, kind: http, port: {port}, path: /health, receive: OK, interval: 1s, interval_down: 100ms, timeout: 1s, rise: 1, fall: 2}}
wideips:
  - name: order.example.com
    method: global_availability
    members: [{a}, {b}, {c}]
  - name: turn.example.com
    method: round_robin
    members: [{a}, {b}, {c}]
  - name: ratio.example.com
    method: ratio
    members:
      - {{name: a, address: 127.0.1.1, monitor: web, ratio: 3}}
      - {{name: b, address: 127.0.1.2, monitor: web}}
  - name: persist.example.com
    method: static_persist
    members: [{a}, {b}, {c}]
  - name: every.example.com
    method: all_available
    members: [{a}, {b}, {c}]
  - name: near.example.com
    method: topology
    members:
      - {{name: a, address: 127.0.1.1, monitor: web, region: there}}
      - {{name: b, address: 127.0.1.2, monitor: web, region: here}}
  - name: pools.example.com
    method: global_availability
    fallback_address: 127.0.9.9
    pools:
      - {{name: near, method: round_robin, min_members_up: 2, members: [{a}, {b}]}}
      - {{name: far, method: round_robin, members: [{c}]}}
  - name: follows.example.com
    method: round_robin
    requires: pools.example.com
    on_none: nodata
    members: [{c}]
  - name: shop.example.com
    method: global_availability
    ttl: 7
    min_ttl: 7
    pools:
      - {{name: own, members: [{a}]}}
      - {{name: cdn, members: [{{name: inside, cname: www.example.com.}}]}}
  - name: app.example.com
    method: global_availability
    members: [{{name: chained, cname: shop.example.com}}, {{name: outside, cname: cdn.example.net}}]
  - name: taken.example.com
    method: all_available
    members: [{a}, {{name: b, address: 127.0.1.2, monitor: web, disabled: true}}]
"""
MEMBERS = {name: f"{{name: {name}, address: 127.0.1.{i}, monitor: web}}" for i, name in enumerate("abc", 1)}
ADDRESSES = {name: f"127.0.1.{i}" for i, name in enumerate("abc", 1)}


class Member:
    """A web server that is well, or says that it is not."""

    def __init__(self, host, port):
        self.well = True
        member = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):  # pylint: disable=invalid-name
                body = b"OK" if member.well else b"ill"
                self.send_response(200 if member.well else 503)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                """Nothing: thousands of lines."""

        self._server = http.server.ThreadingHTTPServer((host, port), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self):
        self._server.shutdown()
        self._server.server_close()


class Methods(unittest.TestCase):
    """One dnsd and three members for all tests, each of which begins with all members up."""

    @classmethod
    def setUpClass(cls):
        port = free_port()
        cls.members = {name: Member(address, port) for name, address in ADDRESSES.items()}
        cls.server = PlainServer()
        cls.addClassCleanup(cls._end)
        cls.server.write(WIDEIPS.format(port=port, **MEMBERS))
        cls.server.process.start()
        cls.server.process.wait_ready()

    @classmethod
    def _end(cls):
        cls.server.close()
        for member in cls.members.values():
            member.close()

    def setUp(self):
        self.up("abc")

    def up(self, names):
        """Makes these members well and the others ill, and waits until the server knows."""
        for name, member in self.members.items():
            member.well = name in names
        wait_until(lambda: self.values() == {name: "UP" if name in names else "DOWN" for name in "abc"},
                   f"the members {names} are up and no others")

    def values(self):
        data = json.loads(self.server.command("status", "--json").stdout)
        wideip = next(each for each in data["wideips"] if each["name"] == "every.example.com")
        return {member["name"]: member["value"] for member in wideip["members"]}

    def answer(self, name):
        """The members in one answer, in its order."""
        names = {address: name for name, address in ADDRESSES.items()}
        answer = wait_until(lambda: self.server.ask(f"{name}.example.com"), "an answer")
        return "".join(names.get(address, address) for address in answer.addresses)

    def count(self, name, queries=80):
        return collections.Counter(self.answer(name) for _ in range(queries))

    def test_global_availability_answers_the_first_that_is_up(self):
        self.assertEqual(self.count("order", 10), {"a": 10})
        self.up("bc")
        self.assertEqual(self.count("order", 10), {"b": 10})

    def test_round_robin_gives_each_its_turn(self):
        seen = self.count("turn", 90)
        self.assertEqual(set(seen), {"a", "b", "c"})
        self.assertGreater(min(seen.values()), 25)
        self.up("ac")
        self.assertEqual(set(self.count("turn", 20)), {"a", "c"})

    def test_ratio_gives_each_its_share(self):
        seen = self.count("ratio", 80)
        self.assertAlmostEqual(seen["a"], 60, delta=6)
        self.assertEqual(seen["a"] + seen["b"], 80)

    def test_static_persist_keeps_a_client_at_its_member(self):
        seen = self.count("persist", 20)
        self.assertEqual(len(seen), 1)
        mine = next(iter(seen))
        self.up("abc".replace(mine, ""))
        other = self.count("persist", 20)
        self.assertEqual(len(other), 1)
        self.assertNotIn(mine, other)
        self.up("abc")
        self.assertEqual(self.count("persist", 10), {mine: 10})

    def test_topology_answers_the_members_of_the_clients_region_while_one_is_up(self):
        self.assertEqual(self.count("near", 10), {"b": 10})
        told = self.server.command("explain", "near.example.com", "--client", "198.51.100.0/24", "--json").stdout
        self.assertEqual(json.loads(told)["client"]["region"], "there")
        self.assertEqual(json.loads(told)["client"]["answers"][0]["answer"], ["127.0.1.1"])
        self.up("ac")
        self.assertEqual(self.count("near", 10), {"a": 10})

    def test_all_available_names_every_one_that_is_up(self):
        self.assertEqual(sorted(self.answer("every")), ["a", "b", "c"])
        self.up("bc")
        self.assertEqual(sorted(self.answer("every")), ["b", "c"])

    def test_pools_follow_each_other_and_the_fallback_is_last(self):
        self.assertEqual(set(self.count("pools", 20)), {"a", "b"})
        self.up("ac")
        self.assertEqual(self.count("pools", 10), {"c": 10})
        self.up("")
        self.assertEqual(self.answer("pools"), "127.0.9.9")
        self.assertEqual(self.answer("follows"), "")
        # Without a fallback: all, rather than none.
        self.assertEqual(sorted(self.answer("every")), ["a", "b", "c"])

    def dig(self, *words):
        """The sections of dig's answer as lines, its status first."""
        host, port = self.server.address.split("@")
        text = subprocess.run(["dig", f"@{host}", "-p", port, "+norecurse", "+noall", "+comments", "+answer",
                               "+authority", "+tries=3", *words], capture_output=True, text=True, timeout=30,
                              check=True).stdout
        status = re.search(r"status: (\w+)", text).group(1)
        return [status] + [" ".join(line.split()) for line in text.splitlines() if line and not line.startswith(";")]

    def test_a_cname_is_answered_for_every_type_and_followed_here(self):
        self.assertEqual(self.answer("shop"), "a")
        self.assertEqual(self.dig("shop.example.com", "CNAME")[0:2],
                         ["NOERROR", "example.com. 7 IN SOA ns1.example.com. hostmaster.example.com. "
                                     "2026112201 3600 600 86400 60"])
        self.up("bc")
        alias, address = "shop.example.com. 7 IN CNAME www.example.com.", "www.example.com. 300 IN A 192.0.2.80"
        self.assertEqual(self.dig("shop.example.com", "A"), ["NOERROR", alias, address])
        self.assertEqual(self.dig("shop.example.com", "A", "+tcp", "+noedns"), ["NOERROR", alias, address])
        self.assertEqual(self.dig("shop.example.com", "CNAME"), ["NOERROR", alias])
        self.assertEqual(self.dig("shop.example.com", "ANY", "+notcp"), ["NOERROR", alias])
        for kind in ("AAAA", "MX", "TYPE65"):
            told = self.dig("shop.example.com", kind)
            self.assertEqual(told[:2], ["NOERROR", alias], kind)
            self.assertIn("SOA", told[2])
        self.assertEqual(self.dig("app.example.com", "A"),
                         ["NOERROR", "app.example.com. 5 IN CNAME shop.example.com.", alias, address])
        told = json.loads(self.server.command("explain", "shop.example.com", "--json").stdout)
        self.assertEqual(told["answer"], ["www.example.com."])
        self.assertIn("inside is UP: alias of www.example.com., always up: it has no monitor.", told["steps"])

    @unittest.skipUnless(shutil.which("unbound"), "unbound is not installed")
    def test_a_resolver_follows_it(self):
        self.up("bc")
        port = free_port()
        folder = self.server.folder
        with open(f"{folder}/unbound.conf", "w", encoding="utf-8") as file:
            file.write(f"""server:
  interface: 127.0.0.1@{port}
  do-daemonize: no
  username: ""
  chroot: ""
  directory: "{folder}"
  pidfile: ""
  use-syslog: no
  module-config: iterator
  do-not-query-localhost: no
  harden-referral-path: yes
remote-control:
  control-enable: no
stub-zone:
  name: example.com
  stub-addr: {self.server.address}
""")
        resolver = Process("unbound", [shutil.which("unbound"), "-d", "-p", "-c", f"{folder}/unbound.conf"],
                           f"{folder}/unbound.log")
        self.addCleanup(resolver.stop)
        resolver.start()

        wait_until(lambda: subprocess.run(
            ["dig", "@127.0.0.1", "-p", str(port), "+short", "+tries=1", "+time=2", "app.example.com"],
            capture_output=True, text=True, timeout=30, check=False).stdout.split() ==
            ["shop.example.com.", "www.example.com.", "192.0.2.80"], "the resolver follows both")

    def test_a_disabled_member_is_never_answered_not_even_where_all_are(self):
        self.assertEqual(self.answer("taken"), "a")
        self.up("")
        self.assertEqual(self.answer("taken"), "a")
        told = self.server.command("explain", "taken.example.com").stdout
        self.assertIn("b is DOWN: disabled by the configuration", told)

    def test_explain_tells_pool_method_members_and_what_a_client_gets(self):
        self.up("ac")
        told = json.loads(self.server.command("explain", "pools.example.com", "--client", "192.0.2.0/24", "--json").stdout)
        steps = "\n".join(told["steps"])
        self.assertIn("Pool near (round_robin): 1 of 2 members up, it needs 2: not used.", steps)
        self.assertIn("Pool far (round_robin): 1 of 1 members up: it answers.", steps)
        self.assertRegex(steps, r"b is DOWN: 127\.0\.1\.2 down for .*\(monitor web\)")
        self.assertEqual(told["client"]["pool"], "far")
        self.assertEqual(told["client"]["answers"], [{"answer": ["127.0.1.3"], "share": 1}])
        bad = self.server.command("explain", "pools.example.com", "--client", "192.0.2.0/33")
        self.assertEqual(bad.returncode, 2)
        self.assertIn("--client", bad.stderr)


if __name__ == "__main__":
    unittest.main()
