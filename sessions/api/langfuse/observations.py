"""Sessions, traces and observations for the generated clients of Langfuse and InteractiveAI."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest

from projects.models import Project
from sessions.api.langfuse import scores as scoring
from sessions.api.langfuse.faces import Many, One, in_time, moment_of, page_of
from sessions.api.langfuse.recent import latest, traces_within
from sessions.api.langfuse.shapes import metrics_of, observation_shape, session_shape, trace_shape
from sessions.models import Session
from tracing.models import Span, SpanIO, Trace
from tracing.reading.spans import texts_of
from tracing.records import Kind, Level
from tracing.wire.refusals import Invalid, NotFound

MAX_LANGFUSE_SPANS = 1_000  # of a whole trace in one answer
MAX_LANGFUSE_TRACES = 1_000  # of a session
TRACE_ORDER_FIELDS = {
    "id": "trace_id", "timestamp": "started_at", "name": "name", "userId": "user_id", "release": "release",
    "version": "version", "sessionId": "session_id", "public": "public",
}  # fmt: skip


def sessions(request: HttpRequest, project: Project) -> Many:
    rows = _within(request, Session.objects.for_project(project), "created_at")
    if environments := request.GET.getlist("environment"):
        rows = rows.filter(environments__overlap=environments)
    rows = rows.order_by("-created_at", "-session_id")
    return page_of(request, rows, "sessions", lambda found: map(session_shape, found))


def session(request: HttpRequest, project: Project, session_id: str) -> One:
    found = Session.objects.for_project(project).filter(session_id=session_id).first()
    if found is None:
        raise NotFound(f"There is no session {session_id}.")
    traces = Trace.objects.for_project(project).filter(session_id=session_id).order_by("started_at", "trace_id")
    listed = list(traces[:MAX_LANGFUSE_TRACES])
    texts = _texts_of(project, listed)
    told = [trace_shape(one, texts.get(one.trace_id, {})) for one in listed]
    return One(session_shape(found) | {"traces": told}, "session")


def traces(request: HttpRequest, project: Project) -> Many:
    given, rows = request.GET, _within(request, Trace.objects.for_project(project), "started_at")
    for name, column in (("userId", "user_id"), ("name", "name"), ("sessionId", "session_id"), ("version", "version"),
                         ("release", "release")):  # fmt: skip
        if given.get(name):
            rows = rows.filter(**{column: given[name]})
    if tags := given.getlist("tags"):
        rows = rows.filter(tags__contains=tags)
    if environments := given.getlist("environment"):
        rows = rows.filter(environment__in=environments)
    column, _, way = given.get("orderBy", "timestamp.desc").partition(".")
    if column not in TRACE_ORDER_FIELDS or way not in ("asc", "desc"):
        raise Invalid(f"orderBy: one of {', '.join(TRACE_ORDER_FIELDS)}, with .asc or .desc")
    sign = "-" if way == "desc" else ""
    rows = rows.order_by(f"{sign}{TRACE_ORDER_FIELDS[column]}", f"{sign}trace_id")
    groups = set(filter(None, given.get("fields", "").split(","))) or {"io", "scores", "observations", "metrics"}
    return page_of(request, rows, "traces", lambda found: _traces(project, found, groups))


def trace(request: HttpRequest, project: Project, trace_id: str) -> One:
    found = Trace.objects.for_project(project).filter(trace_id=trace_id).first()
    if found is None:
        raise NotFound(f"There is no trace {trace_id}.")
    spans = list(_spans(project, found)[:MAX_LANGFUSE_SPANS])
    scores = scoring.readable(project).filter(trace_id=trace_id).order_by("scored_at", "id")
    whole = {
        "observations": list(_observations(project, spans)),
        "scores": [scoring.shape(score) for score in scores],
    }
    return One(trace_shape(found, texts_of(found)) | metrics_of(found) | whole, "trace")


def observations(request: HttpRequest, project: Project) -> Many:
    """Of one trace, else of the traces of a time: sessions/api/langfuse/recent.py says of which."""
    given, traces = request.GET, Trace.objects.for_project(project)
    if trace_id := given.get("traceId"):
        within = traces_within(traces.filter(trace_id=trace_id))
    else:
        within = latest(traces, *(moment_of(request, name) for name in ("fromStartTime", "toStartTime")))
    rows: QuerySet[Any] = Span.objects.for_project(project).filter(within)
    for name, column in (("name", "name"), ("parentObservationId", "parent_id")):
        if given.get(name):
            rows = rows.filter(**{column: given[name]})
    for name, column, unsaid in (("type", "kind", Kind.SPAN), ("level", "level", Level.DEFAULT)):
        if text := given.get(name):
            value = type(unsaid).__members__.get(text.upper())
            if value is None:
                raise Invalid(f"{name}: one of {', '.join(type(unsaid).__members__)}")
            said = Q(**{column: value})
            rows = rows.filter(said | Q(**{f"{column}__isnull": True}) if value == unsaid else said)
    rows = _within(request, rows, "started_at", "fromStartTime", "toStartTime").order_by("-started_at", "span_id")
    return page_of(request, rows, "observations", lambda found: _observations(project, found))


def observation(request: HttpRequest, project: Project, span_id: str) -> One:
    """Without its trace's id day after day has to be looked through, the latest first, for as long as one may wait."""
    with in_time("GET observations?traceId= finds the observations of one trace at once."):
        found = Span.objects.for_project(project).filter(span_id=span_id).order_by("-bucket").first()
    if found is None:
        raise NotFound(f"There is no observation {span_id}.")
    return One(next(iter(_observations(project, [found]))), "observation")


