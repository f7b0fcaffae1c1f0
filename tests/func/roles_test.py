#!/usr/bin/python3
"""Roles, modes and downtimes with real databases: hooks follow the writer, a person keeps it where it is, or moves it."""
import os
import subprocess
import threading
import unittest

import harness
import pymysql
from cluster.mariadb import Mariadb
from harness import POOL, wait_until

HOOK = """#!/bin/sh
echo "$WIDEIP_EVENT $WIDEIP_ROLE $WIDEIP_ADDRESS $WIDEIP_NODE" >> "$1"
"""
ROLES = """    roles:
      - {{name: writer, kind: exclusive, addresses: [192.0.2.50], on_promote: [{hook}, {log}], on_demote: [{hook}, {log}]}}
      - {{name: reader, kind: balanced, addresses: [192.0.2.6{number}], on_promote: [{hook}, {log}],
         on_demote: [{hook}, {log}]}}
"""


class RolesCase(harness.ClusterCase):
    """A cluster with roles whose hooks write down that they ran."""

    def configure(self, cluster):
        os.makedirs(cluster.folder, exist_ok=True)
        self.hook = os.path.join(cluster.folder, "hook")
        with open(self.hook, "w", encoding="utf-8") as file:
            file.write(HOOK)
        os.chmod(self.hook, 0o755)
        for site in cluster.sites:
            site.settings["pool"] = ROLES.format(hook=self.hook, log=self.log(site), number=site.number)

    def log(self, site):
        return os.path.join(self.cluster.folder, f"hooks-{site.name}.log")

    def ran(self, site):
        if not os.path.exists(self.log(site)):
            return []
        with open(self.log(site), encoding="utf-8") as file:
            return file.read().splitlines()

    def wait_ran(self, site, line, count=1):
        wait_until(lambda: self.ran(site).count(line) >= count, f"{site.name}: {line} ({self.ran(site)})")


class Roles(RolesCase):
    def mode(self, *sites_and_mode):
        *sites, word = sites_and_mode
        for site in sites:
            done = site.command("mode", word)
            self.assertEqual(done.returncode, 0, done.stderr)

    def test_hooks_follow_the_writer_and_manual_keeps_it(self):
        first, second = self.active, self.standby
        node = {site: f"{site.name}-db" for site in self.cluster.sites}
        self.wait_ran(first, f"promote writer 192.0.2.50 {node[first]}")
        # The standby is read; so is the writer of a site that has nobody else.
        self.wait_ran(second, f"promote reader 192.0.2.6{second.number} {node[second]}")
        self.wait_ran(first, f"promote reader 192.0.2.6{first.number} {node[first]}")

        # A downtime takes the reader's address away, its end gives it back; both are told.
        done = second.command("downtime", node[second], "--for", "30m", "--reason", "new disk")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.wait_ran(second, f"demote reader 192.0.2.6{second.number} {node[second]}")
        self.assertIn("new disk", second.command("status").stdout)
        second.sitecheck.kill()
        second.sitecheck.start().wait_ready()
        self.assertIn("new disk", second.command("status").stdout)
        self.assertEqual(second.command("downtime", node[second], "--end").returncode, 0)
        self.wait_ran(second, f"promote reader 192.0.2.6{second.number} {node[second]}", count=2)

        # A planned switchover: demoted here, promoted there.
        wait_until(lambda: second.pool()["eligible"], "the standby is eligible again")
        wait_until(lambda: first.command("switchover", harness.POOL, "--to", second.name).returncode == 0,
                   "a switchover that is done")
        self.wait_ran(second, f"promote writer 192.0.2.50 {node[second]}")
        self.wait_ran(first, f"demote writer 192.0.2.50 {node[first]}")

        # Manual, at both sites, over a restart too: the dead writer's place stays empty until a person decides.
        self.mode(first, second, "manual")
        first.sitecheck.kill()
        first.sitecheck.start().wait_ready()
        self.assertEqual(first.json("status")["mode"], "manual")
        self.assertNotEqual(second.command("mode", "passive").returncode, 0)  # it writes
        first.wait_state("STANDBY")
        second.mysql.process.kill()
        wait_until(lambda: any("mode manual" in alarm for alarm in first.pool()["alarms"]), "the alarm of mode manual")
        self.assertEqual(first.state(), "STANDBY")
        self.wait_ran(second, f"demote writer 192.0.2.50 {node[second]}")
        self.mode(first, "active")
        first.wait_state("ACTIVE")
        self.wait_ran(first, f"promote writer 192.0.2.50 {node[first]}", count=2)


