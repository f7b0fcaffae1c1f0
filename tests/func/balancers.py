"""The samples of contrib/ for balancers, with the addresses of a test's cluster, and clients behind HAProxy."""
import contextlib
import os
import re
import shutil
import socket
import subprocess
import threading

import pymysql
from harness import ROOT, now, wait_until
from cluster.config import write
from cluster.net import free_port
from cluster.process import Process

CONTRIB = os.path.join(ROOT, "contrib")


def sample(*path):
    """The text of a file under contrib/."""
    with open(os.path.join(CONTRIB, *path), encoding="utf-8") as file:
        return file.read()


def replaced(text, *pairs):
    """`text` with each pair's first by its second; each must be there, so that a test uses the sample as it stands."""
    for old, new in pairs:
        if old not in text:
            raise AssertionError(f"the sample has no {old!r}")
        text = text.replace(old, new)
    return text


def missing(program, package):
    """Why a test of `program` is skipped, or nothing."""
    found = shutil.which(program, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    return None if found else f"{program} is not installed: apt-get install {package}"


def add_agent(cluster):
    """Every site gets an agent port; before its configuration is written."""
    for site in cluster.sites:
        site.agent_port = free_port()
        site.settings["extra"] = site.settings.get("extra", "") + f'agent: {{listen: "0.0.0.0@{site.agent_port}"}}\n'


def ask_agent(site, words):
    """What the agent of `site` answers to `words`."""
    with socket.create_connection(("127.0.0.1", site.agent_port), 5) as client:
        client.sendall(words.encode())
        answer = b""
        while part := client.recv(1000):
            answer += part
    return answer.decode()


class HaProxy:
    """haproxy by contrib/haproxy/haproxy.cfg; `writer` and `readers` are its ports."""

    def __init__(self, cluster):
        self.folder = os.path.join(cluster.folder, "haproxy")
        self.writer, self.readers = free_port(), free_port()
        self.socket = os.path.join(self.folder, "admin.sock")
        lines = []
        for line in sample("haproxy", "haproxy.cfg").splitlines():
            for site in cluster.sites:
                if line.strip().startswith(f"server {site.name}-db "):
                    line = replaced(line, (f"10.0.1{site.number}.2:3306", f"{site.mysql.host}:{site.mysql.port}"),
                                    (f"10.0.1{site.number}.1", f"127.0.{site.number}.1"),
                                    ("agent-port 8057", f"agent-port {site.agent_port}"),
                                    (" port 8054", f" port {site.ecv_port}"))
            lines.append(line)
        text = replaced("\n".join(lines) + "\n", (":3307", f":{self.writer}"), (":3308", f":{self.readers}"),
                        ("global\n    log stderr", f"global\n    stats socket {self.socket} mode 600 level admin\n    log stderr"))
        self.config = os.path.join(self.folder, "haproxy.cfg")
        write(self.config, text)
        self.process = Process("haproxy", ["haproxy", "-db", "-f", self.config],
                               os.path.join(self.folder, "haproxy.log"))

    def ask(self, command):
        """The answer of its admin socket."""
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(5)
            client.connect(self.socket)
            client.sendall(command.encode() + b"\n")
            answer = b""
            while part := client.recv(65536):
                answer += part
        return answer.decode()

    def servers(self, proxy):
        """Node -> its columns of `show stat`."""
        lines = self.ask("show stat").splitlines()
        names = lines[0].lstrip("# ").split(",")
        rows = [dict(zip(names, line.split(","))) for line in lines[1:] if line]
        return {row["svname"]: row for row in rows if row["pxname"] == proxy and row["svname"] not in
                ("FRONTEND", "BACKEND")}

    def up(self, proxy):
        """The nodes that get new connections."""
        return [name for name, row in self.servers(proxy).items()
                if row["status"].startswith("UP") and int(row["weight"] or 0) > 0]

    def start(self, writer):
        """Starts it, and waits until writes go to `writer` alone."""
        self.process.start()

        def knows():
            if not self.process.running():
                raise RuntimeError(f"haproxy ended:\n{self.process.output()[-2000:]}")
            return self.up("writer") == [f"{writer.name}-db"]
        wait_until(knows, "HAProxy knows the writer")
        return self


class Client:
    """Writes through a port of HAProxy all the time, and keeps each commit as (site number, acknowledged)."""

    def __init__(self, cluster, port):
        self.commits, self._port, self._password = [], port, cluster.passwords["app"]
        self._stop, self._rest, self._rests = threading.Event(), threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._write, daemon=True)

    @contextlib.contextmanager
    def resting(self):
        """No commit is under way within, and the connection stays open."""
        self._rests.clear()
        self._rest.set()
        try:
            wait_until(self._rests.is_set, "the client rests")
            yield
        finally:
            self._rest.clear()

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join(20)

    def _write(self):
        while not self._stop.is_set():
            try:
                with pymysql.connect(host="127.0.0.1", port=self._port, user="app", password=self._password,
                                     connect_timeout=2, read_timeout=5, autocommit=True) as connection, \
                        connection.cursor() as cursor:
                    cursor.execute("SELECT @@server_id")
                    number = cursor.fetchone()[0]
                    while not self._stop.is_set():
                        while self._rest.is_set() and not self._stop.is_set():
                            self._rests.set()
                            self._stop.wait(0.001)
                        cursor.execute("INSERT INTO shop.orders (site) VALUES (%s)", (number,))
                        self.commits.append((number, now()))
                        self._stop.wait(0.002)
            except (pymysql.MySQLError, OSError, ValueError):
                self._stop.wait(0.005)

    def wait_commit(self, site, after, within=30.0):
        """When the first commit at `site` that was acknowledged after `after` was."""
        def first():
            return next((at for number, at in list(self.commits) if number == site.number and at > after), None)
        return wait_until(first, f"a commit at {site.name} through HAProxy", within)


