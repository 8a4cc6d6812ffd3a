"""All faults of a query at once, so that somebody who types mends them in one go.

A reader stops at the first fault of its grammar. What is wrong is then blanked out and read again, so places stay."""

from collections.abc import Iterator
from itertools import islice

from sessions.query.compiling import compiled, condition_in, searching_texts
from sessions.query.grammar import All, Either, Nested, Node, Not, QueryError
from sessions.query.parsing import parse

MAX_FAULTS_TOLD = 8
UNFINISHED = " <>=!:,("  # what a bracket or an operator ends with, if nothing follows


def faults_of(text: str, project_id: int, scope: str = "session") -> list[QueryError]:
    """Return the faults of a text by their places, none if it can be followed."""
    found = [*_faults_told(text, project_id, scope)]
    if not found and scope == "session":
        try:
            compiled(text, project_id)
        except QueryError as error:  # of the words together
            found = [error]
    return sorted({fault.position: fault for fault in reversed(found)}.values(), key=lambda fault: fault.position)


def _faults_told(text: str, project_id: int, scope: str) -> Iterator[QueryError]:
    for _ in range(MAX_FAULTS_TOLD):
        fault = _unreadable(text)
        if fault is None:
            break
        yield fault
        end = fault.position + fault.length
        left = text[: fault.position] + " " * len(text[fault.position : end]) + text[end:]
        # Where something is missing there is nothing to blank out: what stands before it is read alone.
        text = left if left != text else text[: fault.position].rstrip(UNFINISHED)
    if _unreadable(text) is None and (node := parse(text)):
        yield from islice(_wrong_parts(node, project_id, scope), MAX_FAULTS_TOLD)


def _unreadable(text: str) -> QueryError | None:
    try:
        parse(text)
    except QueryError as error:
        return error
    return None


def _wrong_parts(node: Node, project_id: int, scope: str) -> Iterator[QueryError]:
    match node:
        case All() | Either():
            for part in node.parts:
                yield from _wrong_parts(part, project_id, scope)
        case Not():
            yield from _wrong_parts(node.inside, project_id, scope)
        case Nested() if scope not in (node.scope, "span"):
            yield from _wrong_parts(node.inside, project_id, node.scope)
        case _:
            try:
                condition_in(searching_texts(node) if scope == "trace" else node, project_id, scope)
            except QueryError as error:
                yield error
