"""Parts of a query as one condition on sessions, and the words that were looked for."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from django.db.models import Exists, OuterRef, Q, QuerySet

from sessions.models import TraceText
from sessions.query import people, special
from sessions.query.conditions import all_of, any_of, condition_of, sessions_in
from sessions.query.fields import KEYED_SPECIALS, SPECIALS, fields_of, nearest
from sessions.query.grammar import (
    All,
    Either,
    FieldComparison,
    Nested,
    Node,
    Not,
    Operator,
    QueryError,
    TextRange,
    Word,
)
from sessions.query.parsing import parse
from sessions.query.words import word_condition
from sessions.search.matching import RefusedTerm, Term, condition, lacking
from tracing.models import Span, Trace

IN_QUOTES = 'To look for it in the text, write it in "".'


@dataclass(frozen=True)
class Query:
    """A compiled query. `terms` are the words that every session found contains.

    `condition` is the whole query, `besides` all of it but the terms."""

    text: str = ""
    node: Node | None = None
    condition: Q = field(default_factory=Q)
    besides: Q = field(default_factory=Q)
    terms: tuple[Term, ...] = ()

    @property
    def parts(self) -> tuple[Node, ...]:
        """The conditions that a session must all meet."""
        if self.node is None:
            return ()
        return self.node.parts if isinstance(self.node, All) else (self.node,)

    def among(self, project_id: int, turns: QuerySet[TraceText]) -> Q:
        """Return the condition with the words searched in these turns only."""
        return self.besides & condition(project_id, self.terms, turns) if self.terms else self.condition


def compiled(text: str, project_id: int) -> Query:
    """Compile a text. Raise QueryError with the position of the fault in `text`."""
    node = parse(text)
    if node is None:
        return Query(text)
    query = Query(text, node)
    words = [part for part in query.parts if isinstance(part, Word)]
    others = [part for part in query.parts if not isinstance(part, Word)]
    besides = all_of([Q(), *[condition_in(part, project_id, "session") for part in others]])
    said = _said(words, project_id) if words else Q()
    return Query(text, node, besides & said, besides, tuple(_term(word) for word in words))


def compiled_for_traces(text: str, project_id: int) -> Query:
    """Compile a text as a condition on traces. A word is looked for in names and previews. Raise QueryError."""
    node = parse(text)
    if node is None:
        return Query(text)
    condition = condition_in(searching_texts(node), project_id, "trace")
    return Query(text, node, condition, condition)


def searching_texts(node: Node) -> Node:
    """Return the part of a query on traces with each word as what it is looked for in. What is in span( ) stays."""
    match node:
        case Not():
            return replace(node, inside=searching_texts(node.inside))
        case All() | Either():
            return replace(node, parts=tuple(searching_texts(part) for part in node.parts))
        case Word():
            names = ("name", "input", "output")
            return Either(tuple(FieldComparison(name, Operator.HAS, (node.text,), place=node.place) for name in names))
    return node


def terms_in(text: str) -> list[Term]:
    """Parse a text of words, "phrases" and beginnings* only. Raise QueryError."""
    node = parse(text)
    parts = node.parts if isinstance(node, All) else [node] if node else []
    terms = []
    for part in parts:
        word = part.inside if isinstance(part, Not) else part
        if not isinstance(word, Word):
            raise QueryError("Only words and phrases are looked for here.", TextRange(0, len(text)), IN_QUOTES)
        terms.append(_term(word)._replace(is_negated=isinstance(part, Not)))
    return terms


def condition_in(node: Node, project_id: int, scope: str) -> Q:
    """Return the condition of a part on a session, a trace or a span. Raise QueryError."""
    match node:
        case Not(Word() as word) if scope == "session":
            return _said([word], project_id, lacking)
        case Not():
            return ~condition_in(node.inside, project_id, scope)
        case Either():
            return any_of(condition_in(part, project_id, scope) for part in node.parts)
        case All():
            words = [part for part in node.parts if isinstance(part, Word)] if scope == "session" else []
            others = [part for part in node.parts if part not in words]
            said = [_said(words, project_id)] if words else []
            return all_of([*said, *[condition_in(part, project_id, scope) for part in others]])
        case Nested():
            return _nested(node, project_id, scope)
        case Word() if scope == "session":
            return _said([node], project_id)
        case Word():
            raise QueryError(
                "Words are looked for in whole sessions.",
                node.place,
                f"Write them outside of {scope}( ), or name what to compare: name:{node.text}",
            )
        case FieldComparison():
            return _comparison(node, project_id, scope)


def _comparison(asked: FieldComparison, project_id: int, scope: str) -> Q:
    if asked.name in SPECIALS[scope] and (asked.name in KEYED_SPECIALS or not asked.key):
        match asked.name:
            case "has" | "is" | "status":
                return word_condition(project_id, scope, asked)
            case "label":
                return people.label(project_id, asked)
            case "assignee":
                return people.assignee(project_id, asked)
            case "score":
                return special.score(project_id, asked)
        return special.metadata(project_id, scope, asked)
    found = fields_of(scope).get(asked.name) or fields_of(scope).get(asked.name.lower())
    if found is None or asked.key:
        meant = nearest(asked.name, scope)
        way_out = f"Did you mean {meant}?" if meant and not asked.key else IN_QUOTES
        where = "" if scope == "session" else f" of a {scope}"
        name = f"{asked.name}.{asked.key}" if asked.key else asked.name
        raise QueryError(f"There is no property “{name}”{where}.", asked.place, way_out)
    return condition_of(found, asked)


def _nested(node: Nested, project_id: int, scope: str) -> Q:
    if scope == node.scope or scope == "span":
        raise QueryError(
            f"{node.scope}( ) cannot stand in {scope}( ).", node.place, "Write its conditions side by side."
        )
    inside = condition_in(node.inside, project_id, node.scope)
    if node.scope == "trace":
        return sessions_in(Trace.objects.for_project(project_id).filter(inside))
    spans = Span.objects.for_project(project_id).filter(inside)
    same = {"project_id": OuterRef("project_id"), "bucket": OuterRef("bucket"), "trace_id": OuterRef("trace_id")}
    one = Exists(spans.filter(**same))
    return Q(one) if scope == "trace" else sessions_in(Trace.objects.for_project(project_id).filter(one))


def _said(words: Sequence[Word], project_id: int, asked: Callable[[int, Sequence[Term]], Q] = condition) -> Q:
    try:
        return asked(project_id, [_term(word) for word in words])
    except RefusedTerm as error:
        about = next((word for word in words if error.term == _term(word)), words[0])
        raise QueryError(str(error), about.place) from None


def _term(word: Word) -> Term:
    return Term(word.text, is_phrase=word.is_phrase, is_prefix=word.is_prefix)
