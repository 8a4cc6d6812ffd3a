"""The comparison: numbers with differences, tests and warnings.

Everything derives from the declared properties: a new one is compared without an edit here."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import replace

from projects.models import Project
from sessions.cohorts import contrasts, ranks, reading, sampling, shares, strata
from sessions.cohorts.charts import chart_of
from sessions.cohorts.groups import Group, defining
from sessions.cohorts.narrowing import asking, narrowed
from sessions.cohorts.queries import numeric_properties, set_properties
from sessions.cohorts.reading import COMPARISON_TIMEOUT_MS, Counts, GroupNumbers
from sessions.cohorts.results import (
    NOTABLE,
    CohortComparison,
    Difference,
    Measure,
    Mix,
    MixKind,
    ShareCell,
    Statistic,
    Summary,
    ValueShares,
)
from sessions.cohorts.shares import Share
from sessions.cohorts.statistics import Moments
from sessions.models import Session
from sessions.models.properties import PropertyKind, lack_count_of, properties_of
from sessions.query.grammar import FieldComparison as Asked
from sessions.query.grammar import Operator
from sessions.rollup.score_types import keep_yes_or_no
from tracing.lists.bounded import SUMMING_SETTINGS, within

SMALL = 20  # sessions of a group, below which intervals are wide and tests see little
MIXED = 0.1  # of the share of one value, from which two groups are called differently mixed
SCORE_KIND = PropertyKind.SCORES
SHARE_HELP = "The share of yes among each session's answers to this score."
LONG_TAILED = (PropertyKind.DURATION, PropertyKind.MONEY)  # a few sessions decide about their means
ERRORS, OUTCOME, FAILED_LABEL = "error_count", "outcome", "with errors"


def compare(
    project: Project, groups: Sequence[Group], *, stratify: str = "", is_cumulative: bool = False
) -> CohortComparison:
    """Compare groups of sessions. Raises TooLong."""
    groups, chosen_by = list(groups), defining(groups)
    one_in, querysets = sampling.affordable(project, [group.sessions for group in groups])
    with within(COMPARISON_TIMEOUT_MS, **SUMMING_SETTINGS):
        found = reading.read(project, querysets)
    numbers = _measures(project.pk, groups, found, is_cumulative=is_cumulative)
    measures = [measure for measure in numbers if _key(measure) not in chosen_by]
    mixes = [mix for mix in _mixes(groups, found) if _key(mix) not in chosen_by]
    overlaps = [(groups[one], groups[other], number * one_in) for (one, other), number in found.overlaps.items()]
    comparison = CohortComparison(
        groups=groups,
        sizes=found.sizes,
        measures=measures,
        mixes=mixes,
        overlaps=overlaps,
        untested=_labels(chosen_by),
        one_in=one_in,
    )
    if stratify and stratify not in chosen_by:
        with within(COMPARISON_TIMEOUT_MS, **SUMMING_SETTINGS):
            comparison.stratified = strata.stratify(project, querysets, measures, stratify)
    _adjust(comparison)
    comparison.differently_mixed = [mix for mix in mixes if _is_mixed(mix)]
    return comparison


def _key(compared: Measure | Mix) -> str:
    """Return the name under which conditions name what is compared."""
    if compared.is_score:
        return f"score.{compared.name}"
    return ERRORS if compared.name == OUTCOME else compared.name


def _labels(names: set[str]) -> list[str]:
    """Return the labels of properties and scores, without the times by which periods are told apart."""
    declared = properties_of(Session)
    known = sorted(name for name in names if name in declared and declared[name].kind != PropertyKind.TIME)
    return [declared[name].label for name in known] + sorted(n for n in names if n.startswith("score."))


def _measures(
    project_id: int, groups: Sequence[Group], found: reading.Read, *, is_cumulative: bool
) -> Iterator[Measure]:
    for declared in numeric_properties():
        numbers = found.numbers[declared.name]
        measure = _measure(
            groups, numbers, declared.name, declared.label, declared.help, declared.kind, is_cumulative=is_cumulative
        )
        if counted := lack_count_of(declared.name):
            lacks = zip(measure.summaries, found.numbers[counted], strict=True)
            measure.summaries[:] = [replace(summary, unknown_count=int(lack.total)) for summary, lack in lacks]
        yield measure
    yes_or_no = keep_yes_or_no(project_id, list(found.scores))
    for name, numbers in found.scores.items():
        help = "The mean of each session's scores of this name."
        measure = _measure(groups, numbers, name, name, help, SCORE_KIND, is_cumulative=is_cumulative)
        yield replace(measure, kind=None, label=f"{name}: yes", help=SHARE_HELP) if name in yes_or_no else measure


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
    statistic, found = _contrasts(numbers, kind)
    differences = []
    for group, sample, contrast in zip(groups[1:], samples[1:], found, strict=True):
        test = ranks.rank_test(samples[0].values, sample.values)
        delta, rank_p = (test.delta, test.p) if test else (None, None)
        differences.append(Difference(group=group, contrast=contrast, delta=delta, rank_p=rank_p))
    return Measure(
        name=name,
        label=label,
        help=help,
        kind=kind,
        statistic=statistic,
        summaries=summaries,
        differences=differences,
        chart=chart_of(samples, kind, is_cumulative=is_cumulative),
        is_score=kind == SCORE_KIND,
    )


def _contrasts(
    numbers: Sequence[GroupNumbers], kind: PropertyKind
) -> tuple[Statistic, list[contrasts.Contrast | None]]:
    """Contrast each group with the first one by the statistic that tells most about such numbers.

    That is the median of what has a long tail, as long as its values differ, otherwise the mean."""
    first, *others = [one.sample for one in numbers]
    if kind in LONG_TAILED:
        medians = [contrasts.medians(first, other) for other in others]
        if all(one is None or one.error is not None for one in medians):
            return Statistic.MEDIAN, medians
    return Statistic.MEAN, [
        contrasts.means(_varied(first.moments, other.moments), _varied(other.moments, first.moments))
        for other in others
    ]


def _varied(moments: Moments, other: Moments) -> Moments:
    """Return the moments, with the other group's variance if all values are equal: that proves nothing of others."""
    return moments._replace(variance=other.variance) if moments.variance == 0 else moments


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
    return _mix(groups, Counts(shares_of, len(shares_of)), OUTCOME, "Outcome", help, MixKind.OUTCOME)


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
            Difference(group=group, contrast=shares.share_contrast(given[0], share))
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


