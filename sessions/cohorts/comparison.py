"""The comparison: numbers with differences, tests and warnings.

Everything derives from the declared properties: a new one is compared without an edit here."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import replace

from django.http import QueryDict

from projects.models import Project
from sessions.cohorts import ranks, reading, sampling, shares, statistics, strata
from sessions.cohorts.charts import chart_of
from sessions.cohorts.groups import Group, asking, narrowed
from sessions.cohorts.queries import numeric_properties, set_properties
from sessions.cohorts.reading import Counts, GroupNumbers
from sessions.cohorts.results import (
    CohortComparison,
    Difference,
    Measure,
    Mix,
    MixKind,
    ShareCell,
    ShareDifference,
    Summary,
    ValueShares,
)
from sessions.cohorts.shares import Share
from sessions.models.properties import PropertyKind, lack_count_of
from sessions.query.grammar import FieldComparison as Asked
from sessions.query.grammar import Operator
from tracing.lists.bounded import SUMMING_SETTINGS, within

COMPARISON_TIMEOUT_MS = 10_000  # ms for a statement
SMALL = 20  # sessions of a group, below which intervals are wide and tests see little
MIXED = 0.1  # of the share of one value, from which two groups are called differently mixed
SCORE_KIND = PropertyKind.SCORES
ERRORS, FAILED_LABEL = "error_count", "with errors"


def compare(
    project: Project, groups: Sequence[Group], *, stratify: str = "", is_cumulative: bool = False
) -> CohortComparison:
    """Compare groups of sessions. Raises TooLong."""
    groups = list(groups)
    one_in, querysets = sampling.affordable(project, [group.sessions for group in groups])
    with within(COMPARISON_TIMEOUT_MS, **SUMMING_SETTINGS):
        found = reading.read(project, querysets)
    measures = list(_measures(groups, found, is_cumulative=is_cumulative))
    mixes = list(_mixes(groups, found))
    overlaps = [(groups[one], groups[other], number * one_in) for (one, other), number in found.overlaps.items()]
    chosen_by = {name for group in groups for name in group.params}  # differ by these they shall
    comparison = CohortComparison(
        groups=groups,
        sizes=found.sizes,
        measures=measures,
        mixes=mixes,
        overlaps=overlaps,
        small=[group for group, size in zip(groups, found.sizes, strict=True) if size < SMALL],
        differently_mixed=[],
        tests=_adjust(measures, mixes),
        one_in=one_in,
    )
    comparison.differently_mixed = [mix for mix in mixes if mix.name not in chosen_by and _is_mixed(mix)]
    if stratify:
        with within(COMPARISON_TIMEOUT_MS, **SUMMING_SETTINGS):
            comparison.stratified = strata.stratify(project, querysets, measures, stratify)
    pairs = [(measure, difference) for measure in measures for difference in measure.differences]
    notable = [(m, d) for m, d in pairs if d.is_notable and d.words != "negligible"]
    comparison.notable = sorted(notable, key=lambda pair: -abs(pair[1].test.delta if pair[1].test else 0))
    return comparison


def _measures(groups: Sequence[Group], found: reading.Read, *, is_cumulative: bool) -> Iterator[Measure]:
    for declared in numeric_properties():
        numbers = found.numbers[declared.name]
        measure = _measure(
            groups, numbers, declared.name, declared.label, declared.help, declared.kind, is_cumulative=is_cumulative
        )
        if counted := lack_count_of(declared.name):
            lacks = zip(measure.summaries, found.numbers[counted], strict=True)
            measure.summaries[:] = [replace(summary, unknown_count=int(lack.total)) for summary, lack in lacks]
        yield measure
    for name, numbers in found.scores.items():
        help = "The mean of each session's scores of this name."
        yield _measure(groups, numbers, name, name, help, SCORE_KIND, is_cumulative=is_cumulative)


def _measure(
    groups: Sequence[Group],
    numbers: Sequence[GroupNumbers],
    name: str,
    label: str,
    help: str,
    kind: PropertyKind,
    *,
    is_cumulative: bool,
) -> Measure:
    samples = [one.sample for one in numbers]
    summaries = [
        Summary(
            group=group,
            size=len(n.sample),
            mean=n.mean,
            median=n.sample.quantile(0.5),
            p95=n.sample.quantile(0.95),
            total=n.total,
        )
        for group, n in zip(groups, numbers, strict=True)
    ]
    differences = []
    for group, sample in zip(groups[1:], samples[1:], strict=True):
        test = ranks.rank_test(samples[0].values, sample.values)
        mean = statistics.mean_difference(samples[0].moments, sample.moments)
        median = statistics.quantile_difference(samples[0], sample, 0.5)
        differences.append(Difference(group=group, mean=mean, median=median, test=test, p=test.p if test else None))
    chart = chart_of(samples, kind, is_cumulative=is_cumulative)
    return Measure(
        name=name,
        label=label,
        help=help,
        kind=kind,
        summaries=summaries,
        differences=differences,
        chart=chart,
        is_score=kind == SCORE_KIND,
    )


def _mixes(groups: Sequence[Group], found: reading.Read) -> Iterator[Mix]:
    yield _outcome(groups, found.numbers[ERRORS])
    for declared in set_properties():
        yield _mix(groups, found.sets[declared.name], declared.name, declared.label, declared.help)
    for name, counts in found.categories.items():
        yield _mix(groups, counts, name, name, "The share of sessions with this answer.", MixKind.ANSWER)


def _outcome(groups: Sequence[Group], errors: Sequence[GroupNumbers]) -> Mix:
    """Compare how many sessions had errors.

    The number of errors does not say whether a few sessions had all of them."""
    sizes = [(len(one.sample), bisect_right(one.sample.values, 0)) for one in errors]
    shares_of = {FAILED_LABEL: [Share(n - spared, n) for n, spared in sizes]}
    help = "The share of sessions in which something failed at least once."
    return _mix(groups, Counts(shares_of, len(shares_of)), "outcome", "Outcome", help, MixKind.OUTCOME)


def _mix(groups: Sequence[Group], counts: Counts, name: str, label: str, help: str, kind: MixKind = MixKind.SET) -> Mix:
    values = []
    for text, given in counts.shares.items():
        cells = [
            ShareCell(
                group=group, share=share, interval=shares.wilson(share), query_string=_having(group, name, text, kind)
            )
            for group, share in zip(groups, given, strict=True)
        ]
        differences = [
            ShareDifference(group, shares.share_difference(given[0], share), shares.share_test(given[0], share))
            for group, share in zip(groups[1:], given[1:], strict=True)
        ]
        values.append(ValueShares(text, cells, differences))
    return Mix(name=name, label=label, help=help, values=values, hidden=max(0, counts.kinds - len(values)), kind=kind)


def _having(group: Group, name: str, value: str, kind: MixKind) -> str:
    """Return the query string of the group's sessions that have the value."""
    if kind == MixKind.OUTCOME:
        return "?" + narrowed(group.params, **{f"{ERRORS}__gte": "1"}).urlencode()
    if kind == MixKind.ANSWER:
        return "?" + asking(group.params, Asked("score", Operator.HAS, (value,), name)).urlencode()
    return "?" + narrowed(group.params, **{name: [value]}).urlencode()


