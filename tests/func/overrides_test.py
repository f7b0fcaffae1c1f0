#!/usr/bin/python3
"""Drains and pins on a real dnsd: what they do to answers, what refuses them, and that nothing loses them."""
import http.client
import json
import os
import shutil
import socketserver
import tempfile
import threading
import unittest
import urllib.request

from fake_site import ClaimsCase
from harness import dns, wait_until
from terminal import Terminal
from cluster.net import free_port
from cluster.process import Process

A, B = "127.0.0.41", "127.0.0.42"
SHOP = "shop.example.com"
TOKENS = {"read": "read-0123456789abcdef", "write": "write-0123456789abcdef"}
VARIABLE = "WIDEIP_TEST_READ_TOKEN"  # holds the one; the other is in a file
EXTRA = """  - name: shop.example.com
    method: global_availability
    on_none: nodata
    safety: {{at_least: 0, never_both: [a, b], confirm: pin}}
    members:
      - {{name: a, address: {A}, monitor: port}}
      - {{name: b, address: {B}, monitor: port}}
wait_first_round: 20s
monitors:
  - {{name: port, kind: tcp, port: {port}, interval: 1s, interval_down: 100ms, timeout: 1s, rise: 1}}
"""


class Accepts(socketserver.ThreadingTCPServer):
    """A member: it takes connections, and that is all."""

    allow_reuse_address = daemon_threads = True

    def __init__(self, address):
        super().__init__(address, socketserver.BaseRequestHandler)
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def end(self):
        self.shutdown()
        self.server_close()


