"""Spreads the tables of tenants over the nodes of a cluster, one table at a time, and keeps new tables with them."""

import time
from collections.abc import Iterator
from typing import Any, NamedTuple

from django.db import connection
from psycopg import sql

from projects.cluster.nodes import is_cluster
from projects.jobs.time_limits import at_length
from projects.sqlguard import tenant_tables

FIRST_TABLE = "trace"  # the rows of a project in all other tables are where its traces are
IS_DISTRIBUTED = "SELECT logicalrelid::text FROM pg_dist_partition WHERE partmethod = 'h'"
TABLES_IN_DATABASE = """
SELECT relname FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p')
    AND relname = ANY(%(tables)s)
"""
DISTRIBUTE = "SELECT create_distributed_table(%(table)s, 'project_id', colocate_with => %(beside)s)"
DISTRIBUTE_FIRST = """
SELECT create_distributed_table(%(table)s, 'project_id', colocate_with => 'none', shard_count => %(shards)s)
"""
FORGET_LOCAL_ROWS = "SELECT truncate_local_data_after_distributing_table(%(table)s)"
# SET LOCAL reaches the nodes only with this: limits of statements and of waits for locks, and choices of the planner.
PROPAGATED_SETTING = "citus.propagate_set_commands"
DEFAULT_SHARDS = 32
NEEDED_TRANSACTIONS = 100

ASK_SERVER = """
SELECT (SELECT count(*) FROM pg_dist_node WHERE shouldhaveshards), current_setting('max_prepared_transactions')::int,
    (SELECT count(*) FROM pg_dist_node WHERE NOT isactive)
"""
KEYS_INTO_TENANTS = """
SELECT conrelid::regclass || ' (' || conname || ')' FROM pg_constraint
WHERE contype = 'f' AND confrelid::regclass::text = ANY(%(tables)s) AND NOT conrelid::regclass::text = ANY(%(tables)s)
ORDER BY 1
"""


class CannotDistribute(Exception):
    """The cluster or the database is not ready. Says what is missing."""


class Distributed(NamedTuple):
    """A table that was distributed, and how long it took. `done` of `all` tables are distributed by now."""

    table: str
    seconds: float
    done: int
    all: int


def distribute(shards: int = DEFAULT_SHARDS) -> Iterator[Distributed]:
    """Distribute each table of tenants that is not distributed yet, with its rows.

    Writes to a table wait while it is copied. May be stopped and started again. Raises CannotDistribute."""
    if reason := reason_against():
        raise CannotDistribute(reason)
    missing = missing_tables()
    for number, table in enumerate(missing, start=1):
        began = time.monotonic()
        _distribute(table, shards)
        yield Distributed(table, time.monotonic() - began, number, len(missing))
    _let_settings_reach_nodes()


def distribute_new() -> list[str]:
    """Distribute tables that a migration has added since, if the others are distributed. Return their names."""
    if not is_cluster() or FIRST_TABLE not in distributed_tables():
        return []
    return [done.table for done in distribute()]


def distributed_tables() -> set[str]:
    """Return the names of the tables that are spread over nodes. Only for a cluster."""
    return {name for (name,) in _rows(IS_DISTRIBUTED)}


def reason_against() -> str:
    """Return why tables cannot be distributed in this database, or "" if they can."""
    if not is_cluster():
        return (
            "This database has no extension citus. Install Citus on each node, add citus to shared_preload_libraries,"
            " and run CREATE EXTENSION citus in this database of each node; docs/scaling.md has the steps."
        )
    [(workers, transactions, idle)] = _rows(ASK_SERVER)
    if not workers:
        return "No node may have rows: add one with SELECT citus_add_node('host', 5432)."
    if idle:
        return f"{idle} nodes are switched off: activate them with SELECT citus_activate_node('host', 5432)."
    if transactions < NEEDED_TRANSACTIONS:
        return (
            f"max_prepared_transactions is {transactions}: set it to {NEEDED_TRANSACTIONS} or more on each node, since"
            " what concerns several nodes is committed in two phases."
        )
    if keys := [name for (name,) in _rows(KEYS_INTO_TENANTS, tables=list(tenant_tables()))]:
        return f"Foreign keys lead from other tables into those of tenants: {', '.join(keys)}."
    return ""


def missing_tables() -> list[str]:
    """Return the tables of tenants that are on the coordinator alone, in the order to distribute them."""
    present = {name for (name,) in _rows(TABLES_IN_DATABASE, tables=list(tenant_tables()))}
    return sorted(present - distributed_tables(), key=lambda table: (table != FIRST_TABLE, table))


def _distribute(table: str, shards: int) -> None:
    with at_length(0), connection.cursor() as cursor:
        if table == FIRST_TABLE:
            cursor.execute(DISTRIBUTE_FIRST, {"table": table, "shards": shards})
        else:
            cursor.execute(DISTRIBUTE, {"table": table, "beside": FIRST_TABLE})
        cursor.execute(FORGET_LOCAL_ROWS, {"table": table})


def _let_settings_reach_nodes() -> None:
    name = sql.Identifier(str(connection.settings_dict["NAME"]))
    setting = sql.SQL(PROPAGATED_SETTING)
    with connection.cursor() as cursor:
        alter = sql.SQL("ALTER ROLE CURRENT_USER IN DATABASE {} SET {} = 'local'").format(name, setting)
        cursor.execute(alter.as_string(cursor.connection.connection))


def _rows(statement: str, **params: list[str]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        return list(cursor.fetchall())
