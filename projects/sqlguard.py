"""Refuses SQL on tenant tables that does not pin `project_id`: the same rule keeps tenants apart and statements
routable on a distributed database. Always on in tests."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from django.apps import apps
from django.db import connection

PINNED = re.compile(r'project_id"?\s*(=|IN\b)', re.IGNORECASE)
READS_OR_CHANGES = re.compile(r"^\s*(SELECT|UPDATE|DELETE|WITH|INSERT)\b", re.IGNORECASE)
# A statement that is meant to see every tenant says so in its text, where a reviewer can find it.
EVERY_PROJECT = "/* every project */"
INSERT_TARGET = re.compile(r"^\s*INSERT\s+INTO\s+\S+\s*\([^)]*project_id[^)]*\)", re.IGNORECASE)


class UnpinnedQuery(AssertionError):
    """A statement touches a tenant table and could see more than one project."""


@cache
def tenant_tables() -> frozenset[str]:
    """Tables whose primary key starts with project_id, from the models themselves."""
    return frozenset(
        model._meta.db_table
        for model in apps.get_models()
        if getattr(model._meta.pk, "field_names", ("",))[0] == "project_id"
    )


def check(sql: str) -> None:
    """Raises UnpinnedQuery when `sql` names a tenant table without comparing project_id."""
    if EVERY_PROJECT in sql or not READS_OR_CHANGES.match(sql) or PINNED.search(sql):
        return
    reads = INSERT_TARGET.sub("", sql)
    for table in tenant_tables():
        if re.search(rf'(FROM|JOIN|UPDATE|INTO)\s+"?{table}"?(\s|$|;|\))', reads, re.IGNORECASE):
            raise UnpinnedQuery(f"no project_id in a statement on {table}: {sql[:500]}")


@contextmanager
def guarded() -> Iterator[None]:
    """Checks every statement of the current thread's connection while the block runs."""

    def wrapper(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        check(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(wrapper):
        yield
