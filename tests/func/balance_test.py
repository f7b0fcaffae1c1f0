#!/usr/bin/python3
"""What stands beside sitecheck, by the samples of contrib/ and the real programs: HAProxy, keepalived, ldirectord,
monitoring plugins, the classic REST forms, the event hook, Prometheus rules and the Grafana dashboard.

One cluster for all of it; a program that is not installed is told in one line and its part left out."""
import http.client
import http.server
import json
import os
import re
import shutil
import socket
import subprocess
import threading
import unittest

import balancers
import harness
from balancers import ask_agent, missing, replaced, sample
from cluster.config import write
from harness import POOL, run, wait_until
from netns import namespace


class Pager(http.server.BaseHTTPRequestHandler):
    """A webhook that keeps what is posted."""

    posted = []

    def do_POST(self):  # pylint: disable=invalid-name
        """One event."""
        Pager.posted.append((dict(self.headers), json.loads(self.rfile.read(int(self.headers["Content-Length"])))))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):  # pylint: disable=arguments-differ
        """Silent."""


class Balance(harness.ClusterCase):
    """The steps go from what changes nothing to the death of the writer."""

    def configure(self, cluster):
        balancers.add_agent(cluster)
        self.outbox = os.path.join(cluster.folder, "outbox")
        sendmail = os.path.join(cluster.folder, "sendmail")
        write(sendmail, f'#!/bin/sh\n{{ echo "arguments: $*"; cat; echo "=== end"; }} >> {self.outbox}\n')
        os.chmod(sendmail, 0o755)
        Pager.posted.clear()
        pager = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Pager)
        threading.Thread(target=pager.serve_forever, daemon=True).start()
        self.addCleanup(pager.server_close)
        self.addCleanup(pager.shutdown)
        header = os.path.join(cluster.folder, "pager.header")
        write(header, "Authorization: Bearer x1\n", private=True)
        hooks = os.path.join(balancers.CONTRIB, "hooks")
        mail = [os.path.join(hooks, "mail"), "dba@example.com", sendmail]
        post = [os.path.join(hooks, "pager-webhook"), f"http://127.0.0.1:{pager.server_port}/hook", header]
        # Each site tells in both ways what happens to the pool, one through the other's program.
        both = os.path.join(cluster.folder, "both")
        write(both, f'#!/bin/sh\nset -e\nin=$(cat)\necho "$in" | {" ".join(mail)}\necho "$in" | {" ".join(post)}\n')
        os.chmod(both, 0o755)
        for site in cluster.sites:
            site.settings["extra"] += (f"event_hook:\n  command: [{both}]\n  events: [pool.state, fence.begun]\n"
                                       "  rate: 100/1h\n")

    def test_what_stands_beside_sitecheck(self):
        for step in (self.agent_tells_the_writer, self.lvs_check_tells_the_role, self.samples_are_taken,
                     self.ldirectord_runs_its_checks, self.classic_forms_answer, self.hostile_requests_are_survived,
                     self.nagios_is_well, self.nagios_does_not_know, self.rules_and_dashboard_name_what_there_is,
                     self.hooks_are_tested, self.the_writers_death):
            with self.subTest(step.__name__):
                step()

    def skip(self, why):
        """True, and a line of it, if there is a reason."""
        if why:
            print(f"balance: left out: {why}", flush=True)
        return bool(why)

    # --- agent check, lvs-check

    def agent_tells_the_writer(self):
        active, standby = self.active, self.standby
        # The claim comes first; that the node is writable is known by its next poll.
        wait_until(lambda: ask_agent(active, f"main/{active.name}-db rw\n") == "up ready 100%\n", "the writer is up")
        self.assertEqual(ask_agent(active, "main rw\n"), "up ready 100%\n")
        self.assertTrue(ask_agent(standby, f"main/{standby.name}-db rw\n").startswith("down #STANDBY"))
        self.assertEqual(ask_agent(active, f"main/{standby.name}-db rw\n").split()[0], "down")
        # The other site sees the writer open by a poll of its own.
        wait_until(lambda: ask_agent(standby, f"main/{active.name}-db rw\n") == "down #ask the site of this node\n",
                   "the standby's site sends to the writer's")
        self.assertRegex(ask_agent(standby, f"main/{standby.name}-db ro\n"), r"^up ready \d+%\n$")
        self.assertTrue(ask_agent(active, "nothing\n").startswith("down #send POOL"))

    def lvs_check_tells_the_role(self):
        active, standby = self.active, self.standby
        for site, role, node, status in ((active, "rw", active, 0), (active, "rw", standby, 1),
                                         (standby, "rw", standby, 1), (standby, "ro", standby, 0),
                                         (active, "ro", active, 0)):  # no STANDBY at that site: the ACTIVE reads
            for name in (f"{node.name}-db", f"{node.mysql.host}:{node.mysql.port}"):
                done = site.command("lvs-check", "--role", role, name)
                self.assertEqual((done.returncode, done.stdout), (status, "NO\n" if status else "OK\n"), (role, name))
        self.assertEqual(active.command("lvs-check", "--role", "rw", "no-such-node").returncode, 2)
        for word in ("--is-active", "is-active"):
            self.assertEqual(active.command(word, f"{active.name}-db").stdout, "OK\n")
        self.assertRegex(active.command(f"--report={active.name}-db").stdout, r"^OK\w*/ACTIVE \(PRIMARY\)")

    def samples_are_taken(self):
        """By haproxy -c as it stands, by keepalived -t with another program; and the check as keepalived runs it."""
        if not self.skip(missing("haproxy", "haproxy")):
            done = run(["haproxy", "-c", "-f", os.path.join(balancers.CONTRIB, "haproxy", "haproxy.cfg")])
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        if self.skip(missing("keepalived", "keepalived")):
            return
        path = os.path.join(self.cluster.folder, "lvs.conf")
        # A program that surely is there: sitecheck may not be installed, and keepalived looks for it.
        write(path, replaced(sample("keepalived", "lvs.conf"), ("/usr/bin/sitecheck", "/usr/bin/env")))
        done = run(["keepalived", "-t", "-f", path])
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        words = re.search(r'misc_path "/usr/bin/sitecheck (.*) 10\.0\.11\.2:3306"', sample("keepalived", "lvs.conf"))
        for site, status in ((self.active, 0), (self.standby, 1)):
            command = [site.program, *words.group(1).split(), f"{site.mysql.host}:{site.mysql.port}", "--config",
                       site.config_file]
            done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, cwd="/", env={}, timeout=30,
                                  check=False)
            self.assertEqual(done.returncode, status, done)

    def ldirectord_runs_its_checks(self):
        """ldirectord reads the sample and runs its commands by its own functions; only what sets LVS up is left out, for
        that needs IPVS in the kernel."""
        program = "/usr/sbin/ldirectord"
        if self.skip(None if os.path.exists(program) else missing("ldirectord", "ldirectord")):
            return
        with open(program, encoding="utf-8") as file:
            body, count = re.subn(r"^ld_init\(\);.*?(?=^sub )", """$CONFIG = $ARGV[0]; $DEBUG = 0;
read_config();
for my $v (@VIRTUAL) {
  my $r = $$v{real}[0];
  print "$$v{checktype} $$v{server} ", system_timeout(20, $$v{checkcommand}, $$v{server}, $$v{port}, $$r{server},
                                                      $$r{port}), "\\n";
}
exit 0;
""", file.read(), count=1, flags=re.M | re.S)
        self.assertEqual(count, 1, "this ldirectord has another shape than expected")
        script = os.path.join(self.cluster.folder, "ldirectord.pl")
        write(script, body)
        for site, writer in ((self.active, 0), (self.standby, 1)):
            config = os.path.join(site.folder, "ldirectord.cf")
            write(config, replaced(sample("ldirectord", "ldirectord.cf"), (
                "/usr/share/wideip/ldirectord", os.path.join(balancers.CONTRIB, "ldirectord")), (
                    "10.0.11.2:3306", f"{site.mysql.host}:{site.mysql.port}")))
            done = subprocess.run(["perl", script, config], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                                  timeout=60, check=False,
                                  env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "PERLIO": "perlio",
                                       "WIDEIP_SITECHECK": site.program, "WIDEIP_CONFIG": site.config_file})
            self.assertEqual(done.stdout, f"external 192.0.2.11 {writer}\nexternal 192.0.2.12 0\n", done.stderr)

    # --- the forms over HTTP

    def get(self, site, target, method="GET"):
        """(status, body) from the ECV port."""
        connection = http.client.HTTPConnection("127.0.0.1", site.ecv_port, timeout=10)
        try:
            connection.request(method, target)
            answer = connection.getresponse()
            return answer.status, answer.read().decode(errors="replace")
        finally:
            connection.close()

    def classic_forms_answer(self):
        active, standby = self.active, self.standby
        at = f"{active.mysql.host}:{active.mysql.port}"
        other = f"{standby.mysql.host}:{standby.mysql.port}"
        self.assertEqual(self.get(active, f"/cache/main?is-active={at}"), (200, "OK\n"))
        self.assertEqual(self.get(active, f"/any-cache/main?is-active={other}"), (200, "NO\n"))
        self.assertRegex(self.get(active, f"/cache/main?report={at}")[1], r"^OK\w*/ACTIVE \(PRIMARY\)")
        self.assertRegex(self.get(standby, f"/cache/main?report={other}")[1], r"^OK\w*/STANDBY \(PRIMARY\)")
        lines = self.get(active, "/cache/main?list")[1].splitlines()
        self.assertEqual(sorted(line.split()[0] for line in lines), sorted([at, other]))
        for view, up in (("active", True), ("writable", True), ("readable", True)):
            for of in ("", f"/{active.name}-db", f"/{at}"):
                self.assertEqual(self.get(active, f"/ecv/v1/main{of}/{view}"), (200, "UP\n") if up else (503, "DOWN\n"))
        self.assertEqual(self.get(standby, f"/ecv/v1/main/{standby.name}-db/writable"), (503, "DOWN\n"))
        self.assertEqual(self.get(standby, f"/ecv/v1/main/{standby.name}-db/readable"), (200, "UP\n"))

    def hostile_requests_are_survived(self):
        site = self.active
        for target, status in (("/cache/main?is-active=" + "9" * 3000, 200), ("/cache/main?is-active=%00%0d%0aX:%20y", 200),
                               ("/cache/main?report=..%2f..%2fetc%2fpasswd", 200), ("/cache/main?list=%ff%fe&list&list", 200),
                               ("/cache/main/", 200), ("/cache/main/x?list", 404), ("/cache/%6dain?list", 200),
                               ("//main?list", 200), ("/cache/main?", 400), ("/cache/main?is-activ=x", 400),
                               ("/ecv/v1/main/%2e%2e/writable", 404), ("/ecv/v1/main//writable", 404),
                               ("/ecv/v1/main/writable/writable", 404)):
            got, body = self.get(site, target)
            if target == "/cache/main/":
                self.assertIn(got, (400, 404), target)
            else:
                self.assertEqual(got, status, target)
            self.assertLess(len(body), 1000, target)
            self.assertNotIn("X: y", body)
        for method in ("POST", "PUT", "DELETE", "TRACE"):
            self.assertEqual(self.get(site, "/cache/main?list", method)[0], 405, method)
        for port in (site.ecv_port, site.agent_port):
            for text in (b"GET " + b"/" * 100000, b"\x00" * 1000, b"GET /cache/main?list HTTP/9.9\r\n\r\n", b"\r\n" * 50):
                with socket.create_connection(("127.0.0.1", port), 5) as client:
                    try:
                        client.sendall(text)
                        client.settimeout(0.1)
                        client.recv(65536)
                    except OSError:
                        pass  # cut off, or left waiting: as good as refused
        self.assertEqual(self.get(site, "/ecv/v1/main/active"), (200, "UP\n"))
        self.assertTrue(site.sitecheck.running())

    # --- monitoring

    # The monitoring plugins' guidelines, "Performance data".
    NUMBER = r"-?\d+(?:\.\d+)?"
    RANGE = rf"(?:@?(?:(?:~|{NUMBER})?:)?(?:{NUMBER})?)?"
    ITEM = re.compile(rf"('(?:[^'=]|'')+'|[^ '=]+)=({NUMBER})(s|us|ms|%|B|KB|MB|TB|c)?;{RANGE};{RANGE};(?:{NUMBER})?"
                      rf"(?:;(?:{NUMBER})?)?(?: |$)")

    def nagios(self, site, *words):
        """(status, first line's text, {label: value}, further lines) of the plugin."""
        done = site.command("nagios", POOL, *words)
        line, _, more = done.stdout.partition("\n")
        text, _, perfdata = line.partition(" | ")
        found, at = {}, 0
        while at < len(perfdata):
            item = self.ITEM.match(perfdata, at)
            self.assertTrue(item, f"not by the grammar: {perfdata[at:]!r}")
            found[item.group(1)] = float(item.group(2))
            at = item.end()
        if shutil.which("perl") and perfdata:  # the plugins' own parser, where it is installed
            done_too = run(["perl", "-e", "use Monitoring::Plugin::Performance; "
                            "print join(' ', map { $_->label } Monitoring::Plugin::Performance->parse_perfstring($ARGV[0]))",
                            perfdata])
            if done_too.returncode == 0:
                self.assertEqual(done_too.stdout.split(), [label.strip("'") for label in found])
        return done.returncode, text, found, more

    def nagios_is_well(self):
        active, standby = self.active, self.standby
        wait_until(lambda: self.nagios(active)[0] == 0, "the plugin says OK")
        status, text, data, more = self.nagios(active, "-v")
        self.assertEqual(status, 0)
        self.assertTrue(text.startswith(f"WIDEIP OK - main: {active.name} ACTIVE"), text)
        self.assertGreater(data["lease"], 0)
        self.assertIn(f"req_{active.name}-db", data)
        self.assertIn(f"{active.name}-db OK", more)
        wait_until(lambda: self.nagios(standby)[0] == 0, "the plugin says OK at the standby too")
        status, text, data, _ = self.nagios(standby)
        self.assertIn(f"{standby.name} STANDBY, {active.name} ACTIVE", text)
        self.assertIn(f"lag_{standby.name}-db", data)
        # A range that every lag is in.
        self.assertEqual(self.nagios(standby, "-w", "@0:", "-c", "1000")[0], 1)
        self.assertEqual(self.nagios(standby, "-w", "1000", "-c", "@0:")[0], 2)

    def nagios_does_not_know(self):
        site = self.active
        silent = os.path.join(self.cluster.folder, "silent.sock")
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(silent)
            listener.listen(5)
            for words in (["--control", silent, "-t", "1"], ["--control", "/nonexistent"], ["-w", "x"], ["--nonsense"]):
                done = site.command("nagios", POOL, *words)
                self.assertEqual(done.returncode, 3, words)
        self.assertEqual(site.command("nagios", "other").returncode, 3)

    def rules_and_dashboard_name_what_there_is(self):
        exported, missing_tool = set(), not shutil.which("promtool")
        # What only an order has.
        ordered = self.cluster.servers[0].command("drain", self.standby.name, "--reason", "its metrics")
        self.assertEqual(ordered.returncode, 0, ordered.stdout + ordered.stderr)
        for port in [site.stats_port for site in self.cluster.sites] + [s.stats_port for s in self.cluster.servers]:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
            connection.request("GET", "/metrics")
            text = connection.getresponse().read().decode()
            connection.close()
            exported |= set(re.findall(r"^# TYPE (\S+) ", text, re.M))
            exported |= set(re.findall(r"^(\w+_bucket){", text, re.M))
            if not missing_tool:
                done = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True,
                                      check=False)
                # An epoch has a part that is called counter.
                told = [line for line in (done.stdout + done.stderr).splitlines()
                        if not re.match(r"wideip_\w+_epoch_counter ", line)]
                self.assertEqual(told, [])
        taken_back = self.cluster.servers[0].command("undrain", self.standby.name)
        self.assertEqual(taken_back.returncode, 0, taken_back.stdout + taken_back.stderr)
        # What only the other modes of arbitration have.
        with open(os.path.join(harness.ROOT, "sitecheck", "io", "metrics.cc"), encoding="utf-8") as file:
            exported |= set(re.findall(r'"(wideip_sitecheck_(?:voter|etcd)_\w+)"', file.read()))
        for path in (("prometheus", "wideip.rules.yml"), ("grafana", "wideip.json")):
            named = set(re.findall(r"\bwideip_(?:dnsd|sitecheck)_[a-z_]+", sample(*path)))
            self.assertGreater(len(named), 10, path)
            self.assertEqual(named - exported, set(), f"{path} names metrics that nobody exports")
        panels = json.loads(sample("grafana", "wideip.json"))["panels"]
        self.assertEqual(len({panel["id"] for panel in panels}), len(panels))
        if not missing_tool:
            done = run(["promtool", "check", "rules", os.path.join(balancers.CONTRIB, "prometheus", "wideip.rules.yml")])
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    # --- the event hook

    def mails(self):
        """What sendmail was given so far."""
        if not os.path.exists(self.outbox):
            return []
        with open(self.outbox, encoding="utf-8") as file:
            return file.read().split("=== end\n")[:-1]

    def hooks_are_tested(self):
        before = len(Pager.posted)
        done = self.standby.command("test-hook")
        self.assertEqual((done.returncode, done.stdout), (0, "the hook ran, exit status 0\n"), done.stderr)
        mail = self.mails()[-1]
        self.assertTrue(mail.startswith("arguments: -i -t\nTo: dba@example.com\nSubject: wideip "), mail)
        self.assertIn(f"Subject: wideip {self.standby.name}: hook.test: a test: nothing has happened\n", mail)
        headers, event = Pager.posted[before]
        self.assertEqual(headers["Authorization"], "Bearer x1")
        self.assertEqual((event["event"], event["site"]), ("hook.test", self.standby.name))

    # --- all together

    def vrrp(self):
        """keepalived on two hosts, or None where it cannot be."""
        if self.skip(missing("keepalived", "keepalived")):
            return None
        try:
            namespace.require()
        except namespace.Unavailable as error:
            self.skip(error)
            return None
        hosts = [namespace.Namespace(f"vrrp{number}") for number in (1, 2)]
        vrrp = balancers.Vrrp(self.cluster, hosts)
        self.addCleanup(vrrp.stop)
        return vrrp.start()

    def the_writers_death(self):
        old, new = self.active, self.standby
        vrrp = self.vrrp()
        if self.skip(missing("haproxy", "haproxy")):
            haproxy = client = None
        else:
            haproxy = balancers.HaProxy(self.cluster)
            self.addCleanup(haproxy.process.stop)
            haproxy.start(old)
            client = balancers.Client(self.cluster, haproxy.writer)
            self.enter(client)
            client.wait_commit(old, 0)
            wait_until(lambda: f"{new.name}-db" in haproxy.up("readers"), "the standby reads")
            self.readers_are_weighed(haproxy, new)
        if vrrp:
            wait_until(lambda: vrrp.holders() == [old.name], "the floating address is at the writer", 60)
        killed = harness.now()
        old.mysql.process.kill()
        self.cluster.wait_answer(new)
        if haproxy:
            client.wait_commit(new, killed)
            wait_until(lambda: haproxy.up("writer") == [f"{new.name}-db"], "HAProxy writes to the new writer alone")
            self.assertTrue(haproxy.servers("writer")[f"{old.name}-db"]["status"].startswith("DOWN"))
            sites = [number for number, at in client.commits if at > killed]
            self.assertNotIn(old.number, sites[sites.index(new.number):], "writes went back to the dead writer's site")
        self.assertEqual(ask_agent(new, f"main/{new.name}-db rw\n"), "up ready 100%\n")
        self.assertEqual(ask_agent(old, f"main/{old.name}-db rw\n").split()[0], "down")
        self.assertEqual(ask_agent(new, f"main/{new.name}-db ro\n"), "up ready 100%\n", "no STANDBY: the ACTIVE reads")
        self.assertEqual(new.command("lvs-check", "--role", "ro", f"{new.name}-db").returncode, 0)
        wait_until(lambda: self.nagios(old)[0] == 2, "the plugin is CRITICAL at the site of the dead node")
        wait_until(lambda: self.nagios(new)[0] == 1, "the plugin is WARNING at the new writer's site")
        wait_until(lambda: any("ACTIVE to FENCING" in mail for mail in self.mails()), "the fence was mailed")
        wait_until(lambda: any(event["fields"].get("pool") == POOL and "to ACTIVE" in event["message"]
                               for _, event in Pager.posted), "the pager was told of the new writer")
        if vrrp:
            wait_until(lambda: vrrp.holders() == [new.name], "the floating address is at the new writer", 60)

    def readers_are_weighed(self, haproxy, site):
        """What the agent says of a reader is what HAProxy does: less to one that lags, nothing to one in downtime."""
        name = f"{site.name}-db"

        def reader():
            row = haproxy.servers("readers")[name]
            return row["status"].split()[0], int(row["weight"])
        wait_until(lambda: reader() == ("UP", 100), f"{name} has its whole weight")
        with site.mysql.connect() as holder, holder.cursor() as cursor:
            cursor.execute("FLUSH TABLES WITH READ LOCK")  # both threads run, and nothing is applied
            wait_until(lambda: reader()[0] == "UP" and 0 < reader()[1] < 97, "a reader that lags gets less")
        wait_until(lambda: reader() == ("UP", 100), "and all of it again")
        self.assertEqual(site.command("downtime", name, "--for", "10m", "--reason", "new disk").returncode, 0)
        wait_until(lambda: name not in haproxy.up("readers"), f"{name} is drained in its downtime: {reader()}")
        self.assertEqual(site.command("downtime", name, "--end").returncode, 0)
        wait_until(lambda: reader() == ("UP", 100), "and is back at its end")

    def enter(self, context):
        """Entered until the test ends."""
        context.__enter__()
        self.addCleanup(context.__exit__, None, None, None)


if __name__ == "__main__":
    unittest.main()
