"""An etcd beyond the router, and what may stand in its place: something that answers, but not as etcd does."""
import os
import shutil
import socket
import threading
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from cluster.process import Process
from cluster.wait import wait_until
from netns import world

HOST, PORT = world.ETCD, 2379


class Etcd:
    """One etcd server, its data under `folder`, at HOST:PORT of `namespace`."""

    def __init__(self, folder, namespace):
        self.data, self._namespace, self._fake = os.path.join(folder, "data"), namespace, None
        os.makedirs(folder, exist_ok=True)
        self.url = f"http://{HOST}:{PORT}"
        self.process = Process("etcd", [
            *namespace.prefix, "etcd", "--name", "e1", "--data-dir", self.data, "--listen-client-urls", self.url,
            "--advertise-client-urls", self.url, "--listen-peer-urls", "http://127.0.0.1:2380",
            "--initial-advertise-peer-urls", "http://127.0.0.1:2380", "--initial-cluster", "e1=http://127.0.0.1:2380",
            "--log-level", "error"], os.path.join(folder, "etcd.log"))

    def start(self):
        """Starts it, in place of whatever stood there, and waits until it is healthy."""
        self._end_fake()
        if not self.process.running():
            self.process.start()
        wait_until(self.healthy, "etcd is healthy", 20)

    def healthy(self):
        with self._namespace.entered(), urllib.request.urlopen(self.url + "/health", timeout=2) as reply:
            return b"true" in reply.read()

    def forget(self):
        """Ends it and throws its data away: the next start is an etcd that never heard of anybody."""
        self.process.kill()
        shutil.rmtree(self.data)

    def replace(self, answer):
        """Ends it; in its place, `answer` to every request: (status, body), or None for silence."""
        self.process.kill()
        self._end_fake()

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):  # pylint: disable=invalid-name
                self.rfile.read(int(self.headers.get("Content-Length", "0")))
                self.close_connection = True  # so that nobody stays here when etcd is back
                if answer is None:
                    threading.Event().wait(30)
                    return
                status, body = answer
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.send_header("Connection", "close")
                self.end_headers()
                self.wfile.write(body)

            def handle_one_request(self):
                try:
                    super().handle_one_request()
                except OSError:
                    self.close_connection = True

            def log_message(self, *_):
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads, block_on_close = True, False

        with self._namespace.entered():
            self._fake = Server((HOST, PORT), Handler, bind_and_activate=False)
            self._fake.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self._fake.server_bind()
            self._fake.server_activate()
        threading.Thread(target=self._fake.serve_forever, daemon=True).start()

    def _end_fake(self):
        if self._fake:
            self._fake.shutdown()
            self._fake.server_close()
            self._fake = None

    def stop(self):
        self._end_fake()
        self.process.kill()
