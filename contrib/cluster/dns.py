"""A DNS client of a few lines: one question over UDP or TCP, its answer taken apart (RFC 1035, 6891, 8914)."""
import random
import socket
import struct

A, NS, SOA, TXT, AAAA, OPT = 1, 2, 6, 16, 28, 41
NOERROR, FORMERR, SERVFAIL, NXDOMAIN, NOTIMP, REFUSED = range(6)
_EDE = 15


class Answer:
    """rcode, flags, `records` of the answer section as (name, type, ttl, data), and Extended DNS Error codes."""

    def __init__(self, message):
        self.raw = message
        self.id, self.flags, questions, answers, authority, additional = struct.unpack_from("!6H", message)
        self.rcode = self.flags & 15
        self.truncated = bool(self.flags & 0x0200)
        self.authoritative = bool(self.flags & 0x0400)
        at = 12
        for _ in range(questions):
            at = _name(message, at)[1] + 4
        self.records, self.authority, self.errors = [], [], []
        for section, count in ((self.records, answers), (self.authority, authority), (None, additional)):
            for _ in range(count):
                at = self._record(message, at, section)

    def _record(self, message, at, section):
        name, at = _name(message, at)
        kind, _, ttl, size = struct.unpack_from("!HHIH", message, at)
        at += 10
        data = message[at:at + size]
        if kind == A and size == 4:
            data = socket.inet_ntop(socket.AF_INET, data)
        elif kind == AAAA and size == 16:
            data = socket.inet_ntop(socket.AF_INET6, data)
        if section is not None:
            section.append((name, kind, ttl, data))
        if kind == OPT:
            while len(data) >= 4:
                code, length = struct.unpack_from("!HH", data)
                if code == _EDE and length >= 2:
                    self.errors.append(struct.unpack_from("!H", data, 4)[0])
                data = data[4 + length:]
        return at + size

    @property
    def addresses(self):
        return sorted(data for _, kind, _, data in self.records if kind in (A, AAAA))

    @property
    def ttl(self):
        return min((ttl for _, _, ttl, _ in self.records), default=None)


def _name(message, at):
    """The name at `at` in lower case without the final dot, and where it ends."""
    labels, end = [], None
    for _ in range(128):
        size = message[at]
        if size >= 0xC0:
            end = end or at + 2
            at = struct.unpack_from("!H", message, at)[0] & 0x3FFF
        elif size == 0:
            return ".".join(labels).lower(), end or at + 1
        else:
            labels.append(message[at + 1:at + 1 + size].decode("ascii", "replace"))
            at += 1 + size
    raise ValueError("name does not end")


def question(name, kind=A, number=None, edns=True):
    """The wire form of one query, recursion not desired."""
    number = random.randrange(65536) if number is None else number
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.rstrip(".").split(".") if label)
    message = struct.pack("!6H", number, 0, 1, 0, 0, int(edns)) + labels + b"\0" + struct.pack("!HH", kind, 1)
    return message + (b"\0" + struct.pack("!HHIH", OPT, 1232, 0, 0) if edns else b"")


def ask(server, name, kind=A, within=1.0, tcp=False):
    """Asks `server` ("127.0.0.1@5353") once. Raises OSError if no answer comes within `within` seconds."""
    host, port = server.rsplit("@", 1)
    message = question(name, kind)
    if tcp:
        with socket.create_connection((host, int(port)), timeout=within) as stream:
            stream.sendall(struct.pack("!H", len(message)) + message)
            with stream.makefile("rb") as lines:
                size = struct.unpack("!H", lines.read(2))[0]
                return Answer(lines.read(size))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.settimeout(within)
        udp.connect((host, int(port)))
        udp.send(message)
        while True:
            answer = Answer(udp.recv(65535))
            if answer.id == struct.unpack_from("!H", message)[0]:
                return answer
