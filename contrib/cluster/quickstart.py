"""The story of contrib/quickstart: bring everything up, then either show it until Ctrl-C or go through it by itself."""
import fcntl
import os
import shutil
import signal
import sys
import tempfile
import threading

from cluster.cluster import NAME, Cluster
from cluster.process import end_marked, mark_children
from cluster.wait import now, wait_until

FLIP_BOUND = 5.0       # seconds from the kill of the writer to the other site at every name server, default settings
RESTART_AFTER = 15.0   # a dead database is started again, as its service manager would
PORTS = (33060, 5301, 5302)
BUILD = os.environ.get("WIDEIP_BUILD", "build")


class Story:
    """Prints each step with the time since the start."""

    def __init__(self):
        self.start = now()

    def tell(self, text):
        print(f"[{now() - self.start:6.2f} s] {text}", flush=True)


def folder():
    """A fresh folder: build/quickstart, or one under /tmp where the path would be too long for a Unix socket."""
    wanted = os.path.abspath(os.path.join(BUILD, "quickstart"))
    if len(wanted) > 70:
        return tempfile.mkdtemp(prefix="wideip-quickstart-")
    shutil.rmtree(wanted, ignore_errors=True)
    os.makedirs(wanted)
    return wanted


def bring_up(cluster, story):
    """Everything, step by step, until every name server gives the first answer. Returns the ACTIVE site."""
    cluster.create()
    story.tell(f"keys, passwords and configurations are written under {os.path.relpath(cluster.folder)}/")
    cluster.start_databases()
    story.tell("two MariaDB servers run, each the replica of the other, both read-only")
    cluster.start_sites()
    story.tell("sitecheck and its guard run at both sites")
    cluster.start_servers()
    story.tell("two dnsd run")
    active = cluster.wait_answer()
    story.tell(f"first answer: {NAME} is {active.address}, because {active.name} is ACTIVE")
    return active


def inventory(cluster):
    """What runs where."""
    yield "What runs where"
    for site in cluster.sites:
        yield (f"  {site.name}  MariaDB {site.mysql.host}:{site.mysql.port} (pid {site.mysql.process.pid}), sitecheck "
               f"(pid {site.sitecheck.pid}) with ECV {site.ecv_urls[0]}, guard (pid {site.guard.pid}),")
        yield f"         stats http://127.0.0.1:{site.stats_port}/metrics"
    for server in cluster.servers:
        yield (f"  {server.name}    dnsd {server.address} (pid {server.process.pid}), "
               f"stats http://127.0.0.1:{server.stats_port}/metrics")
    points = ", ".join(f"{name} {point.address}" for name, point in cluster.checkpoints.items())
    yield f"  checkpoints of both sites: {points}"


def suggestions(cluster, active):
    """What to try next."""
    server, port = cluster.servers[0], active.mysql.port
    dig = f"dig @127.0.0.1 -p {server.port} {NAME} +short"
    yield "Try in another terminal, from this folder"
    yield f"  {dig}"
    yield f"  build/bin/sitecheck status --config {os.path.relpath(active.config_file)}"
    yield f"  build/bin/dnsd explain {NAME} --config {os.path.relpath(server.config_file)}"
    yield f"  mariadb -h $({dig}) -P {port} -u app -p{cluster.passwords['app']} shop -e 'SELECT @@server_id'"
    yield f"  kill -9 $(cat {os.path.relpath(active.mysql.pid_file)})        # the writer dies: watch the answer here"
    yield f"A dead database is started again after {RESTART_AFTER:.0f} s. Ctrl-C stops everything, nothing is left behind."


class Watch:
    """Tells each change of what the name servers answer and the sites say, and restarts dead databases."""

    def __init__(self, cluster, story):
        self._cluster, self._story = cluster, story
        self._seen, self._dead = {}, {}

    def look(self):
        for server in self._cluster.servers:
            self._changed(f"{server.name} answers", lambda s=server: ", ".join(s.answer()) or "no address")
        for site in self._cluster.sites:
            self._changed(f"{site.name} is", site.state)
            self._restart(site)

    def _changed(self, what, ask):
        try:
            value = ask()
        except (OSError, LookupError, ValueError):
            value = "silent"
        if self._seen.get(what) != value:
            if what in self._seen:
                self._story.tell(f"{what} {value}")
            self._seen[what] = value

    def _restart(self, site):
        if site.mysql.process.running():
            return
        since = self._dead.setdefault(site.name, now())
        if now() - since >= RESTART_AFTER:
            del self._dead[site.name]
            self._story.tell(f"the database of {site.name} is started again")
            site.mysql.process.start()


