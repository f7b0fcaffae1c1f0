#!/usr/bin/python3
"""The alerting rules and the dashboard of contrib/: every metric that they name is one that a running program exports."""
import http.client
import json
import os
import re
import shutil
import unittest

import harness

CONTRIB = os.path.join(harness.ROOT, "contrib")
RULES = os.path.join(CONTRIB, "prometheus", "wideip.rules.yml")
DASHBOARD = os.path.join(CONTRIB, "grafana", "wideip.json")


def text_of(path):
    """The text of a file."""
    with open(path, encoding="utf-8") as file:
        return file.read()


class Dashboard(harness.ClusterCase):
    def exported(self):
        """The names of all metrics of the cluster's programs."""
        found = set()
        for port in [each.stats_port for each in self.cluster.sites + self.cluster.servers]:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
            connection.request("GET", "/metrics")
            found |= set(re.findall(r"^# TYPE (\S+) ", connection.getresponse().read().decode(), re.M))
            connection.close()
        return found

    def test_they_name_only_metrics_that_are_exported(self):
        for path in (RULES, DASHBOARD):
            named = set(re.findall(r"\bwideip_(?:dnsd|sitecheck)_[a-z_]+", text_of(path)))
            self.assertGreater(len(named), 10, path)
            harness.wait_until(lambda names=named: names <= self.exported(),
                               f"{path}: exported are {sorted(named)}")


class Files(unittest.TestCase):
    def test_each_panel_of_the_dashboard_asks_the_chosen_data_source(self):
        panels = json.loads(text_of(DASHBOARD))["panels"]
        self.assertEqual(len({panel["id"] for panel in panels}), len(panels))
        for panel in panels:
            for target in panel["targets"]:
                self.assertEqual(target["datasource"]["uid"], "${datasource}", panel["title"])

    @unittest.skipUnless(shutil.which("promtool"), "promtool is not installed")
    def test_prometheus_takes_the_rules(self):
        done = harness.run(["promtool", "check", "rules", RULES])
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


if __name__ == "__main__":
    unittest.main()
