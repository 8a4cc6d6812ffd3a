"""The page that compares cohorts, and its numbers as CSV. The address is the whole state."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from projects.access import person, project_view
from projects.audit import Action, record
from projects.downloads.answers import download
from projects.downloads.making import made_answer
from projects.downloads.places import Holder
from projects.downloads.tables import csv_line, harmless
from projects.models import Project
from sessions.cohorts.comparison import compare as compared
from sessions.cohorts.groups import EVERYTHING, MAX_GROUPS, ComparisonQuery, make_groups, splitting
from sessions.cohorts.making import CohortError
from sessions.cohorts.results import CohortComparison, Measure, Mix
from sessions.models import Cohort
from tracing.lists.bounded import TooLong

CUMULATIVE = "cumulative"
COMPARISON_CSV_HEAD = [
    *("kind", "name", "value", "group", "label", "n", "mean", "median", "p95", "total", "hits", "share")
]
COMPARISON_CSV_HEAD += [*("difference", "low", "high", "p_adjusted", "effect")]  # of medians or shares
COMPARISON_CSV_HEAD += [*("mean_difference", "mean_low", "mean_high", "within", "within_low", "within_high")]
UNKNOWN_CSV_CELLS = ("", "", "")


@dataclass(frozen=True, kw_only=True)
class ComparisonPage:
    """What was asked, and the comparison, or why there is none."""

    asked: ComparisonQuery
    comparison: CohortComparison | None
    error: str
    cohorts: QuerySet[Cohort]
    address: str  # of the same comparison as CSV
    shape: str
    stratify: str

    everything = EVERYTHING
    max_groups = MAX_GROUPS

    @property
    def splitting(self) -> dict[str, str]:
        return splitting()


@require_safe
@project_view
def compare(request: HttpRequest, project: Project) -> HttpResponse:
    """Show the comparison."""
    comparison, asked, error = _read(request, project)
    page = ComparisonPage(
        asked=asked,
        comparison=comparison,
        error=error,
        cohorts=Cohort.objects.for_project(project).order_by("name"),
        address=request.GET.urlencode(),
        shape=request.GET.get("shape", ""),
        stratify=request.GET.get("stratify", ""),
    )
    context = {"project": project, "section": "compare", "page": page}
    return render(request, "sessions/cohorts/compare.html", context, status=400 if error else 200)


@require_safe
@project_view
@download
def compare_csv(request: HttpRequest, project: Project) -> HttpResponseBase:
    """Send every number of the page; one row for each number or value of each group."""
    comparison, _, error = _read(request, project)
    if comparison is None:
        return HttpResponse(error or "Choose what to compare.", status=400, content_type="text/plain; charset=utf-8")
    if request.method == "GET":
        record(Action.EXPORTED, project, actor=person(request), target="comparison", request=request, format="csv")
    holder = Holder.of(person(request), project)
    content_type = "text/csv; charset=utf-8"
    return made_answer(request, _lines(comparison), holder, name="comparison.csv", content_type=content_type)


def _lines(comparison: CohortComparison) -> Iterator[str]:
    rows: list[list[Any]] = [COMPARISON_CSV_HEAD]
    for measure in comparison.measures:
        rows += _rows_of_measure(measure)
    for mix in comparison.mixes:
        rows += _rows_of_mix(mix)
    yield from map(csv_line, rows)


def _read(request: HttpRequest, project: Project) -> tuple[CohortComparison | None, ComparisonQuery, str]:
    params = request.GET
    asked = ComparisonQuery()
    try:
        asked = ComparisonQuery.read(params)
        if asked.is_empty:
            return None, asked, ""
        groups = make_groups(project, asked)
        comparison = compared(
            project,
            groups,
            stratify=params.get("stratify", ""),
            is_cumulative=params.get("shape") == CUMULATIVE,
        )
        return comparison, asked, ""
    except CohortError as error:
        return None, asked, str(error)
    except TooLong:
        return None, asked, "This comparison takes too long. Compare fewer sessions, for example of a shorter time."


def _rows_of_measure(measure: Measure) -> list[list[Any]]:
    rows = []
    for place, one in enumerate(measure.summaries):
        known = [n or None if one.unknown_count else n for n in (one.mean, one.median, one.p95, one.total)]
        numbers = [one.size, *known, "", ""]
        row: list[Any] = ["score" if measure.is_score else "number", harmless(measure.name), "", one.group.letter]
        row += [harmless(one.group.label), *numbers]
        if place:
            found = measure.differences[place - 1]
            row += [*(found.median or UNKNOWN_CSV_CELLS), found.p, found.test.delta if found.test else ""]
            row += [*(found.mean or UNKNOWN_CSV_CELLS), *(found.within or UNKNOWN_CSV_CELLS)]
        rows.append(_filled(row))
    return rows


def _rows_of_mix(mix: Mix) -> list[list[Any]]:
    rows = []
    for value in mix.values:
        for place, cell in enumerate(value.cells):
            row: list[Any] = [mix.kind, harmless(mix.name), harmless(value.text), cell.group.letter]
            row += [harmless(cell.group.label), cell.share.size, "", "", "", "", cell.share.hits, cell.share.value]
            if place:
                found = value.differences[place - 1]
                row += [*(found.interval or UNKNOWN_CSV_CELLS), found.p, ""]
            rows.append(_filled(row))
    return rows


def _filled(row: list[Any]) -> list[Any]:
    return row + [""] * (len(COMPARISON_CSV_HEAD) - len(row))
