#!/usr/bin/python3
"""The status pages of dnsd and sitecheck in headless Chromium, over real daemons.

Screenshots are written to build/func/page, to be looked at.
"""
import http.client
import json
import os
import sys
import unittest

import jsonschema

import harness
import openapi
from browser import PROGRAM, Browser
from cluster import config
from cluster.net import free_port
from fake_site import ClaimsCase, FakeSite
from harness import now, wait_until
from methods_test import ADDRESSES, Member
from plain_server import PlainServer

PICTURES = os.path.join(harness.BUILD, "func", "page")
SCHEMAS = os.path.join(harness.ROOT, "conf", "schema")
HOSTILE = "</script><img src=x onerror=\"document.title='taken'\">\u202e\n\nevent: wideips\ndata: {}"
LIVE = "document.querySelector('#link').textContent.includes('live')"
ANSWER = "document.querySelector('#list .answer').textContent"
BROWSER = []  # one for all tests


def setUpModule():  # pylint: disable=invalid-name
    if PROGRAM is None:
        print("page: skipped: no chromium (apt-get install chromium)")
        sys.exit(0)
    os.makedirs(PICTURES, exist_ok=True)


def tearDownModule():  # pylint: disable=invalid-name
    for browser in BROWSER:
        browser.close()


def browser():
    if not BROWSER:
        BROWSER.append(Browser())
    return BROWSER[0]


def schema_file(name):
    with open(os.path.join(SCHEMAS, name), encoding="utf-8") as file:
        return json.load(file)


class Looks:
    """What every page is asked, for a TestCase."""

    def picture(self, page, name):
        """Light, dark and as on a telephone, where nothing may be wider than the screen."""
        for look in ({"scheme": "light"}, {"scheme": "dark"}, {"width": 360, "height": 740, "scheme": "dark"},
                     {"width": 360, "height": 740}):
            page.look(**look)
            shape = "phone" if "width" in look else "screen"
            page.screenshot(os.path.join(PICTURES, f"{name}-{shape}-{look.get('scheme', 'light')}.png"))
            if "width" in look:
                self.assertLessEqual(page.value("document.documentElement.scrollWidth"), 360, name)
        page.look()

    def assert_clean(self, page):
        """No complaint of the console, of the policy or of the network, and nothing from elsewhere."""
        self.assertEqual(page.faults, [])
        own = page.value("location.origin") + "/"
        self.assertEqual([url for url in page.requests if not url.startswith(own)], [])

    def assert_keyboard(self, page):
        """Tab goes to each thing that can be used, once, in the order of the page, and shows where it is."""
        page.value("document.querySelector('.skip').focus()")
        wanted = page.value("""[...document.querySelectorAll("a[href], button, input, summary, [tabindex='0']")]
            .filter((e) => !e.disabled && e.checkVisibility() && !e.closest("noscript"))
            .map((e) => e.id || e.className || e.tagName)""")
        reached = ["skip"]
        for _ in wanted[1:]:
            page.press("Tab", 9)
            reached.append(page.value("document.activeElement.id || document.activeElement.className || "
                                      "document.activeElement.tagName"))
            self.assertNotEqual(page.value("getComputedStyle(document.activeElement).outlineStyle"), "none", reached)
        self.assertEqual(reached, wanted)


