#!/usr/bin/python3
"""Holds the floors of the house: who may include whom (README.md, "Design").

Usage: check.py [ROOT]. Prints every violation as file:line and exits 1 if there is one.
"""
import os
import re
import sys

# Folder -> floor. A folder includes itself and folders of lower floors; never its own floor's others, never upward.
FLOORS = {
    "base": 0,
    "base/io": 1, "ecv": 1, "zones/wire": 1,
    "zones/snapshot": 2, "sitecheck/core": 2, "dnsd/decide": 2,
    "conf": 3,
    "zones/compile": 4, "probes": 4,
    "dnsd/data": 5, "dnsd/control": 5, "sitecheck/io": 5,
    "dnsd/cli": 6, "sitecheck/cli": 6,
    "dnsd": 7, "sitecheck": 7,  # the two main.cc
}
# The data plane sees less than its floor would allow.
ONLY = {"dnsd/data": {"base", "zones/wire", "zones/snapshot", "dnsd/data"}}
# The two programs share libraries, never each other's folders.
APART = [("dnsd", "sitecheck"), ("sitecheck", "dnsd")]

# Third-party header (by pattern) -> the folders whose sources may include it. None: anywhere.
THIRD_PARTY = [
    (r"ldns/", {"zones/compile"}),
    (r"yaml-cpp/", {"conf"}),
    (r"uv\.h$", {"base", "base/io"}),
    (r"curl/", {"base/io"}),
    (r"microhttpd\.h$|gnutls/", {"base/io"}),
    (r"(mysql|mariadb)/|mysql\.h$|mysqld_error\.h$|errmsg\.h$", {"probes"}),
    (r"openssl/", {"base", "base/io", "ecv"}),
    (r"maxminddb\.h$", {"dnsd/control"}),
    (r"spdlog/", {"base"}),
    (r"nlohmann/", {"base/io", "ecv", "conf", "dnsd/control", "dnsd/cli", "dnsd", "sitecheck/io", "sitecheck/cli",
                    "sitecheck"}),
    (r"CLI/", {"base/io"}),
    (r"prometheus/", {"base/io"}),
    (r"tl/expected\.hpp$", set(FLOORS)),
]
# Headers that show a third party to other folders on purpose; only sources may include them, so it ends there.
FOR_SOURCES = {"base/io/json_view.h"}
# Every other <…/…> or <….h> must be the system's.
SYSTEM = re.compile(r"^(sys|netinet|arpa|net|linux|asm|bits)/|^[a-z0-9_]+\.h$|^[a-z_0-9]+$|^experimental/")

# Pure folders: no clock, socket, file, thread or terminal (style: decide apart from acting; time is an argument).
PURE = {"sitecheck/core", "dnsd/decide", "zones/wire", "ecv"}
IMPURE_HEADER = re.compile(r"^(sys/|netinet/|arpa/|net/|linux/)|^(time\.h|ctime|unistd\.h|fcntl\.h|poll\.h|fstream|"
                           r"iostream|thread|mutex|future|condition_variable|random|filesystem|uv\.h)$")
IMPURE_CALL = re.compile(r"(steady_clock|system_clock|BootClock)::now|clock_gettime|gettimeofday|"
                         r"\bread_(boot|wall)_clock\b")

SOURCE = re.compile(r"\.(cc|h)$")
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
LIBRARY = re.compile(r"\b(wideip_library|add_library|add_executable)\s*\(")
SKIP_FOLDERS = re.compile(r"^(build|\.)")


def read(*path):
    """The text of a file."""
    with open(os.path.join(*path), encoding="utf-8") as file:
        return file.read()


def folders_with_sources(root):
    """Every folder outside tests/, contrib/ and build*/ that holds a source, with its sources, relative to root."""
    found = {}
    for path, names, files in os.walk(root):
        here = os.path.relpath(path, root)
        names[:] = sorted(n for n in names if not SKIP_FOLDERS.match(n) and n != "__pycache__")
        if here == ".":
            names[:] = [n for n in names if n not in ("tests", "contrib")]
        sources = sorted(f for f in files if SOURCE.search(f))
        if sources:
            found[here] = [os.path.normpath(os.path.join(here, f)) for f in sources]
    return found


def strip_comments(text):
    """The source without comments, line numbers kept."""
    text = re.sub(r"/\*.*?\*/", lambda m: "\n" * m.group().count("\n"), text, flags=re.S)
    return re.sub(r"//[^\n]*", "", text)


def includes(root, source):
    """(line number, '<' or '"', name) of each #include, and the lines without comments."""
    lines = strip_comments(read(root, source)).splitlines()
    rows = [(n, *m.groups()) for n, line in enumerate(lines, 1) if (m := INCLUDE.match(line))]
    return rows, lines


def third_party(name):
    """The folders that may include the third-party header `name`; None if it is no known one."""
    for pattern, allowed in THIRD_PARTY:
        if re.match(pattern, name):
            return allowed
    return None


