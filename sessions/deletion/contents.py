"""What a project holds, for the question whether to delete it."""

from typing import Any

from sessions.listing.listing import Count
from sessions.models import Session
from tracing.models import Span, Trace

COUNTED_MODELS: dict[str, Any] = {"session": Session, "trace": Trace, "span": Span}
MAX_COUNTED_ROWS = 100_000  # of each kind, so that the question is asked at once


def count_contents(project_id: int, **_: Any) -> list[str]:
    """Return how many sessions, traces and spans the project has, as far as they are counted, each as words."""
    return [_counted(model, noun, project_id) for noun, model in COUNTED_MODELS.items()]


def _counted(model: Any, noun: str, project_id: int) -> str:
    number = model.objects.for_project(project_id)[: MAX_COUNTED_ROWS + 1].count()
    count = Count(min(number, MAX_COUNTED_ROWS), is_capped=number > MAX_COUNTED_ROWS)
    return f"{count} {noun}{'' if number == 1 else 's'}"
