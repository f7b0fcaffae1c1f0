#!/usr/bin/python3
"""A service manager binds the sockets, and is told how the daemon fares (sd_listen_fds(3), sd_notify(3))."""
import json
import os
import shutil
import signal
import socket
import sys
import tempfile
import unittest

import harness
from cluster.net import free_port
from cluster.process import Process
from harness import wait_until
from plain_server import PlainServer


# Moves the descriptors that argv[1] lists to 3, 4, … and becomes the rest of argv.
LAUNCHER = """
import fcntl, json, os, sys
held = [fcntl.fcntl(each, fcntl.F_DUPFD, 100) for each in json.loads(sys.argv[1])]
for number, each in enumerate(held, 3):
    os.dup2(each, number, inheritable=True)
    os.close(each)
os.environ.update(LISTEN_FDS=str(len(held)), LISTEN_PID=str(os.getpid()))
os.execv(sys.argv[2], sys.argv[2:])
"""


class Activation(unittest.TestCase):
    def make(self, *args, **options):
        server = PlainServer(*args, **options)
        self.addCleanup(server.close)
        return server

    @unittest.skipUnless(shutil.which("systemd-socket-activate"), "systemd-socket-activate is not installed")
    def test_serves_on_sockets_that_systemd_has_bound(self):
        server = self.make()
        host, port = server.address.split("@")
        place = f"{host}:{port}"
        # Each binds sockets of one kind and passes on what it was given; the first question starts what comes behind.
        process = server.process_of("activated", before=[
            "systemd-socket-activate", "--fdname=dns", "-l", place, "systemd-socket-activate", "-d", "-l", place])
        process.start()
        wait_until(lambda: server.ask(within=5, tcp=True).addresses == ["192.0.2.80"], "an answer by TCP")
        self.assertEqual(server.ask(within=5).addresses, ["192.0.2.80"])
        self.assertIn(f"dns={server.address}", process.wait_ready())

    @staticmethod
    def launch(server, sockets, name="launched", **variables):
        """Starts dnsd as sd_listen_fds(3) says: the descriptors from 3 on, LISTEN_PID the process's own."""
        numbers = [each.fileno() for each in sockets]
        process = server.process_of(name, before=[sys.executable, "-c", LAUNCHER, json.dumps(numbers)],
                                    env=dict(os.environ, **variables))
        process.keep = tuple(numbers)
        return process.start()

    def test_uses_every_kind_of_socket_and_the_names_are_for_messages(self):
        server = self.make()
        host, port = server.address.split("@")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp, socket.create_server((host, int(port))) as tcp, \
                socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as control:
            udp.bind((host, int(port)))
            control.bind(os.path.join(server.folder, "dnsd.sock"))
            control.listen()
            process = self.launch(server, [udp, tcp, control], LISTEN_FDNAMES="dns:dns:control")
            process.wait_ready()
            self.assertEqual(server.ask(within=5).addresses, ["192.0.2.80"])
            self.assertEqual(server.ask(within=5, tcp=True).addresses, ["192.0.2.80"])
            self.assertEqual(server.command("status").returncode, 0)

    def test_an_ipv6_socket_that_takes_ipv4_as_well_stands_for_both_addresses(self):
        server = self.make()
        port = int(server.address.split("@")[1])
        server.listen = [f"0.0.0.0@{port}", f"[::]@{port}"]
        server.write()
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as udp, \
                socket.create_server(("::", port), family=socket.AF_INET6, dualstack_ipv6=True) as tcp:
            udp.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
            udp.bind(("::", port))
            self.launch(server, [udp, tcp]).wait_ready()
            # From 127.0.0.5: the answer must come from the address that was asked, not from the first one.
            server.listen = [f"127.0.0.5@{port}"]
            self.assertEqual(server.ask(within=5).addresses, ["192.0.2.80"])
            self.assertEqual(server.ask(within=5, tcp=True).addresses, ["192.0.2.80"])

    def test_a_socket_that_the_configuration_does_not_name_is_refused_by_name(self):
        server = self.make()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            udp.bind(("127.0.0.9", 0))
            process = self.launch(server, [udp], LISTEN_FDNAMES="strange")
            wait_until(lambda: not process.running(), "dnsd ends")
            self.assertIn(f"udp 127.0.0.9@{udp.getsockname()[1]} (strange)", process.output())

    def manage(self, folder, make, ready):
        """Goes through the life of the process that make(environment) gives, as a service manager is told of it."""
        path = os.path.join(folder, "notify")
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            manager.bind(path)
            manager.settimeout(60)
            process = make(dict(os.environ, NOTIFY_SOCKET=path, WATCHDOG_USEC="200000")).start()
            self.addCleanup(process.stop)

            def told(start):
                while True:
                    words = manager.recv(4096).decode()
                    if words.startswith(start):
                        return words
            self.assertIn(f"STATUS=ready {ready}", told("READY=1"))
            told("WATCHDOG=1")
            told("WATCHDOG=1")
            process.signal(signal.SIGHUP)
            self.assertIn("MONOTONIC_USEC=", told("RELOADING=1"))
            told("READY=1")
            process.signal(signal.SIGTERM)
            told("STOPPING=1")
            wait_until(lambda: not process.running(), "it ends")
            self.assertEqual(process.stop(), 0)

    def test_the_service_manager_is_told_ready_reloading_alive_and_stopping(self):
        server = self.make()
        self.manage(server.folder, lambda env: server.process_of("notifying", env=env), f"dns={server.address}")

    def test_it_is_told_the_same_by_sitecheck_and_its_guard(self):
        folder = tempfile.mkdtemp(prefix="wideip-")
        self.addCleanup(shutil.rmtree, folder, ignore_errors=True)
        port, program = free_port(), os.path.join(harness.PROGRAMS, "sitecheck")
        with open(os.path.join(folder, "sitecheck.yaml"), "w", encoding="utf-8") as file:
            file.write(f"""\
site: {{name: site1, id: 1}}
ecv: {{listen: "127.0.0.1@{port}"}}
control: {folder}/sitecheck.sock
state_dir: {folder}/state
keys: [{{id: d1, secret: "${{KEY}}", for: dnsd}}]
pools:
  - name: main
    monitor: {{user: a, password: "${{KEY}}"}}
    admin: {{user: b, password: "${{KEY}}"}}
    replication: {{user: c, password: "${{KEY}}"}}
    nodes: [{{name: db1, address: 127.0.0.1, port: {free_port()}, priority: 1}}]
""")
        for command, ready in (("serve", f"ecv=127.0.0.1@{port}"), ("guard", f"guard={folder}/state/guard-main.sock")):
            with self.subTest(command):
                self.manage(folder, lambda env, command=command: Process(
                    command, [program, command, "--config", os.path.join(folder, "sitecheck.yaml")],
                    os.path.join(folder, "log"), env=dict(env, KEY="ab" * 32)), ready)
                os.remove(os.path.join(folder, "notify"))


if __name__ == "__main__":
    unittest.main(verbosity=2)
