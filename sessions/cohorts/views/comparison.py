"""The page that compares cohorts, and its numbers as CSV. The address is the whole state."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import render
from django.views.decorators.http import require_safe

from projects.access import person, project_view
from projects.audit import Action, record
from projects.downloads.answers import download, refusal
from projects.downloads.making import made_answer
from projects.downloads.places import Holder
from projects.downloads.tables import csv_line, harmless
from projects.models import Project
from sessions.charts.files import CHART_FILE_TYPES, distribution_file
from sessions.cohorts.asked import CONDITION, BadPeriod, ComparisonQuery, WrittenPeriod
from sessions.cohorts.builder import Builder, starting
from sessions.cohorts.comparison import SMALL
from sessions.cohorts.comparison import compare as compared
from sessions.cohorts.effects import Effects
from sessions.cohorts.groups import Group, make_groups
from sessions.cohorts.making import CohortError
from sessions.cohorts.plots import plots_of
from sessions.cohorts.results import CohortComparison, Difference, Measure, Mix, Statistic
from sessions.models import Cohort
from tracing.lists.bounded import TooLong

CUMULATIVE = "cumulative"
COMPARISON_CSV_HEAD = [
    *("kind", "name", "value", "group", "label", "n", "mean", "median", "p95", "total", "hits", "share"),
    *("statistic", "difference", "low", "high", "confidence", "p_adjusted", "effect", "rank_p"),
]
UNKNOWN_CSV_CELLS = ("", "", "")


@dataclass(frozen=True, kw_only=True)
class ComparisonPage:
    """What was asked, and the comparison, or why there is none."""

    project: Project
    asked: ComparisonQuery
    groups: list[Group]
    comparison: CohortComparison | None
    error: str
    wrong: WrittenPeriod | None  # without which the others are compared
    cohorts: QuerySet[Cohort]
    shape: str
    stratify: str

    @cached_property
    def builder(self) -> Builder:
        sizes = [size for _, size in self.comparison.sized] if self.comparison else [""] * len(self.groups)
        return Builder(self.project, self.asked, self.groups, sizes, list(self.cohorts), self.wrong)

    @cached_property
    def effects(self) -> Effects | None:
        return Effects.of(self.comparison) if self.comparison else None

    @property
    def small(self) -> list[tuple[Group, int]]:
        """Return the groups that are too small to tell much, and their sizes."""
        if not self.comparison or self.comparison.one_in > 1:
            return []
        pairs = zip(self.comparison.groups, self.comparison.sizes, strict=True)
        return [(group, size) for group, size in pairs if size < SMALL]

    @property
    def carried(self) -> list[tuple[str, str]]:
        """Return what the form of the common condition carries along."""
        params = QueryDict(self.asked.query(only="").removeprefix("?"))
        return [(name, value) for name, values in params.lists() for value in values]

    @property
    def why_not(self) -> str:
        """Return why there is no file of this comparison."""
        return self.error or (" ".join(self.wrong.faults.values()) if self.wrong else "Choose what to compare.")

    @property
    def without_only(self) -> str:
        return self.asked.query(only="")

    @property
    def address(self) -> str:
        """Return the query string of exactly this comparison."""
        params = QueryDict(self.asked.query().removeprefix("?"), mutable=True)
        for name in ("shape", "stratify"):
            if value := getattr(self, name):
                params[name] = value
        return "?" + params.urlencode()


@require_safe
@project_view
def compare(request: HttpRequest, project: Project) -> HttpResponse:
    """Show the comparison; without one in the address, the one that tells most."""
    page = _page(request, project)
    context = {"project": project, "section": "compare", "page": page}
    return render(request, "sessions/cohorts/compare.html", context, status=400 if page.error or page.wrong else 200)


@require_safe
@project_view
@download
def compare_csv(request: HttpRequest, project: Project) -> HttpResponseBase:
    """Send every number of the page; one row for each number or value of each group."""
    page = _page(request, project)
    if page.comparison is None or page.wrong:
        return refusal(page.why_not)
    return _file(request, project, _lines(page.comparison), "comparison.csv", "comparison")


@require_safe
@project_view
@download
def compare_svg(request: HttpRequest, project: Project) -> HttpResponseBase:
    """Send the chart that `?chart=` names, by the anchor of its measure, as a picture."""
    page = _page(request, project)
    if page.comparison is None or page.wrong:
        return refusal(page.why_not)
    plot = plots_of(page.comparison).get(request.GET.get("chart", ""))
    if plot is None:
        raise Http404("This comparison has no such chart.")
    return _file(request, project, iter([distribution_file(plot, page.asked.only)]), f"{plot.key}.svg", "chart")


def _file(request: HttpRequest, project: Project, pieces: Iterator[str], name: str, target: str) -> HttpResponseBase:
    """Send a file and audit it. Raises NoDownload."""
    form = name.rpartition(".")[2]
    if request.method == "GET":
        record(Action.EXPORTED, project, actor=person(request), target=target, request=request, format=form)
    holder = Holder.of(person(request), project)
    return made_answer(request, pieces, holder, name=name, content_type=CHART_FILE_TYPES[form])


def _lines(comparison: CohortComparison) -> Iterator[str]:
    rows: list[list[Any]] = [COMPARISON_CSV_HEAD]
    for measure in comparison.measures:
        rows += _rows_of_measure(measure, comparison.confidence)
    for mix in comparison.mixes:
        rows += _rows_of_mix(mix, comparison.confidence)
    yield from map(csv_line, rows)


def _page(request: HttpRequest, project: Project) -> ComparisonPage:
    params, error, groups = request.GET, "", list[Group]()
    asked, wrong, comparison = ComparisonQuery(), None, None
    try:
        asked, wrong = _readable(project, params)
        if not asked.is_empty and (asked.periods or not wrong):
            groups = make_groups(project, asked)
            is_cumulative = params.get("shape") == CUMULATIVE
            comparison = compared(project, groups, stratify=params.get("stratify", ""), is_cumulative=is_cumulative)
    except CohortError as problem:
        error = str(problem)
    except TooLong:
        error = "This comparison takes too long. Compare fewer sessions, for example of a shorter time."
    return ComparisonPage(
        project=project,
        asked=asked,
        groups=groups,
        comparison=comparison,
        error=error,
        wrong=wrong,
        cohorts=Cohort.objects.for_project(project).order_by("name"),
        shape=params.get("shape", ""),
        stratify=params.get("stratify", ""),
    )


def _readable(project: Project, params: QueryDict) -> tuple[ComparisonQuery, WrittenPeriod | None]:
    try:
        return _asked(project, params), None
    except BadPeriod as problem:
        return problem.asked, problem.written


def _asked(project: Project, params: QueryDict) -> ComparisonQuery:
    """Return what the address asks for. A condition that somebody typed stands for one group more."""
    asked = ComparisonQuery.read(params)
    if condition := params.get("condition", "").strip():
        typed = QueryDict(mutable=True)
        typed["q"] = condition
        entries = [*asked.cohorts, CONDITION + typed.urlencode(), *params.getlist("after")]
        return ComparisonQuery(cohorts=list(dict.fromkeys(entries)), only=asked.only, within=asked.within)
    if asked.is_empty and not asked.by and not asked.periods:
        return starting(project) or asked
    return asked


def _rows_of_measure(measure: Measure, confidence: float) -> list[list[Any]]:
    rows = []
    for place, one in enumerate(measure.summaries):
        known = [n or None if one.unknown_count else n for n in (one.mean, one.median, one.p95, one.total)]
        row: list[Any] = ["score" if measure.is_score else "number", harmless(measure.name), "", one.group.letter]
        row += [harmless(one.group.label), one.size, *known, "", ""]
        if place:
            row += _difference_cells(measure.differences[place - 1], measure.statistic, confidence)
        rows.append(_filled(row))
    return rows


def _rows_of_mix(mix: Mix, confidence: float) -> list[list[Any]]:
    rows = []
    for value in mix.values:
        for place, cell in enumerate(value.cells):
            row: list[Any] = [mix.kind, harmless(mix.name), harmless(value.text), cell.group.letter]
            row += [harmless(cell.group.label), cell.share.size, "", "", "", "", cell.share.hits, cell.share.value]
            if place:
                row += _difference_cells(value.differences[place - 1], Statistic.SHARE, confidence)
            rows.append(_filled(row))
    return rows


def _difference_cells(found: Difference, statistic: Statistic, confidence: float) -> list[Any]:
    return [statistic, *(found.interval or UNKNOWN_CSV_CELLS), confidence, found.p, found.delta, found.rank_p]


def _filled(row: list[Any]) -> list[Any]:
    return row + [""] * (len(COMPARISON_CSV_HEAD) - len(row))
