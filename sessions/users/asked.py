"""The query of the list of users: a word is a part of a user's id, every other condition is one of their sessions."""

from collections.abc import Iterator
from typing import NamedTuple

from django.db.models import Q

from projects.models import Project
from sessions.listing.listing import Listing
from sessions.query.compiling import Query, condition_in
from sessions.query.conditions import all_of
from sessions.query.faults import faults_of
from sessions.query.grammar import All, Either, Node, Not, QueryError, Word
from sessions.query.parsing import parse


class AskedUsers(NamedTuple):
    """A compiled query: its condition on sessions, and the parts that ids have and lack."""

    query: Query
    parts: list[str]
    lacked: list[str]


def compiled_for_users(text: str, project_id: int) -> AskedUsers:
    """Compile a text. Raise QueryError with the position of the fault."""
    query = Query(text, parse(text))
    parts, lacked = list[str](), list[str]()
    others = list[Node]()
    for part in query.parts:
        match part:
            case Word():
                parts.append(part.text)
            case Not(inside=Word() as word):
                lacked.append(word.text)
            case _:
                others.append(part)
    for word in _words_in(others):
        raise QueryError(
            "A word here is a part of a user’s id.",
            word.place,
            "Write it outside of OR and brackets. For what somebody said, write input:… or output:…",
        )
    condition = all_of([Q(), *(condition_in(part, project_id, "session") for part in others)])
    return AskedUsers(Query(text, query.node, condition, condition), parts, lacked)


def _words_in(nodes: list[Node]) -> Iterator[Word]:
    for node in nodes:
        match node:
            case Word():
                yield node
            case All() | Either():
                yield from _words_in(list(node.parts))
            case Not():
                yield from _words_in([node.inside])


class SessionsOfUsers(Listing):
    """The sessions that the list of users adds up."""

    parts: list[str]
    lacked: list[str]

    @property
    def query_faults(self) -> list[QueryError]:
        """All that is wrong with the query."""
        if self.query_error is None:
            return []
        return faults_of(self.query_text, self.project.pk) or [self.query_error]

    def _query(self, project: Project) -> Query:
        self.parts, self.lacked = [], []
        try:
            query, self.parts, self.lacked = compiled_for_users(self.query_text, project.pk)
        except QueryError as error:
            self.query_error = error
            self._refuse("q", str(error))
            return Query(self.query_text)
        return query
