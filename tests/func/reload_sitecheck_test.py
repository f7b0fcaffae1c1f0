#!/usr/bin/python3
"""sitecheck reads its configuration anew: a replica comes and goes and readers follow it, the writer's epoch stays, and
what cannot be taken over changes nothing."""
import os
import signal
import unittest
import urllib.request

import harness
from cluster import config
from cluster.mariadb import Mariadb
from cluster.net import Checkpoint
from harness import wait_until

HOOK = """#!/bin/sh
echo "$WIDEIP_EVENT $WIDEIP_ROLE $WIDEIP_ADDRESS $WIDEIP_NODE" >> "$1"
"""
ROLES = """    roles:
      - {{name: reader, kind: balanced, addresses: [192.0.2.61, 192.0.2.62], on_promote: [{hook}, {log}],
         on_demote: [{hook}, {log}]}}
"""


class ReloadSitecheck(harness.ClusterCase):
    def configure(self, cluster):
        os.makedirs(cluster.folder, exist_ok=True)
        self.hook = os.path.join(cluster.folder, "hook")
        self.log = os.path.join(cluster.folder, "hooks.log")
        with open(self.hook, "w", encoding="utf-8") as file:
            file.write(HOOK)
        os.chmod(self.hook, 0o755)
        for site in cluster.sites:
            log = self.log if site.number == 1 else self.log + ".2"
            site.settings["pool"] = ROLES.format(hook=self.hook, log=log)

    def ran(self):
        path = self.log if self.active.number == 1 else self.log + ".2"
        if not os.path.exists(path):
            return []
        with open(path, encoding="utf-8") as file:
            return file.read().splitlines()

    def reload(self, *options, returncode=0):
        self.cluster.write_configs()
        done = self.active.command("reload", *options)
        self.assertEqual(done.returncode, returncode, done.stdout + done.stderr)
        return done

    def node(self, name):
        return next((node for node in self.active.pool()["nodes"] if node["name"] == name), None)

    def replica(self, site):
        """Another server at `site`, empty, with the accounts; nobody's replica yet."""
        server = Mariadb(os.path.join(site.folder, "replica"), 3, f"127.0.{site.number}.11", site.mysql.port)
        server.create(server.template(harness.TEMPLATE))
        server.start()
        self.addCleanup(server.process.stop)
        # pylint: disable-next=protected-access
        server.run_closed(*self.cluster._grants(site), "CREATE DATABASE shop")
        return server

    def refused(self, site):
        with urllib.request.urlopen(f"http://127.0.0.1:{site.stats_port}/metrics", timeout=10) as answer:
            lines = answer.read().decode().splitlines()
        return float(next(line for line in lines
                          if line.startswith('wideip_sitecheck_reloads_total{result="refused"}')).rsplit(" ", 1)[1])

    def test_a_replica_comes_and_goes(self):
        site, pool = self.active, self.active.pool()
        epoch, writer = pool["epoch"], f"{site.name}-db"
        wait_until(lambda: len(self.ran()) == 2, "the writer is read while it is alone")
        self.stays_as_it_is(site, epoch)

        # A replica is added: nothing by the dry run; then it is made to follow, and the readers go there.
        server = self.replica(site)
        name = f"{site.name}-replica"
        source = self.standby.mysql
        site.settings["extra"] = (f"      - {{name: {name}, address: {server.host}, port: {server.port}, priority: 2, "
                                  f"replicate_from: {source.host}@{source.port}}}\n")
        self.assertIn(f"+ node {name} in pool {harness.POOL}", self.reload("--dry-run").stdout)
        self.assertIsNone(self.node(name))
        done = self.reload("--reason", "more readers")
        self.assertIn(f"+ node {name} in pool {harness.POOL}", done.stdout)
        self.assertIn("reload the guard", done.stdout)
        wait_until(lambda: any("reload the guard" in alarm for alarm in site.pool()["alarms"]),
                   "a guard that does not know the node is told of")
        site.guard.signal(signal.SIGHUP)
        wait_until(lambda: not site.pool()["alarms"], "the guard watches it too", 20)
        wait_until(lambda: self.node(name)["state"] == "STANDBY", "the replica follows", 20)
        for address in ("192.0.2.61", "192.0.2.62"):
            wait_until(lambda a=address: f"promote reader {a} {name}" in self.ran(), f"{address} goes to the replica")
            self.assertIn(f"demote reader {address} {writer}", self.ran())
        self.assertEqual((site.state(), site.pool()["epoch"]), ("ACTIVE", epoch))
        self.assertEqual(self.node(writer)["state"], "ACTIVE")

        # The writer is not removed, whoever else is there.
        with open(site.config_file, encoding="utf-8") as file:
            kept = file.read()
        config.write(site.config_file, kept.replace(f"name: {writer}\n", "name: another-db\n", 1))
        done = site.command("reload")
        self.assertEqual(done.returncode, 1)
        self.assertIn(f"node {writer} of pool {harness.POOL} is the active writer", done.stderr)
        self.assertIn("switchover", done.stderr)

        # The replica goes: its addresses are taken away at it, the writer is read again.
        before = len(self.ran())
        site.settings["extra"] = ""
        self.assertIn(f"- node {name} in pool {harness.POOL}", self.reload().stdout)
        self.assertIsNone(self.node(name))
        for address in ("192.0.2.61", "192.0.2.62"):
            wait_until(lambda a=address: f"promote reader {a} {writer}" in self.ran()[before:], f"{address} comes back")
            self.assertIn(f"demote reader {address} {name}", self.ran()[before:])
        self.assertEqual((site.state(), site.pool()["epoch"]), ("ACTIVE", epoch))
        self.assertIn("more readers", site.command("events", "--last", "500").stdout)
        self.two_configurations_are_told(site)

    def stays_as_it_is(self, site, epoch):
        """What has faults, or needs a restart, is told and changes nothing."""
        with open(site.config_file, encoding="utf-8") as file:
            good = file.read()
        config.write(site.config_file, good.replace("    schema: wideip\n", "    shema: wideip\n    warn_lag: soon\n"))
        done = site.command("reload")
        self.assertEqual(done.returncode, 2, done.stderr)
        line = good.splitlines().index("    schema: wideip") + 1
        self.assertIn(f"sitecheck.yaml:{line}:5:", done.stderr)
        self.assertIn(f"sitecheck.yaml:{line + 1}:15:", done.stderr)
        self.assertIn("did you mean \"schema\"", done.stderr)
        count = self.refused(site)
        self.assertEqual(count, 1)
        site.sitecheck.signal(signal.SIGHUP)
        wait_until(lambda: self.refused(site) == 2, "SIGHUP refuses it likewise")
        config.write(site.config_file, good.replace("preset: lan", "preset: fast"))
        done = site.command("reload")
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("arbiter.preset", done.stderr)
        config.write(site.config_file, good)
        self.assertIn("nothing is changed", site.command("reload").stdout)
        self.assertEqual((site.state(), site.pool()["epoch"]), ("ACTIVE", epoch))

    def two_configurations_are_told(self, site):
        """A checkpoint that only one of the sites has: both say so, until the other one has it too."""
        point = Checkpoint("127.0.9.7")
        self.addCleanup(point.close)
        site.settings["checkpoints"] = f'  - {{id: more, scope: external, tcp: "{point.address}"}}\n'
        self.assertIn("+ checkpoint more", self.reload().stdout)
        for each in self.cluster.sites:
            wait_until(lambda s=each: any("differ" in alarm for alarm in s.pool()["alarms"]), f"{each.name} tells it")
        self.standby.settings["checkpoints"] = site.settings["checkpoints"]
        self.cluster.write_configs()
        self.standby.sitecheck.signal(signal.SIGHUP)
        for each in self.cluster.sites:
            wait_until(lambda s=each: not any("differ" in alarm for alarm in s.pool()["alarms"]), f"{each.name} agrees")
        self.assertEqual(site.state(), "ACTIVE")


if __name__ == "__main__":
    unittest.main()
