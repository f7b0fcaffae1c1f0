#!/usr/bin/python3
"""Forged, replayed, truncated or oversized claims change no answer, and are counted."""
import unittest
import urllib.request

from prometheus_client.parser import text_string_to_metric_families

import harness
from cluster.net import free_port
from harness import FLIP_BOUND, wait_until
from proxy import Proxy


class Hostile(harness.ClusterCase):
    """The first dnsd reaches both sites through proxies only; the second is left alone."""

    def configure(self, cluster):
        self.proxies = {site.name: Proxy("127.0.0.1", free_port(), site.ecv_urls[0]) for site in cluster.sites}
        for proxy in self.proxies.values():
            self.addCleanup(proxy.close)
        self.victim = cluster.servers[0]
        self.victim.settings["ecv"] = {name: [proxy.url] for name, proxy in self.proxies.items()}

    def refused(self):
        """How many answers of sites the victim refused, over all reasons."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.victim.stats_port}/metrics", timeout=5) as reply:
            families = text_string_to_metric_families(reply.read().decode())
        return sum(sample.value for family in families for sample in family.samples
                   if sample.name.startswith("wideip_") and ("refused" in sample.name or "rejected" in sample.name))

    def test_no_spoiled_claim_moves_the_answer_and_each_is_counted(self):
        standby = self.proxies[self.standby.name]
        for mode in ("forge", "unsigned", "wrong_key", "tamper", "truncate", "oversize", "garbage"):
            with self.subTest(mode):
                before, served = self.refused(), standby.served
                standby.mode = mode
                wait_until(lambda n=served: standby.served > n + 3, f"answers spoiled by {mode}")
                wait_until(lambda n=before: self.refused() > n, f"{mode} is counted")
                self.assertEqual(self.victim.answer(), [self.active.address])
                self.assertTrue(self.victim.process.running())
                standby.mode = "pass"
        wait_until(lambda: self.victim.ask().ttl == 5, "a true report counts again")

    def test_spoiled_claims_of_the_writer_hold_the_answer_until_true_ones_come(self):
        for mode in ("tamper", "silent"):
            self.proxies[self.active.name].mode = mode
            wait_until(lambda: self.victim.ask().ttl == 1, f"the claim lapses under {mode}")
            self.assertEqual(self.victim.answer(), [self.active.address])
            self.proxies[self.active.name].mode = "pass"
            wait_until(lambda: self.victim.ask().ttl == 5, "a true report counts again")

    def test_a_replayed_claim_of_the_old_writer_does_not_turn_the_answer_back(self):
        old = self.proxies[self.active.name]
        wait_until(lambda: old.kept, "a claim to replay")
        old.mode = "replay"
        before = self.refused()
        wait_until(lambda: self.refused() > before, "the replay is counted")
        self.active.mysql.process.kill()
        self.cluster.wait_answer(self.standby, within=FLIP_BOUND)
        self.assert_answer_stays(self.standby, 3)


if __name__ == "__main__":
    unittest.main(verbosity=2)