class Cluster(harness.ClusterCase, Looks):
    TOKEN = "screen-0123456789abcdef"

    def configure(self, cluster):
        for site in cluster.sites:
            os.makedirs(site.folder, exist_ok=True)
            config.write(os.path.join(site.folder, "screen.token"), self.TOKEN + "\n", private=True)
            site.settings["stats"] = ", anonymous: nobody, tokens: [{name: screen, rights: read, file: screen.token}]"

    def sign_in(self, page):
        """Who may not read without a token is asked for it."""
        page.wait("!document.querySelector('#entry').hidden && document.activeElement.id === 'token'",
                  "the page asks for a token")
        page.value(f"document.querySelector('#token').value = '{self.TOKEN}'")
        page.value("document.querySelector('#entry button').click()")
        page.wait(f"{LIVE} && document.querySelector('#entry').hidden", "the token is taken")
        page.faults.clear()  # the console told of the refusal

    def test_the_pages_tell_of_the_death_of_a_writer(self):
        names = browser().open(f"http://127.0.0.1:{self.cluster.servers[0].stats_port}/")
        site = browser().open(f"http://127.0.0.1:{self.standby.stats_port}/")
        self.sign_in(site)
        names.wait(f"{LIVE} && {ANSWER} === '{self.active.address}'", "the answer is shown")
        names.wait("['site1', 'site2'].every((name) => document.querySelector('#sites').textContent.includes(name))",
                   "both sites are shown")
        names.wait("document.querySelector('#clients').textContent.includes('127.0.0.1')", "who asks is shown")
        site.wait("document.querySelector('.pool').textContent.includes('STANDBY since')", "the standby is shown")
        self.picture(site, "sitecheck")
        self.active.sitecheck.kill()
        self.active.guard.kill()
        self.active.mysql.process.kill()
        flipped = names.wait(f"{ANSWER} === '{self.standby.address}'", "the other answer is shown")
        names.wait(f"document.querySelector('#events').textContent.includes('→ {self.standby.address}')",
                   "the flip is told")
        names.wait(f"document.querySelector('#told').textContent.includes('{self.standby.address}')",
                   "the flip is told to who listens")
        shown = site.wait("document.querySelector('.pool').textContent.includes('ACTIVE since')",
                          "the new writer is shown")
        print(f"the page of {self.standby.name} and that of {self.cluster.servers[0].name} show the new writer "
              f"{abs(shown - flipped)} ms apart")
        names.wait("document.querySelector('#sites .bad') !== null", "the dead site cannot be reached")
        names.wait("[...document.querySelectorAll('#list tbody tr')].some((row) => "
                   "/last heard .* ago it was ACTIVE/.test(row.children[2].textContent))",
                   "its last claim is told with its age, and not as if it were made now")
        names.wait("/last heard .* ago/.test(document.querySelector('#sites [data-past=true] h3').textContent)",
                   "so is what its last report says")
        wait_until(lambda: self.cluster.servers[0].answer() and
                   names.value("parseFloat(document.querySelector('#rate').textContent) > 0"),
                   "the present rate is that of these questions")
        self.picture(names, "dnsd")
        for page in (names, site):
            self.assert_clean(page)
            self.assert_keyboard(page)


POOLS = """monitors:
  - {{name: web, kind: http, port: {port}, path: /health, receive: OK, interval: 1s, timeout: 1s, rise: 1, fall: 2}}
wideips:
  - name: every.example.com
    method: all_available
    members: [{a}, {b}, {c}]
  - name: pools.example.com
    method: global_availability
    pools:
      - {{name: near, method: round_robin, min_members_up: 2, members: [{a}, {b}]}}
      - {{name: far, method: round_robin, members: [{c}]}}
"""


class Pools(unittest.TestCase, Looks):
    """A wide-IP of two pools, of which the first has too few members up."""

    def test_the_page_shows_which_pool_answers_and_why(self):
        port, stats = free_port(), free_port()
        servers = {name: Member(address, port) for name, address in ADDRESSES.items()}
        for server in servers.values():
            self.addCleanup(server.close)
        server = PlainServer()
        self.addCleanup(server.close)
        members = {name: f"{{name: {name}, address: {address}, monitor: web}}" for name, address in ADDRESSES.items()}
        server.write(f'stats: {{listen: "127.0.0.1@{stats}"}}\n' + POOLS.format(port=port, **members))
        server.process.start().wait_ready()
        page = browser().open(f"http://127.0.0.1:{stats}/")
        page.wait(f"{LIVE} && document.querySelectorAll('#list details').length === 2", "the wide-IPs are shown")
        rows = "[...document.querySelectorAll('#list details[data-key=\"pools.example.com\"] .pools tbody tr')]" \
               ".map((row) => [...row.children].slice(0, 3).map((cell) => cell.textContent).join(' ')).join('; ')"
        page.wait(f"{rows} === 'near ✓ answers 2 of 2; far · stands by 1 of 1'", "the preferred pool answers")
        servers["a"].well = False
        page.wait(f"{rows} === 'near ✕ too few: 2 needed 1 of 2; far ✓ answers 1 of 1'",
                  "the pool that stood by answers, and why the first does not")
        self.assertTrue(page.value("document.querySelector('#orders').hidden"))
        given = server.command("drain", "b", "--wideip", "every.example.com", "--for", "30m", "--reason", "a disk fails")
        self.assertEqual(given.returncode, 0, given.stdout + given.stderr)
        wanted = "/drain.*b.*every.example.com.*(29|30) min.*a disk fails/"
        page.wait("!document.querySelector('#orders').hidden && "
                  f"{wanted}.test(document.querySelector('#orders tbody tr').textContent)",
                  "the order is shown, with its reason and its end")
        self.assertEqual(page.value("[...document.querySelectorAll('#list details[data-key=\"every.example.com\"] .pools')]"
                                    ".every((table) => table.hidden)"), True, "one pool alone is not worth a table")
        self.picture(page, "dnsd-pools")
        self.assert_clean(page)


