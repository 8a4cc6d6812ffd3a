"""The audit log in words: what a row is about by its name of today, with a link, and its details as a sentence."""

import re
from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse

from projects.audit import DetailValue
from projects.models import AuditEvent, User

CONSTANT = re.compile(r"[A-Z]+(?:_[A-Z]+)*")
STAMP = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d\S*")
ADDRESSES = {"session": "session", "trace": "trace"}  # routes by the first word of a target
SHOWN_TARGET_CHARACTERS = 60
DETAIL_WORDS = {
    "query": "matching",
    "ip": "address",
    "item": "session",
    "was": "before",
    "successor": "new pair",
    "old_pair_ends": "old pair ends",
    "daily_characters": "daily limit",
    "session_quiet_minutes": "idle after minutes",
    "monthly_span_quota": "monthly span limit",
    "input": "input price",
    "output": "output price",
}


@dataclass(frozen=True)
class ReadableEvent:
    """A row of the audit log for people."""

    event: AuditEvent
    action: str
    target: str
    address: str
    project: str
    details: str
    person: User | None = None  # who did it, if they still have an account


def read_event(
    event: AuditEvent, name: str, project_names: dict[int, str], person: User | None = None
) -> ReadableEvent:
    """Return the row in words; `name` is what its target is called today, if it has a name of its own."""
    kind, _, key = event.target.partition(" ")
    is_linked = kind in ADDRESSES and key and event.project_id in project_names
    address = reverse(ADDRESSES[kind], args=[event.project_id, key]) if is_linked else ""
    target = name or (f"{kind} {_cut(key)}" if is_linked else event.target)
    return ReadableEvent(
        event=event,
        action=event.action[:1].upper() + event.action[1:],
        target=target,
        address=address,
        project=project_names.get(event.project_id or 0, ""),
        details="; ".join(_details(event.details, event.target)),
        person=person,
    )


def _details(details: dict[str, DetailValue], target: str) -> list[str]:
    """Return what a row says besides, without what is empty; a value with the one before it as one change."""
    said = []
    for name, value in details.items():
        before = details.get(f"{name}_before", details.get("was") if name == "role" else None)
        has_before = f"{name}_before" in details or (name == "role" and "was" in details)
        if name.endswith("_before") or (name == "was" and "role" in details):
            if name.removesuffix("_before") in details or name == "was":
                continue
            if value != target:  # the name that the row has anyway
                said.append(f"{_words(name.removesuffix('_before'))} was {_value(value)}")
        elif has_before and before != value:
            said.append(f"{_words(name)}: {_value(before)} → {_value(value)}")
        elif not has_before and value not in ("", None):
            said.append(f"{_words(name)}: {_value(value)}")
    return said


def _words(name: str) -> str:
    return DETAIL_WORDS.get(name, name.replace("_", " "))


def _value(value: DetailValue) -> str:
    if value is None or value == "":
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    text = str(value)
    if CONSTANT.fullmatch(text):
        return text.replace("_", " ").lower()
    if STAMP.fullmatch(text):
        at = datetime.fromisoformat(text)
        return f"{at.day} {at:%b %Y, %H:%M} UTC"
    return {"False": "no", "True": "yes"}.get(text, text)


def _cut(key: str) -> str:
    """Return an id that keeps its end."""
    half = SHOWN_TARGET_CHARACTERS // 2
    return key if len(key) <= SHOWN_TARGET_CHARACTERS else f"{key[:half]}…{key[-half:]}"