def _adjust(measures: Sequence[Measure], mixes: Sequence[Mix]) -> int:
    """Adjust every p-value on the page for multiple testing (Benjamini-Hochberg), and return the number of tests."""
    tested: list[Difference | ShareDifference] = [d for m in measures for d in m.differences if d.p is not None]
    tested += [d for mix in mixes for value in mix.values for d in value.differences if d.p is not None]
    for difference, p in zip(tested, ranks.adjusted([d.p for d in tested if d.p is not None]), strict=True):
        difference.p = p
    return len(tested)


def _is_mixed(mix: Mix) -> bool:
    """Return whether a mix may explain a difference; an outcome is what is compared."""
    if mix.kind == MixKind.OUTCOME:
        return False
    differences = [d for value in mix.values for d in value.differences]
    return any(d.is_notable and d.interval and abs(d.interval.estimate) >= MIXED for d in differences)


def bar_queries(group: Group, measure: Measure) -> list[str]:
    """Return for each bar the query string of exactly the group's sessions in it."""
    bins = measure.chart.bins if measure.chart else []
    if measure.is_score:
        return ["?" + _scored(group, measure.name, f"{one.low:f}", f"{one.high:f}").urlencode() for one in bins]
    low, high = f"{measure.name}__gte", f"{measure.name}__lte"
    if low in group.params or high in group.params:
        bounds = [{low: f"{one.low:f}", high: f"{one.high:f}"} for one in bins]
        return ["?" + narrowed(group.params, **each).urlencode() for each in bounds]
    start = group.query_string.rstrip("?") + ("&" if group.params else "?")
    return [f"{start}{low}={one.low:f}&{high}={one.high:f}" for one in bins]


def _scored(group: Group, name: str, low: str, high: str) -> QueryDict:
    at_least = Asked("score", Operator.AT_LEAST, (low,), name)
    return asking(group.params, at_least, Asked("score", Operator.AT_MOST, (high,), name))
