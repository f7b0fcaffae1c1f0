"""What the tests of the package share: where things are, running programs, and one installation for several tests."""
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.abspath(os.environ.get("WIDEIP_BUILD", os.path.join(ROOT, "build")))
PROGRAMS = ("dnsd", "sitecheck")


def need(*programs):
    """Ends this run as skipped if one of the programs is not there."""
    missing = [each for each in programs if not shutil.which(each)]
    if missing:
        print(f"package: skipped, without {', '.join(missing)} (contrib/packages package)")
        sys.exit(0)


def run(*command, check=True, **options):
    """The finished command; a failure shows what it printed."""
    done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, **options)
    if check and done.returncode != 0:
        raise AssertionError(f"{' '.join(command)}: exit {done.returncode}\n{done.stdout}{done.stderr}")
    return done


def install(prefix="/usr"):
    """A folder with what `cmake --install` puts there; it is removed when this process ends."""
    folder = tempfile.mkdtemp(prefix="wideip-package-")
    unittest.addModuleCleanup(shutil.rmtree, folder, ignore_errors=True)
    run("cmake", "--install", BUILD, "--prefix", prefix, env=dict(os.environ, DESTDIR=folder))
    return folder


def files(folder):
    """Every file under `folder`, by its path from there."""
    return sorted(os.path.relpath(os.path.join(where, name), folder)
                  for where, _, names in os.walk(folder) for name in names)
