"""How far back a list looks for words that are everywhere: the newest turns that have them, and it says so.

A list that is walked in its own order does not care how many turns say a word. Reading texts for a phrase, and ranking,
cost as much as there are turns with the words: these end at a number of them."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from django.db.models import QuerySet

from projects.models import Project
from sessions.models import Session, TraceText
from sessions.search.matching import Need, Term, expected, having, needs_of

MOST_READ = 2_500  # turns whose text is looked into
MOST_RANKED = 10_000  # turns that are put in order
FARTHEST = 200_000  # turns, whatever they say: finding out when so many began takes time as well
MAX_SESSIONS_READ_WHOLE = 500  # sessions that the rest of a query leaves, of which every turn is looked into
TELLING = 6  # lexemes whose frequency is looked up: the longest ones


class Reach(NamedTuple):
    """The turns that are looked into; those from `since` on unless it is None."""

    turns: QuerySet[TraceText]
    since: datetime | None = None


def reach_of(
    project: Project, terms: Sequence[Term], others: QuerySet[Session], *, is_ranked: bool, until: datetime | None
) -> Reach:
    """`others` is what the rest of the query leaves, `until` the end of the time that it is about."""
    needs, turns = needs_of(terms), TraceText.objects.for_project(project)
    if not is_ranked and not _is_read(needs):
        return Reach(turns)
    most, frequency = _most(needs), _frequency(turns, needs)
    if frequency <= most:
        return Reach(turns)
    if expected(others) <= MAX_SESSIONS_READ_WHOLE:
        return Reach(turns.filter(session_id__in=others.order_by().values("session_id")))
    return _newest(turns, most * expected(turns) // frequency, until)


def least_reach(project: Project, terms: Sequence[Term], until: datetime | None) -> Reach:
    """When what PostgreSQL knows of the words was wrong: as if every turn had them."""
    return _newest(TraceText.objects.for_project(project), _most(needs_of(terms)), until)


def _newest(turns: QuerySet[TraceText], number: int, until: datetime | None) -> Reach:
    if until is not None:
        turns = turns.filter(started_at__lte=until)
    number = min(number, FARTHEST)
    since = turns.order_by("-started_at").values_list("started_at", flat=True)[number : number + 1].first()
    return Reach(turns.filter(started_at__gte=since) if since else turns, since)


def _most(needs: Sequence[Need]) -> int:
    return MOST_READ if _is_read(needs) else MOST_RANKED


def _is_read(needs: Sequence[Need]) -> bool:
    return any(need.recheck for need in needs)


def _frequency(turns: QuerySet[TraceText], needs: Sequence[Need]) -> int:
    """In how many turns the rarest of the words is: no more can have them all, however they go together."""
    lexemes = {lexeme for need in needs if not need.is_negated for lexeme in need.lexemes}
    telling = sorted(lexemes, key=lambda lexeme: (-len(lexeme), lexeme))[:TELLING]
    return min(expected(having(turns, lexeme)) for lexeme in telling)
