#!/usr/bin/python3
"""Faults that must not move the writer: broken replication, a wrong password, lost state files."""
import glob
import os
import shutil
import unittest

import harness
from harness import FLIP_BOUND, now, wait_until


def node_of(site, pool=None):
    """The local node of a site's pool."""
    return next(node for node in (pool or site.pool())["nodes"] if node["name"] == f"{site.name}-db")


def break_replication(site):
    """Makes the SQL thread of `site` stop with a duplicate key: a row that only the replica has stands in its way."""
    site.mysql.run("SET SESSION sql_log_bin = 0", "INSERT INTO shop.orders (id, site) VALUES (900001, 2)")


class Replication(harness.ClusterCase):
    def write(self, site, statement):
        with site.mysql.connect("app", self.cluster.passwords["app"]) as connection, connection.cursor() as cursor:
            cursor.execute(statement)

    def test_broken_replication_disqualifies_the_standby_and_not_the_writer(self):
        break_replication(self.standby)
        self.write(self.active, "INSERT INTO shop.orders (id, site) VALUES (900001, 1)")
        wait_until(lambda: not self.standby.pool()["eligible"], "the standby is not eligible")
        wait_until(lambda: node_of(self.standby)["state"] == "FAILED_ONLINE", "the standby's node is FAILED_ONLINE")
        self.assertIn("error 1062: ", node_of(self.standby)["message"])
        self.assertIn("Duplicate entry '900001'", node_of(self.standby)["message"])
        self.assertEqual(self.active.state(), "ACTIVE")

        epoch = self.active.pool()["epoch"]
        self.active.mysql.process.kill()
        self.assert_holds(lambda: self.standby.mysql.value("@@global.read_only") == 1, "closed", 2 * FLIP_BOUND)
        self.assertEqual(self.standby.pool()["eligible"], False)
        self.assertTrue(self.standby.pool()["alarms"])
        self.assert_answer_stays(self.active, 1)

        # The old writer returns: nobody has all of its data but itself.
        self.active.mysql.start()
        pool = self.active.wait_state("ACTIVE", within=60)
        self.assertGreater(pool["epoch"], epoch)

    def test_the_heartbeat_tells_the_lag_of_a_standby_whose_io_thread_is_stopped(self):
        wait_until(lambda: node_of(self.standby)["lag_by"] == "heartbeat", "the standby's lag by heartbeat")
        epoch = self.active.pool()["epoch"]
        self.standby.mysql.run("STOP SLAVE IO_THREAD")
        node = wait_until(lambda: (node_of(self.standby)["lag_ms"] or 0) >= 2000 and node_of(self.standby),
                          "a lag of two seconds")
        self.assertEqual(node["lag_by"], "heartbeat")
        self.assertIsNone(self.standby.mysql.replication()["Seconds_Behind_Master"])
        self.standby.mysql.run("START SLAVE IO_THREAD")
        wait_until(lambda: (node_of(self.standby)["lag_ms"] or 0) < 1000, "it has caught up")
        # What only the old writer has of its heartbeats keeps it from nothing.
        self.standby.mysql.run("STOP SLAVE IO_THREAD")
        row = f"(SELECT beat FROM wideip.heartbeat WHERE site = '{self.active.name}' ORDER BY epoch DESC LIMIT 1)"
        wait_until(lambda: self.active.mysql.value(row) > (self.standby.mysql.value(row) or 0), "a heartbeat more")
        self.active.mysql.process.kill()
        self.cluster.wait_answer(self.standby, within=60)
        self.active.mysql.start()
        self.active.wait_state("STANDBY")
        self.assertGreater(self.standby.pool()["epoch"], epoch)
        wait_until(self.active.mysql.replicating, "the old writer replicates")

    def test_a_writer_whose_own_replication_breaks_stays_the_writer(self):
        self.active.mysql.run("STOP SLAVE")
        epoch = self.active.pool()["epoch"]
        self.assert_answer_stays(self.active, 4)
        pool = self.active.pool()
        self.assertEqual((pool["state"], pool["epoch"]), ("ACTIVE", epoch))


