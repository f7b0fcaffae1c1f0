"""A headless Chromium, spoken to over its debugging pipe (the DevTools protocol: null-ended JSON both ways)."""
import base64
import json
import os
import queue
import shutil
import subprocess
import tempfile
import threading

from harness import Timeout, now

PROGRAM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
         "--no-default-browser-check", "--no-proxy-server", "--disable-background-networking", "--disable-sync",
         "--disable-component-update", "--disable-extensions", "--disable-features=Translate,OptimizationHints",
         "--hide-scrollbars", "--remote-debugging-pipe", "about:blank"]
WAIT = 20  # seconds for an answer of the browser, or an event in a page


class Browser:
    """One process; close() ends it."""

    def __init__(self):
        self._folder = tempfile.mkdtemp(prefix="wideip-browser-")
        to_read, self._to = os.pipe()
        self._from, to_write = os.pipe()
        # The browser's end of the pipe are its descriptors 3 and 4.
        self.process = subprocess.Popen(
            ["bash", "-c", f'exec "$@" 3<&{to_read} 4>&{to_write}', "bash", PROGRAM,
             f"--user-data-dir={self._folder}", *FLAGS],
            pass_fds=(to_read, to_write), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, start_new_session=True)
        os.close(to_read)
        os.close(to_write)
        self._lock, self._number, self._answers, self.pages = threading.Lock(), 0, {}, {}
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        rest = b""
        while chunk := os.read(self._from, 1 << 16):
            *messages, rest = (rest + chunk).split(b"\0")
            for message in map(json.loads, messages):
                if "id" in message:
                    self._answers.pop(message["id"]).put(message)
                elif page := self.pages.get(message.get("sessionId")):
                    page.event(message["method"], message["params"])

    def call(self, method, session=None, wait=WAIT, **params):
        """The result of a command. Timeout: the browser does not answer; RuntimeError: it refuses."""
        with self._lock:
            self._number += 1
            number, answer = self._number, queue.Queue()
            self._answers[number] = answer
        message = {"id": number, "method": method, "params": params}
        if session:
            message["sessionId"] = session
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self._to, data):]
        try:
            got = answer.get(timeout=wait)
        except queue.Empty:
            raise Timeout(f"the browser does not answer {method}") from None
        if "error" in got:
            raise RuntimeError(f"{method}: {got['error']['message']}")
        return got["result"]

    def open(self, url, **look):
        """A new page at `url`, loaded; `look` as for Page.look()."""
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        page = self.pages[session] = Page(self, session)
        for domain in ("Page", "Runtime", "Log", "Network"):
            page.call(f"{domain}.enable")
        page.look(**look)
        page.call("Page.navigate", url=url)
        return page

    def close(self):
        self.process.kill()
        self.process.wait()
        # Its helpers end when their pipes close; so does ours.
        self._reader.join(5)
        os.close(self._to)
        os.close(self._from)
        shutil.rmtree(self._folder, ignore_errors=True)


class Page:
    """One tab. `faults`: what its console, its policy and its network complained of."""

    def __init__(self, browser, session):
        self._browser, self._session = browser, session
        self.faults, self.requests = [], []

    def call(self, method, wait=WAIT, **params):
        return self._browser.call(method, self._session, wait, **params)

    def event(self, method, params):
        if method == "Runtime.consoleAPICalled" and params["type"] in ("error", "warning", "assert"):
            self.faults.append(str([arg.get("value", arg.get("description")) for arg in params["args"]]))
        elif method == "Runtime.exceptionThrown":
            self.faults.append(params["exceptionDetails"].get("exception", params["exceptionDetails"])
                               .get("description", str(params)))
        elif method == "Log.entryAdded" and params["entry"]["level"] in ("error", "warning"):
            self.faults.append(f"{params['entry']['text']} {params['entry'].get('url', '')}")
        elif method == "Network.requestWillBeSent":
            self.requests.append(params["request"]["url"])

    def look(self, width=1280, height=900, scheme="light"):
        """From now on the screen is so large, and the reader wants dark or light."""
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1,
                  mobile=width < 600)
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])

    def value(self, expression, wait=WAIT):
        """What a JavaScript expression gives; a promise is waited for."""
        got = self.call("Runtime.evaluate", wait=wait, expression=expression, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in got:
            raise RuntimeError(f"{expression}: {got['exceptionDetails']}")
        return got["result"].get("value")

    def wait(self, condition, what, seconds=WAIT):
        """Until a JavaScript condition holds, which is looked at whenever the page changes. Gives the moment in which
        it did, in milliseconds since 1970."""
        until = now() + seconds
        look = f"""new Promise((resolve) => {{
            const look = () => {{
              let holds = false;
              try {{ holds = Boolean({condition}); }} catch (fault) {{ holds = false; }}
              if (holds) {{ watch.disconnect(); resolve(Date.now()); }}
            }};
            const watch = new MutationObserver(look);
            watch.observe(document, {{ subtree: true, childList: true, characterData: true, attributes: true }});
            document.addEventListener("DOMContentLoaded", look);
            look();
          }})"""
        while True:
            try:
                return self.value(look, max(until - now(), 0.1))
            except RuntimeError:  # the page is being loaded: what waited in the one before is gone
                if now() > until:
                    raise Timeout(what) from None
            except Timeout:
                raise Timeout(f"{what}; the page says: {self.text()[:2000]}") from None

    def text(self):
        return self.value("document.body?.innerText ?? ''")

    def press(self, name, code):
        """One key, down and up."""
        for kind in ("rawKeyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=name, code=name, windowsVirtualKeyCode=code)

    def screenshot(self, path):
        """The whole page, also what lies below the screen."""
        data = self.call("Page.captureScreenshot", captureBeyondViewport=True)["data"]
        with open(path, "wb") as file:
            file.write(base64.b64decode(data))
