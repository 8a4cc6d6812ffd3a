"""Differences between comparable sessions: within the values of a set property, weighted together."""

from collections.abc import Iterable
from dataclasses import replace

from projects.models import Project
from sessions.cohorts.queries import Groups, numbers_by_stratum, numeric_properties, scores_by_stratum
from sessions.cohorts.reading import fetch_rows
from sessions.cohorts.results import Measure, Statistic, Stratified
from sessions.cohorts.shares import within_strata
from sessions.cohorts.statistics import Moments
from sessions.models import Session
from sessions.models.properties import PropertyKind, properties_of

NO_MOMENTS = Moments(0, None, None)
PropertyKey = tuple[bool, str]  # whether it is a score, and its name
Strata = dict[str, list[dict[PropertyKey, Moments]]]  # of each combination of values, group by group


def stratify(project: Project, sessions: Groups, measures: list[Measure], name: str) -> Stratified | None:
    """Contrast means within the values of a set property instead; return None if there is no such property."""
    declared = properties_of(Session).get(name)
    if declared is None or declared.kind != PropertyKind.SET:
        return None
    strata = _read(project, sessions, declared.field)
    for number, measure in enumerate(measures):
        key = measure.is_score, measure.name
        measures[number] = replace(measure, statistic=Statistic.MEAN)
        for place, difference in enumerate(measure.differences, start=1):
            pairs = [(sides[0].get(key, NO_MOMENTS), sides[place].get(key, NO_MOMENTS)) for sides in strata.values()]
            difference.contrast = within_strata(pairs)
    sizes = {
        stratum: [max((m.size for m in s.values()), default=0) for s in sides] for stratum, sides in strata.items()
    }
    return Stratified(name, declared.label, sorted(sizes.items(), key=lambda item: -sum(item[1])))


def _read(project: Project, groups: Groups, by: str) -> Strata:
    """Read the moments of every number and score, in two statements."""
    found = Strata()
    for place, stratum, *values in fetch_rows(*numbers_by_stratum(groups, by)):
        triples = (Moments(*values[at : at + 3]) for at in range(0, len(values), 3))
        keys = ((False, p.name) for p in numeric_properties())
        _add(found, groups, stratum, place, zip(keys, triples, strict=True))
    for place, stratum, name, *values in fetch_rows(*scores_by_stratum(project, groups, by)):
        _add(found, groups, stratum, place, [((True, name), Moments(*values))])
    return found


def _add(
    found: Strata, sessions: Groups, stratum: str, place: int, moments: Iterable[tuple[PropertyKey, Moments]]
) -> None:
    found.setdefault(stratum, [{} for _ in sessions])[place].update(moments)
