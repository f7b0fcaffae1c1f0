#!/usr/bin/python3
"""Completion as it is installed, asked in real shells at a terminal, by the key that a person presses."""
import os
import pty
import re
import select
import shutil
import subprocess
import tempfile
import time
import unittest

import kit

# What is typed, and what the shell then shows.
DIALOGUE = [("dnsd forg\t", ["dnsd forget-epoch "]),
            ("dnsd completion z\t", ["dnsd completion zsh "]),
            ("sitecheck lvs-check db1 --rol\t", ["--role"]),
            ("sitecheck mode pa\t", ["sitecheck mode passive "]),
            ("sitecheck mode \t\t", ["active", "manual", "passive"]),
            ("sitecheck grants main --server mysql\t\t", ["mysql5", "mysql8"]),
            ("dnsd reload --\t\t", ["--config", "--control", "--json", "--reason"])]


def setUpModule():
    global share
    share = os.path.join(kit.install("/usr"), "usr/share")


class Terminal:
    """A program at a terminal of its own."""

    def __init__(self, command, folder):
        self._master, slave = pty.openpty()
        self._process = subprocess.Popen(
            command, stdin=slave, stdout=slave, stderr=slave, start_new_session=True, cwd=folder,
            env={"PATH": os.environ["PATH"], "HOME": folder, "TERM": "dumb", "COLUMNS": "200", "LC_ALL": "C.UTF-8"})
        os.close(slave)
        self._text = ""

    def say(self, text):
        os.write(self._master, text.encode())

    def wait(self, texts, within=120):
        """Until all of `texts` were printed since the last wait()."""
        deadline = time.monotonic() + within
        while not all(text in self._text for text in texts):
            if not select.select([self._master], [], [], max(0, deadline - time.monotonic()))[0]:
                raise AssertionError(f"{texts} did not come; there is {self._text!r}")
            # Bells and the like, which a terminal does not show.
            self._text += re.sub(r"[\a\r]|\x1b\[[?\d;]*[a-zA-Z]", "", os.read(self._master, 65536).decode(errors="replace"))
        self._text = ""

    def close(self):
        self._process.kill()
        self._process.wait()
        os.close(self._master)


class Completion(unittest.TestCase):
    def talk(self, command, setup):
        folder = tempfile.mkdtemp(prefix="wideip-shell-")
        self.addCleanup(shutil.rmtree, folder, ignore_errors=True)
        shell = Terminal(command, folder)
        self.addCleanup(shell.close)
        shell.say(setup + "; echo set-up-$((40 + 2))\n")
        shell.wait(["set-up-42"])
        for number, (typed, shown) in enumerate(DIALOGUE):
            with self.subTest(typed):
                shell.say(typed)
                shell.wait(shown)
            # The line is given up, and what comes of the next one stands behind this mark.
            shell.say(f"\x15echo next-$(({number} + 100))\n")
            shell.wait([f"next-{number + 100}"])

    @unittest.skipUnless(shutil.which("bash"), "bash is not installed")
    def test_in_bash(self):
        files = f"{share}/bash-completion/completions"
        self.talk(["bash", "--norc", "--noprofile", "-i"],
                  f"bind 'set completion-query-items 0'; source {files}/dnsd; source {files}/sitecheck")

    @unittest.skipUnless(shutil.which("zsh"), "zsh is not installed")
    def test_in_zsh(self):
        self.talk(["zsh", "-f", "-i"],
                  f"unsetopt zle_bracketed_paste; fpath=({share}/zsh/site-functions $fpath); bindkey -e; "
                  "autoload -Uz compinit; compinit -D -u")


if __name__ == "__main__":
    unittest.main(verbosity=2)
