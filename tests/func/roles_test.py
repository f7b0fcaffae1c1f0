#!/usr/bin/python3
"""Roles, modes and downtimes with real databases: hooks follow the writer, a person keeps it where it is."""
import os
import unittest

import harness
from harness import wait_until

HOOK = """#!/bin/sh
echo "$WIDEIP_EVENT $WIDEIP_ROLE $WIDEIP_ADDRESS $WIDEIP_NODE" >> "$1"
"""
ROLES = """    roles:
      - {{name: writer, kind: exclusive, addresses: [192.0.2.50], on_promote: [{hook}, {log}], on_demote: [{hook}, {log}]}}
      - {{name: reader, kind: balanced, addresses: [192.0.2.6{number}], on_promote: [{hook}, {log}],
         on_demote: [{hook}, {log}]}}
"""


class Roles(harness.ClusterCase):
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


if __name__ == "__main__":
    unittest.main()