class Hostile(FakeSite):
    """It reports text that would be markup."""

    def _report(self):
        node = {"id": HOSTILE, "state": "ACTIVE", "status": "OK", "read_only": False, "io": "", "sql": "",
                "lag_ms": None, "gtid": "", "req": 0}
        return super()._report() | {"nodes": [node], "errant": HOSTILE, "instance": HOSTILE}


class Claims(ClaimsCase, Looks):
    NAMES = 70

    def setUp(self):
        super().setUp()
        with open(os.path.join(self.server.folder, "ecv.key"), encoding="ascii") as file:
            hostile = Hostile(2, file.read().strip())
        self.addCleanup(hostile.close)
        self.sites[1].close()
        self.sites[1] = hostile
        self.server.settings["ecv"] = self.urls()
        members = "".join(f"      - {{site: {site.name}, pool: main, address: [{site.address}]}}\n"
                          for site in self.cluster.sites)
        self.server.settings["extra"] = "".join(
            f"  - name: w{n:02}.example.com\n    method: active_writer\n    ttl: 5\n    members:\n{members}"
            for n in range(self.NAMES))
        self.cluster.write_configs()
        self.assertEqual(self.server.command("reload").returncode, 0)
        self.sites[0].claim("ACTIVE", 7)
        self.wait_address(1)
        self.page = browser().open(f"http://127.0.0.1:{self.server.stats_port}/")

    def stream(self, query="", events=3):
        """The first events of the stream: (name, data)."""
        connection = http.client.HTTPConnection("127.0.0.1", self.server.stats_port, timeout=20)
        self.addCleanup(connection.close)
        connection.request("GET", "/api/v1/stream" + query)
        answer = connection.getresponse()
        self.assertEqual((answer.status, answer.getheader("Content-Type")), (200, "text/event-stream"))
        found, name = [], None
        while len(found) < events:
            line = answer.readline().decode()
            if line.startswith("event: "):
                name = line[7:].strip()
            elif line.startswith("data: "):
                found.append((name, json.loads(line[6:])))
        return found

    def test_the_page_is_live_searched_and_proof_against_hostile_text(self):
        page = self.page
        page.wait(f"{LIVE} && document.querySelectorAll('#list details').length === 50", "a page of wide-IPs is shown")
        self.check_hostile(page)
        self.check_change(page)
        self.check_pages_and_search(page)
        self.check_stream()
        self.check_description()
        self.picture(page, "dnsd-many")
        self.assert_clean(page)
        self.check_stale(page)
        self.check_without_script(page)

    def check_hostile(self, page):
        page.wait("document.querySelector('#sites').textContent.includes('</script><img src=x')",
                  "hostile text is shown as text")
        self.assertEqual(page.value("document.querySelectorAll('main img, main script').length"), 0)
        self.assertNotIn("taken", page.value("document.title"))
        self.assertFalse(page.value("document.body.textContent.includes('\\u202e')"), "it would turn the text around")

    def check_change(self, page):
        """Claim change -> page shows it; three times there and back."""
        took = []
        for counter in range(8, 14):
            to = (counter + 1) % 2
            before = now()
            started = page.value("Date.now()")
            travelled = now() - before
            self.sites[1 - to].claim("STANDBY", counter - 1)
            self.sites[to].claim("ACTIVE", counter)
            shown = page.wait(f"{ANSWER} === '{self.cluster.sites[to].address}'", "the changed answer is shown")
            took.append(shown - started - travelled * 1000 / 2)
        took.sort()
        print(f"claim change -> page shows it: median {took[len(took) // 2]:.0f} ms, most {took[-1]:.0f} ms")

    def check_pages_and_search(self, page):
        self.assertEqual(page.value("document.querySelector('#place').textContent"), "1–50 of 71")
        page.value("document.querySelector('#next').click()")
        page.wait("document.querySelector('#place').textContent === '51–71 of 71'", "the second page is shown")
        page.value("document.activeElement.blur()")
        page.press("/", 191)
        page.value("document.execCommand('insertText', false, 'w69')")
        page.wait("document.querySelectorAll('#list details').length === 1 && "
                  "document.querySelector('#list .name').textContent === 'w69.example.com'", "the search finds one")
        page.value("document.querySelector('#search').select(); document.execCommand('insertText', false, '<b>')")
        page.wait("document.querySelector('#list-none').textContent.includes('“<b>”')", "a search that finds nothing")
        page.value("document.querySelector('#search').select(); document.execCommand('delete')")
        page.wait("document.querySelectorAll('#list details').length === 50", "all are shown again")

    def check_stream(self):
        document = schema_file("dnsd.openapi.json")
        store = {name: schema_file(name) for name in ("dnsd.openapi.json", "dnsd-status.schema.json")}
        resolver = jsonschema.RefResolver(base_uri="dnsd.openapi.json", referrer=document, store=store)
        shapes = {"snapshot": "Snapshot", "second": "Second", "wideips": "Wideips", "event": "Event"}
        events = self.stream("?search=w0&limit=2")
        self.assertEqual(events[0][0], "snapshot")
        self.assertEqual(events[0][1]["listing"]["names"], ["w00.example.com", "w01.example.com"])
        self.assertIn("second", [name for name, _ in events])
        for name, data in events:
            schema = document["components"]["schemas"][shapes[name]]
            jsonschema.Draft202012Validator(schema, resolver=resolver).validate(data)

    def check_description(self):
        """Every path answers as it is described, and the description is served."""
        document = schema_file("dnsd.openapi.json")
        files = {"dnsd-status.schema.json": schema_file("dnsd-status.schema.json")}
        self.assertEqual(openapi.faults(document, files), [])
        for path, methods in document["paths"].items():
            if path == "/api/v1/stream" or "get" not in methods:
                continue
            connection = http.client.HTTPConnection("127.0.0.1", self.server.stats_port, timeout=20)
            connection.request("GET", path)
            answer = connection.getresponse()
            body = answer.read()
            types = methods["get"]["responses"]["200"]["content"]
            self.assertEqual(answer.status, 200, path)
            self.assertIn(answer.getheader("Content-Type").split(";")[0], types)
            if path == "/api/v1/openapi.json":
                self.assertEqual(json.loads(body), document)
            connection.close()

    def check_stale(self, page):
        """Who has lost the server says so at once, and comes back by itself."""
        self.server.process.kill()
        page.wait("document.querySelector('#banner').textContent.includes('Stale since') && "
                  "!document.querySelector('#banner').hidden && document.title.startsWith('?')",
                  "the page says it is stale")
        page.screenshot(os.path.join(PICTURES, "dnsd-stale.png"))
        self.server.process.start().wait_ready()
        page.wait(f"{LIVE} && document.querySelector('#banner').hidden", "the page is live again")

    def check_without_script(self, page):
        page.call("Emulation.setScriptExecutionDisabled", value=True)
        page.call("Page.reload")
        wait_until(lambda: "api/v1/status" in page.text(), "without JavaScript there is a way to the status", 20)
        page.call("Emulation.setScriptExecutionDisabled", value=False)


if __name__ == "__main__":
    unittest.main()
