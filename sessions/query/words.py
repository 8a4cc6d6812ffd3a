"""The words of `has:`, `is:` and `status:`, each declared once.

Suggestions, facets and documentation are derived from it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q

from projects.models import Project
from sessions.models import Comment, ObjectType, SessionScore, SessionStatus
from sessions.models.properties import PropertyKind
from sessions.query import people, values
from sessions.query.conditions import EQUALS, any_of, refused, sessions_in
from sessions.query.fields import Field, fields_of
from sessions.query.grammar import FieldComparison, Operator, QueryError
from tracing.models import Trace
from tracing.records import Level

METADATA_PREFIX = "metadata."
EMPTY_VALUE_BY_KIND: dict[PropertyKind, Any] = {PropertyKind.SET: [], PropertyKind.USAGE: {}, PropertyKind.SCORES: {}}


@dataclass(frozen=True, kw_only=True)
class QueryWord:
    """A condition that is written as a word, such as `is:bookmarked`; `condition` makes it for a project's id."""

    name: str  # has, is, status
    value: str
    meaning: str
    condition: Callable[[int], Q]
    scopes: tuple[str, ...] = ("session",)
    aliases: tuple[str, ...] = ()
    label: str = ""  # offers the word among the facets
    icon: str = ""


def _with_comment(project_id: int) -> Q:
    comments = Comment.objects.for_project(project_id).filter(object_type=ObjectType.SESSION)
    return Q(session_id__in=comments.values("object_id"))


def _scores(project_id: int) -> Any:
    """Return the scores whose authors did not say “can't tell”."""
    return SessionScore.objects.for_project(project_id).filter(count__gt=0)


def _quiet_since(project_id: int) -> datetime:
    return values.now() - Project.objects.get(pk=project_id).quiet_time


# In the order in which they are suggested.
QUERY_WORDS = (
    QueryWord(
        name="has",
        value="error",
        aliases=("errors",),
        meaning="At least one span failed.",
        condition=lambda project_id: Q(error_count__gt=0),
        scopes=("session", "trace"),
        label="With errors",
        icon="error",
    ),
    QueryWord(
        name="has",
        value="error",
        aliases=("errors",),
        meaning="The span failed.",
        condition=lambda project_id: Q(level=Level.ERROR.value),
        scopes=("span",),
    ),
    QueryWord(
        name="has",
        value="score",
        meaning="The session, one of its traces or one of its spans has a score.",
        condition=lambda project_id: sessions_in(_scores(project_id)),
        label="Scored",
        icon="thumb-up",
    ),
    QueryWord(
        name="has",
        value="note",
        meaning="Somebody wrote a note about the session.",
        condition=lambda project_id: sessions_in(people.states(project_id).exclude(note="")),
    ),
    QueryWord(
        name="has",
        value="title",
        meaning="Somebody gave the session a title.",
        condition=lambda project_id: sessions_in(people.states(project_id).exclude(title="")),
    ),
    QueryWord(
        name="has",
        value="label",
        aliases=("labels",),
        meaning="Somebody labelled the session.",
        condition=lambda project_id: sessions_in(people.states(project_id).exclude(labels=[])),
    ),
    QueryWord(
        name="has",
        value="status",
        meaning="Somebody set the session to open or resolved.",
        condition=lambda project_id: sessions_in(people.states(project_id).exclude(status="")),
    ),
    QueryWord(
        name="has",
        value="assignee",
        meaning="The session is assigned to a member.",
        condition=lambda project_id: sessions_in(people.assigned(project_id)),
    ),
    QueryWord(
        name="has",
        value="comment",
        meaning="Somebody commented on the session.",
        condition=_with_comment,
    ),
    QueryWord(
        name="is",
        value="bookmarked",
        meaning="Somebody bookmarked the session.",
        condition=lambda project_id: sessions_in(people.states(project_id).filter(is_bookmarked=True)),
        label="Bookmarked",
        icon="bookmark",
    ),
    QueryWord(
        name="status",
        value="open",
        meaning="Somebody set the session to open.",
        condition=lambda project_id: sessions_in(people.states(project_id).filter(status=SessionStatus.OPEN)),
        label="Open",
        icon="ring",
    ),
    QueryWord(
        name="status",
        value="resolved",
        meaning="Somebody resolved the session.",
        condition=lambda project_id: sessions_in(people.states(project_id).filter(status=SessionStatus.RESOLVED)),
    ),
    QueryWord(
        name="is",
        value="active",
        meaning="The session may still continue: its last activity is within the project's quiet time.",
        condition=lambda project_id: Q(updated_at__gt=_quiet_since(project_id)),
    ),
    QueryWord(
        name="is",
        value="idle",
        meaning="The session is over: its last activity is longer ago than the quiet time.",
        condition=lambda project_id: Q(updated_at__lte=_quiet_since(project_id)),
    ),
)


def words_in(scope: str, name: str = "") -> list[QueryWord]:
    """Return the words that `session`, `trace` or `span` knows, all of them or those of one name."""
    return [word for word in QUERY_WORDS if scope in word.scopes and name in ("", word.name)]


def known_values(scope: str, name: str) -> list[str]:
    """Return the words that may stand after such a name in a scope, in the order in which they are suggested."""
    words = [word.value for word in words_in(scope, name)]
    optional = _optional_fields(scope) if name == "has" else ()
    return [*words, *dict.fromkeys(field.written for field in optional)]


def word_condition(project_id: int, scope: str, asked: FieldComparison) -> Q:
    """Return the condition of `has:tag`, `has:metadata.plan`, `is:bookmarked` or `status:open`. Raise QueryError."""
    if asked.operator not in EQUALS:
        hint = f"Write {asked.name}:{asked.value}"
        raise QueryError(f"“{asked.name}” knows no “{asked.operator}”.", asked.place, hint)
    found = any_of(_condition(project_id, scope, asked, value) for value in asked.values)
    return ~found if asked.operator == Operator.IS_NOT else found


def _condition(project_id: int, scope: str, asked: FieldComparison, value: str) -> Q:
    for word in words_in(scope, asked.name):
        if value in (word.value, *word.aliases):
            return word.condition(project_id)
    if asked.name == "has" and (found := _present(project_id, scope, value)) is not None:
        return found
    what = {"has": "thing to have called", "is": "state called"}.get(asked.name, asked.name)
    raise refused(asked, known_values(scope, asked.name), what, value)


def _present(project_id: int, scope: str, value: str) -> Q | None:
    """Return the condition that a field or a key of the metadata has a value."""
    if value.startswith(METADATA_PREFIX) and scope != "span":
        there = Q(metadata__has_key=value.removeprefix(METADATA_PREFIX))
        return there if scope == "trace" else sessions_in(Trace.objects.for_project(project_id).filter(there))
    field = fields_of(scope).get(value)
    if field is None or field not in list(_optional_fields(scope)):
        return None
    if field.kind in EMPTY_VALUE_BY_KIND:
        return ~Q(**{field.column: EMPTY_VALUE_BY_KIND[field.kind]})
    return Q(**{f"{field.column}__isnull": False})


def _optional_fields(scope: str) -> Iterator[Field]:
    """Yield the fields that can be without a value."""
    return (
        field
        for field in dict.fromkeys(fields_of(scope).values())
        if field.kind in EMPTY_VALUE_BY_KIND or field.db_field.null
    )
