#!/usr/bin/python3
"""Every shell script of the tree is clean to shellcheck, and so is the completion that the programs print."""
import os
import unittest

import kit
from kit import BUILD, PROGRAMS, ROOT, run


def is_shell(path):
    with open(path, "rb") as file:
        first = file.readline(100)
    return first.startswith(b"#!") and first.rstrip().endswith((b"/sh", b"/bash"))


class Scripts(unittest.TestCase):
    def scripts(self):
        for where, folders, names in os.walk(ROOT):
            folders[:] = [each for each in folders if not each.startswith("build") and each not in (".git", "__pycache__")]
            for name in names:
                path = os.path.join(where, name)
                if os.path.isfile(path) and not os.path.islink(path) and is_shell(path):
                    yield path

    def test_of_the_tree(self):
        found = sorted(self.scripts())
        self.assertGreater(len(found), 10)
        run("shellcheck", "--severity=style", *found, cwd=ROOT)

    def test_of_the_package(self):
        # What debhelper puts in place of its mark is its own affair.
        for name in ("wideip.prerm", "wideip.postrm"):
            run("shellcheck", "--shell=sh", os.path.join(ROOT, "contrib/debian", name))

    def test_of_the_programs(self):
        for program in PROGRAMS:
            script = run(os.path.join(BUILD, "bin", program), "completion", "bash").stdout
            path = os.path.join(BUILD, "completion", program)
            with open(path, encoding="utf-8") as file:
                self.assertEqual(script, file.read())
            run("shellcheck", "--shell=bash", path)


if __name__ == "__main__":
    kit.need("shellcheck")
    unittest.main(verbosity=2)
