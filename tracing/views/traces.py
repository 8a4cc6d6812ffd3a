"""Pages of one trace and of what ingestion could not take. A fragment answers the URL of the page that it stands in."""

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from projects.access import person, project_view
from projects.htmx import PageRequest
from projects.models import Project
from projects.preferences import preferred
from projects.values import whole_number
from tracing.lists.trace_listing import TraceListing
from tracing.lists.trace_table import table_of, windows_of
from tracing.models import IngestionIssue, Trace
from tracing.reading import texts
from tracing.reading.explained import explained
from tracing.reading.spans import detail_of, text_of, texts_of, tree_of

TraceContext = dict[str, object]
TEXT_PARTS = ("input", "output", "raw")


@require_safe
@vary_on_headers("HX-Request")
@project_view
def traces(request: PageRequest, project: Project) -> HttpResponse:
    """Every trace, also those that belong to no session. The URL is the whole state; asked by htmx, `?cursor=` answers
    the rows that follow."""
    listing = TraceListing(project, request.GET)
    table = table_of(listing, preferred(person(request), project, "traces"))
    context: TraceContext = {"project": project, "section": "traces", "listing": listing, "table": table}
    if request.htmx:
        return render(request, "tracing/traces.html#rows", context)
    context |= {"windows": windows_of(listing), "without_session": listing.query_string(session="none")}
    context["began"] = bool(listing.rows) or Trace.objects.for_project(project).exists()
    return render(request, "tracing/traces.html", context)


@require_safe
@vary_on_headers("HX-Request")
@project_view
def trace(request: PageRequest, project: Project, trace_id: str) -> HttpResponse:
    """The permanent link that SDKs print; `?span=` opens one span, `?steps` the tree, `?rows=` continues it."""
    found = Trace.objects.for_project(project).filter(trace_id=trace_id).first()
    if found is None:
        return render(request, "tracing/no_trace.html", {"project": project, "trace_id": trace_id}, status=404)
    context: TraceContext = {"project": project, "trace": found, "section": "traces"}
    if request.htmx and "rows" in request.GET:
        return render(request, "tracing/_spans.html", context | {"tree": tree_of(found, _number(request, "rows"))})
    if request.htmx and "steps" in request.GET:
        return render(request, "tracing/_steps.html", context | {"tree": tree_of(found)})
    if request.htmx and "span" in request.GET:
        return _span(request, context, found)
    context |= _turn(found)
    if request.htmx:
        return render(request, "tracing/_turn.html", context)
    if "span" in request.GET:
        context |= _detail(found, request.GET["span"])
    return render(request, "tracing/trace.html", context)


@require_safe
@vary_on_headers("HX-Request")
@project_view
def text(request: PageRequest, project: Project, trace_id: str) -> HttpResponse:
    """Reads on in the input, output or raw report (`side`) of a span: its `head`, or on `from` a
    character, or `before` a message."""
    found = Trace.objects.for_project(project).filter(trace_id=trace_id).first()
    span_id, side = request.GET.get("span", ""), request.GET.get("side", "")
    whole = text_of(found, span_id, side) if found and side in TEXT_PARTS else None
    if found is None or whole is None:
        return render(request, "tracing/no_trace.html", {"project": project, "trace_id": trace_id}, status=404)
    context: TraceContext = {"project": project, "trace": found, "more": text_url(found, span_id, side), "side": side}
    context |= {"user_id": found.user_id, "project_id": project.pk}
    if "head" in request.GET:
        context |= {"shown": texts.shown(whole), "role": "user" if side == "input" else "assistant"}
        return render(request, "tracing/_shown.html" if request.htmx else "tracing/text.html", context)
    if "before" in request.GET:
        context["shown"] = texts.earlier(whole, _number(request, "before"))
        return render(request, "tracing/_shown.html" if request.htmx else "tracing/text.html", context)
    message = _number(request, "message") if "message" in request.GET else None
    context |= {"body": texts.piece(whole, _number(request, "from"), message), "message": message}
    return render(request, "tracing/_body.html" if request.htmx else "tracing/text.html", context)


@require_safe
@project_view
def issues(request: PageRequest, project: Project) -> HttpResponse:
    """Everything that was rejected, cut or dropped, the latest first."""
    rows = IngestionIssue.objects.for_project(project).order_by("-last_seen", "reason")[:500]
    context = {"project": project, "section": "issues", "issues": [(row, explained(row.reason)) for row in rows]}
    return render(request, "tracing/issues.html", context)


def text_url(trace: Trace, span_id: str, side: str) -> str:
    """Where the rest of a long text is read."""
    path = reverse("text", args=[trace.project_id, trace.trace_id])
    return f"{path}?{urlencode({'span': span_id, 'side': side})}"


def _turn(trace: Trace) -> TraceContext:
    """What was asked, what was answered, and the steps between."""
    stored = texts_of(trace)
    sides = {side: texts.shown(stored[side]) if side in stored else None for side in ("input", "output")}
    sources = {"input": trace.input_span_id or "", "output": trace.output_span_id or ""}
    more = {f"{side}_more": text_url(trace, span_id, side) for side, span_id in sources.items()}
    metadata = texts.body_of(trace.metadata) if trace.metadata else None
    return {"tree": tree_of(trace), "metadata": metadata, **sides, **more}


def _span(request: PageRequest, context: TraceContext, trace: Trace) -> HttpResponse:
    context |= _detail(trace, request.GET["span"])
    return render(request, "tracing/_span.html", context, status=200 if context["detail"] else 404)


def _detail(trace: Trace, span_id: str) -> TraceContext:
    more = {f"span_{side}_more": text_url(trace, span_id, side) for side in TEXT_PARTS}
    return {"detail": detail_of(trace, span_id), "span_id": span_id, **more}


def _number(request: PageRequest, name: str) -> int:
    """A count out of the query string; what is none counts as zero."""
    return whole_number(request.GET.get(name, ""), highest=10**9) or 0
