"""The groups that are compared: up to four, made of what an address asks for.

Each group is a query of the list, so that everything shown of it links to exactly its sessions."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID

from django.db.models import Count, QuerySet
from django.db.models.fields.json import KeyTextTransform
from django.http import QueryDict
from django.utils import timezone

from projects.models import Project
from sessions.cohorts.asked import CONDITION, EVERYTHING, BadComparison, ComparisonQuery
from sessions.cohorts.making import BadFilter, choosing, matching, params_of
from sessions.cohorts.narrowing import asking, narrowed
from sessions.cohorts.reading import COMPARISON_TIMEOUT_MS, frequent
from sessions.cohorts.sampling import affordable
from sessions.listing.wording import conditions_in_words, properties_asked
from sessions.models import Cohort, Session
from sessions.models.properties import PropertyKind, properties_of
from sessions.query.grammar import FieldComparison, Operator
from sessions.query.period import TIMES
from sessions.query.rewrite import parts_of, written
from tracing.lists.bounded import within
from tracing.models import Trace

MAX_GROUPS = 4
LETTERS = "ABCD"
METADATA_PREFIX = "metadata."  # before the key, where sessions are split by what traces say under it
MICROSECOND = timedelta(microseconds=1)
MAX_GROUP_LABEL_CHARACTERS = 80


@dataclass(frozen=True, kw_only=True)
class Group:
    """One side of the comparison; `params` are the parameters of the list that shows it."""

    place: int
    label: str
    params: QueryDict
    sessions: QuerySet[Session]
    entry: str  # what stands for it in an address: a cohort's id, "all" or a condition
    kind: str = ""  # what it is one of, in a word

    @property
    def letter(self) -> str:
        return LETTERS[self.place]

    @property
    def colour(self) -> int:
        """Return the number of its data colour."""
        return self.place + 1

    @property
    def query_string(self) -> str:
        return "?" + self.params.urlencode()


def splitting() -> dict[str, str]:
    """Return the properties by which sessions can be split: name and label."""
    return {p.name: p.label for p in properties_of(Session).values() if p.kind == PropertyKind.SET}


def make_groups(project: Project, asked: ComparisonQuery) -> list[Group]:
    """Make the groups. Raises CohortError if that is not possible."""
    sources = _sources(project, asked)
    if asked.by and asked.periods:
        raise BadComparison("Compare either periods or the values of a property, not both at once.")
    if asked.by or asked.periods:
        if len(sources) != 1:
            raise BadComparison("Choose one cohort to split it, or to compare its periods.")
        params = sources[0].params
        parts = _periods(params, asked.periods) if asked.periods else _values(project, asked, params)
        sources = [GroupSource(name, part, kind=_kind_of(asked)) for name, part in parts]
    if len(sources) > MAX_GROUPS:
        raise BadComparison(f"At most {MAX_GROUPS} groups can be compared at once.")
    return [_group(project, place, source) for place, source in enumerate(sources)]


def base_of(project: Project, asked: ComparisonQuery) -> QuerySet[Session]:
    """Return the sessions that are split, or compared in periods."""
    return matching(project, _sources(project, asked)[0].params)


def defining(groups: Sequence[Group]) -> set[str]:
    """Return the names of the properties and scores by which the groups were chosen.

    Differences in them were made, not found. What holds for every group is none of them."""
    asked = [properties_asked(group.params) for group in groups]
    common = set.intersection(*asked) if asked else set()
    return {name for one in asked for name, _ in one - common}


@dataclass(frozen=True)
class GroupSource:
    """What a group is made of, before its sessions are looked for."""

    label: str
    params: QueryDict
    entry: str = ""
    kind: str = ""


def _kind_of(asked: ComparisonQuery) -> str:
    if asked.periods:
        return "period"
    declared = properties_of(Session).get(asked.by)
    return declared.short_name if declared else asked.by


def _sources(project: Project, asked: ComparisonQuery) -> list[GroupSource]:
    """Return the sets of sessions that are asked for, each narrowed by what holds for all of them."""
    found = [_condition(asked.filter)] if asked.filter is not None else []
    found += _cohorts(project, asked.cohorts)
    return [GroupSource(one.label, _common(one.params, asked), one.entry, one.kind) for one in found]


def _common(params: QueryDict, asked: ComparisonQuery) -> QueryDict:
    kept = params.copy()
    if asked.only:
        own, more = parts_of(kept.get("q", "")), parts_of(asked.only)
        kept["q"] = written(list(dict.fromkeys([*own, *more]))) if more else asked.only
    if asked.within and not any(kept.get(name) for name in TIMES):
        kept["range"] = asked.within
    return kept


def _condition(query_string: str) -> GroupSource:
    params = choosing(query_string)
    words = ", ".join(map(str, conditions_in_words(params)))
    label = words if len(words) <= MAX_GROUP_LABEL_CHARACTERS else words[: MAX_GROUP_LABEL_CHARACTERS - 1] + "…"
    return GroupSource(label or "All sessions", params, CONDITION + params.urlencode(), "condition" if words else "")


def _cohorts(project: Project, chosen: Sequence[str]) -> list[GroupSource]:
    if len(chosen) > MAX_GROUPS:
        raise BadComparison(f"At most {MAX_GROUPS} groups can be compared at once.")
    ids = _ids(chosen)
    named = {str(c.id): c for c in Cohort.objects.for_project(project).filter(id__in=ids)} if ids else {}
    sources = []
    for one in chosen:
        if one == EVERYTHING:
            sources.append(GroupSource("All sessions", QueryDict(), one))
        elif one.startswith(CONDITION):
            sources.append(_condition(one))
        elif cohort := named.get(one):
            sources.append(GroupSource(cohort.name, params_of(cohort), one, "cohort"))
        else:
            raise BadComparison("A cohort in this address no longer exists.")
    return sources


def _ids(texts: Iterable[str]) -> list[UUID]:
    found = []
    for text in texts:
        try:
            found.append(UUID(text))
        except ValueError:
            continue
    return found


Part = tuple[str, QueryDict]


def _periods(params: QueryDict, periods: Sequence[tuple[date, date]]) -> list[Part]:
    """Return a part for each period of days, the last day included, in the project's time zone."""
    parts: list[Part] = []
    for start, end in periods:
        first = timezone.make_aware(datetime.combine(start, time()))
        last = timezone.make_aware(datetime.combine(end + timedelta(days=1), time())) - MICROSECOND
        label = day_range(start, end)
        bounds = {"created_at__gte": first.isoformat(), "created_at__lte": last.isoformat()}
        parts.append((label, narrowed(params, **bounds)))
    return parts


