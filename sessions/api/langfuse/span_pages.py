"""Pages of observations by position: the latest trace first, and within it the latest observation.

A page looks into as many traces as one answer may. If a filter leaves nothing of them, the page is empty and its cursor
leads on, so that each observation is in exactly one page however many there are."""

import base64
from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

import orjson
from django.db.models import F, Q, QuerySet
from django.db.models.fields.tuple_lookups import Tuple, TupleLessThan, TupleLessThanOrEqual

from projects.values import in_calendar
from sessions.api.langfuse.columns import spans_said
from sessions.api.langfuse.conditions import refusal
from sessions.api.recent import MAX_RECENT_SPANS, MAX_RECENT_TRACES
from tracing.models import Span, Trace
from tracing.wire.fields import moment

LARGE_SPANS = 5_000  # a trace with more is read by itself, as far as the page goes
MAX_TEXT_OF_PAGE = 16_000_000  # characters of input and output, after which a page ends early

Listed = tuple[Any, str, datetime, int]  # of a trace: its bucket, id, beginning and number of spans


class SpanPosition(NamedTuple):
    """Where a page ends: behind a span of a trace, or behind all of it while `began` is None."""

    started_at: datetime
    trace_id: str
    began: datetime | None
    span_id: str

    def text(self) -> str:
        """Return the position as a cursor."""
        times = [self.started_at.isoformat(), self.began.isoformat() if self.began else ""]
        return base64.urlsafe_b64encode(orjson.dumps([*times, self.trace_id, self.span_id])).decode().rstrip("=")


class SpanPage(NamedTuple):
    """Spans, and the cursor of the next page if there may be more."""

    spans: list[Span]
    next: str | None


def position_in(cursor: str) -> SpanPosition:
    """Return the position of a cursor. Raise ValidationError for a text that is none."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        started_text, began_text, trace_id, span_id = orjson.loads(base64.b64decode(padded, altchars=b"-_"))
        started_at, began = moment(started_text), moment(began_text)
        if started_at is None or not in_calendar(started_at) or (began_text and began is None):
            raise ValueError
        if not isinstance(trace_id, str) or not isinstance(span_id, str) or "\x00" in trace_id + span_id:
            raise ValueError
    except (ValueError, TypeError):
        raise refusal("cursor", "not a cursor of this list: send one from an answer unchanged, or none") from None
    return SpanPosition(started_at, trace_id, began, span_id)


def page_of_spans(
    traces: QuerySet[Trace], spans: QuerySet[Span], cursor: str, limit: int, *, has_texts: bool
) -> SpanPage:
    """Return the spans of these traces behind a cursor. Raise ValidationError for a bad one."""
    position = position_in(cursor) if cursor else None
    rows = traces.order_by("-started_at", "-trace_id")
    if position is not None:
        edge = (position.started_at, position.trace_id)
        beyond = TupleLessThanOrEqual if position.began else TupleLessThan
        rows = rows.filter(beyond(Tuple("started_at", "trace_id"), edge))
    values = rows.values_list("bucket", "trace_id", "started_at", "span_count")
    listed: list[Listed] = list(values[: MAX_RECENT_TRACES + 1])
    found: list[tuple[Listed, datetime, str, int]] = []
    looked_into = 0
    for chunk in _chunks(listed[:MAX_RECENT_TRACES], limit):
        found += _keys(spans, chunk, position, limit)
        looked_into += len(chunk)
        if len(found) > limit or sum(one[3] for one in listed[:looked_into]) > MAX_RECENT_SPANS:
            break
    page = _fitting(found[:limit]) if has_texts else found[:limit]
    if len(found) > len(page):
        trace, began, span_id, _ = page[-1]
        following = SpanPosition(trace[2], trace[1], began, span_id).text()
    elif len(listed) > looked_into:
        last = listed[looked_into - 1]
        following = SpanPosition(last[2], last[1], None, "").text()
    else:
        following = None
    return SpanPage(_read(spans, page), following)


def _chunks(listed: list[Listed], limit: int) -> Iterator[list[Listed]]:
    """Yield traces that are read together: first as many as fill the page, then more at a time."""
    chunk: list[Listed] = []
    most = limit
    for one in listed:
        if chunk and (one[3] > LARGE_SPANS or sum(other[3] for other in chunk) > most):
            yield chunk
            chunk, most = [], LARGE_SPANS
        chunk.append(one)
    if chunk:
        yield chunk


def _keys(
    spans: QuerySet[Span], chunk: list[Listed], position: SpanPosition | None, limit: int
) -> list[tuple[Listed, datetime, str, int]]:
    """Return the keys of the spans of some traces in the order of pages, with the size of their texts."""
    traces = {one[1]: one for one in chunk}
    rows = spans_said(spans).filter(bucket__in={one[0] for one in chunk}, trace_id__in=list(traces))
    if position is not None and position.began is not None and position.trace_id in traces:
        later = Q(began__lt=position.began) | Q(began=position.began, span_id__gt=position.span_id)
        rows = rows.filter(~Q(trace_id=position.trace_id) | later)
    ordered = rows.order_by("trace_id", F("began").desc(), "span_id")
    keys = ordered.values_list("trace_id", "began", "span_id", "input_size", "output_size")
    taken = keys[: limit + 1] if len(chunk) == 1 else keys
    places = {trace_id: place for place, trace_id in enumerate(traces)}
    found = [(traces[key[0]], key[1], key[2], (key[3] or 0) + (key[4] or 0)) for key in taken]
    return sorted(found, key=lambda one: places[one[0][1]])


def _fitting(keys: list[tuple[Listed, datetime, str, int]]) -> list[tuple[Listed, datetime, str, int]]:
    """Return the first of these whose texts fit into one answer; always at least one."""
    size = 0
    for index, key in enumerate(keys):
        size += key[3]
        if size > MAX_TEXT_OF_PAGE and index:
            return keys[:index]
    return keys


def _read(spans: QuerySet[Span], keys: list[tuple[Listed, datetime, str, int]]) -> list[Span]:
    rows = spans.filter(
        bucket__in={trace[0] for trace, *_ in keys},
        trace_id__in={trace[1] for trace, *_ in keys},
        span_id__in=[span_id for _, _, span_id, _ in keys],
    )
    by_key = {(span.trace_id, span.span_id): span for span in rows}
    return [by_key[key] for trace, _, span_id, _ in keys if (key := (trace[1], span_id)) in by_key]