class TwoNodes(RolesCase):
    """A site with two nodes of its own; every account of the probes and fences demands TLS."""

    autostart = False

    def configure(self, cluster):
        super().configure(cluster)
        site = self.site = cluster.sites[0]
        certificate, key = (os.path.join(cluster.folder, f"db.{end}") for end in ("pem", "key"))
        hosts = ",".join(f"IP:{host}" for host in [each.mysql.host for each in cluster.sites] + ["127.0.1.11"])
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                        "-days", "2", "-subj", "/CN=db", "-addext", f"subjectAltName={hosts}", "-keyout", key, "-out",
                        certificate], check=True, capture_output=True)
        tls = [f"ssl-cert = {certificate}", f"ssl-key = {key}"]
        self.second = Mariadb(os.path.join(site.folder, "mysql2"), 3, "127.0.1.11", site.mysql.port, tls)
        self.addCleanup(self.second.process.kill)
        for each in cluster.sites:
            each.mysql.options += tls
            each.settings["pool"] = f"    tls: {{ca: {certificate}}}\n" + each.settings["pool"]
        site.settings["nodes"] = f"""      - name: site1-db2
        address: {self.second.host}
        port: {self.second.port}
        priority: 2
        replicate_from: {cluster.sites[1].mysql.host}@{cluster.sites[1].mysql.port}
        pid_file: {self.second.pid_file}
"""
        cluster.sites[1].settings["nodes"] = \
            f"      - {{name: site1-db2, address: {self.second.host}, port: {self.second.port}, site: site1}}\n"

    def start(self):
        cluster, site = self.cluster, self.site
        cluster.create()
        cluster.start_databases()
        self.second.create(self.second.template(harness.TEMPLATE))
        self.second.start()
        self.second.run_closed(*cluster._grants(site), "CREATE DATABASE shop",  # pylint: disable=protected-access
                               f"CREATE USER app@'%' IDENTIFIED BY '{cluster.passwords['app']}'",
                               "GRANT SELECT, INSERT, UPDATE, DELETE ON shop.* TO app@'%'",
                               "CREATE TABLE shop.orders (id BIGINT PRIMARY KEY AUTO_INCREMENT, site TINYINT NOT NULL, "
                               "note VARCHAR(64)) ENGINE=InnoDB")
        self.second.follow(site.mysql, "wideip_repl", cluster.passwords["repl"])
        for server in [each.mysql for each in cluster.sites] + [self.second]:
            server.run_closed("ALTER USER wideip_mon@'%' REQUIRE SSL", "ALTER USER wideip_adm@'%' REQUIRE SSL")
        cluster.start_sites()
        cluster.start_servers()
        if cluster.wait_answer() is not site:
            wait_until(lambda: cluster.other(site).command("switchover", POOL, "--to", site.name).returncode == 0,
                       "a switchover to the site with two nodes", 60)
        self.active, self.standby = site, cluster.other(site)
        site.wait_state("ACTIVE")

    def node(self, name):
        return next(node for node in self.site.pool()["nodes"] if node["name"] == name)

    def restart(self):
        self.site.sitecheck.kill()
        self.site.sitecheck.start().wait_ready()

    def test_the_writer_moves_within_its_site_and_a_restart_keeps_it_there(self):
        self.start()
        site, second = self.site, self.second
        wait_until(lambda: self.node("site1-db2")["state"] == "STANDBY" and second.replicating(), "the second node", 60)
        wait_until(lambda: site.command("move-role", POOL, "site1-db2", "--role", "writer", "--dry-run").returncode == 0,
                   "nothing stands against it", 60)
        acknowledged, stop = [], threading.Event()

        def write():
            with site.mysql.connect("app", self.cluster.passwords["app"]) as connection, connection.cursor() as cursor:
                while not stop.is_set():
                    cursor.execute("INSERT INTO shop.orders (site) VALUES (1)")
                    acknowledged.append(cursor.lastrowid)

        def write_until_closed():
            try:
                write()
            except pymysql.MySQLError:
                pass

        thread = threading.Thread(target=write_until_closed)
        thread.start()
        try:
            wait_until(lambda: len(acknowledged) > 20, "commits")
            before = site.pool()["epoch"]
            done = site.command("move-role", POOL, "site1-db2", "--role", "writer", "--reason", "new disk", within=60)
        finally:
            stop.set()
            thread.join()
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        print(done.stdout.strip())
        pool = site.pool()
        self.assertEqual((pool["state"], self.node("site1-db2")["state"]), ("ACTIVE", "ACTIVE"))
        self.assertGreater(pool["epoch"] >> 8, before >> 8)
        self.assertEqual((site.mysql.value("@@global.read_only"), second.value("@@global.read_only")), (1, 0))
        there = {row["id"] for row in second.run("SELECT id FROM shop.orders")}
        self.assertEqual([number for number in acknowledged if number not in there], [])
        self.wait_ran(site, "promote writer 192.0.2.50 site1-db2")
        self.assertIn("demote writer 192.0.2.50 site1-db", self.ran(site))

        # A restart within the lease: the node that writes is not the first of the file.
        epoch = site.pool()["epoch"]
        self.restart()
        self.assertEqual((site.wait_state("ACTIVE")["epoch"], second.value("@@global.read_only")), (epoch, 0))

        # The other nodes follow it, over TLS.
        wait_until(lambda: (site.mysql.replication() or {}).get("Master_Host") == second.host and
                   site.mysql.replicating(), "the old writer follows the new one", 60)
        self.assertEqual(site.mysql.replication()["Master_SSL_Allowed"], "Yes")

        # So does the other site, straight from it: the node that wrote may be switched off.
        far = self.standby.mysql
        wait_until(lambda: (far.replication() or {}).get("Master_Host") == second.host and far.replicating(),
                   "the other site follows the new writer", 60)
        site.mysql.process.kill()
        with second.connect("app", self.cluster.passwords["app"]) as connection, connection.cursor() as cursor:
            cursor.execute("INSERT INTO shop.orders (site, note) VALUES (1, 'moved')")
        wait_until(lambda: far.value("(SELECT COUNT(*) FROM shop.orders WHERE note = 'moved')") == 1,
                   "its commits arrive there")
        site.mysql.start()
        wait_until(lambda: self.node("site1-db")["state"] == "STANDBY", "the old writer is back", 60)

        # What is taken out of the file is taken from the node that has it.
        had = next(role for role in site.pool()["roles"] if role["name"] == "reader")["addresses"][0]["at"]
        self.assertTrue(had)
        lines = site.settings["pool"].splitlines(keepends=True)
        first = next(at for at, line in enumerate(lines) if "name: reader" in line)
        site.settings["pool"] = "".join(lines[:first] + lines[first + 2:])
        self.cluster.write_configs()
        self.restart()
        self.wait_ran(site, f"demote reader 192.0.2.61 {had}")


if __name__ == "__main__":
    unittest.main()
