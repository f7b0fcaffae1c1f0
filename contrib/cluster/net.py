"""Free ports, and the checkpoints that sites look at."""
import random
import socket
import threading


def _reserve(port):
    """Keeps `port` from every other call on this machine until this process ends.

    What reserves is a name among the abstract Unix sockets: the kernel lets go of it with the process.
    """
    lock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    try:
        lock.bind(f"\0wideip-cluster-port-{port}")
    except OSError:
        lock.close()
        raise
    lock.detach()  # open until the end


def free_port(wanted=0):
    """A port that is free for TCP and UDP on every address; `wanted` if that one is. Never the same one twice.

    Taken from below the range that the kernel gives to outgoing connections, so that none of those takes it meanwhile.
    """
    for port in [wanted] * (wanted > 0) + random.sample(range(15000, 32000), 200):
        try:
            with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as tcp, \
                    socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
                tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                tcp.bind(("0.0.0.0", port))
                tcp.listen(1)
                udp.bind(("0.0.0.0", port))
                _reserve(port)
            return port
        except OSError:
            continue
    raise OSError("no free port found")


class Checkpoint:
    """A TCP listener that accepts and closes: what a router or an ISP's server is to a site."""

    def __init__(self, host):
        self.host = host
        self.port = free_port()
        self._socket = None
        self.open()

    @property
    def address(self):
        return f"{self.host}@{self.port}"

    def open(self):
        """Answers from now on."""
        if self._socket:
            return
        self._socket = socket.create_server((self.host, self.port), backlog=64)
        threading.Thread(target=self._accept, args=(self._socket,), daemon=True).start()

    def close(self):
        """Refuses from now on."""
        if self._socket:
            self._socket.shutdown(socket.SHUT_RDWR)
            self._socket.close()
            self._socket = None

    @staticmethod
    def _accept(listener):
        while True:
            try:
                listener.accept()[0].close()
            except OSError:
                return