class Password(harness.ClusterCase):
    def test_a_wrong_password_alarms_and_does_not_fail_the_writer(self):
        self.set_password("not what the file says")
        pool = wait_until(lambda: self.alarmed(), "the alarm misconfigured")
        self.assertEqual(pool["state"], "ACTIVE")
        self.assert_answer_stays(self.active, 5)
        self.assertEqual(self.active.mysql.value("@@global.read_only"), 0)
        self.set_password(self.cluster.passwords["mon"])
        wait_until(lambda: node_of(self.active)["status"] == "OK" and not self.alarmed(), "the alarm clears")
        self.assertEqual(self.active.state(), "ACTIVE")

    def alarmed(self):
        pool = self.active.pool()
        return pool if any("misconfigured" in alarm.lower() for alarm in pool["alarms"]) else None

    def set_password(self, password):
        mysql = self.active.mysql
        mysql.run("SET SESSION sql_log_bin = 0", f"SET PASSWORD FOR wideip_mon@'%' = PASSWORD('{password}')")
        for row in mysql.run("SELECT id FROM information_schema.processlist WHERE user = 'wideip_mon'"):
            mysql.run(f"KILL {row['id']}")


class State(harness.ClusterCase):
    """protocol.md section 7: state file lost or corrupt."""

    def state_files(self, site):
        return [path for path in glob.glob(os.path.join(site.folder, "state", "*")) if os.path.isfile(path)]

    def test_a_standby_without_state_learns_the_epoch_and_moves_nobody(self):
        before = self.active.pool()["epoch"]
        self.standby.sitecheck.stop()
        shutil.rmtree(os.path.join(self.standby.folder, "state"))
        os.makedirs(os.path.join(self.standby.folder, "state"))
        self.standby.guard.stop()
        self.standby.guard.start()
        self.standby.sitecheck.start().wait_ready()
        pool = self.standby.wait_state("STANDBY")
        self.assertGreaterEqual(pool["max_epoch_seen"], before)
        self.assert_answer_stays(self.active, harness.PROMOTE_WAIT)
        self.assertEqual(self.active.pool()["epoch"], before)

    def test_torn_slots_do_not_turn_the_epoch_back(self):
        before = self.active.pool()["counter"]
        for damage in (lambda data: data[:len(data) // 2], lambda data: b"\xff" * len(data), lambda data: b""):
            self.standby.sitecheck.stop()
            files = self.state_files(self.standby)
            self.assertTrue(files)
            for path in files:
                with open(path, "rb") as file:
                    data = file.read()
                with open(path, "wb") as file:
                    file.write(damage(data))
            self.standby.sitecheck.start().wait_ready()
            pool = self.standby.wait_state("STANDBY")
            self.assertGreaterEqual(pool["max_epoch_seen"] >> 8, before)
            self.assertEqual(self.active.state(), "ACTIVE")
            self.assertEqual(self.cluster.servers[0].answer(), [self.active.address])

    def test_an_active_site_that_lost_its_state_ends_with_one_writer_of_a_higher_epoch(self):
        before = self.active.pool()["epoch"]
        start = now()
        self.active.sitecheck.kill()
        shutil.rmtree(os.path.join(self.active.folder, "state"))
        os.makedirs(os.path.join(self.active.folder, "state"))
        self.active.guard.kill()
        self.active.guard.start()
        self.active.sitecheck.start()
        wait_until(lambda: any(s.pool()["state"] == "ACTIVE" and s.pool()["epoch"] >> 8 > before >> 8
                               for s in self.cluster.sites), "a writer with a higher counter", within=60)
        print(f"one writer again after {now() - start:.1f} s")
        writer = self.cluster.wait_answer()
        closed = self.cluster.other(writer)
        closed.wait_state("STANDBY")
        self.assertEqual([s.mysql.value("@@global.read_only") for s in (writer, closed)], [0, 1])


if __name__ == "__main__":
    unittest.main(verbosity=2)
