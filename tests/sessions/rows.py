"""Session rows by model, for what reads them."""

from datetime import timedelta
from typing import Any

from projects.models import Project
from sessions.models import Session
from tests.tracing.reports import at


def session(project: Project, session_id: str, *, minute: float = 0, **fields: Any) -> Session:
    """A session that started at `minute` past noon and took one minute, unless said otherwise."""
    times = {"created_at": at(minute * 60), "updated_at": at(minute * 60 + 60), "computed_at": at(0)}
    times["duration_ms"] = timedelta(minutes=1) // timedelta(milliseconds=1)
    return Session.objects.create(project_id=project.pk, session_id=session_id, **{**times, **fields})
