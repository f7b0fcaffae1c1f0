#!/usr/bin/python3
"""What dnsd makes of claims, down to the packet: sites that say anything, and answers that only ever go forward."""
import unittest

from fake_site import ClaimsCase
from harness import dns, wait_until


class Claims(ClaimsCase):
    def test_without_any_claim_ever_the_answer_is_servfail(self):
        self.heard()
        self.assertEqual(self.server.ask().rcode, dns.SERVFAIL)
        self.assertEqual(self.server.ask("www.example.com").rcode, dns.NOERROR)

    def test_the_higher_counter_wins_and_a_lower_one_never_returns(self):
        self.sites[0].claim("ACTIVE", 5)
        self.wait_address(1)
        self.sites[1].claim("ACTIVE", 6)
        self.wait_address(2)
        self.sites[1].claim("STANDBY", 6)
        self.heard()
        self.assertEqual(self.server.answer(), self.address(2))
        self.server.process.kill()
        self.server.process.start().wait_ready()
        self.heard()
        self.assertEqual(self.server.answer(), self.address(2))
        self.sites[0].claim("ACTIVE", 7)
        self.wait_address(1)

    def test_two_claims_of_one_counter_hold_the_answer_and_alarm(self):
        self.sites[0].claim("ACTIVE", 5)
        self.wait_address(1)
        self.sites[1].claim("ACTIVE", 5)
        wait_until(lambda: {m["value"] for m in self.server.json("status")["wideips"][0]["members"]} == {"CONFLICT"},
                   "both members are in conflict", 5)
        self.assertEqual(self.server.answer(), self.address(1))
        self.sites[0].claim("STANDBY", 5)
        self.wait_address(2)

    def test_a_leap_of_the_counter_is_refused(self):
        self.sites[0].claim("ACTIVE", 5)
        self.wait_address(1)
        self.sites[1].claim("ACTIVE", 5 + (1 << 20) + 1)
        self.heard()
        self.assertEqual(self.server.answer(), self.address(1))

    def test_a_claim_without_lease_moves_nothing(self):
        self.sites[0].claim("ACTIVE", 5)
        self.wait_address(1)
        self.sites[1].claim("ACTIVE", 6, lease_ms=0)
        self.heard()
        self.assertEqual(self.server.answer(), self.address(1))

    def test_forget_epoch_lets_a_rebuilt_pair_count_from_one(self):
        self.sites[0].claim("ACTIVE", 500)
        self.wait_address(1)
        self.sites[0].claim("STANDBY", 1)
        self.sites[1].claim("ACTIVE", 1)
        self.heard()
        self.assertEqual(self.server.answer(), self.address(1))
        self.assertEqual(self.server.command("forget-epoch", "main", "--reason", "rebuilt").returncode, 0)
        self.wait_address(2)


if __name__ == "__main__":
    unittest.main(verbosity=2)
