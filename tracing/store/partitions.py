"""Monthly partitions of the span tables, created ahead by beat, or on demand by the first span of a month."""

from datetime import date, timedelta

from django.db import connection, transaction
from django.db.migrations.operations import CreateModel

PARTITIONED_TABLES = ("span", "span_io")
CREATION_LOCK = 7_301_001  # an arbitrary number; the lock keeps two requests from creating a partition twice

_known: set[date] = set()


class CreatePartitionedModel(CreateModel):
    """CreateModel for a table with `PARTITION BY RANGE (bucket)`.

    Its rows need partitions from `ensure_partition`."""

    def database_forwards(self, app_label, schema_editor, from_state, to_state):  # type: ignore[no-untyped-def]
        model = to_state.apps.get_model(app_label, self.name)
        if self.allow_migrate_model(schema_editor.connection.alias, model):
            sql, params = schema_editor.table_sql(model)
            schema_editor.execute(f"{sql} PARTITION BY RANGE (bucket)", params or None)


def month_of(day: date) -> date:
    """Return the first day of the month."""
    return day.replace(day=1)


def next_month(day: date) -> date:
    """Return the first day of the next month."""
    return month_of(month_of(day) + timedelta(days=31))


def ensure_partition(day: date) -> None:
    """Create the partitions for `day`, unless this process knows that they exist.

    Cheap enough to call in every request."""
    month = month_of(day)
    if month in _known:
        return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%(lock)s)", {"lock": CREATION_LOCK})
        for table in PARTITIONED_TABLES:
            cursor.execute(
                f"CREATE TABLE IF NOT EXISTS {table}_{month:%Y_%m} PARTITION OF {table}"
                f" FOR VALUES FROM ('{month}') TO ('{next_month(month)}')"
            )
        transaction.on_commit(lambda: _known.add(month))


def make_ahead(today: date) -> None:
    """Create this month's and next month's partitions."""
    ensure_partition(today)
    ensure_partition(next_month(today))
