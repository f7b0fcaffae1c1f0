#!/usr/bin/python3
"""A configuration with ten faults reports ten, each with its place, and starts nothing."""
import os
import re
import unittest
import unittest.mock

import harness
from harness import dns

PLACE = re.compile(r"^\S+\.(yaml|zone):\d+:\d+: \S")

# (pattern in the good file, what replaces it): one fault each.
SITECHECK_FAULTS = [
    (r"site: \{name: site1, id: 1\}", "site: {name: site1, id: 300}"),
    (r"ecv: \{listen: [^}]*\}", 'ecv: {listen: "127.0.0.1"}'),
    (r"mode: checkpoints", "mode: chekpoints"),
    (r"on_silence: promote", "on_silence: shrug"),
    (r"preset: lan", "prest: lan"),
    (r"kind: failover", "kind: failower"),
    (r"guard: \{kind: process\}", "guard: {kind: 7}"),
    (r"password_file: adm.password", "password_file: nowhere.password"),
    (r"priority: 1", "priority: one"),
    (r"checkpoints:\n  - \{id: isp1, scope: external", "checkpoints:\n  - {id: isp1, scope: outside"),
]
DNSD_FAULTS = [
    (r'listen: \["127.0.0.1@', 'listen: ["127.0.0.300@'),
    (r"workers: 1", "workers: many"),
    (r"nsid: ns1", "nsid: ns1\n  nsid: ns1"),
    (r"stats: \{listen: ", "stats: {lisen: "),
    (r"for: dnsd", "for: everyone"),
    (r"file: example.com.zone", "file: nowhere.zone"),
    (r"method: active_writer", "method: active_writers"),
    (r"min_ttl: 1", "min_ttl: -1"),
    (r"on_none: \{hold: 5m", "on_none: {hold: 5 parsecs"),
    (r"- \{site: site1, pool: main", "- {site: site9, pool: main"),
]


class Faults(harness.ClusterCase):
    autostart = False

    def setUp(self):
        super().setUp()
        self.cluster.create()

    def spoil(self, program, faults):
        with open(program.config_file, encoding="utf-8") as file:
            text = file.read()
        for pattern, bad in faults:
            text, count = re.subn(pattern, lambda _, bad=bad: bad, text, count=1)
            self.assertEqual(count, 1, pattern)
        with open(program.config_file, "w", encoding="utf-8") as file:
            file.write(text)

    def check(self, program, faults):
        good = program.command("check")
        self.assertEqual(good.returncode, 0, good.stdout + good.stderr)
        self.spoil(program, faults)
        for command in ("check", "serve"):
            done = program.command(command)
            self.assertEqual(done.returncode, 2, done.stdout + done.stderr)
            reports = [line for line in (done.stdout + done.stderr).splitlines() if PLACE.match(line)]
            self.assertEqual(len(reports), len(faults), "\n".join(reports))
            self.assertNotIn("ready", done.stdout)
        self.assertIn("checkpoints" if faults is SITECHECK_FAULTS else "active_writer", done.stdout + done.stderr)

    def test_ten_faults_of_sitecheck_are_ten_reports(self):
        self.check(self.cluster.sites[0], SITECHECK_FAULTS)

    def test_ten_faults_of_dnsd_are_ten_reports(self):
        self.check(self.cluster.servers[0], DNSD_FAULTS)

    def test_a_good_configuration_says_what_it_implies(self):
        text = self.cluster.sites[0].command("check").stdout
        self.assertRegex(text, r"3\.3 s|3300 ms")
        text = self.cluster.servers[0].command("check").stdout
        self.assertIn(harness.NAME, text)

    def test_the_command_line_has_help_and_version(self):
        for program in (self.cluster.sites[0], self.cluster.servers[0]):
            for flag in ("--help", "--version"):
                done = harness.run([program.program, flag])
                self.assertEqual(done.returncode, 0)
                self.assertTrue(done.stdout)
            self.assertEqual(harness.run([program.program]).returncode, 2)
            self.assertEqual(harness.run([program.program, "serve", "--config", "/nonexistent.yaml"]).returncode, 2)

    def test_secrets_come_from_the_environment_and_wide_ips_from_a_folder(self):
        server = self.cluster.servers[0]
        folder = os.path.join(server.folder, "more.d")
        os.mkdir(folder)
        with open(server.config_file, "w", encoding="utf-8") as file:
            file.write(f"server: {{id: ns1, listen: [\"{server.address}\"], state_dir: state, control: dnsd.sock}}\n"
                       "zones: [{origin: example.com, file: example.com.zone}]\n"
                       "include: [\"more.d/*.yaml\"]\n")
        with open(os.path.join(folder, "keys.yaml"), "w", encoding="utf-8") as file:
            file.write("keys: [{id: d1, secret: \"${WIDEIP_TEST_KEY}\", for: dnsd}]\n")
        with open(os.path.join(folder, "web.yaml"), "w", encoding="utf-8") as file:
            file.write("monitors: [{name: db, kind: mysql, user: u, password: \"${WIDEIP_TEST_PASSWORD}\"}]\n"
                       "wideips:\n"
                       "  - {name: db.example.com, method: all_available, members: [{name: a, address: 127.0.0.9, "
                       "monitor: db}]}\n")
        without = server.command("check")
        self.assertEqual(without.returncode, 2)
        for place in ("more.d/keys.yaml:1:25: secret: the environment variable \"WIDEIP_TEST_KEY\" is not defined",
                      "more.d/web.yaml:1:55: password: the environment variable \"WIDEIP_TEST_PASSWORD\" is not"):
            self.assertIn(place, without.stderr)
        variables = {"WIDEIP_TEST_KEY": "07" * 32, "WIDEIP_TEST_PASSWORD": "not to be shown"}
        with unittest.mock.patch.dict(os.environ, variables):
            given = server.command("check", "--json")
        self.assertEqual(given.returncode, 0, given.stdout + given.stderr)
        self.assertNotIn("not to be shown", given.stdout)

    def test_a_plain_name_server_needs_server_and_zones_only(self):
        server = self.cluster.servers[0]
        with open(server.config_file, "w", encoding="utf-8") as file:
            file.write(f"server: {{id: ns1, listen: [\"{server.address}\"], state_dir: state, control: dnsd.sock}}\n"
                       "zones: [{origin: example.com, file: example.com.zone}]\n")
        server.process.start().wait_ready()
        self.assertEqual(server.ask("www.example.com").addresses, ["192.0.2.80"])
        self.assertEqual(server.ask("mysql.example.com").rcode, dns.NXDOMAIN)
        self.assertEqual(server.process.stop(), 0)
        self.assertFalse(os.path.exists(os.path.join(server.folder, "dnsd.sock")))


if __name__ == "__main__":
    unittest.main(verbosity=2)
