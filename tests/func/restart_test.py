#!/usr/bin/python3
"""Daemons come and go; the writer and the answer stay."""
import signal
import unittest

import harness
from harness import Writers, dns, now, wait_until


class Restart(harness.ClusterCase):
    def test_a_sitecheck_restarted_within_its_lease_keeps_epoch_and_writer(self):
        before = self.active.pool()
        with Writers(self.cluster) as writers:
            writers.wait_commit(self.active)
            for end in (self.active.sitecheck.kill, self.active.sitecheck.stop):
                end()
                gone = now()
                self.active.sitecheck.start().wait_ready()
                self.active.wait_state("ACTIVE", within=2)
                print(f"ACTIVE again {now() - gone:.2f} s after the end of sitecheck")
                self.assert_answer_stays(self.active, 3)
            writers.wait_commit(self.active)
        after = self.active.pool()
        self.assertEqual((after["state"], after["epoch"]), ("ACTIVE", before["epoch"]))
        self.assertEqual(writers.of(self.standby), [])

    def test_the_standby_may_be_lost_and_return(self):
        epoch = self.active.pool()["epoch"]
        with Writers(self.cluster, per_site=1) as writers:
            for process in self.standby.processes:
                process.kill()
            self.assert_answer_stays(self.active, 2 * harness.PROMOTE_WAIT)
            self.standby.mysql.start()
            self.standby.sitecheck.start()
            self.standby.guard.start()
            self.standby.wait_state("STANDBY")
            wait_until(lambda: self.standby.pool()["eligible"], "the standby is eligible again")
            writers.wait_commit(self.active)
            self.assertEqual(self.active.pool()["epoch"], epoch)
        self.assert_one_writer(writers, switches=0)

    def test_a_dnsd_remembers_its_answer_even_with_every_site_down(self):
        server = self.cluster.servers[0]
        for end in (server.process.kill, server.process.stop):
            end()
            server.process.start().wait_ready()
            self.assertEqual(server.answer(), [self.active.address])
        for site in self.cluster.sites:
            for process in site.processes:
                process.kill()
        self.standby = None
        wait_until(lambda: server.ask().ttl == 1, "the answer of silent sites has min_ttl")
        for end in (server.process.kill, server.process.stop):
            end()
            server.process.start().wait_ready()
            answer = server.ask()
            self.assertEqual((answer.rcode, answer.addresses, answer.ttl), (dns.NOERROR, [self.active.address], 1))
            self.assertIn(3, answer.errors)  # Stale Answer, RFC 8914
        self.assertEqual(self.cluster.servers[1].answer(), [self.active.address])


class HoldEnds(harness.ClusterCase):
    def configure(self, cluster):
        for server in cluster.servers:
            server.settings["on_none"] = "{hold: 2s, then: servfail}"

    def test_when_the_hold_ends_the_answer_is_servfail_and_health_returns_it(self):
        for site in self.cluster.sites:
            site.sitecheck.signal(signal.SIGSTOP)
        for server in self.cluster.servers:
            wait_until(lambda s=server: s.ask().rcode == dns.SERVFAIL, "SERVFAIL after the hold")
        for site in self.cluster.sites:
            site.sitecheck.signal(signal.SIGCONT)
        self.cluster.wait_answer(within=40)


if __name__ == "__main__":
    unittest.main(verbosity=2)
