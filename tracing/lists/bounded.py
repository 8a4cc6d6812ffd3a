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
    plans = _plans_of_nodes(json.loads(text)[0]["Plan"]) if text else []
    return Plan(sum(plan["Plan Rows"] for plan in plans), sum(plan["Total Cost"] for plan in plans))


def _plans_of_nodes(plan: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the plan, or those of the nodes of a cluster: for its own scan of them, Citus always estimates 0."""
    waiting = [plan]
    while waiting:
        step = waiting.pop()
        if asked := step.get("Distributed Query"):
            return [remote["Plan"] for task in asked["Job"]["Tasks"] for part in task["Remote Plan"] for remote in part]
        waiting += step.get("Plans", [])
    return [plan]


@contextmanager
def within(milliseconds: int, **settings: str) -> Iterator[None]:
    """End each statement of the block after `milliseconds`, and run it with `settings`.

    Raises TooLong. The block must not write."""
    settings = {"statement_timeout": str(milliseconds), **settings}
    # SET LOCAL reaches the nodes of a cluster, set_config does not.
    chosen = "; ".join(f"SET LOCAL {name} = '{value}'" for name, value in settings.items())
    undone = "; ".join(f"SET LOCAL {name} TO DEFAULT" for name in settings)
    outer = is_strict.set(True)
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(chosen)
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
