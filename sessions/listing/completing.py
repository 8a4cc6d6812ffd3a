"""What could be typed next into the query box: names, operators and values, for the text before the cursor."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.http import QueryDict

from projects.access import people_of
from projects.models import Project
from sessions.listing.facets import AMOUNT_KINDS, OFFERED, count_facet_values, facet_of
from sessions.listing.listing import Listing
from sessions.models.properties import PropertyKind
from sessions.query.conditions import ENUMS_BY_FIELD
from sessions.query.fields import KEYED_SPECIALS, SPECIAL, SPECIALS, Field, fields_of
from sessions.query.grammar import Operator
from sessions.query.people import ME
from sessions.query.words import known_values, words_in
from sessions.query.writing import quoted
from tracing.lists.bounded import TooLong
from tracing.models import Trace

MAX_COMPLETIONS = 10
METADATA_TRACES_READ = 300  # traces whose metadata is read for its keys and values
LOOKED_BACK = 300  # characters before the cursor: further ones hold no piece that it could stand in
TOKEN_BEFORE_CURSOR = re.compile(
    r'(?:[^\s()"]|"(?:[^"\\]|\\.)*")*$', re.DOTALL
)  # the piece of text that the cursor stands behind
ASKED = re.compile(
    r"(?P<head>-?(?P<name>[A-Za-z_]\w*)(?:\.(?P<key>[^\s:=<>!(),\"]+))?\s*(?::|>=|<=|!=|=|>|<)\s*"
    r"(?:(?:any|all|only)\()?(?:[^\s(),]+,\s*)*)(?P<value>\"?[^\s(),\"]*)$"
)
SCOPE = re.compile(r"(?P<scope>trace|span)?\(|\)", re.IGNORECASE)
OPERATOR_HELP = {
    Operator.HAS: "is, or one of a,b",
    Operator.IS: "exactly",
    Operator.IS_NOT: "is not",
    Operator.ABOVE: "more than",
    Operator.AT_LEAST: "at least",
    Operator.BELOW: "less than",
    Operator.AT_MOST: "at most",
}
INNER_SCOPES = {"session": ("trace", "span"), "trace": ("span",), "span": ()}
EXAMPLES = {
    PropertyKind.TIME: ("today", "yesterday", "-1h", "-24h", "-7d", "-30d"),
    PropertyKind.DURATION: ("380ms", "5s", "30s", "2m", "1h"),
    PropertyKind.MONEY: ("0.01", "0.1", "1"),
}


@dataclass(frozen=True)
class Option:
    """`insert` takes the place of the text from `start` to the cursor."""

    insert: str
    start: int
    label: str
    help: str = ""


def options(project: Project, text: str, at: int, outermost: str = "session") -> list[Option]:
    """Return at most MAX_COMPLETIONS suggestions, the likeliest first. At most one query with a time limit.

    `outermost` is what the query asks for: sessions or traces."""
    before = text[: max(0, at)]
    start = max(0, len(before) - LOOKED_BACK)
    found, is_quoted = ASKED.search(before, start), before.count('"') % 2 == 1
    scope = scope_of(before, outermost)
    if found and found["value"].startswith('"') == is_quoted:
        return _values(project, scope, found)[:MAX_COMPLETIONS]
    if is_quoted:
        return []  # within a phrase
    piece = TOKEN_BEFORE_CURSOR.search(before, start)
    typed = piece[0] if piece else ""
    start = len(before) - len(typed) + (1 if typed.startswith("-") else 0)
    return list(_named(project, scope, typed.removeprefix("-"), start))[:MAX_COMPLETIONS]


def scope_of(before: str, outermost: str = "session") -> str:
    """Return the brackets in which the cursor is: `trace`, `span`, or `outermost` if in neither."""
    scopes = [""]
    for found in SCOPE.finditer(before):
        if found[0] == ")":
            scopes = scopes[:-1] or [""]
        else:
            scopes.append((found["scope"] or scopes[-1]).lower())
    return scopes[-1] or outermost


def _named(project: Project, scope: str, typed: str, start: int) -> Iterator[Option]:
    name, dot, key = typed.partition(".")
    if dot and name in KEYED_SPECIALS and name in SPECIALS[scope]:
        for known in _starting(_keys(project, name), key):
            insert = f"{name}.{quoted(known)}"
            yield Option(f"{insert} {'>= ' if name == 'score' else '= '}", start, insert)
        return
    fields = {field.name: field for field in fields_of(scope).values()}.values()
    if typed and (field := fields_of(scope).get(typed.lower())):
        yield from (_operator(typed, operator, start) for operator in field.operators)
    ranked = sorted((rank, place) for place, field in enumerate(fields) if (rank := _rank(field, typed)) is not None)
    listed = list(fields)
    specials = [name for name in SPECIALS[scope] if name.startswith(typed.lower())]
    if not typed:
        ranked = ranked[: MAX_COMPLETIONS - len(specials)]
    yield from (_special(name, start) for name in specials)
    for _, place in ranked:
        field = listed[place]
        yield Option(field.written + _likely(field), start, field.written, field.help)
    for other in INNER_SCOPES[scope]:
        if typed and other.startswith(typed.lower()):
            yield Option(f"{other}(", start, f"{other}( )", f"One {other} that meets all of these conditions.")


def _rank(field: Field, typed: str) -> int | None:
    """Rank how a field matches: by its short name, another name, or a word of its label. None if it does not."""
    typed = typed.lower()
    if field.written.startswith(typed):
        return 0
    if any(name.startswith(typed) for name in (field.name, *field.aliases)):
        return 1
    return 2 if len(typed) > 1 and any(word.startswith(typed) for word in field.label.lower().split()) else None


def _special(name: str, start: int) -> Option:
    return Option(name + ("." if name in KEYED_SPECIALS else ":"), start, name, SPECIAL[name])


def _likely(field: Field) -> str:
    if Operator.ABOVE in field.operators:
        return " > "
    return ":"


def _operator(name: str, operator: Operator, start: int) -> Option:
    insert = f"{name}:" if operator == Operator.HAS else f"{name} {operator} "
    return Option(insert, start, f"{name} {operator}", OPERATOR_HELP[operator])


def _values(project: Project, scope: str, found: re.Match[str]) -> list[Option]:
    typed = found["value"].removeprefix('"')
    return [
        Option(quoted(value) + ("" if found["head"].endswith("(") else " "), found.start("value"), value, help)
        for value, help in _known(project, scope, found["name"].lower(), found["key"] or "")
        if typed.lower() in value.lower()
    ]


def _known(project: Project, scope: str, name: str, key: str) -> Iterable[tuple[str, str]]:
    if words := words_in(scope, name):
        meanings = {word.value: word.meaning for word in words}
        return ((value, meanings.get(value, "")) for value in known_values(scope, name))
    if name == "assignee" and scope == "session":
        return [(ME, "The person who reads it."), *people_of(project.pk).values_list("email", "name")]
    if name == "metadata" and key:
        return ((value, "") for value in _metadata_values(project, key))
    field = fields_of(scope).get(name)
    if field and (choices := ENUMS_BY_FIELD.get(field.column)):
        return ((choice.name.lower(), "") for choice in choices)
    if field and (examples := EXAMPLES.get(field.kind)):
        return ((example, "") for example in examples)
    if name == "label" and scope == "session":
        return ((value, f"on {count:,} sessions") for value, count in _counted(project, name))
    same = fields_of("session").get(name)
    if same and (scope == "session" or same.kind == PropertyKind.SET):
        return ((value, f"in {count:,} sessions") for value, count in _counted(project, same.name))
    return ()


def _keys(project: Project, name: str) -> list[str]:
    if name == "score":
        return [known for known, _ in _counted(project, "scores")]
    return list(dict.fromkeys(key for metadata in _metadata(project) for key in metadata))


def _counted(project: Project, name: str) -> list[tuple[str, int]]:
    """Count the values of a property, unless they are amounts.

    Return nothing if that takes too long, since people who type do not wait."""
    facet = facet_of(name)
    if facet is None or facet.declared.kind in AMOUNT_KINDS:
        return []
    try:
        return count_facet_values(Listing(project, QueryDict()), facet, OFFERED)
    except TooLong:
        return []


def _metadata_values(project: Project, key: str) -> list[str]:
    values = (metadata.get(key) for metadata in _metadata(project))
    said = (str(value).lower() if isinstance(value, bool) else str(value) for value in values if _is_plain(value))
    return list(dict.fromkeys(said))


def _is_plain(value: object) -> bool:
    return isinstance(value, str | int | float) and len(str(value)) <= 80


def _metadata(project: Project) -> list[dict[str, object]]:
    latest = Trace.objects.for_project(project).order_by("-started_at").values_list("metadata", flat=True)
    return [metadata for metadata in latest[:METADATA_TRACES_READ] if isinstance(metadata, dict)]


def _starting(known: Iterable[str], typed: str) -> list[str]:
    return [name for name in known if typed.lower() in name.lower()]
