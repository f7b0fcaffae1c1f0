"""What somebody on the path can do: copy the datagrams between sites, send them again, change them, make up others.

Frames are taken from and put onto the router's end of a cable, or the bridge's: the far end receives them like any
other, with the addresses that they bear.
"""
import socket
import struct
import threading

_ETH_P_ALL = 3
_OUTGOING = 4  # sll_pkttype of what goes towards the cable's far end


class Wire:
    """The cable at `interface` of `namespace`. It keeps the UDP datagrams that go to `port` of the far end, or, with
    `source`, to the far end from that port."""

    def __init__(self, namespace, interface, port, source=False):
        with namespace.entered():
            self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_ETH_P_ALL))
        self._socket.bind((interface, 0))
        self._socket.settimeout(0.1)
        self.port, self.source, self.frames = port, source, []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._keep, daemon=True)
        self._thread.start()

    def keep_no_more(self):
        """send() works on."""
        self._stop.set()
        self._thread.join(5)

    def close(self):
        self.keep_no_more()
        self._socket.close()

    def _keep(self):
        while not self._stop.is_set():
            try:
                frame, where = self._socket.recvfrom(65535)
            except OSError:
                continue
            if where[2] == _OUTGOING and _is_udp(frame, self.port, self.source):
                self.frames.append(frame)

    def send(self, frame):
        """Puts a frame onto the cable. One that no longer fits (the link is down) is lost."""
        try:
            self._socket.send(_without_checksum(frame))
        except OSError:
            pass


def payload(frame):
    """The datagram of an Ethernet frame with IPv4 and UDP."""
    start = _udp(frame)
    return frame[start + 8:start + struct.unpack_from("!H", frame, start + 4)[0]]


def with_payload(frame, data):
    """The frame with another datagram of any size in it."""
    start = _udp(frame)
    ip_header = bytearray(frame[14:start])
    struct.pack_into("!H", ip_header, 2, len(ip_header) + 8 + len(data))
    struct.pack_into("!H", ip_header, 10, 0)
    struct.pack_into("!H", ip_header, 10, _checksum(bytes(ip_header)))
    udp = frame[start:start + 4] + struct.pack("!HH", 8 + len(data), 0)
    return frame[:14] + bytes(ip_header) + udp + data


def _udp(frame):
    return 14 + (frame[14] & 15) * 4


def _is_udp(frame, port, source):
    if len(frame) < 42 or frame[12:14] != b"\x08\x00" or frame[23] != socket.IPPROTO_UDP:
        return False
    return struct.unpack_from("!H", frame, _udp(frame) + (0 if source else 2))[0] == port


def _without_checksum(frame):
    """Zero means none for UDP over IPv4 (RFC 768): a copied frame may hold one that its card would have finished."""
    at = _udp(frame) + 6
    return frame[:at] + b"\0\0" + frame[at + 2:]


def _checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF
