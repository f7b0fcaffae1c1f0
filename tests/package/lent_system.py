"""This system, lent: its files with a layer over them that takes what is written, in namespaces of their own."""
import os
import subprocess


class Unavailable(Exception):
    """No overlay over / can be mounted here; the text says why."""


class LentSystem:
    """`where`: an empty folder. `run` is as root in the system; nothing of it reaches the real one."""

    def __init__(self, where, unshare=()):
        self.layer, self.root = os.path.join(where, "layer"), os.path.join(where, "root")
        self._shell = subprocess.Popen(["unshare", "--mount", "--net", *unshare, "bash"], stdin=subprocess.PIPE,
                                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        status, output = self.outside(
            f"mount --make-rprivate / && mount -t tmpfs none {where} && mkdir {self.layer} {self.root} {where}/work"
            f" && mount -t overlay -o lowerdir=/,upperdir={self.layer},workdir={where}/work none {self.root}"
            f" && mount -t proc none {self.root}/proc && mount --rbind /dev {self.root}/dev"
            f" && mount -t tmpfs none {self.root}/run && mount -t tmpfs none {self.root}/tmp && ip link set lo up")
        if status != 0:
            self.close()
            raise Unavailable(f"no overlay over / can be mounted here: {output}")

    def outside(self, command):
        """(status, output) of a command in the namespaces, with the real / around it."""
        self._shell.stdin.write(f"({command}\n) </dev/null 2>&1; status=$?; echo; echo ended-$status\n")
        self._shell.stdin.flush()
        lines = []
        for line in self._shell.stdout:
            if line.startswith("ended-"):
                return int(line[6:]), "".join(lines)[:-1]
            lines.append(line)
        raise AssertionError("the shell of the namespace is gone: " + "".join(lines))

    def run(self, command, status=0, enter=None):
        """Output of a command in the system; `enter` is what changes into it, if that is not chroot."""
        quoted = command.replace("'", "'\\''")
        enter = enter or f"chroot {self.root}"
        found, output = self.outside(f"DEBIAN_FRONTEND=noninteractive LC_ALL=C {enter} /bin/bash -c '{quoted}'")
        if found != status:
            raise AssertionError(f"{command}: exit {found}\n{output}")
        return output

    def close(self):
        self._shell.stdin.close()
        self._shell.wait()
        self._shell.stdout.close()


def skip(why):
    """Ends this run as skipped."""
    print(f"package: skipped, {why}", flush=True)
    os._exit(0)  # in the middle of a test, whose runner would call an exit a failure
