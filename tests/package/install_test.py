#!/usr/bin/python3
"""`cmake --install` puts everything where it belongs, and what it puts there works."""
import glob
import json
import os
import re
import shutil
import tempfile
import unittest

import kit
from kit import PROGRAMS, ROOT, run

PROGRAM_FILES = {
    "bin/{}", "share/man/man8/{}.8", "share/man/man5/{}.yaml.5", "share/bash-completion/completions/{}",
    "share/zsh/site-functions/_{}"}
FILES = {
    "lib/systemd/system/wideip-dnsd.service", "lib/systemd/system/wideip-dnsd.socket",
    "lib/systemd/system/wideip-sitecheck.service", "lib/systemd/system/wideip-sitecheck-guard.service",
    "lib/sysusers.d/wideip.conf", "lib/tmpfiles.d/wideip.conf",
    "share/wideip/hooks/floating-ip", "share/wideip/hooks/mail", "share/wideip/hooks/pager-webhook",
    "share/wideip/ldirectord/check-writer", "share/wideip/nagios/wideip.cfg",
    "share/wideip/prometheus/wideip.rules.yml", "share/wideip/grafana/wideip.json",
    "share/wideip/schema/dnsd.schema.json", "share/wideip/schema/sitecheck.openapi.json",
    "share/doc/wideip/README.md", "share/doc/wideip/protocol.md", "share/doc/wideip/examples/floating-ip.conf",
    "share/doc/wideip/examples/haproxy/haproxy.cfg", "share/doc/wideip/examples/dnsd.yaml"}


def setUpModule():
    global folder
    folder = kit.install("/usr")


class Layout(unittest.TestCase):
    def test_everything_is_there(self):
        found = set(kit.files(os.path.join(folder, "usr")))
        for path in FILES | {path.format(program) for path in PROGRAM_FILES for program in PROGRAMS}:
            self.assertIn(path, found)
        self.assertEqual(os.listdir(folder), ["usr"], "nothing goes beside the prefix")
        schemas = {os.path.basename(path) for path in glob.glob(os.path.join(ROOT, "conf", "schema", "*.json"))}
        self.assertEqual(schemas, set(os.listdir(os.path.join(folder, "usr/share/wideip/schema"))))

    def test_what_is_run_may_be_run_and_the_rest_may_not(self):
        for path in kit.files(folder):
            mode = os.stat(os.path.join(folder, path)).st_mode & 0o7777
            runs = re.search(r"/bin/|/hooks/|/check-(reader|writer)$", path)
            self.assertEqual(mode, 0o755 if runs else 0o644, path)

    def test_paths_in_files_lead_to_what_is_installed(self):
        for path in kit.files(folder):
            with open(os.path.join(folder, path), "rb") as file:
                text = file.read()
            if text.startswith(b"\x7fELF"):
                continue
            for named in re.findall(rb"/usr/(?:bin/(?:dnsd|sitecheck)|share/wideip/[\w/-]+)", text):
                self.assertTrue(os.path.exists(folder + named.decode()), f"{path} names {named.decode()}")

    def test_another_prefix_is_in_the_units_too(self):
        with_prefix = kit.install("/opt/wideip")
        with open(os.path.join(with_prefix, "opt/wideip/lib/systemd/system/wideip-dnsd.service"),
                  encoding="utf-8") as file:
            self.assertIn("ExecStart=/opt/wideip/bin/dnsd serve\n", file.read())

    def test_the_programs_start_and_their_tables_are_valid(self):
        for program in PROGRAMS:
            self.assertRegex(run(os.path.join(folder, "usr/bin", program), "--version").stdout, rf"^{program} \d")
        for name in os.listdir(os.path.join(folder, "usr/share/wideip/schema")):
            with open(os.path.join(folder, "usr/share/wideip/schema", name), encoding="utf-8") as file:
                json.load(file)

    @unittest.skipUnless(shutil.which("man"), "man is not installed")
    def test_manual_pages_format_without_a_warning(self):
        for page in glob.glob(os.path.join(folder, "usr/share/man/man?/*")):
            shown = run("man", "--warnings", "-l", page, env=dict(os.environ, MANROFFSEQ="", MANWIDTH="80", LC_ALL="C.UTF-8"))
            self.assertEqual(shown.stderr, "", page)
            self.assertIn("NAME", shown.stdout)