def show(cluster, story, stop):
    """Everything up, until `stop` is set."""
    active = bring_up(cluster, story)
    print("\n" + "\n".join([*inventory(cluster), "", *suggestions(cluster, active)]) + "\n", flush=True)
    watch = Watch(cluster, story)
    while not stop.wait(0.2):
        watch.look()
    return 0


def check(cluster, story, _stop):
    """The whole story. Raises what did not hold."""
    old = bring_up(cluster, story)
    new = cluster.other(old)
    server = cluster.servers[0]
    wait_until(lambda: new.pool()["eligible"], f"{new.name} is eligible")
    epoch = old.pool()["epoch"]
    print(server.command("explain", NAME).stdout, flush=True)

    killed = now()
    old.mysql.process.kill()
    story.tell(f"kill -9 of the database of {old.name}")
    cluster.wait_answer(new, within=FLIP_BOUND)
    took = now() - killed
    story.tell(f"every dnsd answers {new.address} ({new.name}), {took:.2f} s after the kill")
    expect(took < FLIP_BOUND, f"the flip took {took:.2f} s, more than {FLIP_BOUND:g} s")
    after = new.wait_state("ACTIVE")
    expect(after["epoch"] >> 8 > epoch >> 8, "the epoch did not grow")
    expect(new.mysql.value("@@global.read_only") == 0, f"{new.name} is not writable")
    with new.mysql.connect("app", cluster.passwords["app"]) as connection, connection.cursor() as cursor:
        cursor.execute("INSERT INTO shop.orders (site, note) VALUES (%s, 'after the failover')", (new.number,))
    story.tell(f"a client writes at {new.name}")

    old.mysql.start()
    story.tell(f"the database of {old.name} is started again")
    old.wait_state("STANDBY")
    story.tell(f"{old.name} is STANDBY")
    wait_until(lambda: old.mysql.value("(SELECT COUNT(*) FROM shop.orders)") == 1, "the row reached the returned site")
    wait_until(lambda: old.pool()["eligible"], f"{old.name} is eligible")
    story.tell(f"{old.name} has the row, and is eligible for the next failover")
    until = now() + 5
    while now() < until:
        expect(all(each.answer() == [new.address] for each in cluster.servers), "the answer turned back")
    expect(old.mysql.value("@@global.read_only") == 1, f"{old.name} is writable")
    expect(new.pool()["epoch"] == after["epoch"], "the epoch changed")
    story.tell(f"no failback: for 5 s every dnsd went on answering {new.address}")
    told = server.command("explain", NAME)
    print(told.stdout, flush=True)
    expect(told.returncode == 0 and new.address in told.stdout, "explain does not name the answer")
    story.tell("all of it held")
    return 0


def expect(held, otherwise):
    if not held:
        raise AssertionError(otherwise)


def main(arguments):
    os.makedirs(BUILD, exist_ok=True)
    with open(os.path.join(BUILD, "quickstart.lock"), "w", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            print("quickstart: another one runs in this folder", file=sys.stderr)
            return 1
        return run(check if "--check" in arguments else show)


def run(part):
    """One run of `part`, cleaned up whatever happens."""
    stop, story = threading.Event(), Story()

    def end(*_):
        if stop.is_set():
            return
        stop.set()
        raise KeyboardInterrupt

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, end)
    mark_children()
    cluster = Cluster(folder(), os.path.abspath(os.path.join(BUILD, "bin")), ports=PORTS)
    try:
        return part(cluster, story, stop)
    except KeyboardInterrupt:
        print("\nstopping", flush=True)
        return 0 if part is show else 1
    except Exception as error:  # pylint: disable=broad-except
        print(cluster.logs(), file=sys.stderr)
        print(f"quickstart: did not hold: {error}", file=sys.stderr)
        return 1
    finally:
        stop.set()
        cluster.stop()
        end_marked()  # an interruption may come between the start of a script and our knowing of it
        cluster.remove()
        story.tell("stopped; nothing is left running")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
