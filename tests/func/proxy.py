"""A proxy before a site's ECV port that can do to a report all that an attacker on the path can."""
import http.client
import threading
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Proxy:
    """Passes requests on to `upstream` ("http://host:port"); `mode` says what becomes of the answers:

    pass, forge (ACTIVE with a high epoch, MAC as it was), unsigned, wrong_key, tamper (one byte), truncate,
    oversize (8 MiB), replay (the answer kept by keep_next()), garbage, silent (connection closed).
    """

    def __init__(self, host, port, upstream):
        self.url = f"http://{host}:{port}"
        self.upstream, self.mode, self.served = upstream, "pass", 0
        self.kept = None
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):  # pylint: disable=invalid-name
                outer.serve(self)

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer((host, port), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self):
        self._server.shutdown()
        self._server.server_close()

    def serve(self, request):
        """One request of dnsd."""
        try:
            answer = self._fetch(request.path)
        except (OSError, http.client.HTTPException):
            request.close_connection = True
            return
        if self.mode == "pass" and answer[0] == 200:
            self.kept = answer
        self.served += 1
        try:
            self._reply(request, *self._spoil(*answer))
        except OSError:
            request.close_connection = True

    def _fetch(self, target):
        try:
            with urllib.request.urlopen(self.upstream + target, timeout=5) as reply:
                return reply.status, reply.headers.get("Wideip-MAC"), reply.read()
        except urllib.error.HTTPError as error:
            return error.code, error.headers.get("Wideip-MAC"), error.read()

    def _spoil(self, status, mac, body):
        """(status, MAC, body, length told) of the answer that goes out."""
        if self.mode == "forge":
            body = (body.replace(b'"STANDBY"', b'"ACTIVE"').replace(b'"lease_ms":0', b'"lease_ms":2000')
                    .replace(b'"epoch":', b'"epoch":9'))
            status = 200
        elif self.mode == "unsigned":
            mac = None
        elif self.mode == "wrong_key":
            mac = "kid=d1;mac=" + "5" * 64
        elif self.mode == "tamper":
            body = body[:-2] + b" " + body[-1:]
        elif self.mode == "truncate":
            return status, mac, body[:len(body) // 2], len(body)
        elif self.mode == "oversize":
            body = body[:-1] + b" " * (8 << 20) + body[-1:]
        elif self.mode == "replay" and self.kept:
            status, mac, body = self.kept
        elif self.mode == "garbage":
            body = b"\x00\xff{[" * 50
        return status, mac, body, len(body)

    def _reply(self, request, status, mac, body, length):
        if self.mode == "silent":
            request.close_connection = True
            return
        request.send_response(status)
        request.send_header("Content-Type", "application/json")
        request.send_header("Content-Length", str(length))
        if mac:
            request.send_header("Wideip-MAC", mac)
        request.end_headers()
        request.wfile.write(body)
        if length != len(body):
            request.close_connection = True
