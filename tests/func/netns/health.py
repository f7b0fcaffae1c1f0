"""The way back to health after any fault, and the quiet in which a kill loses nothing."""
import signal

from cluster.config import POOL
from cluster.wait import Timeout, wait_until


def settle(cluster, within=60.0):
    """Ends every fault, starts what is missing, and waits until one site is ACTIVE and answered, the others ready.

    Returns (ACTIVE, STANDBY). Commits that a crash lost are accepted, as a person would; blocks are lifted.
    """
    cluster.world.heal()
    if cluster.etcd:
        cluster.etcd.start()
    for site in cluster.sites:
        site.start_missing()
    for server in cluster.servers:
        server.process.signal(signal.SIGCONT)
        if not server.process.running():
            server.process.start()
    what = "one site is ACTIVE, the others ready, every dnsd answers"
    for patience in (3, 3, 10):
        found = wait_until(lambda: _settled(cluster), what, within, 0.05)
        for site in cluster.sites:
            site.command("recover", POOL, "--reason", "test")
            site.writer.signal(signal.SIGUSR2)
        try:
            found[0].commits.wait_commit(patience)
            break
        except Timeout:  # a guard that wakes may still close the site that was ACTIVE just now
            if patience == 10:
                raise
    return found


def _settled(cluster):
    pools = {site: site.pool() for site in cluster.sites}
    for site, pool in pools.items():
        if pool["state"] == "QUARANTINED":
            site.command("recover", POOL, "--accept-errant", "--reason", "test")
    active = [site for site, pool in pools.items() if pool["state"] == "ACTIVE"]
    ready = [site for site, pool in pools.items() if pool["state"] == "STANDBY" and pool["eligible"]]
    if len(active) != 1 or len(ready) != len(pools) - 1:
        raise LookupError({site.name: (pool["state"], pool["eligible"], pool.get("alarms"))
                           for site, pool in pools.items()})
    answers = [server.answer() for server in cluster.servers]
    if any(answer != [active[0].address] for answer in answers):
        raise LookupError(f"{active[0].name} is ACTIVE, the answers are {answers}")
    if not all(site.mysql.replicating() for site in ready):
        raise LookupError("a standby does not replicate")
    return active[0], ready[0]


def pause(cluster):
    """No commit is under way from here on, and all sites hold the same rows, until resume(): a kill loses nothing."""
    before = {site: site.commits.pauses() for site in cluster.sites}
    for site in cluster.sites:
        site.writer.signal(signal.SIGUSR1)
    wait_until(lambda: all(site.commits.pauses() > before[site] for site in cluster.sites), "the writers pause")
    count = "(SELECT COUNT(*) FROM shop.orders)"
    wait_until(lambda: len({site.mysql.value(count) for site in cluster.sites}) == 1, "all sites hold the same")


def resume(cluster):
    for site in cluster.sites:
        site.writer.signal(signal.SIGUSR2)
