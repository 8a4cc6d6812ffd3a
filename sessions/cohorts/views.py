"""The page that compares, and its numbers as CSV. The address is the whole state."""

import csv
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from projects.access import project_view
from projects.models import Project
from sessions.cohorts.comparison import compare as compared
from sessions.cohorts.groups import EVERYTHING, MOST, Asked, groups_of, splitting
from sessions.cohorts.making import CohortError
from sessions.cohorts.results import Comparison, Measure, Mix
from sessions.models import Cohort
from tracing.bounded import TooLong

CUMULATIVE = "cumulative"
HEAD = [*("kind", "name", "value", "group", "label", "n", "mean", "median", "p95", "total", "hits", "share")]
HEAD += [*("difference", "low", "high", "p_adjusted", "effect")]  # of medians or shares
HEAD += [*("mean_difference", "mean_low", "mean_high", "within", "within_low", "within_high")]
UNKNOWN = ("", "", "")
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what spreadsheets take for the beginning of one


@require_safe
@project_view
def compare(request: HttpRequest, project: Project) -> HttpResponse:
    comparison, asked, error = _read(request, project)
    context: dict[str, Any] = {"project": project, "section": "compare", "asked": asked, "error": error}
    context |= {"cohorts": Cohort.objects.for_project(project).order_by("name"), "splitting": splitting()}
    context |= {"everything": EVERYTHING, "most": MOST, "comparison": comparison, "address": request.GET.urlencode()}
    context |= {"shape": request.GET.get("shape", ""), "stratify": request.GET.get("stratify", "")}
    status = 400 if error else 200
    return render(request, "sessions/cohorts/compare.html", context, status=status)


@require_safe
@project_view
def compare_csv(request: HttpRequest, project: Project) -> HttpResponse:
    """Every number of the page; one row for a number or a value of each group."""
    comparison, _, error = _read(request, project)
    if comparison is None:
        return HttpResponse(error or "Choose what to compare.", status=400, content_type="text/plain; charset=utf-8")
    answer = HttpResponse(content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="comparison.csv"'
    rows = csv.writer(answer)
    rows.writerow(HEAD)
    for measure in comparison.measures:
        rows.writerows(_rows_of_measure(measure))
    for mix in comparison.mixes:
        rows.writerows(_rows_of_mix(mix))
    return answer


def _read(request: HttpRequest, project: Project) -> tuple[Comparison | None, Asked, str]:
    params = request.GET
    asked = Asked()
    try:
        asked = Asked.read(params)
        if asked.is_empty:
            return None, asked, ""
        groups = groups_of(project, asked)
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
        return None, asked, "This comparison takes too long. Narrow what is compared, for example to a shorter time."


def _rows_of_measure(measure: Measure) -> list[list[Any]]:
    rows = []
    for place, one in enumerate(measure.summaries):
        numbers = [one.size, one.mean, one.median, one.p95, one.total, "", ""]
        row: list[Any] = ["score" if measure.is_score else "number", _safe(measure.name), "", one.group.letter]
        row += [_safe(one.group.label), *numbers]
        if place:
            found = measure.differences[place - 1]
            row += [*(found.median or UNKNOWN), found.p, found.test.delta if found.test else ""]
            row += [*(found.mean or UNKNOWN), *(found.within or UNKNOWN)]
        rows.append(_filled(row))
    return rows


def _rows_of_mix(mix: Mix) -> list[list[Any]]:
    rows = []
    for value in mix.values:
        for place, cell in enumerate(value.cells):
            row: list[Any] = [mix.kind, _safe(mix.name), _safe(value.text), cell.group.letter]
            row += [_safe(cell.group.label), cell.share.size, "", "", "", "", cell.share.hits, cell.share.value]
            if place:
                found = value.differences[place - 1]
                row += [*(found.interval or UNKNOWN), found.p, ""]
            rows.append(_filled(row))
    return rows


def _filled(row: list[Any]) -> list[Any]:
    return row + [""] * (len(HEAD) - len(row))


def _safe(text: str) -> str:
    return f"'{text}" if text.startswith(FORMULA) else text
