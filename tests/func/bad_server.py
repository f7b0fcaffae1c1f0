"""Servers that never answer, each in its own way: what a probe must not wait for while it looks at others."""
import contextlib
import socket
import threading

from cluster.net import free_port

# The beginning of a greeting of MySQL, so that a client waits for the rest.
_GREETING = b"\x4a\x00\x00\x00\x0a" + b"5.5.5-10.11.6-MariaDB"


class BadServer:
    """Listens on `host`; `kind`: "silent" accepts and says nothing, "drips" sends a greeting byte by byte that never
    ends, "blackhole" lets no connection come about: its SYNs are dropped, as the queue of connections is full."""

    KINDS = ("silent", "drips", "blackhole")

    def __init__(self, kind, host="127.0.0.1"):
        self.kind, self.host, self.port = kind, host, free_port()
        self._open = []
        self._stop = threading.Event()
        self._listener = socket.create_server((host, self.port), backlog=0 if kind == "blackhole" else 64)
        if kind == "blackhole":
            self._fill()
        else:
            threading.Thread(target=self._accept, daemon=True).start()

    def _fill(self):
        """Connections that nobody accepts, until one hangs."""
        for _ in range(8):
            each = socket.socket()
            each.settimeout(0.3)
            self._open.append(each)
            try:
                each.connect((self.host, self.port))
            except TimeoutError:
                return
        raise RuntimeError("the queue of connections does not fill up")

    def _accept(self):
        while not self._stop.is_set():
            try:
                client = self._listener.accept()[0]
            except OSError:
                return
            self._open.append(client)
            if self.kind == "drips":
                threading.Thread(target=self._drip, args=(client,), daemon=True).start()

    def _drip(self, client):
        with contextlib.suppress(OSError):
            for byte in _GREETING + b"-" * 1000:
                client.sendall(bytes([byte]))
                if self._stop.wait(0.02):
                    return

    def close(self):
        self._stop.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        for each in [self._listener, *self._open]:
            each.close()
