#!/usr/bin/python3
"""The alerting rules, by Prometheus itself: each alert is raised by what it is for, and by nothing else."""
import os
import re
import unittest

import kit
from kit import ROOT, run

RULES = os.path.join(ROOT, "contrib/prometheus/wideip.rules.yml")
CASES = os.path.join(ROOT, "tests/package/wideip.rules.test.yml")


def alerts(path, pattern):
    with open(path, encoding="utf-8") as file:
        return set(re.findall(pattern, file.read()))


class Rules(unittest.TestCase):
    def test_are_valid(self):
        run("promtool", "check", "rules", RULES)

    def test_alert_when_they_should(self):
        run("promtool", "test", "rules", CASES)

    def test_every_one_has_a_case(self):
        self.assertEqual(alerts(RULES, r"(?m)^ *- alert: (\w+)"), alerts(CASES, r"\b(Wideip\w+)\b"))


if __name__ == "__main__":
    kit.need("promtool")
    unittest.main(verbosity=2)
