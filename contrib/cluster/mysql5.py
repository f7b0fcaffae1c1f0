"""Oracle's MySQL 5.6 and 5.7, of the binaries that contrib/mysql-servers fetches."""
import fcntl
import getpass
import os
import shutil
import subprocess

from cluster.database import Database


def binaries(version, build):
    """The folder where MySQL `version` ("5.6", "5.7") was unpacked: $WIDEIP_MYSQL or mysql/ under `build`; None if it
    is not there."""
    for place in (os.environ.get("WIDEIP_MYSQL"), os.path.join(build, "mysql")):
        if place and os.access(os.path.join(place, version, "mysqld"), os.X_OK):
            return os.path.abspath(os.path.join(place, version))
    return None


class Mysql5(Database):
    """MySQL of `home`, the folder with mysqld."""

    grants = "mysql5"

    def __init__(self, folder, number, host, port, options=(), *, home):
        self.home, self.version = home, os.path.basename(home)
        self.label = f"MySQL {self.version}"
        config = os.path.join(folder, "my.cnf")
        super().__init__(folder, number, host, port, options, "mysqld",
                         [os.path.join(home, "mysqld"), f"--defaults-file={config}"])

    @property
    def has_super_read_only(self):
        return self.version != "5.6"

    def _messages(self):
        share = os.path.join(self.home, "share")
        inner = os.path.join(share, "mysql")
        return inner if os.path.isdir(inner) else share

    def _install(self, folder):
        """5.6 came with a data folder, 5.7 makes one."""
        if not self.has_super_read_only:
            shutil.copytree(os.path.join(self.home, "data", "mysql"), folder)
        else:
            subprocess.run(
                [os.path.join(self.home, "mysqld"), "--no-defaults", "--initialize-insecure", f"--datadir={folder}",
                 f"--user={getpass.getuser()}", f"--basedir={self.home}", f"--lc-messages-dir={self._messages()}",
                 "--secure-file-priv=", "--log-syslog=0", "--innodb-log-file-size=8M", "--ssl=0",
                 f"--tmpdir={os.path.dirname(folder)}"],
                stdin=subprocess.DEVNULL, capture_output=True, check=True)
        if os.path.exists(os.path.join(folder, "auto.cnf")):
            os.remove(os.path.join(folder, "auto.cnf"))  # each copy makes a server_uuid of its own

    def template(self, folder):
        wanted = f"{folder}-mysql-{self.version}"
        os.makedirs(os.path.dirname(wanted), exist_ok=True)
        with open(wanted + ".lock", "w", encoding="utf-8") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not os.path.isdir(wanted):
                shutil.rmtree(wanted + ".new", ignore_errors=True)
                self._install(wanted + ".new")
                os.rename(wanted + ".new", wanted)
        return wanted

    def create(self, template_folder):
        self.copy(template_folder)
        lines = f"""user = {getpass.getuser()}
basedir = {self.home}
lc-messages-dir = {self._messages()}
explicit-defaults-for-timestamp
gtid-mode = ON
enforce-gtid-consistency
relay-log = relay
relay-log-recovery = ON
master-info-repository = TABLE
relay-log-info-repository = TABLE
"""
        if self.has_super_read_only:
            lines += "super-read-only = 1\nsecure-file-priv =\nlog-syslog = 0\nssl = 0\n"
        self.write_config("mysqld", lines)

    def run_closed(self, *statements):
        """super_read_only binds root too."""
        if not self.has_super_read_only:
            return super().run_closed(*statements)
        return super().run_closed("SET GLOBAL super_read_only = 0", *statements, "SET GLOBAL super_read_only = 1")

    def follow(self, source, user, password):
        self.run(f"CHANGE MASTER TO master_host='{source.host}', master_port={source.port}, master_user='{user}', "
                 f"master_password='{password}', master_auto_position=1, master_connect_retry=1, "
                 "master_heartbeat_period=0.5", "START SLAVE")

    def replication(self):
        rows = self.run("SHOW SLAVE STATUS")
        return rows[0] if rows else None
