"""A dnsd with one zone and neither sites nor wide-IPs, in a folder of its own."""
import os
import shutil
import subprocess
import tempfile

import harness
from harness import dns
from cluster.net import free_port
from cluster.process import Process

ZONE = """$TTL 300
@       SOA   ns1 hostmaster 2026112201 3600 600 86400 60
@       NS    ns1
ns1     A     192.0.2.53
www     A     192.0.2.80
"""
DNSD = os.path.join(harness.PROGRAMS, "dnsd")


class PlainServer:
    """`listen`: addresses with ports; by default one on loopback. `server`: more lines under server:."""

    def __init__(self, listen=(), server="", prefix=()):
        self.folder = tempfile.mkdtemp(prefix="wideip-")
        self.listen = list(listen) or [f"127.0.0.1@{free_port()}"]
        self.config_file = os.path.join(self.folder, "dnsd.yaml")
        self.prefix, self.server, self.started = list(prefix), server, []
        with open(os.path.join(self.folder, "example.com.zone"), "w", encoding="utf-8") as file:
            file.write(ZONE)
        self.write()
        self.process = self.process_of("dnsd")

    @property
    def address(self):
        return self.listen[0]

    def write(self, extra=""):
        quoted = ", ".join(f'"{each}"' for each in self.listen)
        with open(self.config_file, "w", encoding="utf-8") as file:
            file.write(f"server:\n  id: ns1\n  listen: [{quoted}]\n  workers: 2\n  state_dir: state\n"
                       f"  control: dnsd.sock\n{self.server}"
                       f"zones:\n  - {{origin: example.com, file: example.com.zone}}\n{extra}")

    def process_of(self, name, *words, before=(), env=None):
        """A process of this server that is ended with it: `before` are words in front of the command."""
        made = Process(name, [*self.prefix, *before, DNSD, "serve", *words, "--config", self.config_file],
                       os.path.join(self.folder, f"{name}.log"), env)
        self.started.append(made)
        return made

    def ask(self, name="www.example.com", kind=dns.A, **options):
        return dns.ask(self.address, name, kind, **options)

    def command(self, *words, within=30):
        return subprocess.run([DNSD, *words, "--config", self.config_file], stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=within, check=False)

    def close(self):
        for process in self.started:
            process.stop()
        shutil.rmtree(self.folder, ignore_errors=True)
