"""The cluster of contrib/cluster, each site and the name servers on hosts of their own (netns/world.py)."""
import os
import signal

from cluster import cluster as loopback
from cluster.mariadb import Mariadb
from cluster.process import Process
from netns import control, world
from netns.etcd import Etcd
from netns.oracle import CommitLog, Watch
from netns.world import Checkpoint, World

MYSQL_PORT, ECV_PORT, PEER_PORT, GUARD_PORT, DNS_PORT = 3306, 8054, 8055, 8057, 53
PACE_US = 2000  # between the commits of one writer


class Site(loopback.Site):
    """A site on its own host: service at its public address, replication over the private link, and a writer at home.

    The writer's program runs beside the database: no cut of the network keeps it from writing. With a host of its own
    for the database (`database`, a namespace), the guard and the writer are there too.
    """

    def __init__(self, folder, number, programs, namespace, passwords, database=None):
        super().__init__(folder, number, MYSQL_PORT, programs)
        self.namespace, self.database = namespace, database
        where = world.private_database if database else world.private_address
        self.mysql = Mariadb(os.path.join(self.folder, "mysql"), number, where(number), MYSQL_PORT, [
            "bind-address = 0.0.0.0", "max-connections = 700", "auto-increment-increment = 4", f"auto-increment-offset = {number}"])
        self.ecv_port, self.peer_port = ECV_PORT, PEER_PORT
        self.commits = CommitLog(number, os.path.join(self.folder, "commits.log"))
        self.writer = Process(f"{self.name} writer", [
            os.path.join(programs, "commit_log"), self.address, MYSQL_PORT, "app", passwords["app"],
            number, self.commits.path, PACE_US], os.path.join(self.folder, "writer.log"))
        for process in [self.sitecheck, self.guard, self.mysql.process, self.writer]:
            host = namespace if process is self.sitecheck else database or namespace
            process.command = [*host.prefix, *process.command]
        self.companions = []  # other processes of this host, as a balancer

    @property
    def address(self):
        return (world.public_database if self.database else world.public_address)(self.number)

    @property
    def peer_paths(self):
        return [f"{address(self.number)}@{PEER_PORT}" for address in (world.private_address, world.public_address)]

    @property
    def ecv_urls(self):
        return [f"http://{world.public_address(self.number)}:{ECV_PORT}"]

    def json(self, *words):
        if words == ("status",):
            return control.ask(os.path.join(self.folder, "sitecheck.sock"), "status")
        return super().json(*words)

    def start_missing(self):
        """Starts what does not run: the database first."""
        for process in (self.mysql.process, self.sitecheck, self.guard, self.writer, *self.companions):
            process.signal(signal.SIGCONT)
            if not process.running():
                process.start()

    def kill(self):
        """Power off: every process of the host at once, and its links."""
        for path in world.BOTH:
            self.namespace.ip(f"link set {path} down")
        processes = (self.mysql.process, self.guard, self.sitecheck, self.writer, *self.companions)
        for process in processes:
            process.signal(signal.SIGKILL)
        for process in processes:
            process.kill()


class NameServer(loopback.NameServer):
    """A dnsd at the place of the name servers."""

    def __init__(self, folder, number, programs, namespace):
        super().__init__(folder, number, DNS_PORT, programs)
        self.namespace, self.host = namespace, world.place_address(number)
        self.address = f"{self.host}@{DNS_PORT}"
        self.relay_address = f"{self.host}@{PEER_PORT}"
        self.process.command = [*namespace.prefix, *self.process.command]

    def ask(self, *args, **options):
        with self.namespace.entered():
            return super().ask(*args, **options)

    def json(self, *words):
        if words == ("status",):
            return control.ask(os.path.join(self.folder, "dnsd.sock"), "status")
        return super().json(*words)

    def wideip(self):
        """What its status says of the wide-IP: answer, epoch, reason."""
        return next(w for w in self.json("status")["wideips"] if w["name"].rstrip(".") == loopback.NAME)


class Cluster(loopback.Cluster):
    """Sites and two name servers in a World of their own. `settings`, of every site: contrib/cluster/config.py.

    In mode witness the first name server votes if the sites alone are an even number; in mode etcd there is an `etcd`
    beyond the router. With `databases` each mysqld and its guard have a host of their own.
    """

    def __init__(self, folder, programs, template_folder, settings=None, relays=True, sites=2, databases=False):
        super().__init__(folder, programs, template_folder)
        self.world = World(sites, databases=databases)
        self.sites = [Site(folder, number, programs, namespace, self.passwords, self.world.databases.get(number))
                      for number, namespace in self.world.sites.items()]
        self.servers = [NameServer(folder, number, programs, self.world.place) for number in (1, 2)]
        self.etcd = None
        for site in self.sites:
            site.settings.update({"extra": "auto_recover_after: 1s\ncheckpoints_clear_after: 2s\n", **(settings or {})})
        for server in self.servers:
            server.settings["relay"] = relays
        self._prepare_arbiter((settings or {}).get("mode", "checkpoints"))
        self.watch = Watch(self.servers)

    def _prepare_arbiter(self, mode):
        """What the arbiter's mode needs besides: a voter that holds a key of the peers, or an etcd."""
        lines = ""
        if mode == "witness" and len(self.sites) % 2 == 0:
            witness = self.servers[0]
            witness.settings["keys"] = "  - {id: p1, file: peer.key, for: peers}\n"
            lines = f'  voters:\n    - {{id: {witness.name}, addr: ["{witness.relay_address}"]}}\n'
        elif mode == "etcd":
            self.etcd = Etcd(os.path.join(self.folder, "etcd"), self.world.far)
            lines = f'  etcd: {{endpoints: ["{self.etcd.url}"], prefix: /wideip/}}\n'
        for site in self.sites:
            site.settings["arbiter"] = lines

    @property
    def processes(self):
        return super().processes + [process for site in self.sites for process in (site.writer, *site.companions)]

    def open_checkpoints(self):
        for number, address in enumerate(world.CHECKPOINTS, 1):
            self.checkpoints[f"far{number}"] = Checkpoint(self.world.far, address)

    def start_databases(self):
        super().start_databases()
        for site in self.sites:
            site.mysql.run("SET SESSION sql_log_bin = 0", "ALTER TABLE shop.orders ADD epoch BIGINT UNSIGNED",
                           "GRANT SELECT ON wideip.* TO app@'%'")

    def start(self):
        if self.etcd:
            self.etcd.start()
        for site in self.sites:
            for process in site.companions:
                process.start()
        active = super().start()
        self.watch.start()
        for site in self.sites:
            site.writer.start()
        return active

    def stop(self):
        self.watch.stop()
        for site in self.sites:
            for process in (site.writer, *site.companions):
                process.kill()
        super().stop()
        if self.etcd:
            self.etcd.stop()

    def remove(self):
        super().remove()
        self.world.remove()
