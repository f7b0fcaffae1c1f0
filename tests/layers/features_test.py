#!/usr/bin/python3
"""Plants rows whose tests do not exist in a small table, and looks that features.py reports each of them."""
import os
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import features  # noqa: E402

HEAD = "| feature | other | shown by |\n|---|---|---|\n| **Part** | | |\n"
GOOD = "| one | yes | `func/a_test.py: test_one` |\n| two | — | `unit/b_test.cc: Suite.Two` |\n"


class Features(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = folder.name
        self.write("func/a_test.py", "class A:\n    def test_one(self):\n        pass\n")
        self.write("unit/b_test.cc", "TEST_F(Suite, Two) {}\n")

    def write(self, path, text):
        full = os.path.join(self.root, "tests", path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "w", encoding="utf-8") as file:
            file.write(text)

    def found(self, rows):
        self.write("features.md", "Words.\n\n" + HEAD + rows)
        return features.faults(self.root)

    def test_a_table_whose_tests_exist_is_well(self):
        self.assertEqual(self.found(GOOD), ([], 2))

    def test_each_fault_is_reported(self):
        for row, said in (("| three | yes | `func/a_test.py: test_on` |", "has no test_on"),
                          ("| three | yes | `unit/b_test.cc: Suite.Tw` |", "has no Suite.Tw"),
                          ("| three | yes | `unit/c_test.cc: Suite.Two` |", "there is no unit/c_test.cc"),
                          ("| three | yes | everything |", "is not `PATH: NAME`"),
                          ("| three | `func/a_test.py: test_one` |", "2 cells, not 3")):
            with self.subTest(row):
                faults, count = self.found(GOOD + row + "\n")
                self.assertEqual((len(faults), count), (1, 3), faults)
                self.assertIn(said, faults[0])


if __name__ == "__main__":
    unittest.main()
