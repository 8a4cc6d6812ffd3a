"""The test database on a Citus cluster, when DATABASE_URL leads to its coordinator.

The nodes are those of the database in the URL. The test database is made on each of them, migrated and distributed;
everything else runs as on one PostgreSQL. `-m citus` selects the tests that need a cluster."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import psycopg
import pytest
from django.db import connection, connections
from psycopg import sql

from projects.cluster.distributing import distribute
from projects.cluster.nodes import Node

SHARDS = 8
NODES = "SELECT nodename, nodeport, groupid = 0 FROM pg_dist_node ORDER BY groupid"
ON_A_CLUSTER = [pytest.mark.citus, pytest.mark.django_db(transaction=True)]
CLOSED_PORT = 1
END_CONNECTIONS = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


def on_a_cluster(test):  # type: ignore[no-untyped-def]
    for mark in ON_A_CLUSTER:
        test = mark(test)
    return test


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


@contextmanager
def away(node: Node) -> Iterator[None]:
    """The coordinator finds nobody where it looks for the node, and its connections end, as when its machine is off."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nodeid FROM pg_dist_node WHERE nodename = %s AND nodeport = %s", [node.name, node.port])
        [(node_id,)] = cursor.fetchall()
    _let_be_at(node_id, node.name, CLOSED_PORT)
    there = _server() | {"host": node.name, "port": node.port, "dbname": connection.settings_dict["NAME"]}
    with psycopg.connect(**there) as database:
        database.execute(END_CONNECTIONS)
    try:
        yield
    finally:
        _let_be_at(node_id, node.name, node.port)
        with connection.cursor() as cursor:
            cursor.execute("SELECT start_metadata_sync_to_all_nodes()")


def _let_be_at(node_id: int, name: str, port: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET citus.enable_metadata_sync = off")
        cursor.execute("SELECT citus_update_node(%s, %s, %s)", [node_id, name, port])
    connection.close()


def _server() -> dict[str, Any]:
    params = connections["default"].get_connection_params()
    return {name: params[name] for name in ("host", "port", "user", "password", "dbname") if name in params}
