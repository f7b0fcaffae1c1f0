"""Kind multi_writer with a real Galera cluster of three nodes, from all well to a whole crash; kind single; and a dnsd
whose monitors look at the same nodes."""
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import unittest
import urllib.error
import urllib.request

from harness import PROGRAMS, ROOT, TEMPLATE, LateOnce, wait_until
from cluster import config
from cluster.cluster import Program
from cluster.galera import Galera, PROVIDER, transfer_scripts
from cluster.mariadb import template
from cluster.net import free_port
from cluster.process import Process
from plain_server import PlainServer

POOL, ALONE = "shop", "alone"


class GaleraSite(Program):
    """A sitecheck over the three nodes, and over the first of them once more as a pool of kind single."""

    def __init__(self, folder, galera):
        super().__init__(os.path.join(PROGRAMS, "sitecheck"), os.path.join(folder, "sitecheck.yaml"))
        self.folder, self.galera, self.ecv_port = folder, galera, free_port()
        self.password = config.key()[:24]
        self.process = Process("sitecheck", [self.program, "serve", "--config", self.config_file],
                               os.path.join(folder, "sitecheck.log"))

    def write(self, options="", alone=True):
        """Configuration, key and password. `alone`: with the pool of kind single."""
        nodes = "".join(f"      - {{name: db{node.number}, address: {node.host}, port: {node.port}, priority: "
                        f"{node.number}, data_dir: {node.data}}}\n" for node in self.galera.nodes)
        first = self.galera.nodes[0]
        single = f"""  - name: {ALONE}
    kind: single
    monitor: {{user: wideip_mon, password_file: mon.password}}
    nodes:
      - {{name: one, address: {first.host}, port: {first.port}}}
"""
        account = "    monitor: {user: wideip_mon, password_file: mon.password}\n"
        config.write(os.path.join(self.folder, "mon.password"), self.password + "\n", private=True)
        config.write(os.path.join(self.folder, "ecv.key"), config.key() + "\n", private=True)
        config.write(self.config_file, f"""site: {{name: site1, id: 1}}
ecv: {{listen: "127.0.0.1@{self.ecv_port}"}}
control: sitecheck.sock
state_dir: state
auto_recover_after: 1s
keys:
  - {{id: d1, file: ecv.key, for: dnsd}}
pools:
  - name: {POOL}
    kind: multi_writer
{options}{account}    nodes:
{nodes}{single if alone else ""}""")

    def pool(self, name=POOL):
        return next(pool for pool in self.json("status")["pools"] if pool["name"] == name)

    def nodes(self, name=POOL):
        """By name: (state, status, message)."""
        return {node["name"]: (node["state"], node["status"], node["message"]) for node in self.pool(name)["nodes"]}

    def wait_nodes(self, what, within=30.0, **wanted):
        """Waits until each node named in `wanted` is in that state; returns all nodes."""
        def there():
            nodes = self.nodes()
            found = {name: nodes[name][0] for name in wanted}
            if found != wanted:
                raise LookupError(f"the nodes are {nodes}")
            return nodes
        return wait_until(there, what, within, every=0.05)

    def http(self, path):
        """Status and text."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.ecv_port}{path}", timeout=10) as answer:
                return answer.status, answer.read().decode().strip()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode().strip()


class NameServer(PlainServer):
    """A dnsd as conf/examples/dnsd-galera.yaml has it, with the nodes of this cluster in place of those there."""

    SITES = {"ams": "192.0.2.31", "fra": "198.51.100.31", "lon": "203.0.113.31"}

    def __init__(self, galera, password):
        super().__init__()
        config.write(os.path.join(self.folder, "not-secret-mon.password"), password + "\n", private=True)
        with open(os.path.join(ROOT, "conf", "examples", "dnsd-galera.yaml"), encoding="utf-8") as file:
            text = file.read()
        lines = [line for line in text[text.index("monitors:"):].splitlines()
                 if "name: par" not in line and "example.com.zone" not in line and line != "zones:"]
        text = "\n".join(lines).replace("kind: galera,", f"kind: galera, port: {galera.nodes[0].port},")
        # A busy machine has its time for a login; an answer that moves once in ten seconds would take this test long.
        text = text.replace("timeout: 500ms", "timeout: 1s").replace("hold_down: 10s", "hold_down: 0s")
        for address, node in zip(self.SITES.values(), galera.nodes):
            text = text.replace(f"address: {address},", f"address: {node.host},")
        self.write(text + "\n")
        self.hosts = [node.host for node in galera.nodes]

    def wait_answers(self, what, writer, readers):
        """Nodes by their places: the one that is answered to writers, and all that readers get in turn."""
        def there():
            first = self.ask("galera.example.com").addresses
            turns = {address for _ in range(12) for address in self.ask("galera-ro.example.com").addresses}
            found = ([self.hosts.index(address) for address in first], sorted(map(self.hosts.index, turns)))
            if found != ([writer], readers):
                raise LookupError(f"answered are {found}")
            return True
        wait_until(there, what, 30, every=0.05)

    def look(self, place):
        """What the monitor has of a node: (state, text)."""
        shown = json.loads(self.command("status", "--json").stdout)["monitors"]
        return next((each["state"], each["text"]) for each in shown if each["address"] == self.hosts[place])


@unittest.skipUnless(os.path.exists(PROVIDER), "galera-4 is not installed")
@unittest.skipUnless(transfer_scripts(), "there is no wsrep_sst_rsync: contrib/galera-scripts fetches it")
class GaleraPool(LateOnce):
    """One cluster for the whole story: each step begins where the last one ended."""

    maxDiff = None

    def setUp(self):
        folder = tempfile.mkdtemp(prefix="wideip-galera-")
        os.chmod(folder, 0o755)  # for the account of the servers
        self.addCleanup(shutil.rmtree, folder, ignore_errors=True)
        self.galera = Galera(folder)
        for node in self.galera.nodes:  # as on hosts of their own
            node.port = self.galera.nodes[0].port
        self.addCleanup(self._close)
        self.site = GaleraSite(folder, self.galera)
        os.makedirs(os.path.join(folder, "state"))
        self.site.write()
        done = self.site.command("grants", POOL)
        self.assertEqual(done.returncode, 0, done.stderr)
        lines = [line for line in done.stdout.splitlines() if not line.startswith("--")]
        self.galera.start(template(TEMPLATE), *[text for text in "\n".join(lines).split(";") if text.strip()],
                          "CREATE DATABASE app", "CREATE TABLE app.t (id INT PRIMARY KEY AUTO_INCREMENT, n INT)")
        self.site.process.start()
        self.site.process.wait_ready()
        self.names = NameServer(self.galera, self.site.password)
        self.addCleanup(self.names.close)
        self.names.process.start()
        self.names.process.wait_ready()

    def _close(self):
        self.site.process.stop()
        self.galera.stop()
        if self.failed:
            for process in [self.site.process] + [node.process for node in self.galera.nodes]:
                if os.path.exists(process.log):
                    print(f"===== {process.name}\n{process.output()[-6000:]}", file=sys.stderr)

    def write_at(self, node):
        node.run("INSERT INTO app.t (n) VALUES (1)")

    def test_the_story_of_a_cluster(self):
        """All well, each condition that takes a node out, a cut, a kill, a whole crash, and the way back."""
        self.all_are_active()
        self.a_desynced_node_stands_aside()
        self.a_desynced_node_serves_where_that_is_allowed()
        self.flow_control_is_warned_of()
        self.a_node_that_rejects_queries_fails()
        self.a_read_only_node_is_standby()
        self.a_node_that_was_cut_off_fails()
        self.one_of_them_is_preferred()
        self.a_person_prefers_another()
        self.a_killed_node_leaves_the_others_writing()
        self.after_a_whole_crash_the_most_advanced_is_named()

    def all_are_active(self):
        self.names.wait_answers("every node is answered, the first one to writers", 0, [0, 1, 2])
        self.site.wait_nodes("every node is ACTIVE", db1="ACTIVE", db2="ACTIVE", db3="ACTIVE")
        pool = self.site.pool()
        self.assertEqual((pool["kind"], pool["state"], pool["arbitrated"]), ("multi_writer", "ACTIVE", False))
        self.assertGreater(pool["lease_ms"], 0)
        self.assertEqual(pool["alarms"], [])
        for view in ("active", "writable", "readable"):
            self.assertEqual(self.site.http(f"/ecv/v1/{POOL}/{view}"), (200, "UP"), view)
            self.assertEqual(self.site.http(f"/ecv/v1/{POOL}/db2/{view}"), (200, "UP"), view)
        status, text = self.site.http(f"/ecv/v1/{POOL}")
        report = json.loads(text)
        self.assertEqual((status, report["state"], report["epoch"]), (200, "ACTIVE", 1 << 8 | 1))
        self.assertEqual(self.site.command("is-active", "db3").returncode, 0)
        # OK_INFO for one poll after the change of STATE.
        wait_until(lambda: self.site.command("report", "db3").stdout.strip() == "OK/ACTIVE (SECONDARY)", "a plain report")
        self.assertIn("multi_writer, watched only", self.site.command("status").stdout)
        self.assertIn("watched only", self.site.command("show").stdout)
        self.assertEqual(self.site.pool(ALONE)["state"], "ACTIVE")
        refused = self.site.command("switchover", POOL, "--to", "site2")
        self.assertEqual(refused.returncode, 1)
        self.assertIn("a pool of kind multi_writer has no such order", refused.stderr)
        refused = self.site.command("move-role", POOL, "db2", "--role", "writer")
        self.assertEqual(refused.returncode, 1)
        self.assertIn("every node that is well is ACTIVE", refused.stderr)

    def a_desynced_node_stands_aside(self):
        second = self.galera.nodes[1]
        second.run("SET GLOBAL wsrep_desync = ON")
        nodes = self.site.wait_nodes("a desynced node is STANDBY", db1="ACTIVE", db2="STANDBY", db3="ACTIVE")
        self.assertEqual(nodes["db2"][1:], ("OK_INFO", "wsrep_local_state is 2 (Donor/Desynced)"))
        self.assertEqual(self.site.http(f"/ecv/v1/{POOL}/db2/writable"), (503, "DOWN"))
        self.assertEqual(self.site.http(f"/ecv/v1/{POOL}/db2/readable"), (200, "UP"))
        self.assertEqual(self.site.http(f"/ecv/v1/{POOL}/db1/readable"), (200, "UP"))
        self.names.wait_answers("a desynced node is not answered", 0, [0, 2])
        self.assertEqual(self.names.look(1)[0], "disabled")
        self.assertIn("wsrep_local_state is 2 (Donor/Desynced)", self.names.look(1)[1])
        second.run("SET GLOBAL wsrep_desync = OFF")
        self.site.wait_nodes("it is ACTIVE again", db2="ACTIVE")
        self.names.wait_answers("it is answered again", 0, [0, 1, 2])

    def reload(self, options=""):
        self.site.write(options)
        done = self.site.command("reload")
        self.assertEqual(done.returncode, 0, done.stderr)

    def a_desynced_node_serves_where_that_is_allowed(self):
        second = self.galera.nodes[1]
        self.reload("    galera: {donor: allow}\n")
        second.run("SET GLOBAL wsrep_desync = ON")
        wait_until(lambda: second.status("wsrep_local_state") == "2", "it is desynced")
        polled = self.site.pool()["nodes"][1]["time"]
        wait_until(lambda: self.site.pool()["nodes"][1]["time"] > polled, "a poll of it")
        self.assertEqual(self.site.nodes()["db2"][0], "ACTIVE")
        second.run("SET GLOBAL wsrep_desync = OFF")
        wait_until(lambda: second.status("wsrep_local_state") == "4", "it is synced")
        self.reload()

    def flow_control_is_warned_of(self):
        """Nodes that apply slower than one writes hold the cluster up, and each tells that it was paused."""
        first = self.galera.nodes[0]
        self.reload("    galera: {flow_control: 1}\n")
        # Without a key the others look through the whole table for each row that changed; the writer once for all.
        first.run("CREATE TABLE app.slow (n INT, filler CHAR(100))")
        first.run("INSERT INTO app.slow SELECT seq, REPEAT('x', 100) FROM app.seq_1_to_3000")
        stop = threading.Event()

        def change():
            while not stop.is_set():
                first.run("UPDATE app.slow SET n = n + 1")
                for _ in range(40):  # more than the others let wait (gcs.fc_limit 16, times the root of the nodes)
                    self.write_at(first)
        writer = threading.Thread(target=change, daemon=True)
        writer.start()
        try:
            wait_until(lambda: any(status == "OK_WARN" and "flow control" in message
                                   for _, status, message in self.site.nodes().values()), "flow control is told", 60)
            self.assertTrue(any("flow control" in alarm for alarm in self.site.pool()["alarms"]))
        finally:
            stop.set()
            writer.join(60)
        first.run("DROP TABLE app.slow")
        first.run("DELETE FROM app.t")
        self.reload()
        self.site.wait_nodes("all serve", db1="ACTIVE", db2="ACTIVE", db3="ACTIVE")
        wait_until(lambda: self.site.pool()["alarms"] == [], "the alarm ends", 60)

    def a_node_that_rejects_queries_fails(self):
        third = self.galera.nodes[2]
        third.run("SET GLOBAL wsrep_reject_queries = ALL")
        nodes = self.site.wait_nodes("a node that rejects queries fails", db2="ACTIVE", db3="FAILED_ONLINE")
        self.assertEqual(nodes["db3"][1:], ("FAIL", "wsrep_reject_queries is ALL"))
        self.assertEqual(third.status("wsrep_local_state"), "4")  # which alone would not have told
        third.run("SET GLOBAL wsrep_reject_queries = NONE")
        self.site.wait_nodes("it comes back", db3="ACTIVE")

    def a_read_only_node_is_standby(self):
        first = self.galera.nodes[0]
        first.run("SET GLOBAL read_only = 1")
        nodes = self.site.wait_nodes("a read-only node is STANDBY", db1="STANDBY")
        self.assertEqual(nodes["db1"][2], "read_only is set")
        wait_until(lambda: self.site.pool(ALONE)["state"] == "STANDBY", "a single node that is read-only claims nothing")
        self.assertEqual(self.site.http(f"/ecv/v1/{ALONE}/active"), (503, "DOWN"))
        first.run("SET GLOBAL read_only = 0")
        self.site.wait_nodes("it is ACTIVE again", db1="ACTIVE")
        wait_until(lambda: self.site.pool(ALONE)["state"] == "ACTIVE", "and so is the single one")

    def a_node_that_was_cut_off_fails(self):
        first, second, third = self.galera.nodes
        for node in (first, second):
            node.process.signal(signal.SIGSTOP)
        def cut_off():
            nodes = self.site.nodes()
            states = [nodes[name][0] for name in ("db1", "db2", "db3")]
            return states == ["FAILED_OFFLINE", "FAILED_OFFLINE", "FAILED_ONLINE"] and nodes
        nodes = wait_until(cut_off, "the node without a quorum fails", every=0.05)
        self.assertEqual(nodes["db3"][2], "wsrep_cluster_status is non-Primary; wsrep_ready is OFF; "
                                          "wsrep_local_state is 0 (Initialized)")
        self.assertEqual(third.value("@@read_only"), 0)  # which alone would not have told
        self.assertEqual(self.site.pool()["state"], "STANDBY")
        self.assertEqual(self.site.http(f"/ecv/v1/{POOL}/active"), (503, "DOWN"))
        wait_until(lambda: [self.names.look(place)[0] for place in range(3)] == ["down"] * 3, "no node is up by name")
        self.assertIn("wsrep_cluster_status is non-Primary", self.names.look(2)[1])
        for node in (first, second):
            node.process.signal(signal.SIGCONT)
        self.site.wait_nodes("all are back", db1="ACTIVE", db2="ACTIVE", db3="ACTIVE")
        for node in self.galera.nodes:
            node.wait_size(3)

    def one_of_them_is_preferred(self):
        """The same nodes with preferred_writer, and without the single pool's say."""
        self.site.process.stop()
        self.site.write("    preferred_writer: true\n    galera: {cluster_size: 3}\n", alone=False)
        self.site.process.start()
        self.site.process.wait_ready()
        self.site.wait_nodes("the first by priority writes", db1="ACTIVE", db2="STANDBY", db3="STANDBY")
        self.assertEqual(self.site.command("is-active", "db2").returncode, 1)
        self.assertEqual(self.site.http(f"/ecv/v1/{POOL}/db1/readable"), (503, "DOWN"))
        # The probes write nothing that the cluster would have to carry.
        before = self.galera.nodes[1].status("wsrep_last_committed")
        polled = self.site.pool()["nodes"][0]["time"]
        wait_until(lambda: self.site.pool()["nodes"][0]["time"] > polled, "more polls")
        self.assertEqual(self.galera.nodes[1].status("wsrep_last_committed"), before)

    def a_person_prefers_another(self):
        """At once, without anything done at the nodes; and back, for the story to go on."""
        moved = self.site.command("move-role", POOL, "db3", "--role", "writer", "--reason", "a new disk for db1")
        self.assertEqual(moved.returncode, 0, moved.stderr)
        self.assertIn("db3 is the preferred writer; db1 is STANDBY", moved.stdout)
        states = {name: state for name, (state, *_) in self.site.nodes().items()}
        self.assertEqual(states, {"db1": "STANDBY", "db2": "STANDBY", "db3": "ACTIVE"})
        self.assertEqual(self.site.http(f"/ecv/v1/{POOL}/db3/writable"), (200, "UP"))
        self.assertEqual(self.site.http(f"/ecv/v1/{POOL}/db1/writable"), (503, "DOWN"))
        refused = self.site.command("promote", POOL, "--force", "--reason", "a test")
        self.assertEqual(refused.returncode, 1)
        self.assertIn("galera-candidate", refused.stderr)
        self.assertEqual(self.site.command("move-role", POOL, "db1", "--role", "writer").returncode, 0)
        self.site.wait_nodes("db1 is preferred again", db1="ACTIVE", db2="STANDBY", db3="STANDBY")

    def a_killed_node_leaves_the_others_writing(self):
        first, second, third = self.galera.nodes
        first.process.kill()
        nodes = self.site.wait_nodes("another is the writer", db1="FAILED_OFFLINE", db2="ACTIVE", db3="STANDBY")
        def warned():
            nodes = self.site.nodes()
            return nodes["db2"][1:] == ("OK_WARN", "wsrep_cluster_size is 2 of 3 expected")
        wait_until(warned, f"the smaller cluster is noticed; the nodes were {nodes}")
        self.write_at(second)
        self.assertEqual(self.site.pool()["state"], "ACTIVE")
        third.wait_size(2)
        self.names.wait_answers("names lead to those that are left", 1, [1, 2])

    def candidate(self, *words):
        done = self.site.command("galera-candidate", POOL, *words, "--json")
        return done.returncode, json.loads(done.stdout)

    def after_a_whole_crash_the_most_advanced_is_named(self):
        _, second, third = self.galera.nodes
        status, found = self.candidate()
        self.assertEqual((status, found["candidate"]), (1, None))
        self.assertIn("the cluster is up", found["reason"])
        second.process.stop()
        third.wait_size(1)
        self.write_at(third)
        third.process.kill()
        clean, _ = second.saved()
        self.assertEqual(third.saved()[0], -1)
        # What grastate.dat tells does not do: two nodes crashed.
        status, found = self.candidate()
        self.assertEqual((status, found["candidate"]), (1, None))
        self.assertIn("not known: db1, db3", found["reason"])
        self.assertEqual(found["nodes"][1]["seqno"], clean)
        status, found = self.candidate("--evidence", f"db1={found['nodes'][1]['uuid']}:2", "--wsrep-recover",
                                       "--defaults-file", third.config)
        self.assertEqual((status, found["candidate"]), (0, "db3"), found)
        self.assertEqual([node["source"] for node in found["nodes"]],
                         ["--evidence", "grastate.dat", "--wsrep-recover"])
        self.assertGreater(found["nodes"][2]["seqno"], clean)
        self.assertEqual(found["commands"][-1], "galera_new_cluster")
        self.assertFalse(third.process.running())  # it only says so
        # The way back: what it printed, but for the service that galera_new_cluster would start.
        for command in found["commands"][:-1]:
            subprocess.run(command, shell=True, check=True)
        self.assertEqual(third.saved()[1], 1)
        third.start_new_cluster()
        third.wait_size(1)
        self.site.wait_nodes("the cluster is served from its most advanced node", db3="ACTIVE")
        self.assertEqual(third.run("SELECT COUNT(*) AS n FROM app.t")[0]["n"], 2)


if __name__ == "__main__":
    unittest.main()
