"""Session rows by model, for what reads them."""

from datetime import timedelta
from typing import Any

from django.db import connection

from projects.models import Project
from sessions.models import Session
from tests.tracing.reports import at


def session(project: Project, session_id: str, *, minute: float = 0, **fields: Any) -> Session:
    """A session that started at `minute` past noon and took one minute, unless said otherwise."""
    times = {"created_at": at(minute * 60), "updated_at": at(minute * 60 + 60), "computed_at": at(0)}
    times["duration_ms"] = timedelta(minutes=1) // timedelta(milliseconds=1)
    return Session.objects.create(project_id=project.pk, session_id=session_id, **{**times, **fields})


def multiply(original: Session, count: int, **columns: str) -> None:
    """Adds `count` sessions like the original, but for columns given as SQL of `n`, which counts from 1.

    The database makes a thousand in the time in which the models make twenty."""
    names = [field.column for field in Session._meta.local_concrete_fields]
    values = ", ".join(columns.get(name, f"session.{name}") for name in names)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO session ({', '.join(names)}) SELECT {values} FROM session, generate_series(1, %(count)s) n"
            " WHERE session.project_id = %(project)s AND session.session_id = %(original)s",
            {"count": count, "project": original.project_id, "original": original.session_id},
        )
        cursor.execute("ANALYZE session")  # as autovacuum does
