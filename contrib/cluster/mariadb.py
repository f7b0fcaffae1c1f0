"""A MariaDB server of its own: a private data folder, one loopback address, GTID replication, read-only at boot."""
import fcntl
import getpass
import os
import shutil
import signal
import subprocess

import pymysql

from cluster.process import Process
from cluster.wait import wait_until


def _install(folder):
    """Runs mariadb-install-db. It is a script of several processes: an interruption ends all of them."""
    with subprocess.Popen(
            ["mariadb-install-db", "--no-defaults", f"--datadir={folder}", f"--user={getpass.getuser()}",
             "--auth-root-authentication-method=normal", "--skip-test-db"], start_new_session=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as child:
        try:
            output = child.communicate()[0]
        except BaseException:
            os.killpg(child.pid, signal.SIGKILL)
            raise
    if child.returncode:
        raise RuntimeError(f"mariadb-install-db failed:\n{output.decode(errors='replace')}")


def template(folder):
    """A fresh data folder at `folder`, made once; copies of it start in a tenth of the time."""
    os.makedirs(os.path.dirname(folder), exist_ok=True)
    with open(folder + ".lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not os.path.isdir(folder):
            making = folder + ".new"
            shutil.rmtree(making, ignore_errors=True)
            _install(making)
            os.rename(making, folder)
    return folder


class Mariadb:
    """Server `number` (its server id and GTID domain) at host:port, everything of it under `folder`."""

    def __init__(self, folder, number, host, port, options=()):
        """`options`: more lines of my.cnf; later ones win."""
        self.folder, self.number, self.host, self.port = folder, number, host, port
        self.options = list(options)
        self.socket = os.path.join(folder, "mysqld.sock")
        self.pid_file = os.path.join(folder, "mysqld.pid")
        self.config = os.path.join(folder, "my.cnf")
        self.process = Process(f"mariadbd{number}", ["mariadbd", f"--defaults-file={self.config}"],
                               os.path.join(folder, "mariadbd.log"))

    def create(self, template_folder):
        """Makes the data folder and my.cnf. The server boots read-only: only a permit opens it."""
        os.makedirs(self.folder, exist_ok=True)
        subprocess.run(["cp", "-a", "--sparse=always", template_folder, os.path.join(self.folder, "data")], check=True)
        with open(self.config, "w", encoding="utf-8") as file:
            file.write(f"""[mariadbd]
user = {getpass.getuser()}
datadir = {self.folder}/data
socket = {self.socket}
pid-file = {self.pid_file}
bind-address = {self.host}
port = {self.port}
server-id = {self.number}
gtid-domain-id = {self.number}
gtid-strict-mode = ON
log-bin = bin
log-slave-updates = ON
binlog-format = ROW
read-only = 1
skip-name-resolve
innodb-buffer-pool-size = 16M
innodb-log-file-size = 8M
performance-schema = OFF
""" + "".join(line + "\n" for line in self.options))

    def start(self):
        """Starts it and waits until it answers."""
        self.process.start()
        return self.wait_ready()

    def wait_ready(self):
        """Waits until it answers."""
        def answers():
            if not self.process.running():
                raise RuntimeError(f"mariadbd ended:\n{self.process.output()[-3000:]}")
            try:
                with self.connect():
                    return True
            except pymysql.MySQLError:
                return False
        wait_until(answers, f"{self.process.name} answers")
        return self

    def connect(self, user="root", password="", **options):
        """A connection: root by the socket, everyone else by TCP. Autocommit."""
        where = {"unix_socket": self.socket} if user == "root" else {"host": self.host, "port": self.port}
        options = {"connect_timeout": 5, "read_timeout": 30, "autocommit": True, **options}
        return pymysql.connect(user=user, password=password, **where, **options)

    def run(self, *statements):
        """Runs statements as root; returns the rows of the last as dictionaries.

        ConnectionError if the server is not there, or goes away (a fence kills every session but its own).
        """
        try:
            with self.connect(cursorclass=pymysql.cursors.DictCursor) as connection, connection.cursor() as cursor:
                for statement in statements:
                    cursor.execute(statement)
                return cursor.fetchall()
        except (pymysql.err.OperationalError, pymysql.err.InterfaceError) as error:
            raise ConnectionError(f"{self.process.name}: {error}") from error

    def value(self, expression):
        """The value of one SQL expression."""
        return self.run(f"SELECT {expression} AS v")[0]["v"]

    def follow(self, source, user, password):
        """Replicates from `source` (another Mariadb) by GTID."""
        self.run(f"CHANGE MASTER TO master_host='{source.host}', master_port={source.port}, master_user='{user}', "
                 f"master_password='{password}', master_use_gtid=slave_pos, master_connect_retry=1, "
                 "master_heartbeat_period=0.5", "START SLAVE")

    def replicating(self):
        """True while both replication threads run."""
        rows = self.run("SHOW ALL SLAVES STATUS")
        return bool(rows) and rows[0]["Slave_IO_Running"] == "Yes" and rows[0]["Slave_SQL_Running"] == "Yes"
