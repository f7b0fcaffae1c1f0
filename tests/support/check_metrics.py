#!/usr/bin/python3
"""Is the text on standard input what Prometheus should scrape? Prints what is wrong and exits 1, else exits 0.

The rules are those of `promtool check metrics` and of the Prometheus naming conventions, over the official parser.
"""
import re
import sys

from prometheus_client.parser import text_string_to_metric_families

UNITS = {"milliseconds": "seconds", "minutes": "seconds", "hours": "seconds", "kilobytes": "bytes",
         "megabytes": "bytes", "percent": "ratio", "octets": "bytes"}


def histogram_faults(family):
    """Of each set of labels: the buckets grow, and the last, without a bound, holds as much as was counted."""
    buckets, counts = {}, {}
    for sample in family.samples:
        labels = tuple(sorted((key, value) for key, value in sample.labels.items() if key != "le"))
        if sample.name.endswith("_bucket"):
            buckets.setdefault(labels, []).append((float(sample.labels["le"]), sample.value))
        elif sample.name.endswith("_count"):
            counts[labels] = sample.value
    for labels, of in buckets.items():
        if of != sorted(of) or [count for _, count in of] != sorted(count for _, count in of):
            yield f"{family.name}{dict(labels)}: its buckets do not grow"
        if of[-1] != (float("inf"), counts.get(labels)):
            yield f"{family.name}{dict(labels)}: the last bucket is not the count"


def faults(text):
    declared = {kind: re.findall(rf"^# {kind} (\S+) (.+)$", text, re.M) for kind in ("HELP", "TYPE")}
    histograms = {name for name, kind in declared["TYPE"] if kind == "histogram"}
    helps, types = ([name for name, _ in declared[kind]] for kind in ("HELP", "TYPE"))
    if not text.endswith("\n"):
        yield "the text does not end with a newline"
    for name in {n for n in types if types.count(n) > 1}:
        yield f"{name} is declared twice"
    for line in text.splitlines():
        if not line or line.startswith("#"):
            continue
        name = re.split(r"[{ ]", line)[0]
        whole = re.fullmatch(r"(.+)_(?:bucket|sum|count)", name)
        if whole and whole.group(1) in histograms:
            continue
        if name not in types:
            yield f"{name} has no TYPE of its own"
        if name not in helps:
            yield f"{name} has no HELP"
    for name, kind in declared["TYPE"]:
        if kind == "counter" and not name.endswith("_total"):
            yield f"counter {name} does not end in _total"
        if kind != "counter" and name.endswith("_total"):
            yield f"{kind} {name} ends in _total"
        for part in name.split("_"):
            if part in UNITS:
                yield f"{name}: the base unit is {UNITS[part]}"
        if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
            yield f"{name} is not in snake case"
    seen = set()
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            key = (sample.name, tuple(sorted(sample.labels.items())))
            if key in seen:
                yield f"{key} is there twice"
            seen.add(key)
            for label in sample.labels:
                bound = label == "le" and family.type == "histogram"
                if not re.fullmatch(r"[a-z][a-z0-9_]*", label) or \
                        label in ("job", "instance", "le", "quantile") and not bound:
                    yield f"{sample.name} has the label {label}"
            if sample.name.endswith("_total") and sample.value < 0:
                yield f"{key} is negative"
        if family.type == "histogram":
            yield from histogram_faults(family)
    if not seen:
        yield "there is not one sample"


if __name__ == "__main__":
    found = list(faults(sys.stdin.read()))
    print("\n".join(found))
    sys.exit(1 if found else 0)
