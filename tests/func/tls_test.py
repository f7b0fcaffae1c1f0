#!/usr/bin/python3
"""TLS at the HTTP ports of both programs, with certificates of openssl and questions of curl: who has none by the right
authority gets no answer, dnsd reads reports by https, and certificates are exchanged while everything runs."""
import json
import os
import re
import shutil
import subprocess
import time
import unittest

from tls_case import HOST, TOKEN, TlsCase
from harness import wait_until


class Tls(TlsCase):
    def test_reports_are_read_by_https_with_a_certificate_of_ones_own(self):
        wait_until(self.heard, "dnsd believes the site's reports", 60)
        path = "/ecv/v1/main/active"
        self.assertEqual(self.curl(self.ecv, path)[0], 503, "it answers, and says that it does not write")
        self.assertEqual(self.curl(self.ecv, path, client=None)[0], 0)
        self.assertEqual(self.curl(self.ecv, path, client="stranger")[0], 0)
        self.addCleanup(self.write_dnsd)
        self.write_dnsd(client=None)
        self.reload("dnsd")
        wait_until(lambda: not self.heard(), "the site turns away who shows no certificate", 60)
        self.write_dnsd()
        self.reload("dnsd")
        wait_until(self.heard, "with one again, reports are read again", 60)

    def test_the_sites_certificate_is_exchanged_while_it_is_polled(self):
        wait_until(self.heard, "dnsd believes the site's reports", 60)
        before = self.served(self.ecv)
        self.authority.issue("site")
        self.reload("sitecheck")
        wait_until(lambda: self.served(self.ecv) != before, "the new certificate is served", 60)
        wait_until(self.heard, "and dnsd goes on", 60)

    def served(self, port):
        """The certificate that a server shows."""
        done = subprocess.run(["openssl", "s_client", "-connect", f"{HOST}:{port}", "-showcerts"], cwd=self.folder,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        return re.search(r"-----BEGIN CERTIFICATE-----.*?-----END", done.stdout, re.S).group(0)

    def test_stats_of_dnsd_ask_for_a_certificate_and_a_token(self):
        self.assertEqual(self.curl(self.stats, "/healthz")[0], 200)
        self.assertEqual(self.curl(self.stats, "/healthz", client=None)[0], 0)
        self.assertEqual(self.curl(self.stats, "/healthz", client="stranger")[0], 0)
        self.assertEqual(self.curl(self.stats, "/api/v1/status")[0], 401)
        self.assertEqual(self.curl(self.stats, "/api/v1/status", token="wrong" * 5)[0], 401)
        status, body = self.curl(self.stats, "/api/v1/status", token=TOKEN)
        self.assertEqual(status, 200)
        self.assertEqual(json.loads(body)["id"], "ns1")

    def test_a_certificate_that_does_not_fit_is_refused_and_the_one_before_stays(self):
        self.addCleanup(self.write_dnsd)
        shutil.copy(os.path.join(self.folder, "ns1.key"), os.path.join(self.folder, "wrong.key"))
        shutil.copy(os.path.join(self.folder, "stats.crt"), os.path.join(self.folder, "wrong.crt"))
        self.write_dnsd(stats="wrong")
        done = self.command("dnsd", "reload")
        self.assertEqual(done.returncode, 2, done.stdout)
        self.assertIn("do not belong together", done.stdout + done.stderr)
        self.assertEqual(self.curl(self.stats, "/healthz")[0], 200)

    def test_one_that_has_ended_or_will_soon_is_told(self):
        self.addCleanup(self.write_dnsd)
        self.authority.issue("ended", days=-1)
        self.write_dnsd(stats="ended")
        done = self.command("dnsd", "check")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn('certificate "CN = ended" has ended', done.stdout)
        self.write_dnsd()
        self.assertRegex(self.command("dnsd", "check").stdout, r'certificate "CN = stats" ends .*, in 2 days')
        metrics = self.curl(self.stats, "/metrics")[1]
        for part in ("cert", "client_ca"):
            ends = re.search(rf'^wideip_dnsd_certificate_expiry_timestamp_seconds{{port="stats",part="{part}"}} (\d+)',
                             metrics, re.M)
            self.assertLess(abs(float(ends.group(1)) - time.time() - 3 * 86400), 3600, part)
        metrics = self.curl(self.site_stats, "/metrics", client=None)[1]
        for port, part in (("ecv", "cert"), ("ecv", "client_ca"), ("stats", "cert")):
            self.assertIn(f'wideip_sitecheck_certificate_expiry_timestamp_seconds{{port="{port}",part="{part}"}}', metrics)


if __name__ == "__main__":
    unittest.main(verbosity=2)
