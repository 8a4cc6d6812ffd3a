"""Deletes verdicts with what they are about: their reasons may repeat what was said."""

from collections.abc import Collection
from typing import Any

from sessions.judges.current import score_id
from sessions.models import Verdict
from tracing.models import Score, Trace


def forget(project_id: int, trace_ids: Collection[str], session_ids: Collection[str], **_: Any) -> None:
    """Delete the verdicts about sessions that lose traces, with their scores. What is left is judged anew."""
    traces = Trace.objects.for_project(project_id).filter(trace_id__in=list(trace_ids), session_id__isnull=False)
    sessions = {*session_ids, *traces.order_by().values_list("session_id", flat=True)}
    verdicts = Verdict.objects.for_project(project_id).filter(session_id__in=sessions)
    judged = set(verdicts.values_list("judge_id", "session_id"))
    ids = [score_id(judge_id, session_id) for judge_id, session_id in judged]
    verdicts.delete()
    Score.objects.for_project(project_id).filter(id__in=ids, author_id=None).delete()
