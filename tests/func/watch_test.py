#!/usr/bin/python3
"""`status --watch` of both programs at a real terminal: a pseudo-terminal that this test reads and types at."""
import os
import shutil
import signal
import tempfile
import termios
import unittest

from harness import PROGRAMS, wait_until
from cluster import config
from cluster.cluster import Program
from cluster.net import free_port
from cluster.process import Process
from plain_server import PlainServer
from terminal import Terminal

WITHIN = 30
ENTER, LEAVE, HOME, SHOW_CURSOR = b"\x1b[?1049h", b"\x1b[?1049l", b"\x1b[H", b"\x1b[?25h"


class Watch(unittest.TestCase):
    """One dnsd and one sitecheck, whose database server is not there, for all tests."""

    @classmethod
    def setUpClass(cls):
        cls.dnsd = PlainServer()
        cls.addClassCleanup(cls.dnsd.close)
        folder = tempfile.mkdtemp(prefix="wideip-")
        cls.addClassCleanup(shutil.rmtree, folder, ignore_errors=True)
        cls.site = Program(os.path.join(PROGRAMS, "sitecheck"), os.path.join(folder, "sitecheck.yaml"))
        for name in ("mon", "adm"):
            config.write(os.path.join(folder, f"{name}.password"), "none\n", private=True)
        os.makedirs(os.path.join(folder, "state"))
        config.write(cls.site.config_file, f"""site: {{name: site1, id: 1}}
ecv: {{listen: "127.0.0.1@0"}}
control: sitecheck.sock
state_dir: state
pools:
  - name: main
    monitor: {{user: mon, password_file: mon.password}}
    admin: {{user: adm, password_file: adm.password}}
    guard: {{kind: none}}
    nodes:
      - {{name: db1, address: 127.0.1.77, port: {free_port()}, priority: 1}}
""")
        cls.sitecheck = Process("sitecheck", [cls.site.program, "serve", "--config", cls.site.config_file],
                                os.path.join(folder, "sitecheck.log"))
        cls.addClassCleanup(cls.sitecheck.stop)
        cls.dnsd.process.start().wait_ready()
        cls.sitecheck.start().wait_ready()
        wait_until(lambda: "FAILED_OFFLINE" in cls.site.command("status").stdout, "the node counts as failed", WITHIN)

    def at_terminal(self, program, *words, **options):
        config_file = self.dnsd.config_file if program == "dnsd" else self.site.config_file
        out = Terminal([os.path.join(PROGRAMS, program), *words, "--config", config_file], **options)
        self.addCleanup(out.close)
        return out

    def assert_given_back(self, terminal):
        self.assertEqual(termios.tcgetattr(terminal.slave), terminal.before)
        self.assertLess(terminal.seen.rindex(ENTER), terminal.seen.rindex(LEAVE))
        self.assertIn(SHOW_CURSOR, terminal.seen[terminal.seen.rindex(ENTER):])

    def test_dnsd_is_drawn_in_place_again_and_again_until_q(self):
        terminal = self.at_terminal("dnsd", "status", "--watch")
        terminal.wait_for(HOME, 3)
        terminal.wait_for(b"example.com.zone")
        self.assertEqual(terminal.seen.count(b"\x1b[2J"), 1, "cleared once, at the beginning: nothing flickers")
        self.assertNotEqual(termios.tcgetattr(terminal.slave), terminal.before)
        terminal.type(b"q")
        self.assertEqual(terminal.end(), 0)
        self.assert_given_back(terminal)

    def test_control_c_ends_sitecheck_and_gives_the_terminal_back(self):
        terminal = self.at_terminal("sitecheck", "status", "-w")
        terminal.wait_for(b"db1")
        terminal.type(b"\x03")
        self.assertEqual(terminal.end(), 0)
        self.assert_given_back(terminal)

    def test_a_signal_that_ends_it_gives_the_terminal_back_too(self):
        terminal = self.at_terminal("dnsd", "status", "--watch")
        terminal.wait_for(b"example.com.zone")
        terminal.child.send_signal(signal.SIGTERM)
        self.assertEqual(terminal.end(), 0)
        self.assert_given_back(terminal)

    def test_stopped_by_control_z_it_gives_the_terminal_back_meanwhile(self):
        terminal = self.at_terminal("dnsd", "status", "--watch")
        terminal.wait_for(b"example.com.zone")
        terminal.type(b"\x1a")
        terminal.wait_for(LEAVE)
        os.waitid(os.P_PID, terminal.child.pid, os.WSTOPPED | os.WNOWAIT)
        self.assertEqual(termios.tcgetattr(terminal.slave), terminal.before)
        terminal.forget()
        terminal.child.send_signal(signal.SIGCONT)
        terminal.wait_for(b"example.com.zone")
        terminal.type(b"q")
        self.assertEqual(terminal.end(), 0)
        self.assert_given_back(terminal)

    def test_a_smaller_window_is_filled_and_never_wrapped(self):
        terminal = self.at_terminal("dnsd", "status", "--watch")
        terminal.wait_for(b"example.com.zone")
        terminal.forget()
        terminal.resize(5, 20)
        terminal.wait_for(b"more lines)", 2)
        frame = terminal.seen.split(HOME)[-2].split(b"\x1b[?2026l")[0]
        lines = frame.replace(b"\x1b[K", b"").replace(b"\r", b"").split(b"\n")
        self.assertEqual(len(lines), 5, frame)
        self.assertLessEqual(max(len(line) for line in lines), 20, frame)

    def test_a_daemon_that_is_away_is_told_of_and_asked_again(self):
        terminal = self.at_terminal("dnsd", "status", "--watch")
        terminal.wait_for(b"example.com.zone")
        self.dnsd.process.stop()
        try:
            terminal.wait_for(b"dnsd does not answer")
        finally:
            self.dnsd.process.start().wait_ready()
        terminal.forget()
        terminal.wait_for(b"example.com.zone")
        terminal.type(b"q")
        self.assertEqual(terminal.end(), 0)

    def test_colours_are_for_terminals_that_want_them(self):
        red = b"\x1b[31mFAILED_OFFLINE\x1b[0m"
        for words in (("status",), ("status", "--watch")):
            for environment, coloured in (({}, True), ({"NO_COLOR": "1"}, False)):
                with self.subTest(words=words, environment=environment):
                    terminal = self.at_terminal("sitecheck", *words, **environment)
                    terminal.wait_for(b"FAILED_OFFLINE")
                    if "--watch" in words:
                        terminal.type(b"q")
                    self.assertEqual(terminal.end(), 0)
                    self.assertEqual(red in terminal.seen, coloured, terminal.seen)
        dumb = self.at_terminal("sitecheck", "status", TERM="dumb")
        self.assertEqual(dumb.end(), 0)
        self.assertNotIn(b"\x1b", dumb.seen)
        self.assertNotIn("\x1b", self.site.command("status").stdout)

    def test_without_a_terminal_that_can_be_drawn_over_it_is_refused(self):
        for program in (self.dnsd, self.site):
            done = program.command("status", "--watch")
            self.assertEqual((done.returncode, done.stdout), (2, ""))
            self.assertIn("--watch: standard output is no terminal; without --watch", done.stderr)
        dumb = self.at_terminal("dnsd", "status", "--watch", TERM="dumb")
        self.assertEqual(dumb.end(), 2)
        self.assertIn(b"TERM=dumb", dumb.seen)
        json = self.at_terminal("dnsd", "status", "--watch", "--json")
        self.assertEqual(json.end(), 2)
        self.assertIn(b"no JSON", json.seen)


if __name__ == "__main__":
    unittest.main(verbosity=2)
