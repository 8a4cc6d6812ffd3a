"""Removes what is left of deleted traces and erased persons outside of the traces.

That is samples of ingestion issues, cached days of dashboards, and filters and names in which people wrote a
person's id. A pseudonym replaces the id, so that a filter keeps its meaning without the person."""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import uuid4

from django.db import IntegrityError, transaction
from django.db.models import Model
from django.dispatch import Signal
from django.http import QueryDict
from django.utils.http import urlencode

from sessions.deletion.kept_answers import forget_answers
from sessions.models import (
    Alert,
    AlertChannel,
    Board,
    BoardTile,
    BulkJob,
    Cohort,
    Judge,
    JudgeRun,
    JudgeVersion,
    ReviewQueue,
    SavedView,
)
from sessions.query.grammar import FieldComparison, Node, QueryError, Word
from sessions.query.parsing import parse
from sessions.query.rewrite import with_leaves
from sessions.query.writing import write
from tracing.models import IngestionIssue

# Where filters are kept, as the address of the list has them, and where people write freely.
QUERY_FIELDS_BY_MODEL: dict[type[Model], tuple[str, ...]] = {
    SavedView: ("query",),
    Cohort: ("query_string",),
    BulkJob: ("query",),
    Board: ("query_string",),
    BoardTile: ("query_string",),
    Alert: ("query_string", "among_string"),
}
# Where filters are kept in the language of queries alone.
LANGUAGE_FIELDS_BY_MODEL: dict[type[Model], tuple[str, ...]] = {
    Judge: ("query",),
    JudgeRun: ("query",),
    JudgeVersion: ("rule",),
}
TEXT_FIELDS_BY_MODEL: dict[type[Model], tuple[str, ...]] = {
    SavedView: ("name",),
    Cohort: ("name", "description"),
    BulkJob: ("error",),
    Board: ("name",),
    BoardTile: ("title", "text"),
    ReviewQueue: ("name", "description"),
    Alert: ("name",),
    AlertChannel: ("name",),
    Judge: ("name",),
    JudgeVersion: ("prompt",),
}
# Sent with `project_id` whenever traces were erased, for files and other copies that may hold them.
erased = Signal()
forgotten = Signal()  # project_id=: traces were deleted, whoever keeps something made of them forgets it

MIN_ID_CHARACTERS = 4  # characters: a shorter id, or one of digits alone, counts only where a filter asks for a user
QUERY = "q"


class Pseudonym:
    """Replaces `user_id` with `name`."""

    def __init__(self, user_id: str, name: str) -> None:
        self.user_id, self.name = user_id, name
        self._is_telling = len(user_id) >= MIN_ID_CHARACTERS and not user_id.isdigit()
        self._pattern = re.compile(rf"(?<!\w){re.escape(user_id)}(?!\w)", re.IGNORECASE)

    def in_text(self, text: str) -> str:
        """Return the text with the name in place of the id."""
        return self._pattern.sub(self.name, text) if self._is_telling else text

    def in_filter(self, query_string: str) -> str:
        """Return the query string of a list with the name in place of the id."""
        params = QueryDict(query_string)
        pairs = [(name, value) for name, values in params.lists() for value in values]
        new = [(name, self._in_value(name, value)) for name, value in pairs]
        return query_string if new == pairs else urlencode(new)

    def _in_value(self, name: str, value: str) -> str:
        if name == QUERY:
            return self.in_query(value)
        return self.name if name.startswith("user") and value == self.user_id else self.in_text(value)

    def in_query(self, text: str) -> str:
        """Return the query of the list's language with the name in place of the id."""
        try:
            node = parse(text)
        except QueryError:
            return self.in_text(text)
        new = None if node is None else with_leaves(node, self._in_leaf)
        return text if new == node else write(new)

    def _in_leaf(self, leaf: Word | FieldComparison) -> Node:
        if isinstance(leaf, Word):
            return replace(leaf, text=self.in_text(leaf.text))
        is_user = leaf.name.lower().startswith("user")
        values = [self.name if is_user and v == self.user_id else self.in_text(v) for v in leaf.values]
        return replace(leaf, values=tuple(values))


def forget_traces(project_id: int) -> None:
    """Delete the samples and traces of all ingestion issues of a project.

    A sample quotes what was sent without saying by whom; the next issue brings a new one."""
    IngestionIssue.objects.for_project(project_id).exclude(sample="", trace_ids=[]).update(sample="", trace_ids=[])
    forget_answers(project_id)
    forgotten.send(sender=None, project_id=project_id)


def forget_person(project_id: int, user_id: str, name: str) -> None:
    """Replace the id with `name` in everything that people keep."""
    pseudonym = Pseudonym(user_id, name)
    for model in {**QUERY_FIELDS_BY_MODEL, **LANGUAGE_FIELDS_BY_MODEL, **TEXT_FIELDS_BY_MODEL}:
        columns: dict[str, Callable[[str], str]] = dict.fromkeys(
            QUERY_FIELDS_BY_MODEL.get(model, ()), pseudonym.in_filter
        )
        columns |= dict.fromkeys(LANGUAGE_FIELDS_BY_MODEL.get(model, ()), pseudonym.in_query)
        columns |= dict.fromkeys(TEXT_FIELDS_BY_MODEL.get(model, ()), pseudonym.in_text)
        for key, *values in model._default_manager.filter(project_id=project_id).values_list("pk", *columns):
            old = dict(zip(columns, values, strict=True))
            new = {column: columns[column](value) for column, value in old.items()}
            if new != old:
                _write(model, project_id, key, new)


def _write(model: type[Model], project_id: int, key: object, changes: dict[str, str]) -> None:
    """Write the changes.

    A name that is too long is cut, one that is taken gets a suffix."""
    fitting: dict[str, Any] = {name: text[: model._meta.get_field(name).max_length] for name, text in changes.items()}  # type: ignore[union-attr]
    row = model._default_manager.filter(project_id=project_id, pk=key)
    try:
        with transaction.atomic():
            row.update(**fitting)
    except IntegrityError:
        row.update(**fitting | {"name": f"{fitting['name'][:60]} {uuid4().hex[:8]}"})
