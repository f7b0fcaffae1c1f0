#!/usr/bin/python3
"""The main job: the writer dies, every answer turns to the other site, and stays there."""
import unittest

import harness
from harness import FLIP_BOUND, POOL, Writers, now, wait_until


class Failover(harness.ClusterCase):
    def test_kill_9_of_the_writer_flips_every_answer_and_its_return_does_not(self):
        before = self.active.pool()["epoch"]
        with Writers(self.cluster) as writers:
            writers.wait_commit(self.active)
            writers.pause()
            killed = now()
            self.active.mysql.process.kill()
            writers.resume()
            self.cluster.wait_answer(self.standby, within=FLIP_BOUND)
            print(f"every dnsd answers {self.standby.name} {now() - killed:.2f} s after the kill")
            self.assertLess(now() - killed, FLIP_BOUND)
            writers.wait_commit(self.standby, within=2)
            after = self.standby.wait_state("ACTIVE")
            self.assertGreater(after["epoch"] >> 8, before >> 8)

            self.active.mysql.start()
            self.assertEqual(self.active.mysql.value("@@global.read_only"), 1)
            self.active.wait_state("STANDBY")
            self.assert_answer_stays(self.standby, 3)
            self.assertEqual(self.standby.pool()["epoch"], after["epoch"])
        self.assert_one_writer(writers, switches=1)
        self.the_returned_site_holds_all(self.active, self.standby)

    def test_a_site_that_returns_with_lost_commits_is_quarantined_until_a_person_accepts(self):
        self.active.mysql.run("INSERT INTO shop.orders (site) VALUES (1)")
        count = "(SELECT COUNT(*) FROM shop.orders)"
        wait_until(lambda: self.standby.mysql.value(count) == 1, "the first row is replicated")
        # A commit that never left: the stream to the replica is cut, and takes a second to come back.
        dump = self.active.mysql.run("SELECT id FROM information_schema.processlist WHERE command = 'Binlog Dump'")
        self.active.mysql.run(*[f"KILL {row['id']}" for row in dump],
                              "INSERT INTO shop.orders (id, site, note) VALUES (700001, 1, 'lost')")
        self.active.mysql.process.kill()
        self.cluster.wait_answer(self.standby, within=FLIP_BOUND)
        if self.standby.mysql.value(count) == 2:
            raise harness.Timeout("the commit was replicated: the stream was back before the kill")
        self.assertEqual(self.standby.mysql.value(count), 1)
        self.active.mysql.start()
        pool = self.active.wait_state("QUARANTINED")
        self.assertFalse(pool["eligible"])
        self.assertTrue(any("lacks" in alarm for alarm in pool["alarms"]), pool["alarms"])
        self.assertEqual(self.active.mysql.value("@@global.read_only"), 1)
        self.assertNotEqual(self.active.command("recover", POOL, "--reason", "test").returncode, 0)
        self.active.wait_state("QUARANTINED")
        done = self.active.command("recover", POOL, "--accept-errant", "--reason", "test")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.active.wait_state("STANDBY")
        self.assert_answer_stays(self.standby, 2)
        wait_until(lambda: self.active.pool()["eligible"], "the site whose commits were accepted is eligible")
        self.standby.mysql.run("INSERT INTO shop.orders (id, site) VALUES (700002, 2)")
        wait_until(lambda: self.active.mysql.value("(SELECT COUNT(*) FROM shop.orders)") == 3, "it replicates")

    def the_returned_site_holds_all(self, returned, writer):
        count = "(SELECT COUNT(*) FROM shop.orders)"
        wait_until(lambda: returned.mysql.value(count) == writer.mysql.value(count), "the returned site caught up")
        wait_until(lambda: returned.pool()["eligible"], "the returned site is eligible")

    def test_the_returned_site_takes_over_when_the_second_writer_dies(self):
        first, second = self.active, self.standby
        first.mysql.process.kill()
        self.cluster.wait_answer(second, within=FLIP_BOUND)
        first.mysql.start()
        first.wait_state("STANDBY")
        wait_until(lambda: first.pool()["eligible"], "the returned site is eligible")
        second.mysql.process.kill()
        self.cluster.wait_answer(first, within=FLIP_BOUND)
        self.assertEqual(first.mysql.value("@@global.read_only"), 0)


class SiteLost(harness.ClusterCase):
    def test_a_site_that_is_gone_whole_is_replaced_by_substitution(self):
        with Writers(self.cluster) as writers:
            writers.wait_commit(self.active)
            for process in self.active.processes:
                process.kill()
            lost = now()
            self.cluster.wait_answer(self.standby, within=FLIP_BOUND + 1)
            print(f"every dnsd answers {self.standby.name} {now() - lost:.2f} s after the loss of the site")
            writers.wait_commit(self.standby, within=2)
        self.assert_one_writer(writers, switches=1)


class Hold(harness.ClusterCase):
    def configure(self, cluster):
        for site in cluster.sites:
            site.settings["on_silence"] = "hold"

    def test_in_hold_a_lost_site_is_not_replaced_but_a_dead_database_is(self):
        for process in self.active.processes:
            process.kill()
        wait_until(lambda: self.standby.json("status")["peers"][0]["last_heard_ms"] > 1000, "the peer is silent")
        self.assert_answer_stays(self.active, 2 * harness.PROMOTE_WAIT)  # on_none: hold
        self.assertEqual(self.standby.mysql.value("@@global.read_only"), 1)
        self.active.sitecheck.start()
        self.active.guard.start()
        self.cluster.wait_answer(self.standby, within=20)  # its database is dead and closed: the peer grants


if __name__ == "__main__":
    unittest.main(verbosity=2)