def _within(
    request: HttpRequest, rows: QuerySet[Any], column: str, start: str = "fromTimestamp", end: str = "toTimestamp"
) -> QuerySet[Any]:
    for name, lookup in ((start, "gte"), (end, "lt")):
        if at := moment_of(request, name):
            rows = rows.filter(**{f"{column}__{lookup}": at})
    return rows


def _texts_of(project: Project, traces: Collection[Trace]) -> dict[str, dict[str, str]]:
    """`{trace id: {"input", "output"}}`, by one query."""
    stored = SpanIO.objects.for_project(project).filter(
        bucket__in={one.bucket for one in traces},
        trace_id__in=[one.trace_id for one in traces],
        span_id__in={key for one in traces for key in (one.input_span_id, one.output_span_id) if key is not None},
    )
    io = {(row.trace_id, row.span_id): row for row in stored}
    texts: dict[str, dict[str, str]] = {}
    for one in traces:
        for side, key in (("input", one.input_span_id), ("output", one.output_span_id)):
            if key is not None and (text := getattr(io.get((one.trace_id, key)), side, None)):
                texts.setdefault(one.trace_id, {})[side] = text
    return texts


def _traces(project: Project, found: list[Trace], groups: set[str]) -> Iterable[Mapping[str, Any]]:
    """The page's spans and scores by two queries; excluded groups are empty, as the clients expect."""
    ids, buckets = [t.trace_id for t in found], {t.bucket for t in found}
    spans: dict[str, list[str]] = {}
    scores: dict[str, list[str]] = {}
    if "observations" in groups:
        rows = Span.objects.for_project(project).filter(bucket__in=buckets, trace_id__in=ids)
        for trace_id, span_id in rows.values_list("trace_id", "span_id")[: MAX_LANGFUSE_SPANS * len(ids)]:
            spans.setdefault(trace_id, []).append(span_id)
    if "scores" in groups:
        for trace_id, score_id in scoring.readable(project).filter(trace_id__in=ids).values_list("trace_id", "id"):
            scores.setdefault(trace_id or "", []).append(score_id)
    texts = _texts_of(project, found) if "io" in groups else {}
    for one in found:
        shaped = trace_shape(one, texts.get(one.trace_id, {})) | metrics_of(one)
        if "metrics" not in groups:
            shaped |= {"latency": -1, "totalCost": -1}
        yield shaped | {"observations": spans.get(one.trace_id, []), "scores": scores.get(one.trace_id, [])}


def _spans(project: Project, found: Trace) -> QuerySet[Span]:
    spans = Span.objects.for_project(project).filter(bucket=found.bucket, trace_id=found.trace_id)
    return spans.order_by("started_at", "span_id")


def _observations(project: Project, spans: list[Span]) -> Iterable[Mapping[str, Any]]:
    """With their texts, by one query."""
    stored = SpanIO.objects.for_project(project).filter(
        bucket__in={span.bucket for span in spans},
        trace_id__in={span.trace_id for span in spans},
        span_id__in=[span.span_id for span in spans],
    )
    texts = {(io.trace_id, io.span_id): io for io in stored}
    return [observation_shape(span, texts.get((span.trace_id, span.span_id))) for span in spans]
