"""The map: sites joined by a private link and by the public network, name servers at a place of their own, checkpoints
beyond the router.

        site1 ---- private bridge ---- site2          10.9.0.N
          |                              |
          +---------- router ------------+            192.0.2.1N, one /32 route each
                     |      |
                  place    checkpoints, etcd          203.0.113.53…, 198.18.0.1…, 198.18.1.1…

With `databases`, each site's mysqld has a host of its own beside it, on both networks: 10.9.0.10N, 192.0.2.10N.
"""
import array
import fcntl
import socket
import struct
import subprocess

from cluster import net
from netns.namespace import Namespace, ip

PRIVATE, PUBLIC = "private", "public"
BOTH = (PRIVATE, PUBLIC)
CHECKPOINTS = ("198.18.0.1", "198.18.0.2", "198.18.0.3")
ETCD = "198.18.1.1"
MEMBERS = ("198.18.1.11", "198.18.1.12", "198.18.1.13")  # of an etcd on hosts of their own: add_host()


def private_address(number):
    return f"10.9.0.{number}"


def public_address(number):
    return f"192.0.2.{10 + number}"


def private_database(number):
    return f"10.9.0.{100 + number}"


def public_database(number):
    return f"192.0.2.{100 + number}"


def place_address(number):
    return f"203.0.113.{52 + number}"


def finish_checksums(namespace, interface):
    """`interface` sends whole checksums: between veth ends the kernel leaves them out, and a copied frame needs them."""
    siocethtool, ethtool_stxcsum = 0x8946, 0x17  # linux/sockios.h, linux/ethtool.h
    value = array.array("B", struct.pack("=II", ethtool_stxcsum, 0))
    request = struct.pack("16sP", interface.encode(), value.buffer_info()[0])
    with namespace.entered(), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, siocethtool, request + b"\0" * 16)


class Checkpoint(net.Checkpoint):
    """A listener beyond the router."""

    def __init__(self, namespace, host):
        self._namespace = namespace
        super().__init__(host)

    def open(self):
        with self._namespace.entered():
            super().open()


