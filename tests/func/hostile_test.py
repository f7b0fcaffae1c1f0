#!/usr/bin/python3
"""Forged, replayed, truncated or oversized claims change no answer, and are counted."""
import unittest
import urllib.request

from prometheus_client.parser import text_string_to_metric_families

from fake_site import ClaimsCase  # first: it makes contrib/cluster known
from cluster.net import free_port
from harness import wait_until
from proxy import Proxy

# What the proxy does -> the reasons under which dnsd may count it.
SPOILED = {
    "forge": {"mac_mismatch"}, "unsigned": {"unsigned"}, "wrong_key": {"mac_mismatch"}, "tamper": {"mac_mismatch"},
    "truncate": {"reset", "mac_mismatch", "timeout", "no_answer"}, "oversize": {"too_large"},
    "garbage": {"mac_mismatch"},
}


class Hostile(ClaimsCase):
    """dnsd reaches both sites through proxies only. Site 1 is the writer."""

    def urls(self):
        self.proxies = [Proxy("127.0.0.1", free_port(), site.url) for site in self.sites]
        for proxy in self.proxies:
            self.addCleanup(proxy.close)
        return {site.name: [proxy.url] for site, proxy in zip(self.sites, self.proxies)}

    def setUp(self):
        super().setUp()
        self.sites[0].claim("ACTIVE", 5)
        self.sites[1].claim("STANDBY", 5)
        self.wait_address(1)

    def counted(self, reasons):
        """How many answers dnsd refused for one of `reasons`."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.server.stats_port}/metrics", timeout=5) as reply:
            families = list(text_string_to_metric_families(reply.read().decode()))
        return sum(sample.value for family in families for sample in family.samples
                   if sample.name in ("wideip_dnsd_reports_refused_total", "wideip_dnsd_report_failures_total")
                   and sample.labels["reason"] in reasons)

    def test_no_spoiled_claim_of_the_standby_moves_the_answer_and_each_is_counted(self):
        proxy = self.proxies[1]
        for mode, reasons in SPOILED.items():
            with self.subTest(mode):
                before = self.counted(reasons)
                proxy.mode = mode
                wait_until(lambda r=reasons, n=before: self.counted(r) > n + 1, f"{mode} is counted", 10)
                self.assertEqual(self.server.answer(), self.address(1))
                self.assertTrue(self.server.process.running())
                proxy.mode = "pass"
        told = {each["reason"] for each in self.server.json("status")["refused"]}
        self.assertLessEqual({"not signed", "too large", "its signature does not match: forged, altered or replayed"},
                             told)
        self.sites[1].claim("ACTIVE", 6)
        self.wait_address(2)

    def test_spoiled_claims_of_the_writer_hold_the_answer_until_true_ones_come(self):
        for mode in ("tamper", "oversize", "silent"):
            with self.subTest(mode):
                wait_until(lambda: self.server.ask().ttl == 5, "a claim is renewed")
                self.proxies[0].mode = mode
                wait_until(lambda: 3 in self.server.ask().errors, "the answer is held, and says so (RFC 8914)", 10)
                self.assertEqual((self.server.answer(), self.server.ask().ttl), (self.address(1), 1))
                self.proxies[0].mode = "pass"

    def test_a_replayed_claim_of_the_old_writer_does_not_turn_the_answer_back(self):
        old = self.proxies[0]
        wait_until(lambda: old.kept, "a claim to replay")
        before = self.counted({"mac_mismatch"})
        old.mode = "replay"
        wait_until(lambda: self.counted({"mac_mismatch"}) > before, "the replay is counted", 10)
        self.sites[1].claim("ACTIVE", 6)
        self.wait_address(2)
        before = self.counted({"mac_mismatch"})
        wait_until(lambda: self.counted({"mac_mismatch"}) > before + 3, "the replay goes on", 10)
        self.assertEqual(self.server.answer(), self.address(2))


if __name__ == "__main__":
    unittest.main(verbosity=2)
