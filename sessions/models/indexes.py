"""The indexes of sessions: what the list offers to sort and filter by is quick in a project of any size."""

from django.contrib.postgres.indexes import GinIndex
from django.db import models

# Every sort that is offered has an index, so that any page of two million sessions is one short walk.
INDEXED_ORDERS = {
    "updated_at": "updated",
    "created_at": "created",
    "duration_ms": "duration",
    "active_ms": "active",
    "idle_ms": "idle",
    "trace_count": "traces",
    "span_count": "spans",
    "error_count": "errors_most",
    "input_cost": "input_cost",
    "output_cost": "output_cost",
    "total_cost": "cost",
    "input_tokens": "input_tokens",
    "output_tokens": "output_tokens",
    "total_tokens": "tokens",
    "unpriced_count": "unpriced",
}
INDEXED_SETS = ("tags", "user_ids", "environments", "model_names", "tool_names", "releases")


# A dashboard tells by them which days have changed (sessions/dashboard/cached_days.py), and which sessions began before
# its time and went on in it, without a look at the rows.
INCLUDED = {"created_at": ("computed_at",), "updated_at": ("created_at",)}


def in_order(column: str, *, name: str) -> models.Index:
    columns = ("project_id", models.F(column).desc(), models.F("session_id").desc())
    return models.Index(*columns, name=name, include=INCLUDED.get(column))


INDEXES = [
    *[in_order(column, name=f"session_{name}") for column, name in INDEXED_ORDERS.items()],
    models.Index(
        "project_id",
        models.F("updated_at").desc(),
        models.F("session_id").desc(),
        name="session_errors",
        condition=models.Q(error_count__gt=0),
    ),
    models.Index("project_id", models.F("computed_at").desc(), name="session_computed"),
    # One for all sets: a session's update then fills one pending list.
    GinIndex("project_id", *INDEXED_SETS, name="session_sets"),
]
