"""Refuses SQL on tenant tables that does not pin `project_id`, in every sub-select and common table expression.

The same rule keeps tenants apart and statements routable on a distributed database. It is always on in tests, and with
CONFAB_SQL_GUARD wherever else. Every text is read once for each process: see `projects/pins.py` for the rule itself.
"""

import re
from collections.abc import Callable
from functools import cache, lru_cache
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from django.db.models.signals import post_migrate, pre_migrate

# What begins otherwise is looked at: a statement that reads or changes rows may begin with a comment or a bracket.
TOUCHES_NO_ROW = re.compile(
    r"\s*(?:SAVEPOINT|RELEASE|ROLLBACK|BEGIN|COMMIT|SET|RESET|SHOW|CREATE|ALTER|DROP|TRUNCATE|LOCK|COMMENT|ANALYZE|"
    r"VACUUM|REINDEX|LISTEN|NOTIFY|DO|FETCH|CLOSE|GRANT|REVOKE)\b",
    re.IGNORECASE,
)
# New rows of which each names its project, in the first column.
COPIES_OWN_ROWS = re.compile(r"COPY \w+ \(project_id\b[^)]*\) FROM STDIN\b")
# A statement that is meant to see every tenant says so in its text, where a reviewer can find it.
EVERY_PROJECT = "/* every project */"
MAX_KNOWN_STATEMENTS = 4096
# Plain columns behind SELECT and lists of parameters differ in length alone: shortened, they are read once.
COLUMN_LIST = re.compile(r'\bSELECT (DISTINCT )?(?:"\w+"\."\w+"(?: AS "\w+")?, )+')
PARAMETER_LIST = re.compile(r"\bIN \(%s, %s(?:, %s)+\)")


class UnpinnedQuery(AssertionError):
    """A statement touches a tenant table and could see more than one project."""


@cache
def tenant_tables() -> frozenset[str]:
    """Return the tables whose primary key starts with project_id, from the models themselves."""
    return frozenset(
        model._meta.db_table
        for model in apps.get_models()
        if getattr(model._meta.pk, "field_names", ("",))[0] == "project_id"
    )


def check(sql: str) -> None:
    """Raise UnpinnedQuery when some part of `sql` names a tenant table without pinning its project_id."""
    if EVERY_PROJECT in sql or TOUCHES_NO_ROW.match(sql) or COPIES_OWN_ROWS.match(sql):
        return
    short = PARAMETER_LIST.sub("IN (%s, %s)", COLUMN_LIST.sub(r"SELECT \1", sql))
    if fault := _fault_of(short):
        raise UnpinnedQuery(f"{fault}: {sql[:500]}")


def check_if_guarded(sql: str) -> None:
    """Check a statement that does not pass through Django's cursors, if the guard is on."""
    if settings.SQL_GUARD:
        check(sql)


def stand_guard() -> None:
    """Check every statement of every connection from now on, of any thread. Migrations are for every project."""
    connection_created.connect(_watch)
    pre_migrate.connect(_look_away)
    post_migrate.connect(_look_again)


def _look_away(using: str, **_: Any) -> None:
    if _checked in (wrappers := connections[using].execute_wrappers):
        wrappers.remove(_checked)


def _look_again(using: str, **_: Any) -> None:
    _watch(connections[using])


def _watch(connection: BaseDatabaseWrapper, **_: Any) -> None:
    if _checked not in connection.execute_wrappers:
        connection.execute_wrappers.append(_checked)


def _checked(execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: dict[str, Any]) -> Any:
    check(sql if isinstance(sql, str) else sql.as_string(context["connection"].connection))
    return execute(sql, params, many, context)


@lru_cache(MAX_KNOWN_STATEMENTS)
def _fault_of(sql: str) -> str:
    """Return what is wrong with the statement, or "". Only statements that name a tenant table are parsed."""
    if not any(table in sql for table in tenant_tables()):
        return ""
    # The parser, which a process without the guard does without.
    from projects.pins import UnreadableStatement, looked_up_by_row, unpinned

    try:
        if tables := unpinned(sql, tenant_tables()):
            return f"no project_id for {', '.join(tables)}"
        tables = looked_up_by_row(sql, tenant_tables())
    except UnreadableStatement as reason:
        return f"no parser can say whether it pins project_id ({reason})"
    return f"looks up {', '.join(tables)} for each row of a tenant" if tables else ""
