#!/usr/bin/python3
"""The REST API and every kind of checkpoint, with the real programs: what is described is what is answered, a command
by token does what that of the control socket does, and TLS and tokens are exchanged while it runs."""
import http.client
import json
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import unittest

import jsonschema

import harness
import openapi
from harness import NAME, POOL, Cluster, wait_until

SCHEMAS = os.path.join(harness.ROOT, "conf", "schema")
DOCUMENT = "sitecheck.openapi.json"
WRITE, READ, OTHER = "write-0123456789abcdef", "read-0123456789abcdef", "other-0123456789abcdef"


def schema_file(name):
    with open(os.path.join(SCHEMAS, name), encoding="utf-8") as file:
        return json.load(file)


def write_private(path, text):
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(text)


def make_certificate(folder):
    """A certificate for 127.0.0.1 that vouches for itself, in stats.crt and stats.key."""
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                    "-days", "2", "-subj", "/CN=site", "-addext", "subjectAltName=IP:127.0.0.1",
                    "-keyout", "stats.key.new", "-out", "stats.crt.new"], cwd=folder, check=True, capture_output=True)
    for name in ("stats.key", "stats.crt"):
        os.rename(os.path.join(folder, name + ".new"), os.path.join(folder, name))


class Api(unittest.TestCase):
    """One cluster for all tests: site1 with tokens, site2 with tokens and TLS."""

    @classmethod
    def setUpClass(cls):
        cls.cluster = Cluster(tempfile.mkdtemp(prefix="wideip-"), harness.PROGRAMS, harness.TEMPLATE)
        cls.addClassCleanup(cls.cluster.remove)
        cls.one, cls.two = cls.cluster.sites
        tokens = ", tokens: [{name: ops, rights: write, file: write.token}, {name: screen, rights: read, file: read.token}]"
        cls.one.settings["stats"] = tokens
        cls.two.settings["stats"] = tokens + ", anonymous: nobody, tls: {cert: stats.crt, key: stats.key}"
        name_server = cls.cluster.servers[0]
        for site in cls.cluster.sites:
            os.makedirs(site.folder, exist_ok=True)
            write_private(os.path.join(site.folder, "write.token"), WRITE + "\n")
            write_private(os.path.join(site.folder, "read.token"), READ + "\n")
            site.settings["pool"] = """    roles:
      - {name: reader, kind: balanced, addresses: [10.0.9.1]}
"""
            site.settings["checkpoints"] = f"""\
  - {{id: database, scope: internal, mysql: "{cls.two.mysql.host}@{cls.two.mysql.port}"}}
  - {{id: names, scope: edge, dns: "{name_server.address} {NAME} A"}}
  - {{id: elsewhere, scope: edge, dns: "{name_server.address} not-ours.example.org A"}}
  - {{id: router, scope: edge, icmp: 127.0.0.7}}
"""
        make_certificate(cls.two.folder)
        cls.cluster.start()

    def ask(self, method, path, body=None, token=None, headers=(), site=None):
        """(status, headers, the parsed answer)."""
        site = site or self.one
        if site is self.two:
            trust = ssl.create_default_context(cafile=os.path.join(site.folder, "stats.crt"))
            connection = http.client.HTTPSConnection("127.0.0.1", site.stats_port, timeout=20, context=trust)
        else:
            connection = http.client.HTTPConnection("127.0.0.1", site.stats_port, timeout=20)
        try:
            sent = dict(headers)
            if token:
                sent["Authorization"] = "Bearer " + token
            if body is not None:
                sent.setdefault("Content-Type", "application/json")
                body = json.dumps(body)
            connection.request(method, path, body, sent)
            answer = connection.getresponse()
            text = answer.read()
            return answer.status, answer.headers, json.loads(text) if text else None
        finally:
            connection.close()

    def command(self, name, args, reason="a test", token=WRITE, site=None):
        return self.ask("POST", f"/api/v1/commands/{name}", {"args": args, "reason": reason}, token, site=site)

    def check(self, value, operation, status):
        """`value` is what the description promises for `operation` and `status`."""
        document = schema_file(DOCUMENT)
        answer = operation["responses"][str(status)]
        if "$ref" in answer:
            answer = document["components"]["responses"][answer["$ref"].rsplit("/", 1)[1]]
        store = {name: schema_file(name) for name in
                 (DOCUMENT, "sitecheck-status.schema.json", "sitecheck-events.schema.json")}
        resolver = jsonschema.RefResolver(base_uri=DOCUMENT, referrer=document, store=store)
        schema = answer["content"]["application/json"]["schema"]
        jsonschema.Draft202012Validator(schema, resolver=resolver).validate(value)

    def test_every_route_answers_as_described(self):
        document = schema_file(DOCUMENT)
        self.assertEqual(self.ask("GET", "/api/v1/openapi.json")[2], document)
        names = {"pool": POOL, "node": "site1-db"}
        for path, methods in document["paths"].items():
            if "get" not in methods or "application/json" not in methods["get"]["responses"]["200"]["content"]:
                continue  # /stream: page_test.py
            real = "/api/v1" + re.sub(r"{(\w+)}", lambda found: names[found.group(1)], path)
            with self.subTest(path=path):
                status, headers, value = self.ask("GET", real)
                self.assertEqual((status, headers["Content-Type"]), (200, "application/json"))
                self.check(value, methods["get"], 200)
                status, headers, value = self.ask("DELETE", real, token=WRITE)
                self.assertEqual((status, headers["Allow"]), (405, "GET, HEAD"))
                self.check(value, methods["get"], 405)
                if "{" in path:
                    status, _, value = self.ask("GET", re.sub(r"{\w+}", "none", "/api/v1" + path))
                    self.assertEqual(status, 404)
                    self.check(value, methods["get"], 404)
        for name in ("sitecheck-status.schema.json", "sitecheck-events.schema.json"):
            self.assertEqual(self.ask("GET", "/api/v1/" + name)[2], schema_file(name))

    def test_the_description_is_openapi(self):
        files = {name: schema_file(name) for name in ("sitecheck-status.schema.json", "sitecheck-events.schema.json")}
        document = schema_file(DOCUMENT)
        self.assertEqual(openapi.faults(document, files), [])
        spoiled = {
            "no responses": lambda d: d["paths"]["/status"]["get"].pop("responses"),
            "an answer without description": lambda d: d["paths"]["/status"]["get"]["responses"]["200"].pop("description"),
            "an unknown field": lambda d: d["paths"]["/status"]["get"].update(respones={}),
            "a path without its slash": lambda d: d["paths"].update(status=d["paths"]["/status"]),
            "a path parameter that is missing": lambda d: d["paths"]["/pools/{pool}"]["get"].pop("parameters"),
            "a reference to nothing": lambda d: d["components"]["schemas"].pop("NodeOfPool"),
            "a schema that is none": lambda d: d["components"]["schemas"]["Refusal"].update(type="objct"),
            "a status that is none": lambda d: d["paths"]["/status"]["get"]["responses"].update({"20": {"description": ""}}),
            "a scheme that is not there": lambda d: d["components"].pop("securitySchemes"),
            "Swagger 2": lambda d: d.update(openapi="2.0"),
        }
        for what, spoil in spoiled.items():
            with self.subTest(what):
                worse = json.loads(json.dumps(document))
                spoil(worse)
                self.assertNotEqual(openapi.faults(worse, files), [])

    def test_a_role_is_read_and_moved(self):
        standby = next(site for site in self.cluster.sites if site.state() == "STANDBY")
        node = f"{standby.name}-db"
        roles = wait_until(lambda: self.ask("GET", f"/api/v1/pools/{POOL}/roles", token=READ, site=standby)[2]["roles"],
                           "the pool has roles")
        self.assertEqual([(role["pool"], role["name"]) for role in roles], [(POOL, "reader")])
        self.assertEqual(self.ask("GET", "/api/v1/roles", token=READ, site=standby)[2]["roles"][0]["name"], "reader")
        status, _, value = self.command("move-role", {"pool": POOL, "node": node}, "the other is slow", site=standby)
        self.assertEqual(status, 200, value)
        wait_until(lambda: self.ask("GET", "/api/v1/roles", token=READ, site=standby)[2]["roles"][0]["addresses"][0]
                   ["pinned"] == node, "it is pinned there")
        status, _, value = self.command("move-role", {"pool": POOL, "node": "no-such-node"}, site=standby)
        self.assertEqual(status, 409, value)

    def test_a_node_is_set_offline_and_online_by_token(self):
        standby = next(site for site in self.cluster.sites if site.state() == "STANDBY")
        node = f"{standby.name}-db"
        post = schema_file(DOCUMENT)["paths"]["/commands/{command}"]["post"]
        status, _, value = self.command("set-offline", {"node": node}, "a disk is exchanged", site=standby)
        self.assertEqual(status, 200, value)
        self.check(value, post, 200)
        wait_until(lambda: self.node(standby, node)["state"] == "MAINT", "the node is in maintenance")
        told = wait_until(lambda: [event for event in self.events(standby) if "a disk is exchanged" in json.dumps(event)],
                          "the journal has the reason")
        self.assertIn("api:ops", json.dumps(told))
        status, _, value = self.command("set-online", {"node": node}, site=standby)
        self.assertEqual(status, 200, value)
        wait_until(lambda: self.node(standby, node)["state"] == "STANDBY", "the node is back")

    def test_every_command_of_the_command_line_is_there_with_its_arguments(self):
        document = schema_file(DOCUMENT)
        described = document["components"]["schemas"]["CommandArgs"]["properties"]
        listed = {each["name"]: each["changes"] for each in self.ask("GET", "/api/v1/commands")[2]["commands"]}
        self.assertEqual(set(described), set(listed))
        # What asks a running daemon, by its own help; nagios is a way to look at the status.
        manual = subprocess.run([self.one.program, "--help"], capture_output=True, text=True, check=True).stdout
        alone = {"serve", "guard", "check", "grants", "galera-candidate", "nagios", "completion"}
        named = {line.split()[0] for line in manual.splitlines() if re.match(r"  [a-z][a-z-]* ", line)} - alone
        self.assertTrue(named, manual)
        self.assertEqual(named - set(listed), set(), "commands that the API lacks")
        post = document["paths"]["/commands/{command}"]["post"]
        # The harmless example of each; those that would move something are refused at a site that may not.
        for name, args in described.items():
            example = args["examples"][0]
            with self.subTest(command=name):
                jsonschema.Draft202012Validator(args).validate(example)
                if name in ("set-offline", "promote", "downtime"):
                    continue  # tested by themselves
                status, _, value = self.command(name, example)
                self.assertIn(status, (200, 409) if name != "test-hook" else (422,), value)
                self.check(value, post, status)
        for example in ({"node": "site1-db", "for_ms": 60000}, {"node": "site1-db", "end": True}):
            self.assertEqual(self.command("downtime", example)[0], 200)
        standby = next(site for site in self.cluster.sites if site.state() == "STANDBY")
        self.assertEqual(self.command("promote", described["promote"]["examples"][0], site=standby)[0], 409)

    def node(self, site, name):
        return self.ask("GET", f"/api/v1/nodes/{name}", token=READ, site=site)[2]

    def events(self, site):
        return self.ask("GET", "/api/v1/events?last=200", token=READ, site=site)[2]["events"]

    def test_refusals_are_as_described(self):
        post = schema_file(DOCUMENT)["paths"]["/commands/{command}"]["post"]
        good = {"args": {"node": "site1-db"}, "reason": "a test"}
        path = "/api/v1/commands/set-offline"
        cases = [
            (401, self.ask("POST", path, good)),
            (401, self.ask("POST", path, good, token=OTHER)),
            (403, self.ask("POST", path, good, token=READ)),
            (403, self.ask("POST", path, good, token=WRITE, headers={"Origin": "https://example.com"})),
            (400, self.ask("POST", path, {"args": {"node": "site1-db"}}, token=WRITE)),
            (400, self.ask("POST", path, ["x"], token=WRITE)),
            (404, self.ask("POST", "/api/v1/commands/drop-tables", good, token=WRITE)),
            (405, self.ask("GET", path, token=WRITE)),
            (413, self.ask("POST", path, {"reason": "x" * 100_000}, token=WRITE)),
            (415, self.ask("POST", path, good, token=WRITE, headers={"Content-Type": "text/plain"})),
            (422, self.command("set-offline", {"node": "no-such-node"})),
            (409, self.command("switchover", {"pool": POOL, "to": "no-such-site"})),
        ]
        for wanted, (status, _, value) in cases:
            with self.subTest(status=wanted, value=value):
                self.assertEqual(status, wanted)
                self.check(value, post, wanted)
        self.assertEqual(self.ask("GET", "/api/v1/nodes/site1-db")[2]["state"] == "MAINT", False)

    def test_slow_and_silent_clients_do_not_hold_it_up(self):
        epoch = self.one.pool()["epoch"]
        slow = [socket.create_connection(("127.0.0.1", self.one.stats_port)) for _ in range(100)]
        for number, client in enumerate(slow):
            client.sendall(b"POST /api/v1/commands/recover HTTP/1.1\r\nContent-Length: 9000\r\n"[:5 + number % 60])
        self.assertEqual(self.ask("GET", "/api/v1/pools")[0], 200)
        for client in slow:
            client.close()
        self.assertEqual(self.one.pool()["epoch"], epoch)

    def test_tls_and_tokens_are_exchanged_while_it_runs(self):
        self.assertEqual(self.ask("GET", "/api/v1/pools", site=self.two)[0], 401)
        self.assertEqual(self.ask("GET", "/api/v1/pools", token=READ, site=self.two)[0], 200)
        with self.assertRaises(OSError), socket.create_connection(("127.0.0.1", self.two.stats_port), 5) as plain:
            plain.sendall(b"GET /api/v1/pools HTTP/1.0\r\n\r\n")
            if not plain.recv(100).startswith(b"HTTP"):
                raise OSError("no HTTP in the clear")
        kept = os.path.join(self.two.folder, "stats.crt.old")
        shutil.copy(os.path.join(self.two.folder, "stats.crt"), kept)
        make_certificate(self.two.folder)
        write_private(os.path.join(self.two.folder, "read.token"), OTHER)
        self.two.sitecheck.signal(signal.SIGHUP)

        def renewed():
            try:
                return self.ask("GET", "/api/v1/pools", token=OTHER, site=self.two)[0] == 200
            except OSError:  # the old certificate, or a connection that the exchange closed
                return False
        wait_until(renewed, "the new certificate and token are taken")
        self.assertEqual(self.ask("GET", "/api/v1/pools", token=READ, site=self.two)[0], 401)
        write_private(os.path.join(self.two.folder, "read.token"), READ)
        self.two.sitecheck.signal(signal.SIGHUP)
        wait_until(lambda: self.ask("GET", "/api/v1/pools", token=READ, site=self.two)[0] == 200, "the token is back")

    def test_every_kind_of_checkpoint_is_looked_at(self):
        def items():
            return {item["id"]: item for item in self.one.json("status")["checkpoints"]["items"]}
        wait_until(lambda: all(items()[name]["ok"] for name in ("database", "names", "router")), "three kinds answer", 40)
        self.assertIn("REFUSED", items()["elsewhere"]["message"])
        self.assertFalse(items()["elsewhere"]["ok"])
        kinds = {c["id"]: (c["kind"], c["scope"]) for c in self.ask("GET", "/api/v1/configuration")[2]["checkpoints"]}
        self.assertEqual(kinds["database"], ("mysql", "internal"))
        self.assertEqual(kinds["names"], ("dns", "edge"))
        self.assertEqual(kinds["router"], ("icmp", "edge"))
        status = self.one.json("status")["checkpoints"]
        self.assertEqual((status["total"], status["quorum"]), (3, 2), "only external ones count")


if __name__ == "__main__":
    unittest.main(verbosity=2)
