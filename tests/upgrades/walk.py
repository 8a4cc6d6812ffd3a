"""A database as the first release left it, and its way through every later migration, one at a time."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from django.core.management.sql import emit_post_migrate_signal, emit_pre_migrate_signal
from django.db import DatabaseError, connection, transaction
from django.db.migrations import Migration
from django.db.migrations.executor import MigrationExecutor

from projects.jobs.time_limits import at_length
from projects.sqlguard import EVERY_PROJECT
from tests.live import own_database

HERE = Path(__file__).parent
FIRST_RELEASE = HERE / "first_release.sql"
# What the code of the first release sends for the requests and tasks that `step` names, with all values: but for the
# rows of traces and spans, which do not pass through Django's cursors.
STATEMENTS = json.loads((HERE / "first_release_statements.json").read_text())

COLUMNS_SQL = """
SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.atthasdef OR a.attidentity <> ''
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped
"""
TABLES_SQL = """
SELECT c.relname, c.relfilenode, coalesce((
    SELECT i.indnatts > 1 AND a.attname = 'project_id' FROM pg_index i
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = i.indkey[0] WHERE i.indrelid = c.oid AND i.indisprimary),
    false) OR c.relname = 'audit_event'
FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
"""


class Column(NamedTuple):
    type: str
    is_required: bool
    has_default: bool


@dataclass
class Schema:
    """What the catalog says: columns by table and name, the file of each table, and tables that grow with data."""

    columns: dict[tuple[str, str], Column] = field(default_factory=dict)
    files: dict[str, int] = field(default_factory=dict)
    growing: set[str] = field(default_factory=set)


@dataclass
class Step:
    """One migration: the schema on both sides, what it sent, and which statement of old code failed after it."""

    migration: Migration
    before: Schema
    after: Schema
    sent: list[str]
    failure: str

    @property
    def name(self) -> str:
        return f"{self.migration.app_label}.{self.migration.name}"


@contextmanager
def first_release() -> Iterator[None]:
    """Let the default connection lead to a new database with the schema and the data of the first release."""
    original = connection.settings_dict["NAME"]
    with own_database() as url:
        connection.close()
        connection.settings_dict["NAME"] = urlsplit(url).path.lstrip("/")
        try:
            with connection.cursor() as cursor:
                cursor.connection.connection.execute(FIRST_RELEASE.read_text().encode())
            yield
        finally:
            connection.close()
            connection.settings_dict["NAME"] = original


def read_schema() -> Schema:
    schema = Schema()
    with connection.cursor() as cursor:
        cursor.execute(COLUMNS_SQL)
        for table, name, *rest in cursor.fetchall():
            schema.columns[table, name] = Column(*rest)
        cursor.execute(TABLES_SQL)
        for table, file, grows in cursor.fetchall():
            schema.files[table] = file
            if grows:
                schema.growing.add(table)
    return schema


def run_old_code() -> str:
    """Send what the first release sends, take it back, and return what failed first, and how."""
    with connection.cursor() as cursor, transaction.atomic():
        for statement in STATEMENTS:
            try:
                cursor.execute(f"{statement['sql']} {EVERY_PROJECT}")  # the rules of today are not for old code
            except DatabaseError as error:
                transaction.set_rollback(True)
                return f"{statement['step']}: {error}: {statement['sql'][:300]}"
        transaction.set_rollback(True)
    return ""


def walk() -> Iterator[Step]:
    """Apply the missing migrations one at a time."""
    emit_pre_migrate_signal(verbosity=0, interactive=False, db="default")
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    state = executor._create_project_state(with_applied_migrations=True)
    for migration, _ in plan:
        before, sent = read_schema(), []

        def watch(execute: Any, sql: Any, params: Any, many: bool, context: dict[str, Any]) -> Any:
            sent.append(str(sql))  # noqa: B023
            return execute(sql, params, many, context)

        with connection.execute_wrapper(watch), at_length(0):
            state = executor.apply_migration(state, migration)
        yield Step(migration, before, read_schema(), sent, run_old_code())
    emit_post_migrate_signal(verbosity=0, interactive=False, db="default")


def waits(step: Step) -> list[str]:
    """Return the statements of a migration that keep others waiting for as long as a large table takes."""
    growing = step.before.growing
    found = [f"{table} is written again" for table in growing if _file(step, table)]
    for sql in step.sent:
        text = " ".join(sql.split())
        tables = {table for table in growing if re.search(rf"\b{table}\b", text)}
        builds = re.match(r"CREATE (UNIQUE )?INDEX (?!CONCURRENTLY)", text)
        checks = re.search(r"ADD CONSTRAINT .* (CHECK|FOREIGN KEY|UNIQUE)\b(?!.*NOT VALID)", text)
        changes = re.match(r"(UPDATE|DELETE FROM|LOCK)\b", text) and step.migration.atomic
        if tables and (builds or checks or changes):
            found.append(text[:200])
    return found


def _file(step: Step, table: str) -> bool:
    return step.before.files[table] != step.after.files.get(table)


def breaks(step: Step) -> list[str]:
    """Return what code of before this migration would miss, or could no longer write."""
    found = []
    for (table, name), old in step.before.columns.items():
        new = step.after.columns.get((table, name))
        if new is None:
            found.append(f"{table}.{name} is gone")
        elif new.type != old.type:
            found.append(f"{table}.{name} was {old.type} and is {new.type}")
        elif new.is_required and not old.is_required:
            found.append(f"{table}.{name} refuses NULL")
        elif old.has_default and not new.has_default:
            found.append(f"{table}.{name} lost its default")
    known = {table for table, _ in step.before.columns}
    for (table, name), new in step.after.columns.items():
        if table in known and (table, name) not in step.before.columns and new.is_required and not new.has_default:
            found.append(f"{table}.{name} is new and has no default")
    return found
