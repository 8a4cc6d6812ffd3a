"""Mentions of members in comments: `@ana`, or with the whole address, `@ana@example.com`.

A name is the part of an address before its @, where only one member has it. Whatever else follows an @ is text."""

import re
from collections.abc import Iterable, Mapping

from projects.models import User

MENTION_PATTERN = re.compile(r"(?<![\w@.])@([\w.+-]{1,64}(?:@[\w.-]{1,190})?)")
ENDS = ".-"  # of a sentence rather than of a name


def handles_of(people: Iterable[User]) -> dict[str, User]:
    """Return the members by the names that mention them, in small letters: the short ones first."""
    short: dict[str, list[User]] = {}
    whole: dict[str, User] = {}
    for person in people:
        short.setdefault(person.email.partition("@")[0].lower(), []).append(person)
        whole[person.email.lower()] = person
    return {name: found[0] for name, found in short.items() if len(found) == 1} | whole


def shortest_handles(people: Iterable[User]) -> list[tuple[str, User]]:
    """Return each member with the shortest name that mentions them."""
    found: dict[int, tuple[str, User]] = {}
    for name, person in handles_of(people).items():
        found.setdefault(person.pk, (name, person))
    return sorted(found.values())


def mentioned(text: str, people: Iterable[User]) -> set[int]:
    """Return the ids of the members whom a text mentions."""
    if "@" not in text:
        return set()
    handles = handles_of(people)
    names = (_name(match.group(1), handles) for match in MENTION_PATTERN.finditer(text))
    return {handles[name.lower()].pk for name in names if name}


def parts_of(text: str, handles: Mapping[str, User]) -> list[tuple[str, bool]]:
    """Return a text in parts, and of each whether it mentions a member."""
    parts, begun = [], 0
    for match in MENTION_PATTERN.finditer(text) if handles else ():
        if name := _name(match.group(1), handles):
            end = match.start() + 1 + len(name)
            parts += [(text[begun : match.start()], False), (text[match.start() : end], True)]
            begun = end
    return [part for part in (*parts, (text[begun:], False)) if part[0]]


def _name(given: str, handles: Mapping[str, User]) -> str:
    """Return the beginning of what follows an @ that names a member, "" for none."""
    return next((name for name in (given, given.rstrip(ENDS)) if name.lower() in handles), "")
