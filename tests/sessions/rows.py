"""Session rows by model, for what reads them."""

from datetime import timedelta
from typing import Any

from django.db import connection
from django.db.models import Model

from projects.models import Project
from sessions.models import Session
from tests.tracing.reports import at


def session(project: Project, session_id: str, *, minute: float = 0, **fields: Any) -> Session:
    """A session that started at `minute` past noon and took one minute, unless said otherwise."""
    times = {"created_at": at(minute * 60), "updated_at": at(minute * 60 + 60), "computed_at": at(0)}
    times["duration_ms"] = timedelta(minutes=1) // timedelta(milliseconds=1)
    return Session.objects.create(project_id=project.pk, session_id=session_id, **{**times, **fields})


def multiply(original: Model, count: int, **columns: str) -> None:
    """Adds `count` rows like the original, but for columns given as SQL of `n`, which counts from 1.

    The database makes a thousand in the time in which the models make twenty."""
    about = type(original)._meta
    names = [field.column for field in about.local_concrete_fields]
    values = ", ".join(columns.get(name, f"{about.db_table}.{name}") for name in names)
    key = {field.column: getattr(original, field.attname) for field in about.pk_fields}
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {about.db_table} ({', '.join(names)})"
            f" SELECT {values} FROM {about.db_table}, generate_series(1, %(count)s) n"
            f" WHERE {' AND '.join(f'{about.db_table}.{column} = %({column})s' for column in key)}",
            {"count": count, **key},
        )
        cursor.execute(f"ANALYZE {about.db_table}")  # as autovacuum does
