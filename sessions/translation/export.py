"""Conversations for export, with the translations that exist.

Nothing is translated for an export. The original is beside the translation if the format has a place for it."""

from collections import defaultdict
from collections.abc import Iterator, Mapping

from sessions.conversations.conversation import EXPORT_TEXT_BATCH_TRACES, Message, read_conversation, traces_of
from sessions.models import Session, TranslationJob
from sessions.translation.choices import load_choice
from sessions.translation.payload import document_of
from sessions.translation.planning import source_of
from tracing.models import Trace
from tracing.reading.exchanges import turns_in
from tracing.reading.sides import ROLES, load_side

State = TranslationJob.State


def translated_conversation(session: Session, target: str) -> Iterator[Message]:
    """Yield the session's messages; one that is translated has its own words as `original`."""
    wording = read_wording(session, target)
    for message in read_conversation(session):
        content = message.get("content")
        words = wording.get(content) if isinstance(content, str) else None
        yield {**message, "content": words, "original": content} if words else message


def read_wording(session: Session, target: str) -> dict[str, str]:
    """Return each translated text of the session with its translation."""
    found: dict[str, str] = {}
    tool_results = load_choice(session.project_id).settings.tool_results
    batch: list[Trace] = []
    for trace in traces_of(session):
        batch.append(trace)
        if len(batch) == EXPORT_TEXT_BATCH_TRACES:
            found |= _of_some(session.project_id, batch, target, tool_results=tool_results)
            batch = []
    return found | _of_some(session.project_id, batch, target, tool_results=tool_results)


def _of_some(project_id: int, traces: list[Trace], target: str, *, tool_results: bool) -> dict[str, str]:
    rows = TranslationJob.objects.for_project(project_id).filter(trace_id__in=[trace.trace_id for trace in traces])
    jobs = list(rows.filter(target=target, state__in=[State.DONE, State.PARTIAL]))
    if not jobs:
        return {}
    asked = {job.trace_id for job in jobs}
    turns = list(turns_in(trace for trace in traces if trace.trace_id in asked))
    texts = {side: load_side(project_id, turns, side) for side in ROLES}
    by_trace: dict[str, list[dict[str, str]]] = defaultdict(list)
    for turn in turns:
        by_trace[turn.trace_id].append(
            {side: texts[side][turn.turn_id] for side in ROLES if turn.turn_id in texts[side]}
        )
    found: dict[str, str] = {}
    for job in jobs:
        for own in by_trace[job.trace_id]:
            source = source_of(own, tool_results=tool_results, budget=job.budget)
            if source.version == job.version:  # otherwise the turn says something else by now
                found |= _pairs(own, (job.result or {}).get("texts", {}), tool_results=tool_results)
                break
    return found


def _pairs(before: Mapping[str, str], after: Mapping[str, str], *, tool_results: bool) -> dict[str, str]:
    found: dict[str, str] = {}
    for side in before.keys() & after.keys():
        old, new = (document_of(texts[side], tool_results=tool_results).leaves for texts in (before, after))
        if len(old) == len(new):
            found |= {left: right for left, right in zip(old, new, strict=True) if left != right}
    return found
