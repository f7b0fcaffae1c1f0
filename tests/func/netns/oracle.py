"""What decides whether a scenario went well: the logs of acknowledged commits, and what every dnsd answered when."""
import os
import threading
from collections import namedtuple

from cluster import dns
from cluster.config import NAME
from cluster.wait import now, wait_until

# Times in seconds of CLOCK_BOOTTIME; `row` the id that the database gave.
Commit = namedtuple("Commit", "site sent acknowledged row epoch")
# What one writer did under one epoch.
Term = namedtuple("Term", "epoch site first last count")


class CommitLog:
    """The commits that the writer at a site had acknowledged (tests/support/commit_log.cc), read as they come."""

    def __init__(self, site, path):
        self.site, self.path = site, path
        self._read, self._commits, self._pauses = 0, [], 0

    def commits(self):
        """All of them, in the order of their acknowledgement."""
        if os.path.exists(self.path):
            with open(self.path, "rb") as file:
                file.seek(self._read)
                text = file.read()
            whole = text[:text.rfind(b"\n") + 1]
            self._read += len(whole)
            for line in whole.decode("ascii").splitlines():
                if line == "paused":
                    self._pauses += 1
                else:
                    sent, acknowledged, row, epoch = (int(word) for word in line.split())
                    self._commits.append(Commit(self.site, sent / 1e9, acknowledged / 1e9, row, epoch))
        return self._commits

    def since(self, start):
        """Those that were sent at `start` or later."""
        return [commit for commit in self.commits() if commit.sent >= start]

    def pauses(self):
        """How often the writer said that nothing is under way."""
        self.commits()
        return self._pauses

    def wait_commit(self, within=30.0, start=None):
        """Waits for a commit that was sent from now (or `start`) on, and returns it."""
        start = now() if start is None else start

        def found():
            commits = self.commits()
            if not commits or commits[-1].sent < start:
                return None
            return self.since(start)[0]
        return wait_until(found, f"a commit at site {self.site}", within)


def terms(logs):
    """What each site wrote under each epoch, in the order of their first acknowledgements."""
    found = {}
    for log in logs:
        for commit in log.commits():
            found.setdefault((commit.epoch, commit.site), []).append(commit)
    return sorted((Term(epoch, site, min(c.acknowledged for c in commits), max(c.acknowledged for c in commits),
                        len(commits)) for (epoch, site), commits in found.items()), key=lambda term: term.first)


def overlaps(logs):
    """Every pair of terms of two sites that do not follow each other: empty if there was one writer at a time.

    The first acknowledgement of a term comes after the last one of every term that began before it. An epoch names its
    site (protocol.md section 3), so that one with two sites is a fault too. Counters may repeat: a site that was alone
    never heard of the other's.
    """
    found, longest = [], {}
    for term in terms(logs):
        found += [(other, term) for other in longest.values() if other.site != term.site and term.first <= other.last]
        if term.epoch & 255 != term.site:
            found.append((term, term))
        if term.site not in longest or term.last > longest[term.site].last:
            longest[term.site] = term
    return found


class Watch:
    """Asks every dnsd for the wide-IP and for its epoch, all the time. What must never be is kept in `faults`."""

    EVERY = 0.02

    def __init__(self, servers):
        self.faults, self.answers, self.asked = [], {server.name: [] for server in servers}, 0
        self._servers, self._stop, self._highest = servers, threading.Event(), {server.name: 0 for server in servers}
        self._threads = [threading.Thread(target=self._run, args=(server,), daemon=True) for server in servers]

    def start(self):
        for thread in self._threads:
            thread.start()

    def stop(self):
        self._stop.set()
        for thread in self._threads:
            if thread.is_alive():
                thread.join(5)

    def flips(self, start=0.0):
        """For each server, the answers that differ from the one before, with their times, since `start`."""
        return {name: [(at, found) for at, found in answers if at >= start] for name, answers in self.answers.items()}

    def _run(self, server):
        with server.namespace.entered():
            while not self._stop.is_set():
                self._look(server)
                self._stop.wait(self.EVERY)

    def _look(self, server):
        try:
            answer = dns.ask(server.address, NAME, within=0.5)
            self._heard(server, answer)
            if self.asked % 3 == 0:
                self._epoch(server, server.wideip()["epoch"])
        except (OSError, LookupError, ValueError, StopIteration):
            pass  # it does not run just now, or is stopped: no answer is no wrong answer
        self.asked += 1

    def _heard(self, server, answer):
        found = (answer.rcode, tuple(answer.addresses))
        kept = self.answers[server.name]
        if not kept or kept[-1][1] != found:
            kept.append((now(), found))
        if len(answer.addresses) > 1:
            self.faults.append(f"{server.name} answers two writers: {answer.addresses}")

    def _epoch(self, server, epoch):
        if epoch is None:
            return
        counter = epoch >> 8  # counters are compared (protocol.md section 3)
        if counter < self._highest[server.name]:
            self.faults.append(f"{now():.3f}: {server.name} turned back from {self._highest[server.name]} to {counter}")
        self._highest[server.name] = max(counter, self._highest[server.name])


def lost(commits, rows):
    """The acknowledged commits whose rows are not among `rows`."""
    there = set(rows)
    return [commit for commit in commits if commit.row not in there]


def gap(before, after):
    """Seconds between the last acknowledgement of `before` and the first of `after` (lists of commits)."""
    return min(c.acknowledged for c in after) - max(c.acknowledged for c in before)