class Units(unittest.TestCase):
    def units(self):
        return sorted(glob.glob(os.path.join(folder, "usr/lib/systemd/system/*")))

    @unittest.skipUnless(shutil.which("systemd-analyze"), "systemd-analyze is not installed")
    def test_systemd_finds_no_fault_in_them(self):
        # The programs that they name must be there, so this installation is not moved away by DESTDIR.
        prefix = tempfile.mkdtemp(prefix="wideip-package-")
        self.addCleanup(shutil.rmtree, prefix)
        run("cmake", "--install", kit.BUILD, "--prefix", prefix)
        units = os.path.join(prefix, "lib/systemd/system")

        def faults(unit):
            """What it says of this unit; what it says of other units of this machine is their affair."""
            shown = run("systemd-analyze", "verify", "--man=no", "--recursive-errors=no", os.path.join(units, unit),
                        check=False, env=dict(os.environ, SYSTEMD_UNIT_PATH=units + ":"))
            return [line for line in (shown.stdout + shown.stderr).splitlines() if "wideip" in line]
        for unit in os.listdir(units):
            self.assertEqual(faults(unit), [], unit)
        with open(os.path.join(units, "wideip-faulty.service"), "w", encoding="utf-8") as file:
            file.write("[Service]\nType=nonsense\nExecStart=/bin/true\n")
        self.assertNotEqual(faults("wideip-faulty.service"), [], "it would have found one")

    @unittest.skipUnless(shutil.which("systemd-analyze"), "systemd-analyze is not installed")
    def test_they_are_hardened(self):
        for unit in self.units():
            if not unit.endswith(".service"):
                continue
            shown = run("systemd-analyze", "security", "--offline=true", "--no-pager", "--threshold=25", unit)
            print(shown.stdout.strip().splitlines()[-1])

    def test_each_has_the_folders_that_are_the_defaults_of_its_program(self):
        for program, state in (("dnsd", "wideip/dnsd"), ("sitecheck", "wideip/sitecheck")):
            with open(os.path.join(folder, f"usr/lib/systemd/system/wideip-{program}.service"),
                      encoding="utf-8") as file:
                unit = file.read()
            with open(os.path.join(folder, f"usr/share/man/man5/{program}.yaml.5"), encoding="utf-8") as file:
                manual = file.read().replace("\\-", "-").replace("\\", "")
            self.assertIn(f"StateDirectory={state}\n", unit)
            self.assertIn(f"/var/lib/{state}", manual)
            self.assertIn("ReadWritePaths=/run/wideip\n", unit)
            self.assertIn(f"/run/wideip/{program}.sock", manual)
            self.assertIn(f"ConditionPathExists=/etc/wideip/{program}.yaml\n", unit)

    @unittest.skipUnless(shutil.which("systemd-sysusers") and shutil.which("systemd-tmpfiles") and os.geteuid() == 0,
                         "needs root, systemd-sysusers and systemd-tmpfiles")
    def test_user_groups_and_runtime_folder_are_made(self):
        root = tempfile.mkdtemp(prefix="wideip-package-")
        self.addCleanup(shutil.rmtree, root)
        os.makedirs(os.path.join(root, "etc"))
        shutil.copytree(os.path.join(folder, "usr/lib"), os.path.join(root, "usr/lib"))
        run("systemd-sysusers", f"--root={root}", "wideip.conf")
        run("systemd-tmpfiles", "--create", f"--root={root}", "wideip.conf")
        with open(os.path.join(root, "etc/group"), encoding="utf-8") as file:
            self.assertRegex(file.read(), r"(?m)^wideip:x:\d+:wideip-sitecheck$")
        runtime = os.stat(os.path.join(root, "run/wideip"))
        self.assertEqual(runtime.st_mode & 0o7777, 0o1775)
        self.assertEqual(runtime.st_uid, 0)


if __name__ == "__main__":
    unittest.main(verbosity=2)
