#!/usr/bin/python3
"""The main job on Oracle's MySQL 5.7 and 5.6: failover, return by GTID, errant transactions, switchover, fences.

What differs from MariaDB is all in the server: its GTIDs, super_read_only (5.7 has it, 5.6 does not), the statements.
One cluster per version; each test starts from one ACTIVE site and one STANDBY that could take over. Where
contrib/mysql-servers could not fetch a version, its tests say so and skip.
"""
import functools
import json
import signal
import sys
import tempfile
import unittest

import harness
import late
from harness import FLIP_BOUND, POOL, Cluster, Writers, now, wait_until
from cluster.mysql5 import Mysql5, binaries

BEATS = "77696465-6970-4000-8000-626561740000"  # heartbeats are no data
COUNT = "(SELECT COUNT(*) FROM shop.orders)"


class Mysql5Case(harness.ClusterCase):
    """The tests of every version; `version` is that of the servers."""

    version = None
    shared = None

    @classmethod
    def setUpClass(cls):
        home = cls.version and binaries(cls.version, harness.BUILD)
        if not home:
            raise unittest.SkipTest(f"MySQL {cls.version} is not here: contrib/mysql-servers fetches it")
        cls.database = functools.partial(Mysql5, home=home)
        late.twice(f"{cls.__module__}.{cls.__qualname__}", cls.open, cls.tearDownClass)

    @classmethod
    def open(cls):
        """A new cluster, with its first answer."""
        start = now()
        cls.shared = Cluster(tempfile.mkdtemp(prefix="wideip-"), harness.PROGRAMS, harness.TEMPLATE,
                             database=cls.database)
        for site in cls.shared.sites:
            site.settings["extra"] = "auto_recover_after: 500ms\n"  # many failovers in a row, none of them flapping
        try:
            active = cls.shared.start()
        except BaseException:
            print(cls.shared.logs(), file=sys.stderr)
            cls.shared.remove()
            raise
        print(f"MySQL {active.mysql.value('@@version')}: first answer after {now() - start:.1f} s", flush=True)

    @classmethod
    def tearDownClass(cls):
        if cls.shared:
            cls.discard()

    @classmethod
    def discard(cls):
        """What the databases hold is not needed any more: they are not asked to end in order."""
        for site in cls.shared.sites:
            site.mysql.process.kill()
        cls.shared.remove()

    def setUp(self):
        self.cluster = self.shared
        self.addCleanup(self._renew_after_failure)
        self.active, self.standby = self.settle()

    def _renew_after_failure(self):
        if self.failed:
            harness.keep(self.cluster, self.id())
            self.discard()
            self.open()

    def settle(self):
        """(ACTIVE, STANDBY), once every database runs, both hold the same, and the STANDBY could take over."""
        for site in self.cluster.sites:
            if not site.mysql.process.running():
                site.mysql.start()
        active = self.cluster.wait_answer()
        standby = self.cluster.other(active)
        active.wait_state("ACTIVE")
        standby.wait_state("STANDBY")
        wait_until(lambda: standby.pool()["eligible"], f"{standby.name} is eligible", every=0.05)
        self.wait_same_rows(active, standby)
        return active, standby

    def wait_same_rows(self, one, other):
        wait_until(lambda: one.mysql.value(COUNT) == other.mysql.value(COUNT), "both sites hold the same rows")

    def assert_closed(self, site):
        """Read-only, for SUPER too where the server can be."""
        self.assertEqual(site.mysql.value("@@global.read_only"), 1)
        if site.mysql.has_super_read_only:
            self.assertEqual(site.mysql.value("@@global.super_read_only"), 1)

    def test_kill_9_of_the_writer_fails_over_and_the_old_one_returns_as_its_replica(self):
        before = self.active.pool()["epoch"]
        with Writers(self.cluster) as writers:
            writers.wait_commit(self.active)
            writers.pause()
            killed = now()
            self.active.mysql.process.kill()
            writers.resume()
            self.cluster.wait_answer(self.standby, within=FLIP_BOUND)
            print(f"every dnsd answers {self.standby.name} {now() - killed:.2f} s after the kill")
            writers.wait_commit(self.standby, within=2)
            self.assertGreater(self.standby.wait_state("ACTIVE")["epoch"] >> 8, before >> 8)
            self.active.mysql.start()
            self.assert_closed(self.active)
            self.active.wait_state("STANDBY")
        self.assert_one_writer(writers, switches=1)
        wait_until(lambda: self.active.pool()["eligible"], "the returned site is eligible")
        self.wait_same_rows(self.active, self.standby)
        row = self.active.mysql.replication()
        self.assertEqual((row["Master_Host"], row["Auto_Position"]), (self.standby.mysql.host, 1))
        self.assert_closed(self.active)

    def test_commits_that_never_left_quarantine_their_site_until_a_person_accepts_them(self):
        self.standby.mysql.run("STOP SLAVE IO_THREAD")
        self.active.mysql.run("CREATE TABLE shop.lost (id BIGINT PRIMARY KEY) ENGINE=InnoDB")
        lost = self.active.mysql.value(
            f"GTID_SUBTRACT(@@global.gtid_executed, '{self.standby.mysql.value('@@global.gtid_executed')}')")
        lost = ",".join(part for part in lost.replace("\n", "").split(",") if not part.startswith(BEATS))
        self.assertIn(self.active.mysql.value("@@server_uuid"), lost)
        self.active.mysql.process.kill()
        self.cluster.wait_answer(self.standby, within=2 * FLIP_BOUND)
        self.active.mysql.start()
        pool = self.active.wait_state("QUARANTINED")
        self.assertFalse(pool["eligible"])
        self.assertTrue(any("lacks" in alarm and lost in alarm for alarm in pool["alarms"]), (lost, pool["alarms"]))
        self.assert_closed(self.active)
        self.assertNotEqual(self.active.command("recover", POOL, "--reason", "test").returncode, 0)
        done = self.active.command("recover", POOL, "--accept-errant", "--reason", "test")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.active.wait_state("STANDBY")
        wait_until(lambda: self.active.pool()["eligible"], "the site whose commits were accepted is eligible")
        self.standby.mysql.run("INSERT INTO shop.orders (site) VALUES (9)")
        wait_until(lambda: self.active.mysql.value("(SELECT COUNT(*) FROM shop.orders WHERE site = 9)") == 1,
                   "it replicates")

    def test_a_switchover_loses_no_acknowledged_commit(self):
        switch = ("switchover", POOL, "--to", self.standby.name, "--reason", "test")
        wait_until(lambda: self.active.command(*switch, "--dry-run").returncode == 0, "nothing stands against it", 20)
        with Writers(self.cluster) as writers:
            writers.wait_commit(self.active)
            start = now()
            done = self.active.command(*switch, within=60)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            self.cluster.wait_answer(self.standby, within=FLIP_BOUND)
            writers.wait_commit(self.standby)
            self.assert_closed(self.active)
        self.assert_one_writer(writers, switches=1)
        last = writers.of(self.active)[-1][2]
        first = next(commit[2] for commit in writers.of(self.standby) if commit[1] > start)
        print(f"nobody wrote for {(first - last) * 1000:.0f} ms")
        self.active.wait_state("STANDBY")
        self.wait_same_rows(self.active, self.standby)
        rows = self.standby.mysql.value(f"(SELECT COUNT(*) FROM shop.orders WHERE site = {self.active.number})")
        self.assertGreaterEqual(rows, len(writers.of(self.active)))

    def test_a_writer_that_a_lock_holds_up_is_closed_without_killing_it(self):
        pid = self.active.mysql.process.pid
        holder = self.active.mysql.connect()
        with holder.cursor() as cursor:
            cursor.execute("FLUSH TABLES WITH READ LOCK")
            self.cluster.wait_answer(self.standby, within=2 * FLIP_BOUND)
            with self.assertRaises(Exception):
                cursor.execute("SELECT 1")
        self.assertEqual(self.active.mysql.process.pid, pid)
        self.assertTrue(self.active.mysql.process.running())
        self.assert_closed(self.active)

    def test_lag_is_told_by_the_heartbeat_while_the_io_thread_is_stopped(self):
        name = f"{self.standby.name}-db"
        node = lambda: next(n for n in self.standby.pool()["nodes"] if n["name"] == name)  # noqa: E731
        wait_until(lambda: node()["lag_by"] == "heartbeat", "the standby's lag by heartbeat")
        self.standby.mysql.run("STOP SLAVE IO_THREAD")
        found = wait_until(lambda: (node()["lag_ms"] or 0) >= 2000 and node(), "a lag of two seconds")
        self.assertEqual(found["lag_by"], "heartbeat")
        self.standby.mysql.run("START SLAVE IO_THREAD")
        wait_until(lambda: node()["lag_ms"] is not None and node()["lag_ms"] < 1000, "it has caught up")
        sets = self.active.mysql.value("@@global.gtid_executed").replace("\n", "").split(",")
        intervals = next(part for part in sets if part.startswith(BEATS)).split(":")[1:]
        begins = [int(interval.split("-")[0]) for interval in intervals]
        # One interval an epoch, numbered by its counter: a gap would begin another one.
        self.assertEqual([n & ((1 << 30) - 1) for n in begins], [1] * len(begins), intervals)
        self.assertEqual(len({n >> 30 for n in begins}), len(begins), intervals)

    def test_a_grant_that_lacks_is_named_as_the_statement(self):
        site = self.standby
        done = site.command("grants", POOL, "--missing")
        self.assertEqual((done.returncode, done.stdout), (0, "-- nothing is missing\n"), done.stderr)
        site.mysql.run_closed("REVOKE PROCESS ON *.* FROM wideip_adm@'%'",
                              "REVOKE UPDATE ON wideip.* FROM wideip_mon@'%'")
        statements = ["GRANT UPDATE ON `wideip`.* TO 'wideip_mon'@'%'", "GRANT PROCESS ON *.* TO 'wideip_adm'@'%'"]
        done = site.command("grants", POOL, "--missing", "--json")
        self.assertEqual((done.returncode, json.loads(done.stdout)["statements"]), (1, statements), done.stderr)
        site.sitecheck.stop()
        site.sitecheck.start()
        site.sitecheck.wait_ready()
        for statement in statements:
            wait_until(lambda text=statement: any(text in alarm for alarm in site.pool()["alarms"]), statement)
        site.mysql.run_closed(*statements)
        self.assertEqual(site.command("grants", POOL, "--missing").returncode, 0)

    def test_a_frozen_writer_is_killed_before_the_other_site_opens(self):
        self.active.mysql.process.signal(signal.SIGSTOP)
        self.cluster.wait_answer(self.standby, within=2 * FLIP_BOUND)
        wait_until(lambda: not self.active.mysql.process.running(), "the frozen server is killed")
        self.assertEqual(self.standby.mysql.value("@@global.read_only"), 0)


class Mysql57(Mysql5Case):
    version = "5.7"


class Mysql56(Mysql5Case):
    version = "5.6"


del Mysql5Case  # no version of its own

if __name__ == "__main__":
    unittest.main(verbosity=2)
