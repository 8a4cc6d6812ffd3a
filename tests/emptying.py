"""Empties the tables that a test with transactions of its own has filled.

Django's flush empties every table, which are a hundred with their partitions, and writes all permissions again."""

from functools import cache
from typing import Any

from django.db import connection
from django.test import TransactionTestCase

KEPT = {"django_content_type", "auth_permission", "django_migrations"}  # what migrations write, and no test changes


def stand_in_for_flush() -> None:
    TransactionTestCase._fixture_teardown = _empty  # type: ignore[method-assign]


@cache
def tables() -> list[str]:
    return sorted(set(connection.introspection.django_table_names(only_existing=True, include_views=False)) - KEPT)


def _empty(case: Any) -> None:
    filled = " UNION ALL ".join(f"SELECT '{table}' WHERE EXISTS (SELECT 1 FROM {table})" for table in tables())
    with connection.cursor() as cursor:
        cursor.execute(f"/* every project */ {filled}")
        if found := [name for (name,) in cursor.fetchall()]:
            cursor.execute(f"TRUNCATE {', '.join(found)} CASCADE")