def day_range(start: date, end: date) -> str:
    """Return `23 Nov 2026`, `23 to 29 Nov 2026` or `28 Nov to 4 Dec 2026`."""
    if start == end:
        return f"{start:%-d %b %Y}"
    if (start.year, start.month) == (end.year, end.month):
        return f"{start.day} to {end:%-d %b %Y}"
    return f"{start:%-d %b}{f' {start.year}' if start.year != end.year else ''} to {end:%-d %b %Y}"


def _values(project: Project, asked: ComparisonQuery, params: QueryDict) -> list[Part]:
    """Return a part for each named value, or for the most frequent ones."""
    _, [sessions] = affordable(project, [matching(project, params)])
    if asked.by.startswith(METADATA_PREFIX):
        key = asked.by.removeprefix(METADATA_PREFIX)
        values = asked.values or said_under(project, sessions, key)
        parts = [(v, asking(params, FieldComparison("metadata", Operator.IS, (v,), key))) for v in values]
    elif asked.by in splitting():
        values = asked.values or frequent(sessions, properties_of(Session)[asked.by], MAX_GROUPS)
        parts = [(value, narrowed(params, **{asked.by: [value]})) for value in values]
    else:
        raise BadComparison("Sessions cannot be split by this property.")
    if not parts:
        raise BadComparison("None of these sessions has a value of " + splitting().get(asked.by, asked.by) + ".")
    return parts


def said_under(project: Project, sessions: QuerySet[Session], key: str) -> list[str]:
    """Find the most frequent values under a key of the metadata of these sessions' traces. Raises TooLong."""
    traces = Trace.objects.for_project(project).filter(session_id__in=sessions.order_by().values("session_id"))
    each = traces.annotate(said=KeyTextTransform(key, "metadata")).exclude(said=None).values("said")
    ranked = each.annotate(times=Count("session_id", distinct=True)).order_by("-times", "said")[:MAX_GROUPS]
    with within(COMPARISON_TIMEOUT_MS):
        return [row["said"] for row in ranked]


def _group(project: Project, place: int, source: GroupSource) -> Group:
    try:
        sessions = matching(project, source.params)
    except BadFilter as error:
        raise BadComparison(f"{source.label}: {error}") from error
    entry = source.entry or CONDITION + source.params.urlencode()
    return Group(
        place=place, label=source.label, params=source.params, sessions=sessions, entry=entry, kind=source.kind
    )
