"""A PostgreSQL primary and a standby that streams from it, synchronously: what was committed is on both."""

import contextlib
import os
import pathlib
import pwd
import shutil
import signal
import subprocess

import network
from machine import Process
from services import wait_until


def binaries():
    found = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin"))
    if not found:
        raise FileNotFoundError("PostgreSQL is not installed: apt-get install postgresql-15")
    return found[-1]


class Server(Process):
    """One of the two. Runs as the user postgres."""

    def __init__(self, record, machine, folder, fsync):
        super().__init__(record, machine, f"postgres {machine}", folder / f"{machine}.log")
        self.bin, self.data, self.fsync = binaries(), folder / machine / "data", fsync
        account = pwd.getpwnam("postgres")
        self.data.parent.mkdir()
        os.chown(self.data.parent, account.pw_uid, account.pw_gid)
        self.as_user = ["setpriv", f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}", "--clear-groups"]

    def tool(self, program, *arguments):
        subprocess.run([*self.as_user, self.bin / program, *map(str, arguments)], check=True, capture_output=True, cwd="/")

    def create(self):
        self.tool("initdb", "-D", self.data, "-U", "granary", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
        with open(self.data / "pg_hba.conf", "a") as rules:
            for what in ("all", "replication"):
                rules.write(f"host {what} all {network.SUBNET}.0/24 trust\n")

    def start(self):
        settings = {"listen_addresses": f"{self.address},127.0.0.1", "unix_socket_directories": self.data.parent,
                    "max_connections": 200, "shared_buffers": "64MB", "wal_level": "replica", "hot_standby": "on",
                    "max_wal_senders": 5, "wal_keep_size": "256MB", "wal_retrieve_retry_interval": "500ms",
                    "fsync": "on" if self.fsync else "off"}
        options = [part for key, value in settings.items() for part in ("-c", f"{key}={value}")]
        self.launch(*self.as_user, self.bin / "postgres", "-D", self.data, *options)
        wait_until(lambda: self.ready(), f"PostgreSQL on {self.machine}", 60, self.alive)

    def ready(self):
        return subprocess.run([self.bin / "pg_isready", "-q", "-t", "1", "-h", self.address]).returncode == 0

    def sql(self, statement, database="postgres"):
        done = subprocess.run([self.bin / "psql", "-qAtX", "-h", self.address, "-U", "granary", "-d", database, "-c", statement],
                              capture_output=True, text=True, timeout=60, env=self.environment | {"PGCONNECT_TIMEOUT": "5"})
        if done.returncode:
            raise RuntimeError(f"{statement}: {done.stderr.strip()}")
        return done.stdout.strip()

    @contextlib.contextmanager
    def locked(self, table, database="postgres"):
        """Nobody else writes to the table meanwhile."""
        psql = subprocess.Popen([self.bin / "psql", "-qAtX", "-h", self.address, "-U", "granary", "-d", database],
                                stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=self.environment)
        try:
            psql.stdin.write(f"BEGIN; LOCK TABLE {table} IN EXCLUSIVE MODE; SELECT 'locked';\n")
            psql.stdin.flush()
            if psql.stdout.readline().strip() != "locked":
                raise RuntimeError(f"{table} could not be locked")
            yield
        finally:
            psql.stdin.close()
            psql.stdout.close()
            psql.wait(30)

    def synchronous(self, on):
        self.sql(f"ALTER SYSTEM SET synchronous_standby_names = '{'*' if on else ''}'")
        self.sql("SELECT pg_reload_conf()")

    def copy_of(self, primary):
        """Becomes a standby of another, from nothing."""
        shutil.rmtree(self.data, ignore_errors=True)
        self.tool("pg_basebackup", "-h", primary.address, "-U", "granary", "-D", self.data, "-R", "-X", "stream", "-c", "fast",
                  *([] if self.fsync else ["--no-sync"]))


class Pair:
    """`primary` and `standby` change places at a promotion."""

    def __init__(self, record, folder, fsync=True):
        self.primary = Server(record, "db1", folder, fsync)
        self.standby = Server(record, "db2", folder, fsync)

    def start(self):
        self.primary.create()
        self.primary.start()
        self.primary.sql("CREATE DATABASE granary")
        self.attach_standby()

    @property
    def url(self):
        """Of both: a node takes the one that can be written to."""
        hosts = ",".join(f"{network.address(name)}:5432" for name in ("db1", "db2"))
        return f"postgres://granary@{hosts}/granary?target_session_attrs=read-write&sslmode=disable"

    def attach_standby(self):
        self.primary.synchronous(False)  # and so is the copy of it: one that is promoted has nobody to wait for
        self.standby.copy_of(self.primary)
        self.standby.start()
        wait_until(lambda: self.primary.sql("SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming'") == "1",
                   "the standby", 60)
        self.primary.synchronous(True)

    def stop_primary(self):
        self.primary.stop(signal.SIGINT, 60)  # a fast shutdown

    def promote(self):
        """The standby takes over; the caller has made sure that the old primary takes no more writes."""
        self.standby.tool("pg_ctl", "promote", "-D", self.standby.data, "-w", "-t", "60")
        self.primary, self.standby = self.standby, self.primary

    def sql(self, statement):
        return self.primary.sql(statement, "granary")

    def locked(self, table):
        return self.primary.locked(table, "granary")
