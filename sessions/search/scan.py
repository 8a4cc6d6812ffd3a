"""The deep scan: every text of every span, from the newest trace to the oldest, for what the index does not hold.

A request looks for SCAN_SECONDS and says how far it came; the next one goes on there. It costs what it reads, so it
runs only when somebody asks for it."""

import re
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import DateTimeField, QuerySet
from django.utils.safestring import SafeString

from projects.models import Project
from sessions.models import Session
from sessions.search.matching import Term, needs_of
from sessions.search.snippets import aligned, around, pattern_of
from tracing.lists.keyset import Order
from tracing.models import SpanIO, Trace

SCAN_SECONDS = 2.0
SCAN_BATCH_TRACES = 100
SPANS_AT_ONCE = 500
SCAN_TEXT_BATCH_SPANS = 100  # spans whose texts are in memory together
SPANS_OF_A_TRACE = 10_000  # of a larger trace the rest is not read: it would hold up all others
NEWEST_TRACES_FIRST = Order("scan", "started_at", "trace_id", DateTimeField(), is_descending=True)

UNICODE_ESCAPES = re.compile(r"(?:\\u[0-9a-fA-F]{4})+")

MatchesLexemes = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class TextHit:
    """A text with all of the terms: the first one found in its trace."""

    session_id: str | None
    trace_id: str
    span_id: str
    side: str  # input | output
    started_at: datetime
    html: SafeString


@dataclass
class Scanned:
    """What one request came to. `cursor` is where the next one goes on, None when all is read."""

    hits: list[TextHit] = field(default_factory=list)
    traces: int = 0
    spans: int = 0
    back_to: datetime | None = None
    cursor: str | None = None


def scan(
    project: Project | int,
    terms: Sequence[Term],
    *,
    within: QuerySet[Session] | None = None,
    cursor: str = "",
    since: datetime | None = None,
    seconds: float = SCAN_SECONDS,
) -> Scanned:
    """Go on at `cursor`, back to `since`. Raise RefusedTerm or BadCursor."""
    needs_of(terms)
    traces = Trace.objects.for_project(project).only("trace_id", "bucket", "session_id", "started_at", "span_count")
    if within is not None:
        traces = traces.filter(session_id__in=within.order_by().values("session_id"))
    if since is not None:
        traces = traces.filter(started_at__gte=since)
    return _scan(project, traces, terms, cursor, time.monotonic() + seconds)


def _scan(project: Project | int, traces: QuerySet[Trace], terms: Sequence[Term], cursor: str, until: float) -> Scanned:
    found, says, pattern = Scanned(cursor=cursor), says_all(terms), pattern_of(terms)
    assert pattern is not None
    seen: set[str] = set()
    while found.cursor is not None:
        page = NEWEST_TRACES_FIRST.page(traces, cursor=found.cursor, limit=SCAN_BATCH_TRACES)
        for some in _slices(page.rows):
            for trace, span_id, side, text in _texts(project, some):
                if trace.trace_id not in seen and says(text):
                    seen.add(trace.trace_id)
                    html = around(plain(text), pattern) or SafeString()
                    found.hits.append(TextHit(trace.session_id, trace.trace_id, span_id, side, trace.started_at, html))
            found.hits.sort(key=lambda hit: (hit.started_at, hit.trace_id), reverse=True)
            _count(found, some)
            if time.monotonic() > until:
                is_last = page.next is None and some[-1] is page.rows[-1]
                found.cursor = None if is_last else NEWEST_TRACES_FIRST.cursor(some[-1], is_forward=True)
                return found
        found.cursor = page.next
    return found


def says_all(terms: Sequence[Term]) -> MatchesLexemes:
    """Whether a text has every term and none of the negated ones."""
    wanted = [
        (pattern, term.is_negated) for term in terms if (pattern := pattern_of([term._replace(is_negated=False)]))
    ]

    def says(text: str) -> bool:
        spelled, _ = aligned(plain(text))
        return all(bool(pattern.search(spelled)) != is_negated for pattern, is_negated in wanted)

    return says


def plain(text: str) -> str:
    """Return stored JSON with line breaks as white space and escaped characters as themselves."""
    if "\\u" in text:
        text = UNICODE_ESCAPES.sub(_unescaped, text)
    return text.replace("\\n", "  ").replace('\\"', ' "')


def _unescaped(found: re.Match[str]) -> str:
    """Several together, since a character may be a pair of them."""
    return found[0].encode().decode("unicode_escape").encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _slices(traces: Sequence[Trace]) -> Iterator[list[Trace]]:
    """Traces with not too many spans together; at least one."""
    some: list[Trace] = []
    for trace in traces:
        if some and sum(one.span_count for one in some) + trace.span_count > SPANS_AT_ONCE:
            yield some
            some = []
        some.append(trace)
    if some:
        yield some


def _texts(project: Project | int, traces: Sequence[Trace]) -> Iterable[tuple[Trace, str, str, str]]:
    """Of each trace its texts with their span id and side."""
    by_id = {trace.trace_id: trace for trace in traces}
    rows = SpanIO.objects.for_project(project).filter(bucket__in={trace.bucket for trace in traces})
    rows = rows.order_by("trace_id", "span_id")
    keys = list(rows.filter(trace_id__in=sorted(by_id)).values_list("trace_id", "span_id")[:SPANS_OF_A_TRACE])
    for start in range(0, len(keys), SCAN_TEXT_BATCH_SPANS):
        wanted = set(keys[start : start + SCAN_TEXT_BATCH_SPANS])
        some = rows.filter(trace_id__in={key[0] for key in wanted}, span_id__in={key[1] for key in wanted})
        columns: Any = some.values_list("trace_id", "span_id", "input", "output")
        for trace_id, span_id, asked, answered in columns:
            for side, text in (("input", asked), ("output", answered)):
                if text and (trace_id, span_id) in wanted:
                    yield by_id[trace_id], span_id, side, text


def _count(found: Scanned, traces: Sequence[Trace]) -> None:
    found.traces += len(traces)
    found.spans += sum(trace.span_count for trace in traces)
    found.back_to = traces[-1].started_at
