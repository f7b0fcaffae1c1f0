#!/usr/bin/python3
"""Members without a sitecheck: a real dnsd looks at real HTTP(S) servers and answers by what it finds."""
import http.server
import json
import os
import ssl
import subprocess
import threading
import unittest

from harness import wait_until
from cluster.net import free_port
from late import LateOnce
from plain_server import PlainServer

A, B, C = "127.0.0.31", "127.0.0.32", "127.0.0.33"
TLS_HOST, HOSTILE = "127.0.0.34", "127.0.0.35"
# A refusal is heard at once; a server that is late on a busy machine has its time, and so have the certificates.
FAST = "interval: 1s, interval_down: 100ms, timeout: 1s, rise: 1, fall: 3"

CONFIG = """
wait_first_round: 20s
monitors:
  - {{name: web, kind: http, port: {port}, path: /health, receive: fine, receive_disable: MAINT, {fast}}}
  - {{name: careful, kind: http, port: {port}, path: /health, manual_resume: true, {fast}}}
  - {{name: a_alone, kind: http, port: {port}, address: {A}, path: /health, {fast}}}
  - {{name: b_alone, kind: http, port: {port}, address: {B}, path: /health, {fast}}}
  - {{name: both, kind: all, of: [a_alone, b_alone]}}
  - {{name: secure, kind: https, port: {tls}, host: origin.example.com, interval: 3s, interval_down: 500ms, timeout: 3s, rise: 1,
     tls: {{ca: server.pem, cert: client.pem, key: client.key}}}}
  - {{name: naked, kind: https, port: {tls}, host: origin.example.com, interval: 3s, interval_down: 500ms, timeout: 3s, rise: 1,
     tls: {{ca: server.pem}}}}
  - {{name: endless, kind: http, port: {hostile}, path: /endless, max_body: 32KiB, interval: 10s, timeout: 10s}}
  - {{name: silent, kind: http, port: {hostile}, path: /silent, interval: 500ms}}
  - {{name: script, kind: exec, command: [{script}, "{flag}"], interval: 5s, interval_down: 100ms, timeout: 5s, rise: 1, fall: 1}}
wideips:
  - name: shop.example.com
    method: global_availability
    ttl: 1
    min_ttl: 0
    on_none: nodata
    members:
      - {{name: first, address: {A}, monitor: web}}
      - {{name: second, address: {B}, monitor: web}}
  - name: manual.example.com
    method: global_availability
    on_none: nodata
    members:
      - {{name: hand, address: {C}, monitor: careful}}
      - {{name: other, address: {B}, monitor: careful}}
  - name: needy.example.com
    method: all_available
    on_none: nodata
    requires: [both]
    members:
      - {{name: needy, address: {B}, monitor: web}}
  - name: tls.example.com
    method: all_available
    on_none: nodata
    members:
      - {{name: with_certificate, address: {tls_host}, monitor: secure}}
  - name: naked.example.com
    method: all_available
    on_none: nodata
    members:
      - {{name: without, address: {tls_host}, monitor: naked}}
  - name: hostile.example.com
    method: all_available
    on_none: nodata
    members:
      - {{name: endless, address: {hostile_host}, monitor: endless}}
      - {{name: silent, address: {hostile_host}, monitor: silent}}
  - name: script.example.com
    method: all_available
    on_none: nodata
    members:
      - {{name: script, address: {C}, monitor: script}}
"""


class Member(http.server.ThreadingHTTPServer):
    """An HTTP server at one address, which may be ended and begun again."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, host, port, context=None):
        self.text, self.names, self.certificates = "fine", set(), set()
        super().__init__((host, port), Handler)
        if context:
            context.sni_callback = lambda _socket, name, _context: self.names.add(name)
            self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def handle_error(self, request, client_address):
        """A client that breaks off is what these tests are about."""

    def end(self):
        self.shutdown()
        self.server_close()


class Handler(http.server.BaseHTTPRequestHandler):
    """GET: the server's text; /endless: a body without end; /silent: nothing."""

    timeout = 20

    def do_GET(self):  # pylint: disable=invalid-name
        """Answers, or does not."""
        if self.path == "/silent":
            self.rfile.read()
            return
        self.send_response(200)
        if self.path == "/endless":
            self.end_headers()
            while True:
                self.wfile.write(b"x" * 65536)
        body = self.server.text.encode()
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):  # pylint: disable=arguments-differ
        """Quiet."""


