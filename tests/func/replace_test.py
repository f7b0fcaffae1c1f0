#!/usr/bin/python3
"""Zero-downtime replace: another process takes over the sockets and the work, and no query is lost."""
import os
import socket
import struct
import threading
import unittest

import harness
from harness import dns, now, wait_until
from cluster.process import Process
from plain_server import PlainServer

REPLACES = 4  # measure_replace takes more


class Load:
    """Asks without pause, by UDP and by TCP, a fresh socket for each question or one that is kept; keeps what went wrong.

    Any UDP question that gets no answer in ten seconds is lost: there is nothing between the two ends that may drop it.
    """

    def __init__(self, server, name="www.example.com", wanted=("192.0.2.80",)):
        self.server, self.name, self.wanted = server, name, list(wanted)
        self.asked, self.lost, self._stop = 0, [], threading.Event()
        self._threads = [threading.Thread(target=self._ask, args=(way,), daemon=True)
                         for way in (self._udp, self._udp, self._tcp, self._tcp_kept)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        for thread in self._threads:
            thread.join(20)

    def _ask(self, way):
        state = {}
        while not self._stop.is_set():
            try:
                answer = way(state)
                if answer.addresses != self.wanted:
                    self.lost.append((now(), way.__name__, answer.rcode, answer.records))
            except (OSError, EOFError, struct.error) as error:
                self.lost.append((now(), way.__name__, repr(error)))
                state.clear()
            self.asked += 1
        if "stream" in state:
            state["stream"].close()

    def _udp(self, _):
        return self.server.ask(self.name, within=10)

    def _tcp(self, _):
        return self.server.ask(self.name, within=10, tcp=True)

    def _tcp_kept(self, state):
        """A connection for each thirty questions; the server may close it between two of them (RFC 7766 section 6.2.4):
        then another."""
        for attempt in range(2):
            state["used"] = state.get("used", 0) + 1
            if state["used"] > 30:
                state.pop("stream").close()
                state.clear()
            stream = state.get("stream")
            if stream is None:
                host, port = self.server.address.rsplit("@", 1)
                stream = state["stream"] = socket.create_connection((host, int(port)), timeout=10)
            message = dns.question(self.name)
            try:
                stream.sendall(struct.pack("!H", len(message)) + message)
                head = stream.recv(2, socket.MSG_WAITALL)
                if head:
                    return dns.Answer(stream.recv(struct.unpack("!H", head)[0], socket.MSG_WAITALL))
            except ConnectionError:
                pass
            stream.close()
            state.clear()
            if attempt:
                break
        raise EOFError("closed twice")


class Replace(unittest.TestCase):
    def setUp(self):
        self.server = PlainServer()
        self.addCleanup(self.server.close)
        self.process = self.server.process.start()
        self.process.wait_ready()
        self.count = 0

    def replace(self):
        """Starts a process that replaces the present one; returns it."""
        self.count += 1
        return self.server.process_of(f"dnsd{self.count}", "--replace").start()

    def test_no_query_is_lost_while_one_process_follows_another(self):
        with Load(self.server) as load:
            for _ in range(REPLACES):
                successor = self.replace()
                successor.wait_ready()
                old, self.process = self.process, successor
                wait_until(lambda p=old: not p.running(), "the old process has ended", within=60)
                self.assertEqual(old.stop(), 0)
                before = load.asked
                wait_until(lambda n=before: load.asked > n + 20, "questions go on")
        self.assertEqual(load.lost, [])
        print(f"{REPLACES} replaces, {load.asked} questions, {len(load.lost)} lost", flush=True)
        status = self.server.command("status", "--json")
        self.assertIn(f'"pid":{self.process.pid}', status.stdout.replace(" ", ""))

    def test_a_process_that_cannot_load_leaves_the_old_one_serving(self):
        with Load(self.server) as load:
            for fault, told in (("nonsense: 1\n", "nonsense"), ("rate_limit: {responses: -1}\n", "responses")):
                self.server.write(extra=fault)
                failed = self.replace()
                wait_until(lambda p=failed: not p.running(), "the new process gives up")
                self.assertEqual(failed.stop(), 2)
                self.assertIn(told, failed.output())
            self.server.write()
            self.assertTrue(self.process.running())
            self.assertEqual(self.server.command("reload").returncode, 0)
        self.assertEqual(load.lost, [])

    def test_a_process_that_dies_half_way_leaves_the_old_one_serving(self):
        with Load(self.server) as load:
            with self.partner() as stream:
                self.say(stream, "take")
                self.assertEqual(stream.recv(6), b"yours\n")
            wait_until(lambda: "replace.failed" in self.process.output(), "the old process goes on")
            self.assertEqual(self.server.command("reload").returncode, 0)
            successor = self.replace()
            successor.wait_ready()
            wait_until(lambda: not self.process.running(), "the old process has ended", within=60)
        self.assertEqual(load.lost, [])

    def test_a_process_that_is_late_is_refused_and_the_old_one_goes_on(self):
        with self.partner() as stream:
            self.say(stream, "take")
            self.assertEqual(stream.recv(6), b"yours\n")
            self.assertIn(b"refused", stream.recv(4096))
        self.assertEqual(self.server.ask(within=5).addresses, ["192.0.2.80"])
        self.assertEqual(self.server.command("reload").returncode, 0)

    def test_only_one_at_a_time_and_nothing_but_what_was_agreed(self):
        with self.partner() as stream:
            second = self.replace()
            wait_until(lambda: not second.running(), "the second is refused")
            self.assertEqual(second.stop(), 1)
            self.assertIn("another process is replacing", second.output())
            self.say(stream, "serving")
            self.assertIn(b"refused", stream.recv(4096))
        done = self.server.command("status")
        self.assertEqual(done.returncode, 0)

    def test_where_none_runs_it_serves_plainly(self):
        self.process.stop()
        successor = self.replace()
        successor.wait_ready()
        self.assertEqual(self.server.ask(within=5).addresses, ["192.0.2.80"])

    def partner(self):
        """A connection that has asked for the sockets, and got them."""
        stream = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        stream.settimeout(30)
        stream.connect(os.path.join(self.server.folder, "dnsd.sock"))
        self.say(stream, '{"command":"replace","args":{"version":1}}')
        line = b""
        while not line.endswith(b"\n"):
            line += stream.recv(1)
        self.assertIn(b'"exit":0', line)
        _, descriptors, _, _ = socket.recv_fds(stream, 1, 200)
        self.assertEqual(len(descriptors), 5)  # two workers, two transports, and the control socket
        for each in descriptors:
            os.close(each)
        return stream

    @staticmethod
    def say(stream, line):
        stream.sendall(line.encode() + b"\n")


class ReplaceUnderHealth(harness.ClusterCase):
    def test_the_answer_of_a_wide_ip_stays_and_follows_the_next_failover(self):
        server = self.cluster.servers[0]
        old = server.process
        with Load(server, harness.NAME, [self.active.address]) as load:
            successor = Process("replacing dnsd", [server.program, "serve", "--replace", "--config",
                                                           server.config_file], os.path.join(server.folder, "new.log"))
            self.addCleanup(successor.stop)
            successor.start().wait_ready()
            wait_until(lambda: not old.running(), "the old process has ended", within=60)
        self.assertEqual(load.lost, [])
        self.assertEqual(old.stop(), 0)
        self.active.mysql.process.kill()
        self.cluster.wait_answer(self.standby, within=30)
        self.assertEqual(server.json("status")["pid"], successor.pid)


if __name__ == "__main__":
    unittest.main(verbosity=2)