class Overrides(ClaimsCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="wideip-")
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        with open(os.open(f"{cls.folder}/write", os.O_WRONLY | os.O_CREAT, 0o600), "w", encoding="ascii") as file:
            file.write(TOKENS["write"])
        os.environ[VARIABLE] = TOKENS["read"]
        cls.addClassCleanup(os.environ.pop, VARIABLE, None)

    def configure(self, cluster):
        port = free_port()
        for address in (A, B):
            self.addCleanup(Accepts((address, port)).end)
        cluster.servers[0].settings["stats"] = (
            f", anonymous: nobody, tokens: [{{name: write, rights: write, file: {self.folder}/write}},"
            f" {{name: read, rights: read, token: \"${{{VARIABLE}}}\"}}]")
        cluster.servers[0].settings["extra"] = EXTRA.format(A=A, B=B, port=port)

    def setUp(self):
        super().setUp()
        self.sites[0].claim("ACTIVE", 5)
        self.wait_address(1)
        self.wait_shop([A])

    def wait_shop(self, wanted):
        wait_until(lambda: self.server.ask(SHOP).addresses == wanted, f"{SHOP} is answered with {wanted}")

    def give(self, *words, status=0):
        """A command of an operator. Returns what it printed, on both outputs."""
        done = self.server.command(*words)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        return done.stdout + done.stderr

    def metric(self, name):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.server.stats_port}/metrics", timeout=10) as page:
            lines = page.read().decode().splitlines()
        return next(float(line.split()[-1]) for line in lines if line.startswith(name))

    def log(self):
        return self.server.process.output()

    def test_a_drain_moves_the_answer_until_it_is_taken_back(self):
        told = self.give("drain", "a", "--for", "10m", "--reason", "new disks")
        self.assertIn(f"{SHOP} is answered with {B}", told)
        self.assertEqual(self.server.ask(SHOP).addresses, [B])
        order = self.server.json("overrides")["overrides"][0]
        self.assertEqual((order["what"], order["reason"], order["wideips"]), ("a", "new disks", 1))
        self.assertIn("drain a", self.give("status"))
        self.assertIn("By order of an operator nobody is sent to a.", self.give("explain", SHOP))
        self.assertEqual(self.metric('wideip_dnsd_overrides{kind="drain",break_glass="false"}'), 1)
        self.assertIn(f"refused by never_both of {SHOP} ({self.server.config_file}:",
                      self.give("drain", "b", "--reason", "those too", status=1))
        self.assertIn("taken back: drain a", self.give("undrain", "a"))
        self.assertEqual(self.server.ask(SHOP).addresses, [A])
        self.assertEqual(self.metric('wideip_dnsd_overrides_refused_total{rule="never_both"}'), 1)
        self.assertEqual(self.give("overrides"), "no overrides\n")

    def test_the_writer_is_drained_by_break_glass_only_and_kill_9_keeps_it(self):
        words = ("drain", "site1", "--for", "forever", "--reason", "wrong data")
        self.assertIn("sitecheck switchover", self.give(*words, status=1))
        self.assertEqual(self.server.answer(), self.address(1))
        self.assertIn("BREAK-GLASS", self.give(*words, "--break-glass"))
        self.assertEqual(self.server.ask().rcode, dns.SERVFAIL)
        self.server.process.kill()
        self.server.process.start().wait_ready()
        self.heard()
        self.assertEqual(self.server.ask().rcode, dns.SERVFAIL)
        self.assertEqual(self.metric('wideip_dnsd_overrides{kind="drain",break_glass="true"}'), 1)
        # The writer comes up elsewhere: what is drained stays away from nobody else.
        self.sites[1].claim("ACTIVE", 6)
        self.wait_address(2)

    def test_a_process_that_takes_over_keeps_the_orders(self):
        self.give("drain", "a", "--reason", "new disks")
        successor = Process("successor", [self.server.program, "serve", "--replace", "--config",
                                          self.server.config_file],
                            os.path.join(self.server.folder, "successor.log"), None)
        self.addCleanup(successor.stop)
        successor.start().wait_ready()
        wait_until(lambda: not self.server.process.running(), "the one before has ended")
        self.assertEqual(self.server.ask(SHOP).addresses, [B])
        self.give("undrain", "a")
        self.assertEqual(self.server.ask(SHOP).addresses, [A])

    def test_a_pin_is_confirmed_and_ends_by_itself(self):
        words = ("pin", SHOP, "b", "--reason", "a trial")
        self.assertIn("a pin needs an end", self.give(*words, status=2))
        self.assertIn("refused by confirm", self.give(*words, "--for", "1s", status=1))
        told = self.give("override", f"{SHOP}={B}", "--reason", "a trial", "--for", "1s", "--yes")
        self.assertIn(f"{SHOP} is answered with {B}: b is pinned by an operator", told)
        self.wait_shop([A])
        self.assertEqual(self.server.json("overrides")["overrides"], [])
        actions = [event["action"] for event in self.server.json("events")["events"] if event["event"] == "override"]
        self.assertEqual(actions, ["given", "expired"])

    def test_at_a_terminal_a_pin_is_confirmed_by_typing_the_name(self):
        for typed, status in ((b"www.example.com", 1), (SHOP.encode(), 0)):
            terminal = Terminal([self.server.program, "pin", SHOP, "b", "--for", "1h", "--reason", "a trial", "--config",
                                 self.server.config_file])
            self.addCleanup(terminal.close)
            terminal.wait_for(f"Type {SHOP} to go on: ".encode())
            self.assertEqual(self.server.json("overrides")["overrides"], [], "nothing is done before")
            terminal.type(typed + b"\n")
            self.assertEqual(terminal.end(), status)
            self.assertIn(b"is answered with" if status == 0 else b"refused by confirm", terminal.seen)
        self.assertEqual(self.server.ask(SHOP).addresses, [B])
        terminal = Terminal([self.server.program, "pin", SHOP, "a", "--for", "1h", "--reason", "back", "--config",
                             self.server.config_file])
        self.addCleanup(terminal.close)
        terminal.wait_for(b"to go on: ")
        terminal.type(b"\x04")  # the end of what is typed: no
        self.assertEqual(terminal.end(), 1)
        self.assertEqual(self.server.ask(SHOP).addresses, [B])

    def test_a_token_of_the_environment_lets_in_and_one_that_is_not_set_is_a_fault(self):
        def get(token):
            connection = http.client.HTTPConnection("127.0.0.1", self.server.stats_port, timeout=20)
            connection.request("GET", "/api/v1/status", headers={"Authorization": f"Bearer {token}"} if token else {})
            status = connection.getresponse().status
            connection.close()
            return status
        self.assertEqual(get(None), 401)
        self.assertEqual(get("other-0123456789abcdef"), 401)
        self.assertEqual(get(TOKENS["read"]), 200)
        self.assertNotIn(TOKENS["read"], self.give("check", "--against", "running") + self.log())
        del os.environ[VARIABLE]
        try:
            told = self.give("check", status=2)
        finally:
            os.environ[VARIABLE] = TOKENS["read"]
        self.assertRegex(told, rf"dnsd\.yaml:\d+:\d+: .*{VARIABLE}")
        self.assertIn("drain a", self.give("drain", "a", "--reason", "new disks"), "the daemon goes on")

    def post(self, command, args, token=None, **more):
        """Status and JSON of a command over HTTP; None where the answer is no JSON."""
        headers = {"Content-Type": "application/json", **more}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        connection = http.client.HTTPConnection("127.0.0.1", self.server.stats_port, timeout=20)
        connection.request("POST", f"/api/v1/commands/{command}", json.dumps({"args": args, "reason": "by telephone"}),
                           headers)
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        return answer.status, json.loads(body) if answer.getheader("Content-Type") == "application/json" else None

    def test_over_http_orders_need_a_token_that_may_write(self):
        drain = ("drain", {"what": "a"})
        self.assertEqual(self.post(*drain)[0], 401)
        self.assertEqual(self.post(*drain, token="none-0123456789abcdef")[0], 401)
        self.assertEqual(self.post(*drain, token=TOKENS["read"])[0], 403)
        self.assertEqual(self.post(*drain, token=TOKENS["write"], Origin="https://example.com")[0], 403)
        self.assertEqual(self.server.json("overrides")["overrides"], [])
        status, told = self.post(*drain, token=TOKENS["write"])
        self.assertEqual((status, told["exit"], told["data"]["answers"][0]["answer"]), (200, 0, [B]))
        status, told = self.post("drain", {"what": "b"}, TOKENS["write"])
        self.assertEqual((status, told["data"]["refused_by"]), (409, "never_both"))
        self.assertEqual(self.post("reload", {}, TOKENS["write"])[0], 404)
        order = self.server.json("overrides")["overrides"][0]
        self.assertEqual((order["user"], order["reason"]), ("token write from 127.0.0.1", "by telephone"))
        self.assertEqual(self.post("undrain", {"what": "a"}, TOKENS["write"])[0], 200)
        self.assertEqual(self.server.ask(SHOP).addresses, [A])

    def test_a_garbled_state_file_is_told_and_kept_aside(self):
        self.give("drain", "a", "--reason", "new disks")
        self.server.process.stop()
        state = os.path.join(self.server.folder, "state")
        for name in os.listdir(state):
            if name.startswith("overrides."):
                with open(os.path.join(state, name), "wb") as file:
                    file.write(b"wideipS1 and garbage, longer than any header of such a file is, so that it is no torn one")
        self.server.process.start().wait_ready()
        self.wait_shop([A])
        self.assertIn("overrides.unreadable", self.log())
        self.assertTrue(os.path.exists(os.path.join(state, "overrides.0.bad")))
        self.give("drain", "a", "--reason", "once more")
        self.assertEqual(self.server.ask(SHOP).addresses, [B])


if __name__ == "__main__":
    unittest.main()
