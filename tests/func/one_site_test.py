#!/usr/bin/python3
"""One site with two database servers and no other site, as MMM had it: the writer moves between them, by a failure, by a
person and back by itself; its floating address goes with it, and what was ordered outlives a restart."""
import os
import shutil
import tempfile
import unittest

from harness import PROGRAMS, TEMPLATE, LateOnce, wait_until
from cluster import config
from cluster.cluster import POOL, Program
from cluster.mariadb import Mariadb, template
from cluster.net import Checkpoint, free_port
from cluster.process import Process

WRITER, READER = "192.0.2.50", "192.0.2.60"
HOOK = """#!/bin/sh
[ "$WIDEIP_EVENT" = demote ] && [ -e "$1.broken-$WIDEIP_NODE" ] && { echo no such host >&2; exit 1; }
echo "$WIDEIP_EVENT $WIDEIP_ADDRESS $WIDEIP_NODE $WIDEIP_WHY" >> "$1"
"""


class OneSite(LateOnce):
    """One pair of servers for the whole story: each step begins where the last one ended."""

    maxDiff = None

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="wideip-one-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        port = free_port()
        self.servers = {f"db{n}": Mariadb(os.path.join(self.folder, f"db{n}"), n, f"127.0.1.{20 + n}", port)
                        for n in (1, 2)}
        self.site = Program(os.path.join(PROGRAMS, "sitecheck"), os.path.join(self.folder, "sitecheck.yaml"))
        self.log = os.path.join(self.folder, "hooks")
        self.processes = [Process(word, [self.site.program, word, "--config", self.site.config_file],
                                  os.path.join(self.folder, f"{word}.log")) for word in ("serve", "guard")]
        self.addCleanup(self._close)
        self.passwords = {name: config.key()[:24] for name in ("mon", "adm", "repl", "app")}
        for name, password in self.passwords.items():
            config.write(os.path.join(self.folder, f"{name}.password"), password + "\n", private=True)
        hook = os.path.join(self.folder, "hook")
        config.write(hook, HOOK)
        os.chmod(hook, 0o755)
        os.makedirs(os.path.join(self.folder, "state"))
        self.write()
        self.start()

    def write(self, pool="", more=""):
        """The configuration, with more lines for the pool and for the site."""
        nodes = "".join(f"      - {{name: {name}, address: {server.host}, port: {server.port}, priority: {server.number}, "
                        f"pid_file: {server.pid_file}}}\n" for name, server in self.servers.items())
        hook = f"[{os.path.join(self.folder, 'hook')}, {self.log}]"
        config.write(self.site.config_file, f"""site: {{name: site1, id: 1}}
ecv: {{listen: "127.0.0.1@0"}}
control: sitecheck.sock
state_dir: state
auto_recover_after: 1s
reload_on_change: true
{more}pools:
  - name: {POOL}
    monitor: {{user: wideip_mon, password_file: mon.password}}
    admin: {{user: wideip_adm, password_file: adm.password}}
    replication: {{user: wideip_repl, password_file: repl.password}}
{pool}    roles:
      - {{name: writer, kind: exclusive, addresses: [{WRITER}], on_promote: {hook}, on_demote: {hook}}}
      - {{name: reader, kind: balanced, addresses: [{READER}], on_promote: {hook}, on_demote: {hook}}}
    nodes:
{nodes}""")

    def start(self):
        done = self.site.command("grants", POOL)
        self.assertEqual(done.returncode, 0, done.stderr)
        grants = [line for line in done.stdout.splitlines() if not line.startswith("--")]
        grants = [text for text in "\n".join(grants).split(";") if text.strip()]
        for server in self.servers.values():
            server.create(template(TEMPLATE))
            server.process.start()
        for server in self.servers.values():
            server.wait_ready()
            server.run_closed(*grants, "CREATE DATABASE shop", "CREATE TABLE shop.orders (id INT PRIMARY KEY AUTO_INCREMENT)",
                              f"CREATE USER app@'%' IDENTIFIED BY '{self.passwords['app']}'",
                              "GRANT SELECT, INSERT ON shop.* TO app@'%'")
        for process in self.processes:
            process.start()
        self.processes[0].wait_ready()

    def _close(self):
        for process in self.processes + [server.process for server in self.servers.values()]:
            process.stop()
            if self.failed and os.path.exists(process.log):
                print(f"===== {process.name}\n{process.output()[-6000:]}")

    def pool(self):
        return self.site.json("status")["pools"][0]

    def states(self):
        return {node["name"]: node["state"] for node in self.pool()["nodes"]}

    def wait_states(self, what, **wanted):
        """Until the nodes are in these states, and the servers as they should be."""
        def there():
            found = self.states()
            if found != wanted:
                raise LookupError(f"the nodes are {found}")
            return True
        wait_until(there, what, 60, every=0.05)
        for name, state in wanted.items():
            if state in ("ACTIVE", "STANDBY"):
                self.assertEqual(self.servers[name].value("@@global.read_only"), int(state == "STANDBY"), name)

    def wait_follows(self, name, source):
        """Until one replicates from the other, and holds its rows."""
        server, source = self.servers[name], self.servers[source]
        wait_until(lambda: (server.replication() or {}).get("Master_Host") == source.host and server.replicating(),
                   f"{name} follows {source.host}", 60)
        count = "(SELECT COUNT(*) FROM shop.orders)"
        wait_until(lambda: server.value(count) == source.value(count), f"{name} holds the same")

    def insert(self, name):
        with self.servers[name].connect("app", self.passwords["app"]) as connection, connection.cursor() as cursor:
            cursor.execute("INSERT INTO shop.orders () VALUES ()")

    def ran(self):
        if not os.path.exists(self.log):
            return []
        with open(self.log, encoding="utf-8") as file:
            return file.read().splitlines()

    def wait_ran(self, line, since=0):
        wait_until(lambda: any(each.startswith(line) for each in self.ran()[since:]), f"{line} ({self.ran()})")

    def alarms(self):
        return " ".join(self.pool()["alarms"])

    def test_the_story_of_a_pair(self):
        for step in (self.a_writer_is_found, self.a_dead_writer_is_replaced_within_the_site,
                     self.what_was_offline_stays_so_over_a_restart, self.a_writer_that_is_set_offline_moves_first,
                     self.with_failback_it_returns_by_itself, self.a_cut_is_named_and_a_latch_is_for_a_person):
            step()

    def a_writer_is_found(self):
        """The first by priority; the other follows it, and has the reader's address."""
        self.wait_states("the first is the writer", db1="ACTIVE", db2="STANDBY")
        self.wait_follows("db2", "db1")
        self.wait_ran(f"promote {WRITER} db1")
        self.wait_ran(f"promote {READER} db2")
        self.insert("db1")
        self.wait_follows("db2", "db1")

    def a_dead_writer_is_replaced_within_the_site(self):
        """Its address goes to the other although its hook fails; that is owed, and paid when it can be."""
        epoch, before = self.pool()["epoch"], len(self.ran())
        broken = self.log + ".broken-db1"
        config.write(broken, "")
        self.servers["db1"].process.kill()
        wait_until(lambda: self.states()["db2"] == "ACTIVE", "the other one writes", 60)
        self.assertGreater(self.pool()["epoch"], epoch)
        self.insert("db2")
        self.wait_ran(f"promote {WRITER} db2", before)
        wait_until(lambda: f"{WRITER} of role writer: on_demote at db1 failed" in self.alarms(), "the alarm", 20)
        self.servers["db1"].start()
        self.wait_states("it comes back as a replica", db1="STANDBY", db2="ACTIVE")
        self.wait_follows("db1", "db2")
        # What is owed is owed over a restart, and tried at once then; who has the address gets it once more.
        os.remove(broken)
        before = len(self.ran())
        self.restart()
        self.wait_ran(f"demote {WRITER} db1 retry", before)
        wait_until(lambda: "on_demote" not in self.alarms(), "the alarm ends", 20)
        self.wait_states("the same one writes", db1="STANDBY", db2="ACTIVE")

    def restart(self):
        self.processes[0].kill()
        self.processes[0].start().wait_ready()

    def what_was_offline_stays_so_over_a_restart(self):
        done = self.site.command("set-offline", f"{POOL}/db1", "--reason", "new disk")
        self.assertEqual(done.returncode, 0, done.stderr)
        wait_until(lambda: self.states()["db1"] == "MAINT", "it is offline")
        self.restart()
        wait_until(lambda: self.states() == {"db1": "MAINT", "db2": "ACTIVE"}, "it is offline still", 60)
        self.assertEqual(self.site.command("set-online", "db1").returncode, 0)
        self.wait_states("it is back", db1="STANDBY", db2="ACTIVE")

    def a_writer_that_is_set_offline_moves_first(self):
        wait_until(lambda: self.site.command("move-role", POOL, "db1", "--role", "writer", "--dry-run").returncode == 0,
                   "nothing stands against it", 60)
        self.insert("db2")
        done = self.site.command("set-offline", "db2", "--reason", "new disk", within=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("db1 writes with epoch", done.stdout)
        self.wait_states("the other one writes", db1="ACTIVE", db2="MAINT")
        self.insert("db1")
        self.assertEqual(self.site.command("set-online", "db2").returncode, 0)
        self.wait_states("it is back", db1="ACTIVE", db2="STANDBY")
        self.wait_follows("db2", "db1")

    def with_failback_it_returns_by_itself(self):
        """The configuration is read by itself when it changes."""
        wait_until(lambda: self.site.command("move-role", POOL, "db2", "--role", "writer").returncode == 0,
                   "a person moves the writer", 60)
        self.wait_states("the second one writes", db1="STANDBY", db2="ACTIVE")
        before = len(self.ran())
        self.write("    failback: auto\n    failback_after: 1s\n")
        self.wait_states("the first one writes again", db1="ACTIVE", db2="STANDBY")
        self.wait_ran(f"promote {WRITER} db1", before)
        self.wait_follows("db2", "db1")
        self.assertIn("failback: db1 has been well for", self.site.command("events", "--last", "500").stdout)

    def a_cut_is_named_and_a_latch_is_for_a_person(self):
        points = {name: Checkpoint(f"127.0.9.{number}")
                  for number, name in enumerate(("office", "uplink", "isp1", "isp2", "isp3"), 30)}
        for point in points.values():
            self.addCleanup(point.close)
        scopes = {"office": "internal", "uplink": "edge"}
        self.write(more="checkpoints_latch: true\ncheckpoints_clear_after: 1s\ncheckpoints:\n" + "".join(
            f'  - {{id: {name}, scope: {scopes.get(name, "external")}, tcp: "{point.address}"}}\n'
            for name, point in points.items()))
        seen = lambda: self.site.json("status")["checkpoints"]  # noqa: E731
        wait_until(lambda: seen()["ok"] == 3 and self.pool()["state"] == "ACTIVE", "the checkpoints answer", 60)
        for cut, lost in (("GLOBAL", ("isp1", "isp2", "isp3")), ("WAN", ("uplink",)), ("LAN", ("office",))):
            for name in lost:
                points[name].close()
            wait_until(lambda c=cut: seen()["cut"] == c, f"the cut is {cut}", 30)
        wait_until(lambda: self.pool()["status"] == "FAIL", "the pool is FAIL", 30)
        self.assertNotIn("ACTIVE", self.states().values())
        for point in points.values():
            point.open()
        wait_until(lambda: seen()["ok"] == 3 and seen()["cut"] == "", "the checkpoints answer again", 30)
        for _ in range(3):  # seconds: longer than it would take to clear by itself
            polled = self.pool()["nodes"][0]["time"]
            wait_until(lambda p=polled: self.pool()["nodes"][0]["time"] > p, "a while after")
        self.assertEqual(self.pool()["status"], "FAIL")
        self.assertEqual(self.site.command("recover", POOL, "--reason", "looked at it").returncode, 0)
        wait_until(lambda: self.pool()["status"] == "OK" and "ACTIVE" in self.states().values(), "it writes again", 60)


if __name__ == "__main__":
    unittest.main(verbosity=2)
