"""A sitecheck and a dnsd whose HTTP ports are all TLS: certificates of openssl, questions of curl."""
import os
import re
import shutil
import subprocess
import tempfile
import unittest

import harness
from cluster.net import free_port
from cluster.process import Process
from plain_server import ZONE

HOST = "127.0.0.1"
TOKEN = "screen-0123456789abcdef"  # may read, at both
WRITE = "orders-0123456789abcdef"  # may give commands, at sitecheck


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


class TlsCase(unittest.TestCase):
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
        cls.write("orders.token", WRITE)
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
stats:
  listen: "{HOST}@{cls.site_stats}"
  tls: {{cert: stats.crt, key: stats.key}}
  tokens: [{{name: screen, rights: read, file: screen.token}}, {{name: orders, rights: write, file: orders.token}}]
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
