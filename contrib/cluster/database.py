"""One database server of its own: a private data folder, one loopback address, GTID replication, read-only at boot.

What MariaDB and MySQL have in common; mariadb.py and mysql5.py tell the rest.
"""
import os
import subprocess

import pymysql

from cluster.process import Process
from cluster.wait import wait_until


class Database:
    """Server `number` (its server id) at host:port, everything of it under `folder`."""

    label = ""   # for people
    grants = ""  # what `sitecheck grants --server` calls it

    def __init__(self, folder, number, host, port, options, program, command):
        """`options`: more lines of my.cnf; later ones win."""
        self.folder, self.number, self.host, self.port = folder, number, host, port
        self.options = list(options)
        self.socket = os.path.join(folder, "mysqld.sock")
        self.pid_file = os.path.join(folder, "mysqld.pid")
        self.config = os.path.join(folder, "my.cnf")
        self.process = Process(f"{program}{number}", command, os.path.join(folder, f"{program}.log"))

    def template(self, folder):
        """A fresh data folder at `folder` or beside it, made once; copies of it start in a tenth of the time."""
        raise NotImplementedError

    def create(self, template_folder):
        """Makes the data folder and my.cnf. The server boots read-only: only a permit opens it."""
        raise NotImplementedError

    def copy(self, template_folder):
        """The data folder, of a template."""
        os.makedirs(self.folder, exist_ok=True)
        subprocess.run(["cp", "-a", "--sparse=always", template_folder, os.path.join(self.folder, "data")], check=True)

    def write_config(self, section, lines):
        """my.cnf: what all have, `lines`, and then the options.

        Each has a tmpdir of its own: a server that starts removes every temporary table in it, its neighbours' too.
        """
        with open(self.config, "w", encoding="utf-8") as file:
            file.write(f"""[{section}]
datadir = {self.folder}/data
tmpdir = {self.folder}
socket = {self.socket}
pid-file = {self.pid_file}
bind-address = {self.host}
port = {self.port}
server-id = {self.number}
log-bin = bin
log-slave-updates = ON
binlog-format = ROW
read-only = 1
skip-name-resolve
innodb-buffer-pool-size = 16M
innodb-log-file-size = 8M
performance-schema = OFF
{lines}""" + "".join(line + "\n" for line in self.options))

    def start(self):
        """Starts it and waits until it answers."""
        self.process.start()
        return self.wait_ready()

    def wait_ready(self):
        """Waits until it answers."""
        def answers():
            if not self.process.running():
                raise RuntimeError(f"{self.process.name} ended:\n{self.process.output()[-3000:]}")
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

    def run_closed(self, *statements):
        """As run(), at a server that nobody writes to, and outside of its binary log; it is read-only afterwards."""
        return self.run("SET SESSION sql_log_bin = 0", *statements)

    def follow(self, source, user, password):
        """Replicates from `source` (another of these) by GTID."""
        raise NotImplementedError

    def replication(self):
        """The row of its first replication connection; None if there is none."""
        raise NotImplementedError

    def replicating(self):
        """True while both replication threads run."""
        row = self.replication()
        return bool(row) and row["Slave_IO_Running"] == "Yes" and row["Slave_SQL_Running"] == "Yes"
