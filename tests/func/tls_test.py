#!/usr/bin/python3
"""TLS at the HTTP ports of both programs, with certificates of openssl and questions of curl: who has none by the right
authority gets no answer, dnsd reads reports by https, and certificates are exchanged while everything runs."""
import json
import os
import re
import shutil
import subprocess
import tempfile
import time
import unittest

import harness
from cluster.net import free_port
from cluster.process import Process
from harness import wait_until
from plain_server import ZONE

HOST = "127.0.0.1"
TOKEN = "screen-0123456789abcdef"


class Authority:
    """A certificate authority in a folder; everything it makes is NAME.crt and NAME.key there."""

    def __init__(self, folder, name):
        self.folder, self.name = folder, name
        self._openssl("req", "-x509", *self._new(name), "-days", "3", "-subj", f"/CN={name}", "-out", f"{name}.crt")

    def _openssl(self, *words):
        subprocess.run(["openssl", *words], cwd=self.folder, check=True, capture_output=True)

    @staticmethod
    def _new(name):
        return ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", f"{name}.key"]

    def issue(self, name, days=3):
        """For a server at HOST and for a client alike; days below zero: it has ended before it began."""
        self._openssl("req", *self._new(name), "-subj", f"/CN={name}", "-out", f"{name}.csr")
        with open(os.path.join(self.folder, f"{name}.ext"), "w", encoding="utf-8") as file:
            file.write(f"subjectAltName=IP:{HOST}\n")
        self._openssl("x509", "-req", "-in", f"{name}.csr", "-CA", f"{self.name}.crt", "-CAkey", f"{self.name}.key",
                      "-CAcreateserial", "-days", str(days), "-extfile", f"{name}.ext", "-out", f"{name}.crt")


class Tls(unittest.TestCase):
    """A sitecheck, whose database does not answer, and a dnsd that reads its reports."""

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="wideip-")
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        cls.authority = Authority(cls.folder, "ca")
        Authority(cls.folder, "others").issue("stranger")
        for name in ("site", "ns1", "stats"):
            cls.authority.issue(name)
        cls.ecv, cls.site_stats, cls.stats, cls.node, dns = (free_port() for _ in range(5))
        cls.dns = f"{HOST}@{dns}"
        cls.write("d1.key", "ab" * 32)
        cls.write("screen.token", TOKEN)
        cls.write("example.com.zone", ZONE)
        cls.write_site()
        cls.write_dnsd()
        cls.site = cls.process("sitecheck")
        cls.server = cls.process("dnsd")

    @classmethod
    def write(cls, name, text):
        path = os.path.join(cls.folder, name)
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            file.write(text + "\n")

    @classmethod
    def write_site(cls):
        cls.write("sitecheck.yaml", f"""\
site: {{name: site1, id: 1}}
ecv: {{listen: "{HOST}@{cls.ecv}", tls: {{cert: site.crt, key: site.key, client_ca: ca.crt}}}}
stats: {{listen: "{HOST}@{cls.site_stats}", tls: {{cert: stats.crt, key: stats.key}}}}
control: sitecheck.sock
state_dir: site-state
keys: [{{id: d1, file: d1.key, for: dnsd}}]
pools:
  - name: main
    monitor: {{user: a, password_file: d1.key}}
    admin: {{user: b, password_file: d1.key}}
    replication: {{user: c, password_file: d1.key}}
    nodes: [{{name: db1, address: {HOST}, port: {cls.node}, priority: 1}}]
""")

    @classmethod
    def write_dnsd(cls, client="ns1", stats="stats", token="screen.token"):
        shown = f", cert: {client}.crt, key: {client}.key" if client else ""
        cls.write("dnsd.yaml", f"""\
server: {{id: ns1, listen: ["{cls.dns}"], workers: 1, state_dir: state, control: dnsd.sock}}
stats:
  listen: "{HOST}@{cls.stats}"
  tls: {{cert: {stats}.crt, key: {stats}.key, client_ca: ca.crt}}
  anonymous: nobody
  tokens: [{{name: screen, rights: read, file: {token}}}]
keys: [{{id: d1, file: d1.key, for: dnsd}}]
sites:
  site1: {{ecv: ["https://{HOST}:{cls.ecv}"], tls: {{ca: ca.crt{shown}}}}}
zones: [{{origin: example.com, file: example.com.zone}}]
wideips:
  - {{name: mysql.example.com, method: active_writer, members: [{{site: site1, pool: main, address: [192.0.2.11]}}]}}
""")

    @classmethod
    def process(cls, program):
        made = Process(program, [os.path.join(harness.PROGRAMS, program), "serve", "--config",
                                 os.path.join(cls.folder, f"{program}.yaml")], os.path.join(cls.folder, f"{program}.log"))
        made.start()
        cls.addClassCleanup(made.stop)
        made.wait_ready()
        return made

    def command(self, program, *words):
        return harness.run([os.path.join(harness.PROGRAMS, program), *words, "--config",
                            os.path.join(self.folder, f"{program}.yaml")])

    def reload(self, program):
        done = self.command(program, "reload")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def curl(self, port, path, client="ns1", token=None):
        """(status, body); 0: the handshake failed, or its certificate is not by the authority."""
        words = ["curl", "--silent", "--max-time", "60", "--cacert", "ca.crt", "--write-out", "\n%{http_code}"]
        words += ["--cert", f"{client}.crt", "--key", f"{client}.key"] if client else []
        words += ["--header", f"Authorization: Bearer {token}"] if token else []
        done = subprocess.run([*words, f"https://{HOST}:{port}{path}"], cwd=self.folder, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, check=False)
        body, _, status = done.stdout.rpartition("\n")
        return int(status), body

    def heard(self):
        """Whether dnsd believes the reports of the site, and why not."""
        metrics = self.curl(self.stats, "/metrics")[1]
        return re.search(r'^wideip_dnsd_member_failing\{.*\} (\d)', metrics, re.M).group(1) == "0"

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
