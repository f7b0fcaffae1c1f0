#!/usr/bin/python3
"""A new pair finds its first writer by itself, and every way of asking tells the same."""
import json
import unittest
import urllib.error
import urllib.request

from prometheus_client.parser import text_string_to_metric_families

import harness
from harness import POOL, dns


def get(url):
    """Status and text of a GET, also when the status is an error."""
    try:
        with urllib.request.urlopen(url, timeout=5) as reply:
            return reply.status, reply.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


class BringUp(harness.ClusterCase):
    def test_a_new_pair_finds_its_first_writer_and_all_agree(self):
        self.site_states()
        self.name_server_answers()
        self.explain_and_status_of_dnsd()
        self.plain_forms_of_the_report()
        self.stats_ports()
        self.exit_statuses()
        self.service_tests()

    def site_states(self):
        active, standby = self.active.wait_state("ACTIVE"), self.standby.wait_state("STANDBY")
        self.assertEqual(active["epoch"] >> 8, 1)
        self.assertEqual(active["counter"], 1)
        self.assertGreater(active["lease_ms"], 0)
        self.assertEqual(standby["lease_ms"], 0)
        self.assertEqual(self.active.mysql.value("@@global.read_only"), 0)
        self.assertEqual(self.standby.mysql.value("@@global.read_only"), 1)
        self.assertTrue(active["guard"]["armed"])
        harness.wait_until(lambda: self.standby.pool()["eligible"], "the standby is eligible")
        arbiter = self.active.json("status")["arbiter"]
        self.assertEqual(arbiter["mode"], "checkpoints")
        self.assertEqual(arbiter["ca"], "holds")

    def service_tests(self):
        """Each dnsd tests where the sites say that their service is, and leaves nothing in MySQL's error log."""
        wanted = {f"{site.address}@{site.mysql.port}" for site in self.cluster.sites}
        for server in self.cluster.servers:
            harness.wait_until(lambda s=server: {one["address"] for one in s.json("status")["services"]
                                                 if one["state"] == "up" and not one["note"]} == wanted,
                               "every service address is up")
            self.assertEqual(server.json("status")["refused"], [])
        for site in self.cluster.sites:
            harness.wait_until(lambda s=site: {view["from"] for view in s.pool()["service"]["views"] if view["up"]}
                               >= {"ns1", "ns2"}, "the sites are told")
            with open(site.mysql.process.log, encoding="utf-8", errors="replace") as file:
                self.assertNotIn("wideip_probe", file.read())

    def name_server_answers(self):
        for server in self.cluster.servers:
            for tcp in (False, True):
                answer = server.ask(tcp=tcp)
                self.assertEqual((answer.rcode, answer.addresses), (dns.NOERROR, [self.active.address]))
                self.assertTrue(answer.authoritative)
            harness.wait_until(lambda s=server: s.ask().ttl == 5, "the TTL of a renewed claim")
            self.assertEqual(server.ask(kind=dns.AAAA).rcode, dns.NOERROR)
            self.assertEqual(server.ask(kind=dns.AAAA).records, [])
            self.assertEqual(server.ask("www.example.com").addresses, ["192.0.2.80"])
            self.assertEqual(server.ask("ftp.example.com").addresses, ["192.0.2.80"])
            self.assertEqual(server.ask("x.lab.example.com", dns.TXT).rcode, dns.NOERROR)
            self.assertEqual(server.ask("none.example.com").rcode, dns.NXDOMAIN)
            self.assertEqual(server.ask("example.net").rcode, dns.REFUSED)

    def explain_and_status_of_dnsd(self):
        for server in self.cluster.servers:
            told = server.json("explain", harness.NAME)
            self.assertEqual(told["answer"], [self.active.address])
            self.assertTrue(told["steps"])
            self.assertEqual({row["site"] for row in told["inputs"]}, {"site1", "site2"})
            wide_ip = server.json("status")["wideips"][0]
            self.assertEqual((wide_ip["name"], wide_ip["answer"]), (harness.NAME, [self.active.address]))
            self.assertEqual(wide_ip["epoch"], self.active.pool()["epoch"])
            values = {member["site"]: member["value"] for member in wide_ip["members"]}
            self.assertEqual(values, {self.active.name: "UP", self.standby.name: "DOWN"})

    def plain_forms_of_the_report(self):
        for site, status, text in ((self.active, 200, "UP"), (self.standby, 503, "DOWN")):
            self.assertEqual(get(f"{site.ecv_urls[0]}/ecv/v1/{POOL}/active"), (status, text + "\n"))
            code, body = get(f"{site.ecv_urls[0]}/ecv/v1/{POOL}")
            self.assertEqual(code, status)
            self.assertEqual(json.loads(body)["state"], "ACTIVE" if status == 200 else "STANDBY")

    def stats_ports(self):
        for program in self.cluster.servers + self.cluster.sites:
            base = f"http://127.0.0.1:{program.stats_port}"
            status, text = get(f"{base}/metrics")
            self.assertEqual(status, 200)
            families = list(text_string_to_metric_families(text))
            self.assertGreater(len(families), 3, text)
            for family in families:
                self.assertTrue(family.name.startswith("wideip_") and family.documentation, family)
            self.assertEqual(get(f"{base}/healthz")[0], 200)
            self.assertEqual(get(f"{base}/readyz")[0], 200)
            self.assertTrue(json.loads(get(f"{base}/api/v1/status")[1]))
            self.assertEqual(get(f"{base}/nothing")[0], 404)

    def exit_statuses(self):
        for site, status in ((self.active, 0), (self.standby, 1)):
            self.assertEqual(site.command("is-active", f"{site.name}-db").returncode, status)
        done = self.active.command("status")
        self.assertEqual(done.returncode, 0)
        self.assertIn(f"*  [ {POOL} ] status=OK", done.stdout)
        self.assertIn("/ACTIVE", self.active.command("report", f"{self.active.name}-db").stdout)
        self.assertEqual(self.active.command("nonsense").returncode, 2)
        self.assertEqual(self.cluster.servers[0].command("explain", "unknown.example.com").returncode, 1)
        self.assertIn("ACTIVE", self.active.command("events").stdout)


if __name__ == "__main__":
    unittest.main(verbosity=2)
