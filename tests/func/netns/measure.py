"""What the measuring commands share: a cluster in namespaces, percentiles, a table."""
import contextlib
import math
import sys
import tempfile

import harness
from netns import health, namespace, oracle
from netns.cluster import Cluster


@contextlib.contextmanager
def cluster(**settings):
    """A cluster with its first answer; its logs are printed if the block fails. Ends the program where none can be."""
    try:
        namespace.require()
    except namespace.Unavailable as error:
        sys.exit(f"{sys.argv[0]}: {error}")
    made = Cluster(tempfile.mkdtemp(prefix="wideip-"), harness.PROGRAMS, harness.TEMPLATE, settings)
    try:
        made.start()
        health.settle(made)
        yield made
    except BaseException:
        print(made.logs(), file=sys.stderr)
        raise
    finally:
        made.remove()


def percentile(values, percent):
    """The smallest value that at least `percent` of them do not exceed."""
    return sorted(values)[max(0, math.ceil(len(values) * percent / 100) - 1)]


def row(name, values):
    """A line of the table; seconds."""
    if not values:
        return f"{name:<34}  no rounds"
    return (f"{name:<34} {len(values):>6} {percentile(values, 50):>9.3f} {percentile(values, 99):>9.3f} "
            f"{max(values):>9.3f}")


HEAD = f"{'':<34} {'rounds':>6} {'p50 s':>9} {'p99 s':>9} {'worst s':>9}"


def faults(made):
    """What must not be, in everything that was written and answered: overlaps and turned answers."""
    return oracle.overlaps([site.commits for site in made.sites]) + made.watch.faults