def certificate(folder, name, alternative):
    """A certificate that vouches for itself: NAME.pem and NAME.key."""
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                    "-days", "2", "-subj", f"/CN={name}", "-addext", f"subjectAltName={alternative}",
                    "-keyout", f"{folder}/{name}.key", "-out", f"{folder}/{name}.pem"],
                   check=True, capture_output=True, stdin=subprocess.DEVNULL, timeout=60)


class Monitors(LateOnce):
    @classmethod
    def setUpClass(cls):
        cls.port, cls.tls_port, cls.hostile_port = free_port(), free_port(), free_port()
        cls.server = PlainServer()
        cls.addClassCleanup(cls.server.close)
        folder = cls.server.folder
        certificate(folder, "server", "DNS:origin.example.com")
        certificate(folder, "client", "DNS:dnsd")
        cls.flag, script = os.path.join(folder, "flag"), os.path.join(folder, "check")
        with open(script, "w", encoding="utf-8") as file:
            file.write("#!/bin/sh\n[ -e \"$1\" ] && [ \"$WIDEIP_ADDRESS\" = " + C + " ] || { echo no flag; exit 1; }\n")
        os.chmod(script, 0o755)
        cls.server.write(CONFIG.format(port=cls.port, tls=cls.tls_port, hostile=cls.hostile_port, fast=FAST, A=A, B=B,
                                       C=C, tls_host=TLS_HOST, hostile_host=HOSTILE, script=script, flag=cls.flag))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(f"{folder}/server.pem", f"{folder}/server.key")
        context.load_verify_locations(f"{folder}/client.pem")
        context.verify_mode = ssl.CERT_REQUIRED
        cls.secure = Member(TLS_HOST, cls.tls_port, context)
        cls.hostile = Member(HOSTILE, cls.hostile_port)
        cls.a, cls.b, cls.c = (Member(host, cls.port) for host in (A, B, C))
        for each in (cls.secure, cls.hostile):
            cls.addClassCleanup(each.end)
        for name in "abc":
            cls.addClassCleanup(lambda name=name: getattr(cls, name).end())
        cls.server.process.start()
        cls.server.process.wait_ready()

    def setUp(self):
        """Every test begins with all members up."""
        self.a.text = self.b.text = self.c.text = "fine"
        self.wait_answer("shop", [A])

    def answer(self, name):
        reply = self.server.ask(f"{name}.example.com")
        return reply.addresses if reply.rcode == 0 else [f"rcode {reply.rcode}"]

    def wait_answer(self, name, wanted):
        wait_until(lambda: self.answer(name) == wanted, f"{name} is answered with {wanted}")

    def standing(self, monitor, address=None):
        shown = json.loads(self.server.command("status", "--json").stdout)
        return next(each for each in shown["monitors"]
                    if each["monitor"] == monitor and (address is None or each["address"] == address))

    def restart(self, name, host):
        setattr(type(self), name, Member(host, self.port))

    def test_the_death_of_a_member_moves_the_answer_and_its_return_moves_it_back(self):
        self.a.end()
        self.addCleanup(self.wait_answer, "shop", [A])
        self.addCleanup(self.restart, "a", A)
        self.wait_answer("shop", [B])
        wait_until(lambda: self.standing("web", A)["outcome"] == "refused", "status tells why")
        wait_until(lambda: '"event":"monitor"' in self.server.command("events", "--json").stdout.replace(" ", ""),
                   "the journal tells of the monitor")

    def test_a_member_that_asks_for_it_is_disabled(self):
        self.a.text = "fine, but MAINT"
        self.wait_answer("shop", [B])
        wait_until(lambda: self.standing("web", A)["state"] == "disabled", "status tells that it is disabled")

    def test_a_wrong_text_is_a_failure(self):
        self.a.text = "broken"
        self.wait_answer("shop", [B])
        wait_until(lambda: "lacks the text" in self.standing("web", A)["text"], "status tells why")

    def test_manual_resume_waits_for_a_person_even_over_a_restart(self):
        self.wait_answer("manual", [C])
        self.c.end()
        try:
            self.wait_answer("manual", [B])
        finally:
            self.restart("c", C)
        wait_until(lambda: self.standing("careful", C)["good"] > 2, "it is well again")
        self.assertIn("manual resume", self.standing("careful", C)["waits"])
        self.assertEqual(self.answer("manual"), [B])
        self.server.process.stop()
        self.server.process.start()
        self.server.process.wait_ready()
        wait_until(lambda: self.standing("careful", C)["good"] > 2, "it is looked at after the restart")
        self.assertEqual(self.answer("manual"), [B])
        self.assertEqual(self.server.command("resume", "hand").returncode, 2, "a reason is needed")
        self.assertEqual(self.server.command("resume", "nobody", "--reason", "x").returncode, 1)
        done = self.server.command("resume", "hand", "--reason", "repaired", "--json")
        self.assertEqual((done.returncode, json.loads(done.stdout)), (0, {"resumed": 1}), done.stderr)
        self.wait_answer("manual", [C])

    def test_what_a_wide_ip_requires_must_be_up(self):
        self.wait_answer("needy", [B])
        self.a.end()
        try:
            self.wait_answer("needy", [])
        finally:
            self.restart("a", A)
        self.wait_answer("needy", [B])

    def test_https_shows_its_certificate_and_asks_by_name(self):
        self.wait_answer("tls", [TLS_HOST])
        self.assertIn("origin.example.com", self.secure.names)
        wait_until(lambda: self.standing("naked")["state"] == "down", "without a certificate it is not let in")
        self.assertEqual(self.answer("naked"), [])

    def test_bodies_without_end_and_silence_are_cut_off_with_a_reason(self):
        wait_until(lambda: "more than 32768 bytes" in self.standing("endless")["text"], "the body is cut off")
        wait_until(lambda: "no whole answer within 500 ms" in self.standing("silent")["text"], "the silence is told")
        self.assertEqual(self.answer("hostile"), [])

    def test_a_program_decides(self):
        with open(self.flag, "w", encoding="utf-8"):
            pass
        self.wait_answer("script", [C])
        os.remove(self.flag)
        self.wait_answer("script", [])
        wait_until(lambda: "exit status 1: no flag" in self.standing("script")["text"], "its last line is shown")

    def test_the_first_answer_of_a_start_is_never_a_member_that_nobody_looked_at(self):
        self.b.end()  # so that the second member could only be answered unseen
        self.a.text = "broken"
        try:
            self.wait_answer("shop", [])
            self.server.process.stop()
            self.server.process.start()
            self.server.process.wait_ready()
            self.assertEqual(self.answer("shop"), [])
        finally:
            self.restart("b", B)

    def test_a_successor_looks_for_itself_before_it_answers(self):
        successor = self.server.process_of("successor", "--replace")
        successor.start()

        def over():
            self.assertEqual(self.answer("shop"), [A], "while one takes over from the other")
            return not self.server.process.running()
        wait_until(over, "the predecessor has ended")
        self.server.process = successor
        successor.wait_ready()
        self.assertEqual(self.answer("shop"), [A])

    def test_the_journal_of_all_this_reproduces_every_answer(self):
        self.a.end()
        try:
            self.wait_answer("shop", [B])
        finally:
            self.restart("a", A)
        self.wait_answer("shop", [A])
        journal = os.path.join(self.server.folder, "state", "events.jsonl")
        told = self.server.command("simulate", journal, "--json")
        self.assertEqual(told.returncode, 0, told.stdout + told.stderr)
        told = json.loads(told.stdout)
        self.assertEqual((told["differences"], told["other_settings"]), ([], []))
        self.assertEqual(told["as_recorded"], told["decisions"])
        answers = [change["to"]["answer"] for change in told["changes"] if change["name"] == "shop.example.com"]
        self.assertIn([B], answers)
        self.assertEqual(answers[-1], [A])

    def test_status_shows_the_looks(self):
        text = self.server.command("status", "--all").stdout
        self.assertIn("MONITOR", text)
        self.assertRegex(text, rf"web +{A} +up")


if __name__ == "__main__":
    unittest.main()
