"""Sites that claim what they are told to: they sign ECV reports like sitecheck, without databases behind them."""
import hashlib
import hmac
import json
import os
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import harness
from cluster.net import free_port
from harness import wait_until

POLL = 0.25  # seconds that a `wait` is held


def sign(secret, method, target, nonce, body):
    """HMAC-SHA256 over the four parts, each after its 32-bit length (ecv/mac.cc)."""
    parts = [method.encode(), target.encode(), nonce.encode(), body]
    message = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
    return hmac.new(bytes.fromhex(secret), message, hashlib.sha256).hexdigest()


class FakeSite:
    """Site `number`. claim() changes what it says, and answers waiting requests at once."""

    def __init__(self, number, secret, key_id="d1"):
        self.number, self.name = number, f"site{number}"
        self.url = f"http://127.0.{number}.1:{free_port()}"
        self.boot_id = time.time_ns() & 0x7FFFFFFFFFFFFFFF
        self.answers = 0
        self._secret, self._key_id = secret, key_id
        self._changed = threading.Condition()
        self._seq = self._last_change = 1
        self._state, self._counter, self._lease_ms = "STANDBY", 0, 0
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True
            wbufsize = -1  # one packet an answer

            def do_GET(self):  # pylint: disable=invalid-name
                outer._answer(self)

            def log_message(self, *_):
                pass

        parts = urlsplit(self.url)
        self._server = ThreadingHTTPServer((parts.hostname, parts.port), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self):
        self._server.shutdown()
        self._server.server_close()

    def claim(self, state, counter, lease_ms=2000):
        """From now on it says `state` with this counter; ACTIVE with a lease that never runs down."""
        with self._changed:
            self._state, self._counter = state, counter
            self._lease_ms = lease_ms if state == "ACTIVE" else 0
            self._last_change = self._seq
            self._changed.notify_all()

    def _answer(self, request):
        query = parse_qs(urlsplit(request.path).query)
        nonce, wait = query.get("nonce", [""])[0], int(query.get("wait", ["0"])[0])
        with self._changed:
            if wait > self._last_change:
                self._changed.wait_for(lambda: wait <= self._last_change, POLL)
            self._seq += 1
            body = json.dumps(self._report(), separators=(",", ":")).encode()
            status = 200 if self._state == "ACTIVE" else 503
        mac = sign(self._secret, "GET", request.path, nonce, body)
        request.send_response(status)
        request.send_header("Content-Type", "application/json")
        request.send_header("Content-Length", str(len(body)))
        request.send_header("Wideip-MAC", f"kid={self._key_id};mac={mac}")
        request.end_headers()
        request.wfile.write(body)
        request.wfile.flush()
        self.answers += 1

    def _report(self):
        epoch = (self._counter << 8 | self.number) if self._counter else 0
        return {"v": 1, "pool": "main", "site": self.name, "instance": "fake", "boot_id": self.boot_id,
                "seq": self._seq, "epoch": epoch, "max_epoch_seen": epoch, "state": self._state, "pool_status": "OK",
                "eligible": True, "lease_ms": self._lease_ms, "fence": "none", "guard": "process",
                "checkpoints": {"ok": 3, "total": 3, "quorum": 2, "cut": ""}, "nodes": [],
                "peer": {"last_heard_ms": 10, "epoch": 0, "state": "STANDBY"}, "arbiter": "checkpoints",
                "config_hash": "00", "server_time": ""}


class ClaimsCase(harness.ClusterCase):
    """A test of self.server, one dnsd, over two fake sites in self.sites; it asks self.urls()."""

    autostart = False

    def setUp(self):
        super().setUp()
        self.cluster.create()
        self.server = self.cluster.servers[0]
        with open(os.path.join(self.server.folder, "ecv.key"), encoding="ascii") as file:
            secret = file.read().strip()
        self.sites = [FakeSite(number, secret) for number in (1, 2)]
        for site in self.sites:
            self.addCleanup(site.close)
        self.server.settings["ecv"] = self.urls()
        self.server.settings["on_none"] = "{hold: 60s, then: servfail}"
        self.cluster.write_configs()
        self.server.process.start().wait_ready()

    def _close(self):
        """Whatever was decided comes out the same from the journal alone."""
        done = self.server.command("simulate", os.path.join(self.server.folder, "state", "events.jsonl"), "--json")
        super()._close()
        if "no decisions" in done.stderr:
            return  # nobody was ever believed
        told = json.loads(done.stdout or "{}")
        self.assertEqual((done.returncode, told.get("differences")), (0, []), done.stdout + done.stderr)
        self.assertEqual(told["as_recorded"], told["decisions"])

    def urls(self):
        return {site.name: [site.url] for site in self.sites}

    def address(self, number):
        return [self.cluster.sites[number - 1].address]

    def wait_address(self, number):
        wait_until(lambda: self.server.answer() == self.address(number), f"the answer is site {number}", 5)

    def heard(self):
        """Waits until both sites were asked again, twice: what they say now is known."""
        before = [site.answers for site in self.sites]
        wait_until(lambda: all(site.answers > n + 2 for site, n in zip(self.sites, before)), "both are heard", 5)
