"""Time limits for reading: a page says that it gave up instead of keeping people and the database waiting."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from django.db import OperationalError, connection, transaction
from django.db.models import QuerySet
from psycopg.errors import QueryCanceled

from projects.jobs.time_limits import is_strict

# For statements that sum up thousands of rows: compiling them or writing a file would take longer.
SUMMING_SETTINGS = {"jit": "off", "work_mem": "64MB"}


class TooLong(Exception):
    """The statement did not end in time."""


class Plan(NamedTuple):
    """PostgreSQL's estimates for a query."""

    rows: float
    cost: float


def plan_of(rows: QuerySet[Any]) -> Plan:
    """Ask PostgreSQL for its estimates. A query that Django knows to be empty costs nothing."""
    text = rows.explain(format="json")
    plan = json.loads(text)[0]["Plan"] if text else {"Plan Rows": 0, "Total Cost": 0}
    return Plan(plan["Plan Rows"], plan["Total Cost"])


@contextmanager
def within(milliseconds: int, **settings: str) -> Iterator[None]:
    """End each statement of the block after `milliseconds`, and run it with `settings`.

    Raises TooLong. The block must not write."""
    settings = {"statement_timeout": str(milliseconds), **settings}
    chosen = ", ".join(f"set_config('{name}', %({name})s, true)" for name in settings)
    undone = "; ".join(f"SET LOCAL {name} TO DEFAULT" for name in settings)
    outer = is_strict.set(True)
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(f"SELECT {chosen}", settings)
            yield
            with connection.cursor() as cursor:
                cursor.execute(undone)
    except OperationalError as error:
        if took_too_long(error):
            raise TooLong from None
        raise
    finally:
        is_strict.reset(outer)


def took_too_long(error: BaseException) -> bool:
    """Return whether a statement was ended by a limit: that of `within`, or that of the database role."""
    return isinstance(error, TooLong) or isinstance(error.__cause__, QueryCanceled)
