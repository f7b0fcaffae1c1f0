"""Two sites and two name servers: each site a database server, its sitecheck and its guard; two dnsd over them."""
import json
import os
import signal
import subprocess
from concurrent.futures import ThreadPoolExecutor

from cluster import config, dns
from cluster.config import NAME, POOL
from cluster.mariadb import Mariadb
from cluster.net import Checkpoint, free_port
from cluster.process import Process
from cluster.wait import remove_folder, wait_until


class Program:
    """What a site and a name server share: a folder, a configuration, and commands to the running daemon."""

    def __init__(self, program, config_file):
        self.program, self.config_file = program, config_file

    def command(self, *words, within=30):
        """Runs `PROGRAM WORD… --config FILE` and returns it with its returncode, stdout and stderr."""
        return subprocess.run([self.program, *words, "--config", self.config_file], stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=within, check=False)

    def json(self, *words):
        """The JSON that a command prints. LookupError if it fails, as it does while the daemon is starting."""
        done = self.command(*words, "--json")
        if done.returncode != 0:
            raise LookupError(f"{' '.join(words)}: status {done.returncode}: {done.stderr.strip()}")
        return json.loads(done.stdout)


class Site(Program):
    """Site `number`: addresses 127.0.NUMBER.x, a database server, sitecheck and its guard."""

    def __init__(self, folder, number, mysql_port, programs, database=Mariadb):
        self.name, self.number, self.folder = f"site{number}", number, os.path.join(folder, f"site{number}")
        super().__init__(os.path.join(programs, "sitecheck"), os.path.join(self.folder, "sitecheck.yaml"))
        self.mysql = database(os.path.join(self.folder, "mysql"), number, f"127.0.{number}.10", mysql_port)
        self.ecv_port, self.peer_port, self.stats_port = free_port(), free_port(), free_port()
        self.settings = {}
        self.sitecheck = Process(f"{self.name} sitecheck", [self.program, "serve", "--config", self.config_file],
                                 os.path.join(self.folder, "sitecheck.log"))
        self.guard = Process(f"{self.name} guard", [self.program, "guard", "--config", self.config_file],
                             os.path.join(self.folder, "guard.log"))

    @property
    def address(self):
        """What the wide-IP answers while this site is ACTIVE."""
        return self.mysql.host

    @property
    def peer_paths(self):
        return [f"127.0.{self.number}.{path}@{self.peer_port}" for path in (1, 2)]

    @property
    def ecv_urls(self):
        return [f"http://127.0.{self.number}.{path}:{self.ecv_port}" for path in (1, 2)]

    @property
    def processes(self):
        return [self.sitecheck, self.guard, self.mysql.process]

    def pool(self):
        """The pool as `sitecheck status --json` tells it."""
        return next(pool for pool in self.json("status")["pools"] if pool["name"] == POOL)

    def state(self):
        return self.pool()["state"]

    def wait_state(self, *states, within=30.0):
        """Waits until the pool is in one of `states`; returns the pool."""
        def there():
            pool = self.pool()
            return pool["state"] in states and pool
        return wait_until(there, f"{self.name} is {' or '.join(states)}", within, every=0.05)


class NameServer(Program):
    """One dnsd."""

    def __init__(self, folder, number, port, programs):
        self.name, self.folder = f"ns{number}", os.path.join(folder, f"ns{number}")
        super().__init__(os.path.join(programs, "dnsd"), os.path.join(self.folder, "dnsd.yaml"))
        self.address = f"127.0.0.1@{port}"
        self.port, self.stats_port, self.relay_address = port, free_port(), f"127.0.0.1@{free_port()}"
        self.settings = {}
        self.process = Process(f"{self.name} dnsd", [self.program, "serve", "--config", self.config_file],
                               os.path.join(self.folder, "dnsd.log"))

    def ask(self, name=NAME, kind=dns.A, **options):
        return dns.ask(self.address, name, kind, **options)

    def answer(self):
        """The addresses of the wide-IP, as a resolver gets them."""
        return self.ask().addresses