class Vrrp:
    """keepalived by contrib/keepalived/vrrp.conf on two hosts of their own, one for each site."""

    ADDRESS = "192.0.2.11"

    def __init__(self, cluster, namespaces):
        """`namespaces`: two of netns.namespace.Namespace, joined here."""
        self.hosts = dict(zip((site.name for site in cluster.sites), namespaces))
        first, second = namespaces
        first.ip(f"link add eth0 type veth peer name eth0 netns {second.name}")
        self.processes = []
        for site, host in zip(cluster.sites, namespaces):
            host.ip(f"addr add 10.77.0.{site.number}/24 dev eth0", "link set eth0 up")
            folder = os.path.join(cluster.folder, f"keepalived-{site.name}")
            # Without enable_script_security: a build folder may lie where others can write.
            text = replaced(sample("keepalived", "vrrp.conf"), ("    enable_script_security\n", ""),
                            ("/usr/bin/sitecheck", site.program), ("site1-db", f"{site.name}-db"),
                            (f"--role rw {site.name}-db", f"--role rw {site.name}-db --config {site.config_file}"))
            config = os.path.join(folder, "keepalived.conf")
            write(config, text)
            pids = [word for letter in "pr" for word in (f"-{letter}", os.path.join(folder, f"{letter}.pid"))]
            self.processes.append(Process(f"keepalived {site.name}", [
                *host.prefix, "keepalived", "-n", "-l", "-P", "-f", config, *pids],
                os.path.join(folder, "keepalived.log")))

    def start(self):
        for process in self.processes:
            process.start()
        return self

    def stop(self):
        for process in self.processes:
            process.stop()
        for host in self.hosts.values():
            host.remove()

    def holders(self):
        """The sites whose host has the floating address."""
        def has(host):
            done = subprocess.run([*host.prefix, "ip", "-o", "addr", "show", "dev", "eth0"], capture_output=True,
                                  text=True, check=False)
            return re.search(rf"\b{re.escape(self.ADDRESS)}/", done.stdout)
        return [site for site, host in self.hosts.items() if has(host)]


