"""What can be annotated: a session, a trace, or a span."""

from collections.abc import Collection
from typing import NamedTuple

from django.db.models import Q

from sessions.annotation.configs import NotAllowed
from sessions.models import ObjectType, Session
from tracing.limits.ids import in_one_form
from tracing.lists.bounded import TooLong, within
from tracing.models import Span, Trace
from tracing.store import erased
from tracing.wire.refusals import Erased

TARGET_TIMEOUT_MS = 1_500  # ms to find a span


class Target(NamedTuple):
    """The target of a score: a session alone, or a trace, and then perhaps one of its spans."""

    session_id: str | None = None
    trace_id: str | None = None
    span_id: str | None = None

    @property
    def kind(self) -> ObjectType:
        """Return the type of the object, as comments and queue items have it."""
        if self.session_id is not None:
            return ObjectType.SESSION
        return ObjectType.TRACE if self.span_id is None else ObjectType.OBSERVATION

    @property
    def key(self) -> str:
        """Return the id of the object alone, as comments and queue items have it."""
        return self.session_id or self.span_id or self.trace_id or ""

    @property
    def where(self) -> Q:
        """Return the condition of scores on exactly this target."""
        return Q(session_id=self.session_id, trace_id=self.trace_id, span_id=self.span_id)

    def __str__(self) -> str:
        return f"{self.kind.label.lower()} {self.key}"


def gone(project_id: int, kind: str, keys: Collection[str]) -> set[str]:
    """Return the ids that were erased.

    Call it first in the transaction that writes about any of them."""
    name = {ObjectType.SESSION: "session_ids", ObjectType.TRACE: "trace_ids"}.get(ObjectType(kind), "span_ids")
    return erased.gone(project_id, **{name: keys})


def check(project_id: int, kind: str, key: str, *, trace_id: str | None = None) -> None:
    """Raise NotAllowed if the target was erased; a span is erased with its trace.

    Call it first in the transaction that writes about it."""
    if gone(project_id, *((kind, [key]) if trace_id is None else (ObjectType.TRACE, [trace_id]))):
        raise NotAllowed(erased.ERASED_ISSUE_SAMPLE) from Erased(erased.ERASED_ISSUE_SAMPLE)


def find(project_id: int, kind: str, key: str, *, trace_id: str = "") -> Target | None:
    """Find a target, or None if the project has none. A span is looked for in `trace_id`."""
    if "\x00" in key + trace_id:
        return None
    if kind == ObjectType.SESSION:
        key = in_one_form(key)
        found = Session.objects.for_project(project_id).filter(session_id=key).exists()
        return Target(session_id=key) if found else None
    trace = Trace.objects.for_project(project_id).filter(trace_id=key if kind == ObjectType.TRACE else trace_id)
    bucket = trace.values_list("bucket", flat=True).first()
    if bucket is None or kind not in (ObjectType.TRACE, ObjectType.OBSERVATION):
        return None
    if kind == ObjectType.TRACE:
        return Target(trace_id=key)
    spans = Span.objects.for_project(project_id).filter(bucket=bucket, trace_id=trace_id, span_id=key)
    return Target(trace_id=trace_id, span_id=key) if spans.exists() else None


def find_queued(project_id: int, kind: str, key: str) -> Target | None:
    """Find the target of an item of a queue, which names no trace for a span.

    Days are searched for it, the latest first, for as long as a page may wait."""
    if kind != ObjectType.OBSERVATION or "\x00" in key:
        return find(project_id, kind, key)
    try:
        with within(TARGET_TIMEOUT_MS):
            spans = Span.objects.for_project(project_id).filter(span_id=key).order_by("-bucket", "-started_at")
            trace_id = spans.values_list("trace_id", flat=True).first()
    except TooLong:
        return None
    return find(project_id, kind, key, trace_id=trace_id or "")
