"""The test database on a Citus cluster, when DATABASE_URL leads to its coordinator.

The nodes are those of the database in the URL. The test database is made on each of them, migrated and distributed;
everything else runs as on one PostgreSQL. `-m citus` selects the tests that need a cluster."""

from functools import cache
from typing import Any

import psycopg
import pytest
from django.db import connections
from psycopg import sql

from projects.cluster.distributing import distribute

SHARDS = 8
NODES = "SELECT nodename, nodeport, groupid = 0 FROM pg_dist_node ORDER BY groupid"
needed = pytest.mark.citus


@cache
def nodes() -> list[tuple[str, int, bool]]:
    """Return host, port and whether it is the coordinator, of each node; an empty list without a cluster."""
    with psycopg.connect(**_server()) as server:
        row = server.execute("SELECT to_regclass('pg_dist_node') IS NOT NULL").fetchone()
        return list(server.execute(NODES)) if row and row[0] else []


def make_database() -> None:
    """Make an empty test database on each node, with the extension, and let the coordinator know the others."""
    settings = connections["default"].settings_dict
    name = str(settings["TEST"]["NAME"] or f"test_{settings['NAME']}")
    for host, port, _ in nodes():
        with psycopg.connect(**_server() | {"host": host, "port": port}, autocommit=True) as node:
            node.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
            node.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        with psycopg.connect(**_server() | {"host": host, "port": port, "dbname": name}, autocommit=True) as node:
            node.execute("CREATE EXTENSION citus")
    with psycopg.connect(**_server() | {"dbname": name}, autocommit=True) as coordinator:
        for host, port, is_coordinator in nodes():
            function = "citus_set_coordinator_host" if is_coordinator else "citus_add_node"
            coordinator.execute(sql.SQL("SELECT {}(%s, %s)").format(sql.Identifier(function)), (host, port))


def spread() -> None:
    """Distribute the migrated test database, and begin a session that knows the settings of its role."""
    for _ in distribute(SHARDS):
        pass
    connections["default"].close()


def _server() -> dict[str, Any]:
    params = connections["default"].get_connection_params()
    return {name: params[name] for name in ("host", "port", "user", "password", "dbname") if name in params}
