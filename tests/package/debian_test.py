#!/usr/bin/python3
"""The Debian package: built of this tree, clean to lintian, and installed, upgraded, removed and purged on this very
system, whose files are only lent to it (an overlay over / in a mount namespace): nothing is left of it, here or there."""
import glob
import os
import shutil
import tempfile
import unittest

import kit
from kit import BUILD, PROGRAMS, ROOT, run
from lent_system import LentSystem, Unavailable

# What dpkg, the user database and caches keep of any package; by policy a user of a package stays.
BOOKKEEPING = ("var/lib/dpkg/", "var/log/", "var/cache/", "etc/passwd", "etc/group", "etc/shadow", "etc/gshadow",
               "etc/subuid", "etc/subgid", "etc/.pwd.lock", "etc/ld.so.cache", "var/lib/systemd/", "tmp/", "root/",
               "run/")


def setUpModule():
    global folder, package
    folder = tempfile.mkdtemp(prefix="wideip-debian-", dir="/var/tmp")
    unittest.addModuleCleanup(shutil.rmtree, folder, ignore_errors=True)
    # Fast to make: the debug symbols of a package that nobody ships are left out.
    env = dict(os.environ, DEB_BUILD_OPTIONS="noautodbgsym", WIDEIP_DEB_FAST="1")
    shown = run(os.path.join(ROOT, "contrib/debian/build"), folder, BUILD, env=env).stdout
    package = shown.split()[-1]


def left(system):
    """What the layer holds, but for the bookkeeping."""
    found = system.outside(f"cd {system.layer} && find . ! -type d -o -type d -empty")[1]
    names = sorted(line[2:] for line in found.splitlines())
    # A folder that the system had before is in the layer as soon as something was in it for a while.
    return [name for name in names
            if not (name + "/").startswith(BOOKKEEPING) and not os.path.isdir(os.path.join("/", name))]


def repack(version):
    """The package with another version, another zone file and one file more."""
    tree = os.path.join(folder, "next")
    run("dpkg-deb", "-R", package, tree)
    for path, edit in ((f"{tree}/DEBIAN/control", lambda t: t.replace("Version: ", f"Version: {version}+")),
                       (f"{tree}/etc/wideip/example.zone", lambda t: t + "new IN A 192.0.2.81\n"),
                       (f"{tree}/etc/wideip/dnsd.yaml", lambda t: t + "# of the new version\n")):
        with open(path, encoding="utf-8") as file:
            text = file.read()
        with open(path, "w", encoding="utf-8") as file:
            file.write(edit(text))
    out = os.path.join(folder, "next.deb")
    run("dpkg-deb", "--root-owner-group", "-Zgzip", "-z1", "-b", tree, out)
    return out


class Package(unittest.TestCase):
    def test_lintian_finds_nothing(self):
        if not shutil.which("lintian"):
            self.skipTest("lintian is not installed")
        shown = run("lintian", "--allow-root", "--fail-on", "error,warning", package, check=False)
        self.assertEqual((shown.returncode, shown.stdout), (0, ""), shown.stderr)

    def test_declares_what_it_links_and_which_files_are_the_administrators(self):
        control = run("dpkg-deb", "-I", package).stdout
        for library in ("libldns", "libmicrohttpd", "libmariadb3", "libcurl4", "libyaml-cpp"):
            self.assertIn(library, control)
        self.assertEqual(run("dpkg-deb", "-I", package, "conffiles").stdout.split(),
                         ["/etc/wideip/dnsd.yaml", "/etc/wideip/example.zone"])

    def test_life_of_an_installation(self):
        if os.geteuid() != 0:
            self.skipTest("an installation needs root")
        where = os.path.join(folder, "system")
        os.makedirs(where)
        newer = repack("9")
        try:
            system = LentSystem(where)
        except Unavailable as error:
            self.skipTest(str(error))
        self.addCleanup(system.close)
        system.outside(f"cp {package} {system.root}/tmp/one.deb && cp {newer} {system.root}/tmp/two.deb")
        self.installed(system)
        self.serves(system)
        self.upgraded(system)
        self.removed(system)

    def installed(self, system):
        system.run("dpkg -i /tmp/one.deb")
        self.assertEqual(system.run("dpkg-query -W -f '${db:Status-Status}' wideip"), "installed")
        self.assertIn("wideip-sitecheck", system.run("getent passwd wideip-sitecheck"))
        self.assertEqual(system.run("stat -c '%a %U %G' /run/wideip").strip(), "1775 root wideip")
        for program in PROGRAMS:
            system.run(f"{program} --version && man -w {program} && man -w {program}.yaml")
        system.run("test -e /usr/share/bash-completion/completions/dnsd -a -e /usr/share/zsh/vendor-completions/_dnsd")
        # Nothing was enabled behind anybody's back.
        self.assertEqual(system.run("find /etc/systemd -name '*wideip*'"), "")
        self.assertEqual(system.run("dpkg --verify wideip"), "")

    def serves(self, system):
        """The shipped configuration, by the rights of the unit alone: nobody's user, the group, one capability."""
        system.run("dnsd check")
        system.run("mkdir -p /var/lib/wideip/dnsd && chown nobody /var/lib/wideip/dnsd")
        system.run("setpriv --reuid nobody --regid nogroup --groups $(getent group wideip | cut -d: -f3) "
                   "--inh-caps=+net_bind_service --ambient-caps=+net_bind_service --bounding-set=-all,+net_bind_service "
                   "--no-new-privs dnsd serve >/tmp/dnsd.out 2>&1 & "
                   "until grep -q ^ready /tmp/dnsd.out || ! kill -0 $!; do sleep 0.05; done; cat /tmp/dnsd.out; "
                   "grep -q ^ready /tmp/dnsd.out && dnsd status >/dev/null && "
                   "python3 -c 'import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.settimeout(20); "
                   "s.sendto(bytes.fromhex(\"000100000001000000000000\") + b\"\\3www\\6wideip\\4test\\0\\0\\1\\0\\1\", "
                   "(\"127.0.0.1\", 53)); assert socket.inet_aton(\"192.0.2.80\") in s.recv(512)'; "
                   "status=$?; kill $!; wait $!; exit $status")
        system.run("rm -r /var/lib/wideip/dnsd")

    def upgraded(self, system):
        system.run("echo '# ours' >>/etc/wideip/dnsd.yaml && echo key >/etc/wideip/ecv.key")
        system.run("dpkg --force-confold -i /tmp/two.deb")
        self.assertIn("# ours", system.run("cat /etc/wideip/dnsd.yaml"))
        self.assertNotIn("new version", system.run("cat /etc/wideip/dnsd.yaml"), "what was changed here stays")
        self.assertIn("new IN A", system.run("cat /etc/wideip/example.zone"), "what was not is the new version's")

    def removed(self, system):
        system.run("mkdir -p /var/lib/wideip/sitecheck && touch /var/lib/wideip/sitecheck/epoch")
        system.run("dpkg -r wideip")
        self.assertIn("# ours", system.run("cat /etc/wideip/dnsd.yaml"))
        system.run("test ! -e /usr/bin/dnsd -a -e /var/lib/wideip/sitecheck/epoch")
        system.run("dpkg -P wideip")
        self.assertEqual(left(system), ["etc/wideip/ecv.key"], "only what somebody else put there")


if __name__ == "__main__":
    kit.need("dh", "dpkg-buildpackage", "dpkg-deb", "fakeroot" if os.geteuid() else "dpkg")
    unittest.main(verbosity=2)
