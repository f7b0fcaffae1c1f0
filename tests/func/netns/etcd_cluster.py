"""Three etcd members on hosts of their own beyond the router: mutual TLS by certificates made here, and users with passwords."""
import os
import signal
import subprocess
import urllib.request

from cluster import config
from cluster.process import Process
from cluster.wait import wait_until
from netns import world

CLIENT_PORT, PEER_PORT, METRICS_PORT = 2379, 2380, 2381
USER = "site"
ELECTION = 0.5  # seconds; a leader that lost its majority knows it within twice that


def _openssl(folder, *words):
    subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True, timeout=30)


def make_certificates(folder, addresses):
    """ca.pem, and NAME.pem with NAME.key: of the server, at `addresses`, and of its client, without a CommonName, which
    etcd's JSON gateway would refuse."""
    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
    with open(os.path.join(folder, "names"), "w", encoding="ascii") as file:
        file.write("subjectAltName=" + ",".join(f"IP:{address}" for address in addresses) + "\n")
    _openssl(folder, "req", "-x509", "-days", "2", "-subj", "/CN=ca", *key, "-keyout", "ca.key", "-out", "ca.pem")
    for name, subject in (("server", "/CN=etcd"), ("client", "/O=site")):
        _openssl(folder, "req", "-subj", subject, *key, "-keyout", f"{name}.key", "-out", f"{name}.csr")
        _openssl(folder, "x509", "-req", "-days", "2", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
                 "-extfile", "names", "-in", f"{name}.csr", "-out", f"{name}.pem")


class Member:
    def __init__(self, cluster, namespace, number, host):
        self.name, self.host = f"e{number}", host
        self.url, self.peer_url = f"https://{host}:{CLIENT_PORT}", f"http://{host}:{PEER_PORT}"
        self._metrics, self.namespace = f"http://{host}:{METRICS_PORT}", namespace
        self.process = Process(f"etcd {self.name}", [
            *namespace.prefix, "etcd", "--name", self.name, "--data-dir", os.path.join(cluster.folder, self.name),
            "--listen-client-urls", self.url, "--advertise-client-urls", self.url,
            "--listen-peer-urls", self.peer_url, "--initial-advertise-peer-urls", self.peer_url,
            "--initial-cluster", ",".join(f"e{n}=http://{h}:{PEER_PORT}" for n, h in enumerate(world.MEMBERS, 1)),
            "--heartbeat-interval=50", f"--election-timeout={ELECTION * 1000:.0f}", "--listen-metrics-urls", self._metrics,
            "--client-cert-auth", "--trusted-ca-file", cluster.file("ca.pem"),
            "--cert-file", cluster.file("server.pem"), "--key-file", cluster.file("server.key"),
            "--log-level", "error"], os.path.join(cluster.folder, f"{self.name}.log"))

    def _get(self, path):
        with self.namespace.entered(), urllib.request.urlopen(self._metrics + path, timeout=2) as reply:
            return reply.read()

    def healthy(self):
        return b"true" in self._get("/health")

    def leads(self):
        return b"etcd_server_is_leader 1" in self._get("/metrics")


class EtcdCluster:
    """In the place of netns.etcd.Etcd, its files under `folder`. `yaml` is what arbiter.etcd says of it."""

    def __init__(self, folder, hosts):
        """`hosts`: the World that they are added to."""
        self.folder, self._guarded = folder, False
        os.makedirs(folder, exist_ok=True)
        make_certificates(folder, world.MEMBERS)
        self.members = [Member(self, hosts.add_host(f"etcd{number}", host), number, host)
                        for number, host in enumerate(world.MEMBERS, 1)]
        self._password = config.key()[:24]
        config.write(self.file("password"), self._password + "\n", private=True)

    def file(self, name):
        return os.path.join(self.folder, name)

    @property
    def yaml(self):
        urls = ", ".join(f'"{member.url}"' for member in self.members)
        return (f"{{endpoints: [{urls}], prefix: /wideip/, ca: {self.file('ca.pem')}, cert: {self.file('client.pem')}, "
                f"key: {self.file('client.key')}, user: {USER}, password_file: {self.file('password')}}}")

    def start(self):
        """Starts, and wakes, what does not run; waits until every member is healthy and nobody gets in unknown."""
        for member in self.members:
            member.process.signal(signal.SIGCONT)
            if not member.process.running():
                member.process.start()
        for member in self.members:
            wait_until(member.healthy, f"etcd {member.name} is healthy", 20)
        if not self._guarded:
            self._demand_passwords()
            self._guarded = True

    def _demand_passwords(self):
        for words in (["user", "add", "root:root"], ["role", "add", "root"], ["user", "grant-role", "root", "root"],
                      ["user", "add", f"{USER}:{self._password}"], ["role", "add", "wideip"],
                      ["role", "grant-permission", "wideip", "--prefix=true", "readwrite", "/wideip/"],
                      ["user", "grant-role", USER, "wideip"], ["auth", "enable"]):
            subprocess.run([*self.members[0].namespace.prefix, "etcdctl", "--endpoints", self.members[0].url,
                            "--cacert", self.file("ca.pem"), "--cert", self.file("client.pem"),
                            "--key", self.file("client.key"), *words], check=True, capture_output=True, timeout=30,
                           env={**os.environ, "ETCDCTL_API": "3"})

    def leader(self):
        """The member that leads, once there is one."""
        def found():
            return next((member for member in self.members if member.process.running() and member.leads()), None)
        return wait_until(found, "etcd has a leader", 20)

    def isolate(self, member):
        """It no longer reaches the other members; the sites reach it as before. World.heal() ends this."""
        others = ", ".join(other.host for other in self.members if other is not member)
        member.namespace.drop("from members", f"ip saddr {{ {others} }}")
        member.namespace.drop("to members", f"ip daddr {{ {others} }}", hook="output")

    def stop(self):
        for member in self.members:
            member.process.kill()
