#!/usr/bin/python3
"""Does every test that tests/features.md names exist?

  features.py [ROOT]

The last cell of a row is `PATH: NAME`, PATH under tests/: a function of a Python suite, or Suite.Name of a GoogleTest
one. Prints what does not hold and exits 1, else says how many rows there are.
"""
import os
import re
import sys

CELL = re.compile(r"^`([\w/.-]+): ([\w.]+)`$")


def rows(text):
    """The cells of each row of the table that is one, without its head."""
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if line.startswith("|") and len(cells) > 1 and any(cells[1:]) and not set(cells[0]) <= set("-: "):
            yield cells


def defined(source, name):
    """Whether the text of a suite defines the test `name`."""
    if "." in name:
        suite, test = name.split(".", 1)
        return re.search(rf"^\w*TEST\w*\(\s*{suite},\s*{test}\b", source, re.M) is not None
    return re.search(rf"^\s+def {name}\(self", source, re.M) is not None


def faults(root):
    """What is wrong, a line each; and how many rows were read."""
    with open(os.path.join(root, "tests", "features.md"), encoding="utf-8") as file:
        head, *table = rows(file.read())
    out = []
    for cells in table:
        if len(cells) != len(head):
            out.append(f"{cells[0]}: {len(cells)} cells, not {len(head)}")
            continue
        named = CELL.match(cells[-1])
        if not named:
            out.append(f"{cells[0]}: {cells[-1]} is not `PATH: NAME`")
            continue
        path = os.path.join(root, "tests", named.group(1))
        if not os.path.exists(path):
            out.append(f"{cells[0]}: there is no {named.group(1)}")
            continue
        with open(path, encoding="utf-8") as file:
            if not defined(file.read(), named.group(2)):
                out.append(f"{cells[0]}: {named.group(1)} has no {named.group(2)}")
    return out, len(table)


if __name__ == "__main__":
    found, count = faults(sys.argv[1] if len(sys.argv) > 1 else
                          os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
    print("\n".join(found) or f"each of {count} features is shown by a test")
    sys.exit(1 if found or not count else 0)