def check_house(root, found):
    """Every folder is known, has a README.md and is a CMake library or program."""
    for folder in found:
        if folder not in FLOORS:
            yield f"{folder}/: holds sources but stands on no floor; add it to tests/layers/check.py and README.md"
    for folder in FLOORS:
        cmake = os.path.join(root, folder, "CMakeLists.txt")
        if not os.path.isfile(os.path.join(root, folder, "README.md")):
            yield f"{folder}/: has no README.md"
        if not os.path.isfile(cmake) or not LIBRARY.search(read(cmake)):
            yield f"{folder}/: its CMakeLists.txt makes no library or program"


def check_library_links(root):
    """wideip_library(NAME dependency…) links lower floors only."""
    name_of = {folder.replace("/", "_"): folder for folder in FLOORS}
    for folder, floor in FLOORS.items():
        cmake = os.path.join(root, folder, "CMakeLists.txt")
        if not os.path.isfile(cmake):
            continue
        text = re.sub(r"#[^\n]*", "", read(cmake))
        for call in re.findall(r"wideip_library\s*\(([^)]*)\)", text):
            for word in call.split()[1:]:
                other = name_of.get(word)
                if other and FLOORS[other] >= floor:
                    yield f"{folder}/CMakeLists.txt: links {word} (floor {FLOORS[other]}) from floor {floor}"


def check_own(folder, source, line, name, root):
    """One #include of a file of this tree."""
    target = os.path.dirname(name)
    if not os.path.isfile(os.path.join(root, name)):
        yield f'{source}:{line}: "{name}" is not a file from the root of the tree'
        return
    if name in FOR_SOURCES and source.endswith(".h"):
        yield f'{source}:{line}: "{name}" is for sources only, not for a header'
    if target == folder:
        return
    if target not in FLOORS:
        yield f'{source}:{line}: "{name}" is in no folder of the house'
    elif FLOORS[target] >= FLOORS[folder]:
        yield f'{source}:{line}: floor {FLOORS[folder]} includes "{name}" of floor {FLOORS[target]}'
    elif folder in ONLY and target not in ONLY[folder]:
        yield f'{source}:{line}: {folder} may include {", ".join(sorted(ONLY[folder]))} only, not "{name}"'
    for mine, other in APART:
        if folder.split("/")[0] == mine and target.split("/")[0] == other:
            yield f'{source}:{line}: {mine} includes "{name}" of {other}'


def check_foreign(folder, source, line, name, exposed):
    """One #include of a system's or third party's header."""
    allowed = third_party(name)
    if allowed is None:
        if not SYSTEM.match(name):
            yield f"{source}:{line}: <{name}> is no known third party; add it to tests/layers/check.py with its folders"
    elif folder not in allowed:
        yield f"{source}:{line}: <{name}> belongs to {', '.join(sorted(allowed))} only"
    elif source.endswith(".h") and source in exposed and source not in FOR_SOURCES and not name.startswith("tl/"):
        yield f"{source}:{line}: <{name}> stands in a header that {exposed[source]} includes"
    if folder in PURE and IMPURE_HEADER.match(name):
        yield f"{source}:{line}: {folder} is pure and may not include <{name}>"


def check_circles(graph):
    """No file includes itself by way of others."""
    done, path = set(), []

    def visit(file):
        if file in path:
            circle = path[path.index(file):] + [file]
            yield f"{file}:1: circle of includes: {' -> '.join(circle)}"
            return
        if file in done:
            return
        path.append(file)
        for other in graph.get(file, ()):
            yield from visit(other)
        path.pop()
        done.add(file)

    for file in sorted(graph):
        yield from visit(file)


def check(root):
    """Every violation in the tree at `root`, as sentences."""
    found = folders_with_sources(root)
    yield from check_house(root, found)
    yield from check_library_links(root)
    graph, parsed, exposed = {}, {}, {}
    for folder, sources in found.items():
        for source in sources:
            parsed[source] = includes(root, source)
            own = [name for _, kind, name in parsed[source][0] if kind == '"']
            graph[source] = own
            for name in own:
                if os.path.dirname(name) != folder:
                    exposed.setdefault(name, source)
    for folder, sources in found.items():
        if folder not in FLOORS:
            continue
        for source in sources:
            rows, lines = parsed[source]
            for line, kind, name in rows:
                if kind == '"':
                    yield from check_own(folder, source, line, name, root)
                else:
                    yield from check_foreign(folder, source, line, name, exposed)
            if folder in PURE:
                for number, text in enumerate(lines, 1):
                    if IMPURE_CALL.search(text):
                        yield f"{source}:{number}: {folder} is pure and may not read a clock"
    yield from check_circles(graph)


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    root = sys.argv[1] if len(sys.argv) > 1 else os.path.join(here, "..", "..")
    violations = list(check(os.path.normpath(root)))
    print("\n".join(violations) if violations else "the floors hold")
    return 1 if violations else 0


if __name__ == "__main__":
    sys.exit(main())
