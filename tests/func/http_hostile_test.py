#!/usr/bin/python3
"""Bad input at the HTTP ports of both programs: calls without right, malformed, huge, slow, with certificates that have
ended or are a stranger's, and too many. Each gets a clear answer or none, is counted, and changes nothing."""
import contextlib
import json
import os
import re
import socket
import ssl
import unittest

from netns.namespace import Namespace, Unavailable, require
from plain_server import PlainServer
from tls_case import HOST, TOKEN, WRITE, Authority, TlsCase
from harness import wait_until

CROWD = 300  # connections: more than either program takes at once
COMMAND = "/api/v1/commands/set-offline"
ORDER = json.dumps({"args": {"node": "db1"}, "reason": "a test"}).encode()


def request(method, path, body=b"", token=None):
    lines = [f"{method} {path} HTTP/1.1", "Host: wideip", "Connection: close"]
    lines += [f"Authorization: Bearer {token}"] if token else []
    lines += [f"Content-Length: {len(body)}", "Content-Type: application/json"] if body else []
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def listening(pid):
    """Where a process listens: {(protocol, address in hexadecimal, port)}."""
    inodes = set()
    for name in os.listdir(f"/proc/{pid}/fd"):
        with contextlib.suppress(OSError):
            inodes.update(re.findall(r"socket:\[(\d+)\]", os.readlink(f"/proc/{pid}/fd/{name}")))
    found = set()
    for protocol in ("tcp", "tcp6", "udp", "udp6"):
        with open(f"/proc/{pid}/net/{protocol}", encoding="ascii") as file:
            for line in file.readlines()[1:]:
                words = line.split()
                host, port = words[1].split(":")
                # 0A: LISTEN. A datagram socket without a peer takes from everybody.
                waits = words[3] == "0A" if protocol.startswith("tcp") else int(words[2].split(":")[1], 16) == 0
                if words[9] in inodes and waits:
                    found.add((protocol, host, int(port, 16)))
    return found


