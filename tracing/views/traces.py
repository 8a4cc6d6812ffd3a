"""Pages of traces and of ingestion issues. Requests for fragments have the address of their page."""

from dataclasses import dataclass
from functools import cached_property

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from projects.access import project_view
from projects.htmx import PageRequest
from projects.models import Project
from projects.values import whole_number
from tracing.formatting import HUE_LABELS, HUES
from tracing.models import Trace
from tracing.reading import texts
from tracing.reading.axis import TimeMark, time_marks
from tracing.reading.bodies import RenderedBody
from tracing.reading.spans import SpanDetail, Tree, detail_of, text_of, texts_of, tree_of
from tracing.reading.texts import Shown
from tracing.records import Kind

TraceContext = dict[str, object]
TEXT_PARTS = ("input", "output", "raw")
# Which template answers a fragment's address; without one of these parameters it is what was said.
TRACE_FRAGMENTS = {"rows": "tracing/_spans.html", "steps": "tracing/_steps.html", "span": "tracing/_span.html"}


@dataclass(frozen=True, kw_only=True)
class TracePage:
    """One trace. Each part is read when a template first asks for it: a fragment shows few of them."""

    trace: Trace
    first_row: int = 0  # of the tree
    span_id: str = ""  # of the step that is open

    @cached_property
    def tree(self) -> Tree:
        return tree_of(self.trace, self.first_row)

    @property
    def shown_only(self) -> list[tuple[str, str, int]]:
        """What the steps can be narrowed to: the value of `data-show-kind`, its words, and how many steps it has."""
        kinds, named = self.tree.kinds, {Kind.TOOL: "Tools", Kind.GENERATION: "Model calls"}
        offered = [("", "All steps", self.tree.total), ("failed", "Errors", self.tree.failed)]
        return offered + [(kind.name.lower(), words, kinds.get(kind, 0)) for kind, words in named.items()]

    @property
    def legend(self) -> list[tuple[str, str]]:
        """The colours that the steps have, and what each means."""
        hues = {HUES.get(Kind(kind), "span") for kind in self.tree.kinds}
        return [(name, words) for name, words in HUE_LABELS.items() if name in hues]

    @property
    def ticks(self) -> list[TimeMark]:
        """The marks of the axis above the steps."""
        return time_marks(self.trace.duration_ms)

    @cached_property
    def texts(self) -> dict[str, Shown]:
        """What was asked and what was answered, as far as stored."""
        return {side: texts.shown(stored) for side, stored in texts_of(self.trace).items()}

    @property
    def input_url(self) -> str:
        return text_url(self.trace, self.trace.input_span_id or "", "input")

    @property
    def output_url(self) -> str:
        return text_url(self.trace, self.trace.output_span_id or "", "output")

    @property
    def metadata(self) -> RenderedBody | None:
        return texts.body_of(self.trace.metadata) if self.trace.metadata else None

    @cached_property
    def span(self) -> SpanDetail | None:
        return detail_of(self.trace, self.span_id)

    @property
    def span_urls(self) -> dict[str, str]:
        """Where the rest of each part of the open step is read."""
        return {part: text_url(self.trace, self.span_id, part) for part in TEXT_PARTS}


@require_safe
@vary_on_headers("HX-Request")
@project_view
def trace(request: PageRequest, project: Project, trace_id: str) -> HttpResponse:
    """Show one trace, at the permanent address that SDKs print.

    `?span=` opens one span, `?steps` the tree, and `?rows=` continues it."""
    found = Trace.objects.for_project(project).filter(trace_id=trace_id).first()
    if found is None:
        return render(request, "tracing/no_trace.html", {"project": project, "trace_id": trace_id}, status=404)
    page = TracePage(
        trace=found, first_row=_number(request, "rows") if request.htmx else 0, span_id=request.GET.get("span", "")
    )
    template, status = "tracing/trace.html", 200
    if request.htmx:
        template = next((name for part, name in TRACE_FRAGMENTS.items() if part in request.GET), "tracing/_turn.html")
        status = 404 if template == TRACE_FRAGMENTS["span"] and page.span is None else 200
    return render(request, template, {"project": project, "section": "traces", "page": page}, status=status)


@require_safe
@vary_on_headers("HX-Request")
@project_view
def text(request: PageRequest, project: Project, trace_id: str) -> HttpResponse:
    """Show more of the input, output or raw report (`side`) of a span.

    `head` shows the beginning, `from` continues at a character, and `before` shows the messages before one."""
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


def text_url(trace: Trace, span_id: str, side: str) -> str:
    """Return the address of the rest of a long text."""
    path = reverse("text", args=[trace.project_id, trace.trace_id])
    return f"{path}?{urlencode({'span': span_id, 'side': side})}"


def _number(request: PageRequest, name: str) -> int:
    """Return a number from the query string, or 0 if it is not a number."""
    return whole_number(request.GET.get(name, ""), highest=10**9) or 0
