"""What people look for, as a condition on sessions: `condition(project, terms)` filters any queryset of them.

Words are looked for turn by turn: a session matches when one of its traces says all of the terms and none of the
negated ones. One `tsquery` asks the index; where lexemes alone cannot decide (phrases, and long words of languages
without spaces) the folded text beside them does."""

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from django.contrib.postgres.search import SearchQueryField
from django.db.models import BooleanField, Exists, F, Func, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Cast, StrIndex
from django.db.models.lookups import GreaterThan

from projects.models import Project
from sessions.models import Session, TraceText
from sessions.search.tokens import folded, runs, word
from tracing.lists.bounded import plan_of
from tracing.models import Trace

SHORTEST_PREFIX = 4  # letters: a shorter beginning stands for a large part of the dictionary
LONGEST_QUERY = 500  # characters of all terms together
COMMON_FROM_TRACES = 10_000  # matching traces
LOOKS_LIKE_ID = re.compile(r"(?=\S*\d)\S{8,200}")


class MatchesLexemes(Func):
    """The `@@` operator on lexemes that we made ourselves, so that PostgreSQL does not parse them again."""

    arg_joiner = " @@ "
    template = "%(expressions)s"
    output_field = BooleanField()


class Term(NamedTuple):
    """One thing to look for. A phrase is found as it stands, a prefix at the beginning of words."""

    text: str
    is_phrase: bool = False
    is_negated: bool = False
    is_prefix: bool = False


class RefusedTerm(ValueError):
    """A search that would not be answered, or not in time.

    The message says what to change; `term` is None when it is about all terms."""

    def __init__(self, reason: str, term: Term | None = None) -> None:
        super().__init__(reason)
        self.term = term


class Need(NamedTuple):
    """A term as the index understands it: all of `lexemes`, and `recheck` in the folded text unless it is empty."""

    lexemes: list[str]  # as a tsquery spells them
    recheck: str
    is_negated: bool


def condition(project: Project | int, terms: Sequence[Term], among: QuerySet[TraceText] | None = None) -> Q:
    """Return a condition for sessions with a trace that has all `terms`. Raise RefusedTerm.

    If `among` is given, only its turns are searched."""
    found = matching(project, terms, among).exclude(session_id=None)
    ids = found.values("session_id")
    if not _is_common(found, terms):
        ids = ids.distinct()
    if len(terms) == 1 and (named := _named(project, terms[0])):
        ids = ids.union(*named, all=True)
    return Q(session_id__in=ids)


def lacking(project: Project | int, terms: Sequence[Term]) -> Q:
    """Return a condition for sessions without such a trace. Raise RefusedTerm.

    Where texts have to be read, they are read session by session: a page needs few of them."""
    if not _is_read(terms) or any(_named(project, term) for term in terms):
        return ~condition(project, terms)
    return ~Q(Exists(matching(project, terms).filter(session_id=OuterRef("session_id"))))


def matching(
    project: Project | int, terms: Sequence[Term], among: QuerySet[TraceText] | None = None
) -> QuerySet[TraceText]:
    """Return the traces that have all `terms`, also those without a session. Raise RefusedTerm."""
    needs = needs_of(terms)
    found = having(TraceText.objects.for_project(project) if among is None else among, tsquery(needs))
    for need in needs:
        if need.recheck:
            stands = GreaterThan(StrIndex(F("folded"), Value(need.recheck)), 0)  # a third cheaper than LIKE
            found = found.exclude(stands) if need.is_negated else found.filter(stands)
    return found


def having(turns: QuerySet[TraceText], asked: str) -> QuerySet[TraceText]:
    """Return the turns that match a tsquery."""
    return turns.filter(MatchesLexemes(F("tokens"), Cast(Value(asked), SearchQueryField())))


def expected(rows: QuerySet[Any]) -> int:
    """Return how many rows PostgreSQL expects. It knows common words, and takes others for rare."""
    return int(plan_of(rows).rows)


def needs_of(terms: Sequence[Term]) -> list[Need]:
    """Return the terms in the index's words. Raise RefusedTerm for one that it cannot answer."""
    if sum(len(term.text) for term in terms) > LONGEST_QUERY:
        raise RefusedTerm(f"Search for at most {LONGEST_QUERY} characters at once.")
    needs = [_need(term) for term in terms]
    if all(need.is_negated for need in needs):
        raise RefusedTerm("Add at least one word to find: a search cannot consist of exclusions only.")
    return needs


def tsquery(needs: Sequence[Need]) -> str:
    """Return the tsquery of all needs.

    A negated term of several lexemes is left to its recheck: each lexeme may occur elsewhere."""
    asked = [lexeme for need in needs if not need.is_negated for lexeme in need.lexemes]
    refused = [f"!{need.lexemes[0]}" for need in needs if need.is_negated and not need.recheck]
    return " & ".join(dict.fromkeys([*asked, *refused]))


def _is_common(found: QuerySet[TraceText], terms: Sequence[Term]) -> bool:
    """Return whether a walk along the sessions meets enough matches before long.

    Otherwise the matches are gathered first, which DISTINCT enforces: left to itself, PostgreSQL walks past every
    session for a word that it has no statistics of. It does know the common words, so it is asked; what a phrase
    leaves of them it cannot know."""
    return not _is_read(terms) and expected(found) > COMMON_FROM_TRACES


def _is_read(terms: Sequence[Term]) -> bool:
    return any(need.recheck for need in needs_of(terms))


def _need(term: Term) -> Need:
    text = folded(term.text.replace("\x00", ""))
    cut = list(runs(text))
    lexemes = [lexeme for run, size in cut for lexeme in _asked(run, size)]
    if not lexemes:
        raise RefusedTerm(f"“{term.text}” has no letter or digit to look for.", term)
    if term.is_prefix:
        run, size = cut[-1]
        if not size and len(word(run)) < SHORTEST_PREFIX:
            raise RefusedTerm(f"Write at least {SHORTEST_PREFIX} letters before the * of “{term.text}*”.", term)
        if not lexemes[-1].endswith(":*"):
            lexemes[-1] += ":*"
    decides = len(lexemes) == 1 and word(text) == word(cut[0][0])
    return Need(lexemes, "" if decides else text, term.is_negated)


def _asked(run: str, size: int) -> list[str]:
    """Return enough lexemes of one run to find it, quoted."""
    if not size:
        return [f"'{found}'"] if (found := word(run)) else []
    if len(run) < size:
        return [f"'{run}':*"]
    return [f"'{run[start : start + size]}'" for start in range(len(run) - size + 1)]


def _named(project: Project | int, term: Term) -> list[QuerySet[Any, Any]]:
    """Return the ids of sessions that a pasted id names: their own, or that of one of their traces."""
    if term.is_negated or term.is_prefix or not LOOKS_LIKE_ID.fullmatch(term.text):
        return []
    traces = Trace.objects.for_project(project).filter(trace_id=term.text).exclude(session_id=None)
    sessions = Session.objects.for_project(project).filter(session_id=term.text)
    return [sessions.values("session_id"), traces.values("session_id")]
