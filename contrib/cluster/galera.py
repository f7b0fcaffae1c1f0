"""A Galera cluster of MariaDB servers on loopback, each node with a data folder and ports of its own."""
import getpass
import os
import pwd
import re
import shutil
import signal
import subprocess

from cluster.mariadb import Mariadb
from cluster.net import free_port
from cluster.wait import wait_until

PROVIDER = "/usr/lib/galera/libgalera_smm.so"


def transfer_scripts():
    """The folder of wsrep_sst_rsync; None where there is none (contrib/galera-scripts fetches them)."""
    fetched = os.path.join(os.environ.get("WIDEIP_BUILD", "build"), "galera")
    if os.path.exists(os.path.join(fetched, "wsrep_sst_rsync")):
        return fetched
    found = shutil.which("wsrep_sst_rsync")
    return os.path.dirname(found) if found else None


def account():
    """Who the servers run as: the state transfers of wsrep_sst_rsync fail for root."""
    own = getpass.getuser()
    if own != "root":
        return own
    for name in ("mysql", "nobody"):
        try:
            return pwd.getpwnam(name).pw_name
        except KeyError:
            continue
    raise RuntimeError("neither of the accounts mysql and nobody exists")


class Node(Mariadb):
    """Node `number` at `host`. `peers()` gives the group addresses of all nodes."""

    def __init__(self, folder, number, host, peers):
        super().__init__(folder, number, host, free_port())
        self.group_port, self.transfer_port = free_port(), free_port()
        self.peers = peers
        self.user = account()
        if self.user != getpass.getuser():
            # Not by mariadbd's own `user`: a change of user forgets that it shall end with its parent.
            group = str(pwd.getpwnam(self.user).pw_gid)
            self.process.command = ["setpriv", f"--reuid={self.user}", f"--regid={group}", "--clear-groups",
                                    "--pdeathsig=KILL"] + self.process.command
        self.plain = list(self.process.command)
        # A copy, as its account may not reach where they are.
        self.scripts = os.path.join(folder, "bin")
        self.process.env = {**os.environ, "PATH": f"{self.scripts}:{os.environ['PATH']}"}

    @property
    def group_address(self):
        return f"{self.host}:{self.group_port}"

    @property
    def data(self):
        return os.path.join(self.folder, "data")

    def configure(self):
        """Writes my.cnf. Short timeouts: a node that is gone is dropped after two seconds."""
        os.makedirs(self.scripts, exist_ok=True)
        scripts = transfer_scripts()
        for name in os.listdir(scripts):
            if name.startswith("wsrep_sst_") and not os.path.islink(os.path.join(scripts, name)):
                shutil.copy(os.path.join(scripts, name), self.scripts)
        self.hand_over(self.folder)
        options = "; ".join((
            f"gmcast.listen_addr=tcp://{self.group_address}", f"ist.recv_addr={self.host}:{self.transfer_port}",
            "gmcast.peer_timeout=PT1S", "evs.keepalive_period=PT0.2S", "evs.inactive_check_period=PT0.2S",
            "evs.suspect_timeout=PT1S", "evs.inactive_timeout=PT2S", "evs.install_timeout=PT2S", "gcache.size=8M",
            "pc.recovery=FALSE"))
        with open(self.config, "w", encoding="utf-8") as file:
            file.write(f"""[mariadbd]
datadir = {self.data}
socket = {self.socket}
pid-file = {self.pid_file}
bind-address = {self.host}
port = {self.port}
server-id = {self.number}
binlog-format = ROW
skip-name-resolve
innodb-autoinc-lock-mode = 2
innodb-buffer-pool-size = 16M
innodb-log-file-size = 8M
performance-schema = OFF
wsrep-on = ON
wsrep-provider = {PROVIDER}
wsrep-cluster-name = wideip
wsrep-cluster-address = gcomm://{",".join(self.peers())}
wsrep-node-name = node{self.number}
wsrep-node-address = {self.group_address}
wsrep-sst-method = rsync
wsrep-provider-options = "{options}"
""")

    def hand_over(self, path):
        """Gives `path` and all below it to the server's account."""
        if self.user != getpass.getuser():
            subprocess.run(["chown", "-R", self.user, path], check=True)

    def start_new_cluster(self):
        """The first node of a cluster: it asks nobody."""
        self.process.command = self.plain + ["--wsrep-new-cluster"]
        self.process.start()
        self.process.command = list(self.plain)
        self.wait_ready()
        self.wait_size(1)  # until then it refuses statements
        return self

    def status(self, name):
        """One wsrep status."""
        return self.run(f"SHOW GLOBAL STATUS LIKE '{name}'")[0]["Value"]

    def wait_size(self, size, within=30.0):
        """Waits until it is Synced in a Primary cluster of so many nodes."""
        def there():
            found = (self.status("wsrep_cluster_status"), self.status("wsrep_local_state"),
                     self.status("wsrep_cluster_size"))
            return found == ("Primary", "4", str(size)) or not found
        wait_until(there, f"node{self.number} is in a cluster of {size}", within, every=0.05)

    def saved(self):
        """seqno and safe_to_bootstrap of grastate.dat."""
        with open(os.path.join(self.data, "grastate.dat"), encoding="utf-8") as file:
            found = dict(re.findall(r"^(\w+):\s*(\S+)", file.read(), re.M))
        return int(found["seqno"]), int(found["safe_to_bootstrap"])


class Galera:
    """`size` nodes at 127.0.NETWORK.1 and on, everything under `folder`."""

    def __init__(self, folder, size=3, network=20):
        self.folder = folder
        self.nodes = [Node(os.path.join(folder, f"node{n}"), n, f"127.0.{network}.{n}", self._peers)
                      for n in range(1, size + 1)]

    def _peers(self):
        return [node.group_address for node in self.nodes]

    def start(self, template_folder, *statements):
        """Starts the first node and runs `statements` there; the others begin with its data, so that little is left to
        be transferred. The account of the servers must be able to reach the folder."""
        first, others = self.nodes[0], self.nodes[1:]
        for node in self.nodes:
            node.configure()
        first.copy(template_folder)
        first.hand_over(first.data)
        first.start_new_cluster()
        if statements:
            first.run(*statements)
        first.process.stop()
        for node in others:
            subprocess.run(["cp", "-a", "--sparse=always", first.data, node.data], check=True)
            for name in ("gvwstate.dat", "galera.cache", "auto.cnf"):
                if os.path.exists(os.path.join(node.data, name)):
                    os.remove(os.path.join(node.data, name))
        first.start_new_cluster()
        for node in others:  # one after the other: each joins a cluster that is at rest
            node.start()
            node.wait_size(node.number)
        for node in self.nodes:
            node.wait_size(len(self.nodes))

    def stop(self):
        """Ends every node."""
        for node in self.nodes:
            node.process.signal(signal.SIGCONT)
            node.process.kill()

    def remove(self):
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)