def _adjust(comparison: CohortComparison) -> None:
    """Adjust every p-value and every interval of the page for the number of its tests.

    p-values as in Benjamini and Hochberg (1995), intervals as in Benjamini and Yekutieli (2005): with both, exactly
    the differences whose interval leaves out zero are called differences."""
    every = [d for measure in comparison.measures for d in measure.differences]
    every += [d for mix in comparison.mixes for value in mix.values for d in value.differences]
    tested = [(d, p) for d in every if d.contrast and (p := d.contrast.p) is not None]
    for (difference, _), p in zip(tested, ranks.adjusted([p for _, p in tested]), strict=True):
        difference.p = p
    found = sum(difference.is_notable for difference, _ in tested)
    comparison.tests = len(tested)
    comparison.confidence = 1 - NOTABLE * max(found, 1) / max(len(tested), 1)
    for difference in every:
        difference.interval = difference.contrast.interval(comparison.confidence) if difference.contrast else None


def _is_mixed(mix: Mix) -> bool:
    """Return whether a mix may explain a difference; an outcome is what is compared."""
    if mix.kind == MixKind.OUTCOME:
        return False
    differences = [d for value in mix.values for d in value.differences]
    return any(d.is_notable and abs(d.estimate or 0) >= MIXED for d in differences)