class World:
    """The namespaces and links of `sites` sites and `servers` name servers, and every cut that can be made in them."""

    def __init__(self, sites=2, servers=2, databases=False):
        self._all, self._blackholes, self._slow = [], [], []
        self.router, self.bridge = self._make("router"), self._make("bridge")
        self.place, self.far = self._make("place"), self._make("far")
        self.sites = {number: self._make(f"site{number}") for number in range(1, sites + 1)}
        self.router.nft("table inet forwarding { chain forward { type filter hook forward priority 0; }; }")
        self._forward()
        self.bridge.ip("link add br0 type bridge", "link set br0 up")
        for number, site in self.sites.items():
            self._join(self.bridge, f"s{number}", site, PRIVATE)
            self.bridge.ip(f"link set s{number} master br0")
            site.ip(f"addr add {private_address(number)}/24 dev {PRIVATE}")
            self._join(self.bridge, f"p{number}a", site, PUBLIC)
            self._join(self.bridge, f"p{number}b", self.router, f"s{number}")
            self.bridge.ip(f"link add p{number} type bridge", f"link set p{number} up",
                           *[f"link set p{number}{end} master p{number}" for end in "ab"])
            self._route(site, f"s{number}", [public_address(number)])
        self.databases = {number: self._make_database(number) for number in self.sites if databases}
        self._attach(self.place, "place", [place_address(number) for number in range(1, servers + 1)])
        self._attach(self.far, "far", [*CHECKPOINTS, ETCD])

    def add_host(self, role, address):
        """One more host beyond the router. Returns its namespace."""
        host = self._make(role)
        self._attach(host, role, [address])
        return host

    def _make_database(self, number):
        """The host of a site's mysqld."""
        host = self._make(f"db{number}")
        self._join(self.bridge, f"d{number}", host, PRIVATE)
        self.bridge.ip(f"link set d{number} master br0")
        host.ip(f"addr add {private_database(number)}/24 dev {PRIVATE}")
        self._attach(host, f"d{number}", [public_database(number)])
        return host

    def _make(self, role):
        self._all.append(Namespace(role))
        return self._all[-1]

    def _forward(self):
        with self.router.entered(), open("/proc/sys/net/ipv4/ip_forward", "w", encoding="ascii") as file:
            file.write("1")

    @staticmethod
    def _join(one, one_name, other, other_name):
        """A cable between two namespaces."""
        ip(f"link add {one_name} netns {one.name} type veth peer name {other_name} netns {other.name}")
        one.ip(f"link set {one_name} up")
        other.ip(f"link set {other_name} up")

    def _attach(self, namespace, name, addresses):
        """Joins `namespace` to the router, and _route()."""
        self._join(self.router, name, namespace, PUBLIC)
        self._route(namespace, name, addresses)

    def _route(self, namespace, name, addresses):
        """Gives `namespace`, at the router's interface `name`, `addresses`, which the router finds there."""
        namespace.ip(*[f"addr add {address}/32 dev {PUBLIC}" for address in addresses],
                     f"route add 169.254.0.1 dev {PUBLIC}",
                     f"route add default via 169.254.0.1 dev {PUBLIC} src {addresses[0]}")
        self.router.ip(*[f"route add {address}/32 dev {name}" for address in addresses],
                       f"addr add 169.254.0.1/32 dev {name}")

    def remove(self):
        self._end_slowness()
        for namespace in self._all:
            namespace.remove()
        self._all.clear()

    # --- faults; heal() ends every one of them

    def heal(self):
        """Every link up, every route there, nothing dropped."""
        self.end_blackholes()
        self._end_slowness()
        for namespace in self._all:
            namespace.accept()
        for number in self.sites:
            self.set_link(number, PRIVATE, True)
            self.set_link(number, PUBLIC, True)

    def cut(self, source, target, paths=BOTH):
        """What site `source` sends to site `target` is lost, on `paths`. The other direction goes on."""
        found = {PRIVATE: private_address(source), PUBLIC: public_address(source)}
        self.sites[target].drop(f"cut from {source} on {' '.join(paths)}", *[f"ip saddr {found[p]}" for p in paths])

    def cut_both(self, one, other, paths=BOTH):
        """No direction between two sites, on `paths`."""
        self.cut(one, other, paths)
        self.cut(other, one, paths)

    def uncut(self, one, other, paths=BOTH):
        """Ends cut() and cut_both() of the same `paths`."""
        for source, target in ((one, other), (other, one)):
            self.sites[target].accept(f"cut from {source} on {' '.join(paths)}")

    def hide_guard(self, number, port):
        """Site `number` and the guard at `port` of its database's host no longer reach each other; all else they do."""
        self.databases[number].drop("no guard", f"udp dport {port}")
        self.databases[number].drop("no guard's word", f"udp sport {port}", hook="output")

    def hide_database(self, number):
        """Site `number` and its database's host no longer reach each other."""
        self.databases[number].drop("no site", f"ip saddr {{ {private_address(number)}, {public_address(number)} }}")

    def flood(self, number, inward=True, outward=True):
        """Total loss at the uplinks of a site, as in a flood: of what it receives, of what it sends, or of both."""
        site = self.sites[number]
        if inward:
            site.drop("flood in", 'iifname != "lo"')
        if outward:
            site.drop("flood out", 'oifname != "lo"', hook="output")

    def unflood(self, number):
        self.sites[number].accept("flood in")
        self.sites[number].accept("flood out")

    def lose(self, percent):
        """Every site loses `percent` of the packets that reach it, at random, whoever sent them."""
        for site in self.sites.values():
            site.drop("loss", f'iifname != "lo" numgen random mod 100 < {percent}')

    def slow(self, program, delay_ms, jitter_ms, loss_percent):
        """Both cables of both sites delay, reorder and lose frames (tests/support/slow_wire.cc, at `program`)."""
        cables = [("s1", "s2", "br0", "br0")] + [(f"p{n}a", f"p{n}b", f"p{n}", f"p{n}") for n in self.sites]
        for site in self.sites.values():
            finish_checksums(site, PRIVATE)
            finish_checksums(site, PUBLIC)
        for number in self.sites:
            finish_checksums(self.router, f"s{number}")
        for one, other, *masters in cables:
            self.bridge.ip(f"link set {one} nomaster", f"link set {other} nomaster")
            wire = subprocess.Popen(  # pylint: disable=consider-using-with
                [*self.bridge.prefix, program, one, other, str(delay_ms), str(jitter_ms), str(loss_percent)])
            self._slow.append((wire, [f"link set {end} master {master}" for end, master in zip((one, other), masters)]))

    def _end_slowness(self):
        for wire, lines in self._slow:
            wire.kill()
            wire.wait()
            self.bridge.ip(*lines)
        self._slow.clear()

    def hide_checkpoints(self, number, hidden=True):
        """Site `number` no longer reaches what is beyond the router; the other sites and the name servers it does."""
        name = f"no checkpoints for {number}"
        if hidden:
            self.router.drop(name, f"ip saddr {public_address(number)} ip daddr 198.18.0.0/24", hook="forward")
        else:
            self.router.accept(name)

    def hide_etcd(self, number, hidden=True):
        """Site `number` no longer reaches etcd."""
        name = f"no etcd for {number}"
        if hidden:
            self.router.drop(name, f"ip saddr {public_address(number)} ip daddr 198.18.1.0/24", hook="forward")
        else:
            self.router.accept(name)

    def hide_members(self, number, hosts):
        """Site `number` no longer reaches the etcd members at `hosts`."""
        self.router.drop(f"no members for {number}", f"ip saddr {public_address(number)} ip daddr {{ {', '.join(hosts)} }}",
                         hook="forward")

    def hide_place(self, number, hidden=True):
        """Site `number` and the name servers no longer reach each other."""
        name = f"no place for {number}"
        if hidden:
            self.router.drop(name, f"ip saddr {public_address(number)} ip daddr 203.0.113.0/24",
                             f"ip daddr {public_address(number)} ip saddr 203.0.113.0/24", hook="forward")
        else:
            self.router.accept(name)

    def set_link(self, number, path, up):
        """The cable of a site is pulled, or put back."""
        site = self.sites[number]
        site.ip(f"link set {path} {'up' if up else 'down'}")
        if up and path == PUBLIC:
            site.ip(f"route replace 169.254.0.1 dev {PUBLIC}",
                    f"route replace default via 169.254.0.1 dev {PUBLIC} src {public_address(number)}")

    def blackhole(self, number, addresses):
        """Site `number` throws away what it would send to `addresses`, until end_blackholes()."""
        routes = [f"blackhole {address}/32" for address in addresses]
        self.sites[number].ip(*[f"route add {route}" for route in routes])
        self._blackholes += [(number, route) for route in routes]

    def end_blackholes(self):
        for number, route in self._blackholes:
            self.sites[number].ip(f"route del {route}")
        self._blackholes.clear()
