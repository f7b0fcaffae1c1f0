#!/usr/bin/python3
"""README.md says nothing that does not run: its commands, and its configurations."""
import os
import re
import shlex
import unittest

import harness
from cluster import config

# The two that set everything up: quickstart_test.py runs the first, continuous integration the second.
MAIN = {"contrib/quickstart", "tests/run"}


def blocks(kind):
    """The fenced blocks of one kind in README.md."""
    with open(os.path.join(harness.ROOT, "README.md"), encoding="utf-8") as file:
        return re.findall(rf"^```{kind}\n(.*?)^```$", file.read(), flags=re.M | re.S)


class Readme(harness.ClusterCase):
    def configure(self, cluster):
        self.commands = [line for block in blocks("sh") for line in block.splitlines() if line.strip()]

    def here(self, command):
        """The command against this test's cluster in place of a running quickstart."""
        words = shlex.split(command)
        words = [word.replace("build/quickstart", self.cluster.folder).replace("build/bin", harness.PROGRAMS)
                 for word in words]
        return [str(self.cluster.servers[0].port) if word == "5301" else word for word in words]

    def test_every_command_runs(self):
        self.assertGreater(len(self.commands), 10)
        self.assertLessEqual(MAIN, set(self.commands))
        for command in self.commands:
            if command in MAIN:
                self.assertTrue(os.access(os.path.join(harness.ROOT, command), os.X_OK), command)
                continue
            with self.subTest(command):
                done = harness.run(self.here(command))
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
                self.assertTrue(done.stdout.strip(), "it printed nothing")
        self.assert_answer_stays(self.active, 1)


PLAIN = """\
server: {id: ns1, listen: ["127.0.0.1@0"], state_dir: state, control: dnsd.sock}
zones: [{origin: example.com, file: example.com.zone}]
"""


class Configurations(harness.ClusterCase):
    autostart = False

    def test_the_examples_have_no_fault(self):
        folder = self.cluster.folder
        for name in ("ecv.key", "peer.key", "mon.password", "adm.password", "repl.password"):
            config.write(os.path.join(folder, name), config.key() + "\n", private=True)
        config.write(os.path.join(folder, "example.com.zone"), config.ZONE)
        found = blocks("yaml")
        self.assertEqual(len(found), 3)
        found[2] = PLAIN + found[2]  # shows what joins a dnsd.yaml
        for program, text in zip(("dnsd", "sitecheck", "dnsd"), found):
            path = os.path.join(folder, f"{program}.yaml")
            config.write(path, text)
            done = harness.run([os.path.join(harness.PROGRAMS, program), "check", "--config", path])
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            print(done.stdout)

    def test_named_files_exist(self):
        with open(os.path.join(harness.ROOT, "README.md"), encoding="utf-8") as file:
            text = file.read()
        for path in set(re.findall(r"(?<![/\w])(?:contrib|conf|tests|ecv)/[a-z_/-]+(?:\.(?:md|yaml))?", text)):
            self.assertTrue(os.path.exists(os.path.join(harness.ROOT, path)), path)


if __name__ == "__main__":
    unittest.main(verbosity=2)
