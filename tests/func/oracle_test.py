#!/usr/bin/python3
"""The oracle of the namespace tests: it must see two writers, a turned epoch and a lost commit when there are some."""
import os
import tempfile
import unittest

import harness  # noqa: F401  pylint: disable=unused-import
from netns import oracle


class Overlaps(unittest.TestCase):
    def logs(self, *commits):
        """Logs of sites 1 and 2 from (site, sent, acknowledged, epoch counter), times in seconds."""
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        logs = {number: oracle.CommitLog(number, os.path.join(folder.name, str(number))) for number in (1, 2)}
        for number, (site, sent, acknowledged, counter) in enumerate(commits):
            with open(logs[site].path, "a", encoding="ascii") as file:
                file.write(f"{int(sent * 1e9)} {int(acknowledged * 1e9)} {number} {counter << 8 | site}\n")
        return list(logs.values())

    def test_terms_that_follow_each_other_are_well(self):
        logs = self.logs((1, 1, 2, 1), (1, 2, 3, 1), (2, 4, 5, 2), (1, 6, 7, 3), (1, 7, 8, 4))
        self.assertEqual(oracle.overlaps(logs), [])
        self.assertEqual([(term.site, term.count) for term in oracle.terms(logs)], [(1, 2), (2, 1), (1, 1), (1, 1)])

    def test_an_acknowledgement_after_the_next_term_began_is_seen(self):
        self.assertEqual(len(oracle.overlaps(self.logs((1, 1, 2, 1), (2, 3, 4, 2), (1, 4, 5, 1)))), 1)

    def test_a_term_within_another_is_seen_whatever_stands_between(self):
        self.assertEqual(len(oracle.overlaps(self.logs((1, 1, 2, 1), (1, 9, 10, 1), (1, 3, 4, 2), (2, 5, 6, 3)))), 1)

    def test_a_long_term_that_the_next_ones_began_within_is_seen(self):
        self.assertEqual(len(oracle.overlaps(self.logs((1, 1, 2, 1), (1, 8, 9, 1), (2, 3, 4, 2), (2, 5, 6, 3)))), 2)

    def test_two_sites_that_each_never_heard_of_the_others_counter_are_well(self):
        self.assertEqual(oracle.overlaps(self.logs((2, 1, 2, 7), (1, 3, 4, 7))), [])

    def test_an_epoch_of_another_site_is_seen(self):
        logs = self.logs((1, 1, 2, 7))
        with open(logs[1].path, "w", encoding="ascii") as file:
            file.write(f"3000000000 4000000000 9 {7 << 8 | 1}\n")
        self.assertEqual(len(oracle.overlaps(logs)), 1)

    def test_a_half_written_line_is_read_when_it_is_whole(self):
        log = self.logs((1, 1, 2, 1))[0]
        with open(log.path, "a", encoding="ascii") as file:
            file.write("3000000000 400")
        self.assertEqual(len(log.commits()), 1)
        with open(log.path, "a", encoding="ascii") as file:
            file.write("0000000 9 257\npaused\n")
        self.assertEqual([commit.acknowledged for commit in log.commits()], [2, 4])
        self.assertEqual(log.pauses(), 1)

    def test_what_is_lost_and_the_gap_between_two_writers(self):
        one, other = self.logs((1, 1, 2, 1), (1, 2, 3, 1), (2, 3.5, 4, 2))
        self.assertEqual([commit.row for commit in oracle.lost(one.commits(), [0])], [1])
        self.assertEqual(oracle.gap(one.commits(), other.commits()), 1)


if __name__ == "__main__":
    unittest.main(verbosity=2)
