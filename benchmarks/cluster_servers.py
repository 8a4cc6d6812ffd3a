"""A database on each server of a cluster, and what the servers have used."""

import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from benchmarks.machine import children_of, cpu_seconds, parent_of
from benchmarks.server import ROOT, clean_environment, data_directory

SHARDS = 8
NODES = "SELECT nodename, nodeport FROM pg_dist_node ORDER BY groupid"
USED = "SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0'), pg_database_size(current_database())"


class Used(NamedTuple):
    """CPU seconds of a server, bytes of its log, and bytes on its disk."""

    cpu: float
    log: int
    disk: int

    def __sub__(self, other: "Used") -> "Used":
        return Used(self.cpu - other.cpu, self.log - other.log, self.disk - other.disk)


@dataclass(frozen=True)
class Server:
    """One PostgreSQL on this machine, and its first process."""

    address: str
    pid: int

    def read(self) -> Used:
        with psycopg.connect(self.address, autocommit=True) as database:
            log, disk = database.execute(USED).fetchone() or (0, 0)
        return Used(cpu_seconds(children_of(self.pid)), int(log), disk)


def servers_of(url: str) -> list[Server]:
    """Return the servers of a database, the one of the URL first."""
    found = []
    for address in [make_conninfo(url), *_addresses(url)[1:]]:
        with psycopg.connect(address) as database:
            found.append(Server(address, parent_of(database.info.backend_pid)))
    return found


@contextmanager
def on_cluster(url: str) -> Iterator[tuple[Path, str]]:
    """Yield a directory of data and the URL of a new database with distributed tables, on the nodes of another one."""
    name = f"confab_benchmark_{uuid.uuid4().hex[:8]}"
    own = url[: url.rindex("/") + 1] + name
    try:
        for host, port in _nodes(url):
            make_database(own, host, port)
        for number, (host, port) in enumerate(_nodes(url)):
            function = "citus_add_node" if number else "citus_set_coordinator_host"
            _run(own, sql.SQL("SELECT {}({}, {})").format(sql.Identifier(function), host, port))
        with data_directory() as data:
            environment = clean_environment() | {"DATABASE_URL": own, "CONFAB_DATA": str(data)}
            for command in (["migrate", "-v", "0"], ["distribute", "--shards", str(SHARDS)]):
                subprocess.run(
                    [sys.executable, "manage.py", *command],
                    cwd=ROOT, env=environment, check=True, stdout=subprocess.DEVNULL,
                )  # fmt: skip
            yield data, own
    finally:
        for host, port in _nodes(own):
            address = make_conninfo(own, host=host, port=port, dbname="postgres")
            _run(address, sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def make_database(url: str, host: str, port: int) -> None:
    """Make the database of the URL on another server, with the extension."""
    there = make_conninfo(url, host=host, port=port)
    name = sql.Identifier(conninfo_to_dict(url)["dbname"])
    _run(make_conninfo(there, dbname="postgres"), sql.SQL("CREATE DATABASE {}").format(name))
    _run(there, sql.SQL("CREATE EXTENSION citus"))


def _nodes(url: str) -> list[tuple[str, int]]:
    with psycopg.connect(url) as database:
        is_cluster = database.execute("SELECT to_regclass('pg_dist_node') IS NOT NULL").fetchone() == (True,)
        return list(database.execute(NODES)) if is_cluster else []


def _addresses(url: str) -> list[str]:
    return [make_conninfo(url, host=host, port=port) for host, port in _nodes(url)]


def _run(address: str, statement: sql.Composed | sql.SQL) -> None:
    with psycopg.connect(address, autocommit=True) as database:
        database.execute(statement)
