"""Conditions on what people set of a session: `status:open`, `assignee:me`, `label:vip`."""

from dataclasses import replace
from functools import partial
from typing import Any

from django.db.models import Q
from django.http import QueryDict

from projects.access import people_of, reader
from projects.models import User
from sessions.models import SessionState
from sessions.models.properties import PropertyKind
from sessions.models.state import label_of
from sessions.query.conditions import EQUALS, condition_of, sessions_in
from sessions.query.fields import SPECIAL, Field
from sessions.query.grammar import FieldComparison, Node, Operator, QueryError, SetChoice, Word
from sessions.query.parsing import parse
from sessions.query.rewrite import with_leaves
from sessions.query.writing import write

ME = "me"
ASSIGNED_TO_ME = FieldComparison("assignee", Operator.HAS, (ME,))
LABEL_FIELD = Field("label", "labels", PropertyKind.SET, "Label", SPECIAL["label"], SessionState)


def states(project_id: int) -> Any:
    """Return what people set of all sessions of a project."""
    return SessionState.objects.for_project(project_id)


def assigned(project_id: int) -> Any:
    """Return the states of sessions that are assigned to a member."""
    return states(project_id).filter(assignee_id__in=people_of(project_id).order_by().values("pk"))


def label(project_id: int, asked: FieldComparison) -> Q:
    """Return the condition of `label:vip`, with the choices that a set has. Raise QueryError."""
    is_negated = asked.operator == Operator.IS_NOT
    wanted = replace(asked, values=tuple(label_of(value) for value in asked.values))
    inside = condition_of(LABEL_FIELD, replace(wanted, operator=Operator.IS) if is_negated else wanted)
    found = sessions_in(states(project_id).filter(inside))
    return ~found if is_negated else found


def assignee(project_id: int, asked: FieldComparison) -> Q:
    """Return the condition of `assignee:me` or `assignee:ana@example.com`. Raise QueryError."""
    if asked.operator not in EQUALS or asked.choice != SetChoice.ANY:
        raise QueryError("A session has one assignee.", asked.place, f"Write assignee:{asked.value}")
    wanted = [_person(project_id, asked, value).pk for value in asked.values]
    found = sessions_in(states(project_id).filter(assignee_id__in=wanted))
    return ~found if asked.operator == Operator.IS_NOT else found


def naming_me(query_string: str, person: User) -> str:
    """Return the query string of a list with the person's address for `assignee:me`, so that anybody may follow it."""
    params = QueryDict(query_string, mutable=True)
    try:
        node = parse(params.get("q", ""))
    except QueryError:
        return query_string
    named = with_leaves(node, partial(_named, person.email)) if node else None
    if named == node:
        return query_string
    params["q"] = write(named)
    return params.urlencode()


def _named(email: str, leaf: Word | FieldComparison) -> Node:
    if isinstance(leaf, Word) or leaf.name != "assignee":
        return leaf
    return replace(leaf, values=tuple(email if value == ME else value for value in leaf.values))


def _person(project_id: int, asked: FieldComparison, value: str) -> User:
    person = reader() if value == ME else people_of(project_id).filter(email=value.lower()).first()
    if person is None:
        reason = "is the person who is signed in, and a program is not" if value == ME else "is not a member"
        raise QueryError(f"“{value}” {reason}.", asked.value_place, "Write the e-mail address of a member.")
    return person