class Cluster:
    """Everything under `folder`. `programs` is where dnsd and sitecheck lie."""

    def __init__(self, folder, programs, template_folder=None, ports=(0, 0, 0), database=Mariadb):
        """`ports` are those wished for: of the databases (the same at both sites), of the first and second dnsd.
        `database` makes a server of (folder, number, host, port): Mariadb, or Mysql5 with its home bound."""
        self.folder = folder
        self._template = template_folder or os.path.join(folder, "template")
        mysql_port = free_port(ports[0])
        self.sites = [Site(folder, number, mysql_port, programs, database) for number in (1, 2)]
        self.servers = [NameServer(folder, number, free_port(ports[number]), programs) for number in (1, 2)]
        self.checkpoints = {}
        self.passwords = {name: config.key()[:24] for name in ("mon", "adm", "repl", "app")}

    @property
    def processes(self):
        return [process for site in self.sites for process in site.processes] + \
               [server.process for server in self.servers]

    def others(self, site):
        return [other for other in self.sites if other is not site]

    def other(self, site):
        return self.others(site)[0]

    def write_configs(self):
        """Writes every file that the programs read; after a change of `settings`, again."""
        for site in self.sites:
            config.write(site.config_file, config.sitecheck_yaml(site, self.others(site), self.checkpoints,
                                                                 site.settings))
        for server in self.servers:
            config.write(server.config_file, config.dnsd_yaml(server, self.sites, server.settings))

    def open_checkpoints(self):
        """Opens what stands outside of both sites."""
        for number, name in enumerate(("isp1", "isp2", "exchange"), 1):
            self.checkpoints[name] = Checkpoint(f"127.0.9.{number}")

    def create(self):
        """Opens the checkpoints, and writes keys, passwords, zone and configurations."""
        self.open_checkpoints()
        peer_key, ecv_key = config.key(), config.key()
        for site in self.sites:
            config.write(os.path.join(site.folder, "peer.key"), peer_key + "\n", private=True)
            config.write(os.path.join(site.folder, "ecv.key"), ecv_key + "\n", private=True)
            for name in ("mon", "adm", "repl"):
                config.write(os.path.join(site.folder, f"{name}.password"), self.passwords[name] + "\n", private=True)
            os.makedirs(os.path.join(site.folder, "state"), exist_ok=True)
        for server in self.servers:
            config.write(os.path.join(server.folder, "ecv.key"), ecv_key + "\n", private=True)
            if "peer.key" in server.settings.get("keys", ""):  # a witness
                config.write(os.path.join(server.folder, "peer.key"), peer_key + "\n", private=True)
            config.write(os.path.join(server.folder, "example.com.zone"), config.ZONE)
            os.makedirs(os.path.join(server.folder, "state"), exist_ok=True)
        self.write_configs()

    def start_databases(self):
        """Two servers, each the other's replica by GTID; accounts as `sitecheck grants` says, and one for writers."""
        source = self.sites[0].mysql.template(self._template)
        with ThreadPoolExecutor() as pool:
            list(pool.map(lambda site: site.mysql.create(source), self.sites))
        for site in self.sites:
            site.mysql.process.start()
        for site in self.sites:
            site.mysql.wait_ready()
        for site in self.sites:
            # Each site gets the accounts by itself: written to the binary log they would collide at the other.
            site.mysql.run_closed(
                *self._grants(site), "CREATE DATABASE shop",
                "CREATE TABLE shop.orders (id BIGINT PRIMARY KEY AUTO_INCREMENT, site TINYINT NOT NULL, "
                "note VARCHAR(64)) ENGINE=InnoDB",
                f"CREATE USER app@'%' IDENTIFIED BY '{self.passwords['app']}'",
                "GRANT SELECT, INSERT, UPDATE, DELETE ON shop.* TO app@'%'")
        for site in self.sites:
            site.mysql.follow(self.other(site).mysql, "wideip_repl", self.passwords["repl"])
        for site in self.sites:
            wait_until(site.mysql.replicating, f"{site.name} replicates")

    @staticmethod
    def _grants(site):
        done = site.command("grants", POOL, "--server", site.mysql.grants)
        if done.returncode != 0:
            raise RuntimeError(f"sitecheck grants failed: {done.stdout}{done.stderr}")
        lines = [line for line in done.stdout.splitlines() if not line.lstrip().startswith("--")]
        return [text.strip() for text in "\n".join(lines).split(";\n") if text.strip(" ;\n")]

    def start_sites(self):
        """sitecheck and its guard at both sites, until they serve."""
        for site in self.sites:
            site.sitecheck.start()
            site.guard.start()
        for site in self.sites:
            site.sitecheck.wait_ready()

    def start_servers(self):
        """Both dnsd, until they serve."""
        for server in self.servers:
            server.process.start()
        for server in self.servers:
            server.process.wait_ready()

    def start(self):
        """Everything, until both dnsd give the first answer; returns the ACTIVE site."""
        self.create()
        self.start_databases()
        self.start_sites()
        self.start_servers()
        return self.wait_answer()

    def wait_answer(self, site=None, within=30.0):
        """Waits until every dnsd answers the same one site (`site` if given); returns that site."""
        def agreed():
            answers = [server.answer() for server in self.servers]
            for candidate in [site] if site else self.sites:
                if all(answer == [candidate.address] for answer in answers):
                    return candidate
            raise LookupError(f"the answers are {answers}")
        return wait_until(agreed, f"every dnsd answers {site.name if site else 'one site'}", within)

    def logs(self, lines=40):
        """The ends of all logs, for a report of failure."""
        parts = []
        for process in self.processes:
            if os.path.exists(process.log):
                with open(process.log, encoding="utf-8", errors="replace") as file:
                    parts.append(f"===== {process.name} ({process.log})\n{''.join(file.readlines()[-lines:])}")
        return "\n".join(parts)

    def stop(self):
        """Ends every process, name servers first, and closes the checkpoints. The folder stays."""
        for group in ([server.process for server in self.servers], [site.guard for site in self.sites],
                      [site.sitecheck for site in self.sites], [site.mysql.process for site in self.sites]):
            for process in group:
                process.signal(signal.SIGTERM)
                process.signal(signal.SIGCONT)
            for process in group:
                process.stop()
        for point in self.checkpoints.values():
            point.close()

    def remove(self):
        """Stops everything and removes the folder."""
        self.stop()
        remove_folder(self.folder)