class Hostile(TlsCase):
    def metrics(self, port):
        """{name and labels: value} of a stats port."""
        text = self.curl(port, "/metrics")[1]
        return {name: float(value) for name, value in re.findall(r"^(wideip_\S+) (\S+)$", text, re.M)}

    def counted(self, name, port, of="stats"):
        """A counter of a port: ("http_responses_total", 401) or ("http_connections_failed_total", "slow")."""
        prefix = "wideip_dnsd_" if port == self.stats else "wideip_sitecheck_"
        family, value = name
        label = "code" if family == "http_responses_total" else "reason"
        return self.metrics(port)[f'{prefix}{family}{{port="{of}",{label}="{value}"}}']

    def standing(self):
        """What no bad input may change."""
        site = json.loads(self.curl(self.site_stats, "/api/v1/status")[1])
        server = json.loads(self.curl(self.stats, "/api/v1/status", token=TOKEN)[1])
        return [self.site.pid, self.server.pid, [(node["name"], node["state"] == "MAINT") for pool in site["pools"]
                                                 for node in pool["nodes"]], site["mode"], server["wideips_total"]]

    def setUp(self):
        self.before = self.standing()
        self.addCleanup(lambda: self.assertEqual(self.standing(), self.before, "bad input has changed something"))

    def connect(self, port, tls=True):
        """A connection of a client whom the port would serve."""
        plain = socket.create_connection((HOST, port), timeout=60)
        self.addCleanup(plain.close)
        if not tls:
            return plain
        trust = ssl.create_default_context(cafile=os.path.join(self.folder, "ca.crt"))
        trust.load_cert_chain(*(os.path.join(self.folder, f"ns1.{kind}") for kind in ("crt", "key")))
        wrapped = trust.wrap_socket(plain, server_hostname=HOST)
        self.addCleanup(wrapped.close)
        return wrapped

    def exchange(self, port, data, tls=True):
        """All that comes for `data`, until the server closes."""
        stream, out = self.connect(port, tls), b""
        with contextlib.suppress(ConnectionError, ssl.SSLError):
            stream.sendall(data)
        with contextlib.suppress(ConnectionError, ssl.SSLError):
            while part := stream.recv(65536):
                out += part
        return out.decode(errors="replace")

    def assert_refused(self, port, status, data, word):
        """It is answered `status`, with `word` in what it says, and counted."""
        before = self.counted(("http_responses_total", status), port)
        answer = self.exchange(port, data)
        self.assertTrue(answer.startswith(f"HTTP/1.1 {status} "), answer[:200])
        self.assertIn(word, answer)
        self.assertEqual(self.counted(("http_responses_total", status), port), before + 1)

    def test_who_has_no_right_is_told_what_is_missing(self):
        for port, path in ((self.stats, "/api/v1/status"), (self.stats, "/api/v1/stream")):
            self.assert_refused(port, 401, request("GET", path), "Authorization: Bearer TOKEN")
            self.assert_refused(port, 401, request("GET", path, token="x" * 40), "not known")
        self.assert_refused(self.site_stats, 401, request("POST", COMMAND, ORDER), "Authorization: Bearer TOKEN")
        self.assert_refused(self.site_stats, 401, request("POST", COMMAND, ORDER, token="x" * 40), "not known")
        self.assert_refused(self.site_stats, 403, request("POST", COMMAND, ORDER, token=TOKEN), "rights")

    def test_what_is_malformed_or_huge_is_refused(self):
        self.assert_refused(self.site_stats, 400, request("POST", COMMAND, b"{" * 1000, WRITE), "no JSON object")
        self.assert_refused(self.site_stats, 400, request("POST", COMMAND, b"\0\xff not JSON", WRITE), "no JSON object")
        self.assert_refused(self.site_stats, 413, request("POST", COMMAND, b"x" * 200_000, WRITE), "longer than")
        self.assert_refused(self.site_stats, 404, request("POST", "/api/v1/commands/format-disk", ORDER, WRITE), "command")
        self.assert_refused(self.stats, 400, request("GET", "/api/v1/status?from=" + "9" * 40, token=TOKEN), "from")
        self.assert_refused(self.stats, 400, request("GET", "/api/v1/stream?limit=-1", token=TOKEN), "limit")
        self.assert_refused(self.stats, 405, request("DELETE", "/metrics"), "only GET and HEAD")
        self.assert_refused(self.stats, 413, request("POST", "/metrics", b"x" * 200_000), "too large")
        for port in (self.stats, self.site_stats, self.ecv):
            stats, of = (self.stats, "stats") if port == self.stats else (self.site_stats, "stats")
            of = "ecv" if port == self.ecv else of
            failed = ("http_connections_failed_total", "no_request")
            before = self.counted(failed, stats, of)
            for data in (b"no such thing as this\r\n\r\n", b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\n\r\n"):
                self.assertNotIn(" 200 ", self.exchange(port, data).split("\r\n")[0])
            wait_until(lambda f=failed, s=stats, o=of, b=before: self.counted(f, s, o) > b, "they are counted", 60)

    def test_certificates_that_have_ended_or_are_a_strangers_get_no_answer(self):
        self.authority.issue("late", days=-1)
        Authority(self.folder, "nobody").issue("unknown")
        for port, stats, of in ((self.stats, self.stats, "stats"), (self.ecv, self.site_stats, "ecv")):
            for client in ("late", "unknown", None):
                with self.subTest(port=of, client=client):
                    failed = ("http_connections_failed_total", "handshake")
                    before = self.counted(failed, stats, of)
                    self.assertEqual(self.curl(port, "/", client=client), (0, ""))
                    wait_until(lambda s=stats, o=of, b=before, f=failed: self.counted(f, s, o) > b, "it is counted", 60)
            before = self.counted(("http_connections_failed_total", "handshake"), stats, of)
            self.assertNotIn("200 OK", self.exchange(port, request("GET", "/healthz"), tls=False))
            wait_until(lambda s=stats, o=of, b=before: self.counted(("http_connections_failed_total", "handshake"), s, o)
                       > b, "a request in the clear is counted", 60)

    def test_a_crowd_of_slow_clients_keeps_nobody_waiting(self):
        for port, stats, of in ((self.stats, self.stats, "stats"), (self.site_stats, self.site_stats, "stats"),
                                (self.ecv, self.site_stats, "ecv")):
            with self.subTest(port=port), contextlib.ExitStack() as crowd:
                before = self.counted(("http_connections_failed_total", "crowded_out"), stats, of)
                for number in range(CROWD):
                    stream = crowd.enter_context(socket.create_connection((HOST, port), timeout=60))
                    if number % 2:
                        stream.send(b"\x16\x03\x01")  # half of a hello
                wait_until(lambda s=stats, o=of, b=before: self.counted(
                    ("http_connections_failed_total", "crowded_out"), s, o) > b, "the slow ones make way", 60)
                status = self.curl(port, "/ecv/v1/main/active" if of == "ecv" else "/healthz")[0]
                self.assertEqual(status, 503 if of == "ecv" else 200)

    def test_nothing_listens_but_where_it_was_told_to(self):
        dns = int(self.dns.split("@")[1])
        told = {self.server.pid: {dns, self.stats}, self.site.pid: {self.ecv, self.site_stats}}
        for pid, ports in told.items():
            found = listening(pid)
            self.assertEqual({host for _, host, _ in found}, {"0100007F"}, "on loopback alone")
            self.assertEqual({port for kind, _, port in found if kind == "tcp"}, ports)
        plain = PlainServer()
        self.addCleanup(plain.close)
        plain.process.start().wait_ready()
        self.assertEqual({port for _, _, port in listening(plain.process.pid)}, {int(plain.address.split("@")[1])},
                         "a name server without stats opens no port for it")


class TooMany(unittest.TestCase):
    """From another address than this host's loopback, which is not limited."""

    def test_a_client_that_asks_too_often_is_told_so_and_the_others_are_served(self):
        try:
            require()
        except Unavailable as error:
            self.skipTest(str(error))
        place = Namespace("http")
        self.addCleanup(place.remove)
        place.ip("addr add 192.0.2.1/32 dev lo", "addr add 192.0.2.2/32 dev lo")
        server = PlainServer(prefix=place.prefix)
        self.addCleanup(server.close)
        server.write('stats: {listen: "192.0.2.1@8053", anonymous: everyone, rate_limit: 5}\n')
        with place.entered():
            server.process.start().wait_ready()

            def get(client, path="/api/v1/status"):
                with socket.socket() as stream:
                    stream.bind((client, 0))
                    stream.settimeout(60)
                    stream.connect(("192.0.2.1", 8053))
                    stream.sendall(request("GET", path))
                    return b"".join(iter(lambda: stream.recv(65536), b"")).decode()

            def refused():
                answer = get("192.0.2.1")
                return answer if answer.startswith("HTTP/1.1 429 ") else None

            answer = wait_until(refused, "it asks too often", 60)
            self.assertIn("Retry-After: 1", answer)
            self.assertIn("too many requests from this address", answer)
            metrics = get("192.0.2.2", "/metrics")
            self.assertTrue(metrics.startswith("HTTP/1.1 200 "), metrics[:100])
            count = re.search(r'^wideip_dnsd_http_responses_total\{port="stats",code="429"\} (\d+)', metrics, re.M)
            self.assertGreaterEqual(int(count.group(1)), 1)


if __name__ == "__main__":
    unittest.main(verbosity=2)
