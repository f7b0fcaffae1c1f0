#!/usr/bin/python3
"""Reload: whole or not at all, and no query lost."""
import os
import signal
import threading
import unittest

import harness
from harness import dns, now, wait_until


class Questions:
    """Asks a server without pause from several threads and keeps what went wrong."""

    def __init__(self, server, threads=2):
        self.server, self.asked, self.lost = server, 0, []
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._ask, daemon=True) for _ in range(threads)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        for thread in self._threads:
            thread.join(5)

    def _ask(self):
        while not self._stop.is_set():
            try:
                answer = self.server.ask("www.example.com", within=2)
                if answer.addresses != ["192.0.2.80"]:
                    self.lost.append((now(), answer.rcode, answer.records))
            except OSError as error:
                self.lost.append((now(), error))
            self.asked += 1


class Reload(harness.ClusterCase):
    autostart = False

    def setUp(self):
        super().setUp()
        self.cluster.create()
        self.server = self.cluster.servers[0]
        self.zone = os.path.join(self.server.folder, "example.com.zone")
        self.server.process.start().wait_ready()

    def edit(self, path, old, new):
        with open(path, encoding="utf-8") as file:
            text = file.read()
        self.assertIn(old, text)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text.replace(old, new, 1))

    def serial(self):
        record = self.server.ask("example.com", dns.SOA).records[0]
        return int.from_bytes(record[3][-20:-16], "big")

    def refusals(self):
        events = self.server.json("events")["events"]
        return sum("refused" in event["outcome"] for event in events if event["event"] == "command")

    def test_no_query_is_lost_while_configurations_come_and_go(self):
        with Questions(self.server) as questions:
            for serial in range(2026112202, 2026112222):
                self.edit(self.zone, str(serial - 1), str(serial))
                if serial % 2:
                    self.assertEqual(self.server.command("reload").returncode, 0)
                else:
                    self.server.process.signal(signal.SIGHUP)
                wait_until(lambda s=serial: self.serial() == s, f"serial {serial} is served")
        self.assertEqual(questions.lost, [])
        self.assertGreater(questions.asked, 200)

    def test_a_faulty_configuration_keeps_the_old_one_serving(self):
        generation = self.server.json("status")["generation"]
        with Questions(self.server) as questions:
            self.edit(self.server.config_file, "zones:", "zonen:")
            done = self.server.command("reload")
            self.assertNotEqual(done.returncode, 0)
            self.assertIn("zonen", done.stdout + done.stderr)
            self.server.process.signal(signal.SIGHUP)
            wait_until(lambda: self.refusals() == 2, "the second is refused as well")
            wait_until(lambda: "zonen" in self.server.process.output(), "the fault is logged")
            self.edit(self.server.config_file, "zonen:", "zones:")
            self.assertEqual(self.server.json("status")["generation"], generation)
            self.assertEqual(self.server.command("reload").returncode, 0)
        self.assertEqual(questions.lost, [])

    def test_a_check_against_what_runs_tells_and_changes_nothing(self):
        same = self.server.command("check", "--against", "running")
        self.assertEqual((same.returncode, same.stderr), (0, ""))
        self.assertIn("nothing would change", same.stdout)
        self.edit(self.server.config_file, "zones:", "poll: 111ms\nzones:")
        self.edit(self.zone, str(self.serial()), str(self.serial() + 1))
        other = self.server.command("check", "--against", "running")
        self.assertEqual((other.returncode, other.stderr), (1, ""))
        self.assertIn("~ poll: ", other.stdout)
        self.assertIn("~ serial of zone example.com", other.stdout)
        self.assertIn("No answer would move.", other.stdout)
        self.assertEqual(self.server.command("reload").returncode, 0)
        self.assertEqual(self.server.command("check", "--against", "running").returncode, 0)
        self.edit(self.server.config_file, "zones:", "zonen:")
        self.assertEqual(self.server.command("check", "--against", "running").returncode, 2)

    def test_a_faulty_zone_keeps_the_last_good_zone(self):
        before = self.serial()
        for fault in ("www     A     192.0.2.800", "www     A     192.0.2.80\nwww CNAME ftp", "www  NONSENSE 1"):
            with open(self.zone, encoding="utf-8") as file:
                good = file.read()
            self.edit(self.zone, "www     A     192.0.2.80", fault)
            self.edit(self.zone, str(before), str(before + 1))
            done = self.server.command("reload")
            self.assertNotEqual(done.returncode, 0, fault)
            self.assertIn("example.com.zone:", done.stdout + done.stderr)
            self.assertEqual(self.serial(), before)
            self.assertEqual(self.server.ask("www.example.com").addresses, ["192.0.2.80"])
            with open(self.zone, "w", encoding="utf-8") as file:
                file.write(good)
        self.assertEqual(self.server.command("reload").returncode, 0)


class ReloadUnderHealth(harness.ClusterCase):
    def test_reload_keeps_the_answer_of_a_wide_ip(self):
        server = self.cluster.servers[0]
        for _ in range(10):
            self.assertEqual(server.command("reload").returncode, 0)
            self.assertEqual(server.answer(), [self.active.address])
        self.active.mysql.process.kill()
        self.cluster.wait_answer(self.standby, within=harness.FLIP_BOUND)
        self.assertEqual(server.command("reload").returncode, 0)
        self.assertEqual(server.answer(), [self.standby.address])


if __name__ == "__main__":
    unittest.main(verbosity=2)
