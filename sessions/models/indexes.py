"""The indexes of sessions, derived from the declared properties: each sort and each filter by a set has its index."""

from django.contrib.postgres.indexes import GinIndex
from django.db import models

from sessions.models.properties import SORTABLE_KINDS, Property, PropertyKind, properties_of, sets_of

# The partial index of sessions with errors has the name that this property's would get.
INDEX_NAMES = {"error_count": "session_errors_most"}
# The dashboard finds with these alone, without reading the rows, which days have changed
# (sessions/dashboard/cached_days.py) and which sessions began before its period and continued in it.
INCLUDED_COLUMNS = {"created_at": ("computed_at",), "updated_at": ("created_at",)}


def indexes_of(model: type[models.Model]) -> list[models.Index]:
    """Return the indexes that sessions with the properties of `model` need."""
    declared = properties_of(model).values()
    # The primary key serves the order by id.
    sortable = [one for one in declared if one.kind in SORTABLE_KINDS and one.kind != PropertyKind.ID]
    return [
        *[_in_order(one) for one in sortable],
        models.Index(
            "project_id",
            models.F("updated_at").desc(),
            models.F("session_id").desc(),
            name="session_errors",
            condition=models.Q(error_count__gt=0),
        ),
        models.Index("project_id", models.F("computed_at").desc(), name="session_computed"),
        # One for all sets: a session's update then fills one pending list.
        GinIndex("project_id", *[one.field for one in sets_of(model)], name="session_sets"),
    ]


def _in_order(declared: Property) -> models.Index:
    """Return the index for a sort, so that any page of two million sessions is one short walk."""
    columns = ("project_id", models.F(declared.field).desc(), models.F("session_id").desc())
    name = INDEX_NAMES.get(declared.field, f"session_{declared.short_name}")
    return models.Index(*columns, name=name, include=INCLUDED_COLUMNS.get(declared.field))
