"""Differences where the groups are alike: within the values of a set property, weighed together."""

from collections.abc import Iterable, Sequence

from projects.models import Project
from sessions.cohorts import reading
from sessions.cohorts.results import Measure, Stratified
from sessions.cohorts.shares import stratified_mean_difference
from sessions.cohorts.statistics import Moments
from sessions.models import Session
from sessions.models.properties import PropertyKind, properties_of

STRATUM = "coalesce(nullif(array_to_string({by}, ' + '), ''), 'none') AS stratum"
MOMENTS = "count({0}), avg({0})::float8, var_samp({0}::float8)"
NUMBERS_OF = f"SELECT {{place}}, {STRATUM}, {{moments}} FROM ({{sessions}}) m GROUP BY stratum"
SCORES_OF = f"""
SELECT {{place}}, {STRATUM}, name, {{moments}} FROM (
    SELECT session_id, name, mean FROM session_score WHERE project_id = %s AND mean IS NOT NULL) s
JOIN ({{sessions}}) m USING (session_id) GROUP BY stratum, name
"""
NO_MOMENTS = Moments(0, None, None)
PropertyKey = tuple[bool, str]  # whether it is a score, and its name
Strata = dict[str, list[dict[PropertyKey, Moments]]]  # of each combination of values, group by group


def stratify(project: Project, sessions: reading.Sets, measures: Sequence[Measure], name: str) -> Stratified | None:
    """Fills in the differences within the values of a set property; None when there is no such property."""
    declared = properties_of(Session).get(name)
    if declared is None or declared.kind != PropertyKind.SET:
        return None
    strata = _read(project, sessions, declared.field)
    for measure in measures:
        key = measure.is_score, measure.name
        for place, difference in enumerate(measure.differences, start=1):
            pairs = [(sides[0].get(key, NO_MOMENTS), sides[place].get(key, NO_MOMENTS)) for sides in strata.values()]
            difference.within = stratified_mean_difference(pairs)
    sizes = {
        stratum: [max((m.size for m in s.values()), default=0) for s in sides] for stratum, sides in strata.items()
    }
    return Stratified(name, declared.label, sorted(sizes.items(), key=lambda item: -sum(item[1])))


def _read(project: Project, sessions: reading.Sets, by: str) -> Strata:
    """Two statements."""
    properties, found = reading.numeric_properties(), Strata()
    fields = [*(p.field for p in properties), by]
    moments = ", ".join(MOMENTS.format(p.field) for p in properties)
    for place, stratum, *values in reading.each_of(sessions, NUMBERS_OF, fields, by=by, moments=moments):
        triples = (Moments(*values[at : at + 3]) for at in range(0, len(values), 3))
        _add(found, sessions, stratum, place, zip(((False, p.name) for p in properties), triples, strict=True))
    scores = reading.each_of(
        sessions, SCORES_OF, ["session_id", by], [project.pk], by=by, moments=MOMENTS.format("mean")
    )
    for place, stratum, name, *values in scores:
        _add(found, sessions, stratum, place, [((True, name), Moments(*values))])
    return found


def _add(
    found: Strata, sessions: reading.Sets, stratum: str, place: int, moments: Iterable[tuple[PropertyKey, Moments]]
) -> None:
    found.setdefault(stratum, [{} for _ in sessions])[place].update(moments)
