"""A conversation as a judge reads it: numbered turns, with the results of tools; in parts if it is long, never cut."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sessions.conversations.conversation import EXPORT_TEXT_BATCH_TRACES, read_turns, traces_of
from sessions.judges.tool_results import load_tool_results
from sessions.models import Session
from tracing.json_text import dump
from tracing.models import Trace
from tracing.reading.exchanges import turns_in

ENTRY_BYTES = 80  # what the JSON around a text takes
BYTES_OF_TOKEN = 4  # of usual text; what providers report tells more

Entry = dict[str, Any]
Told = tuple[int, Trace, list[Entry]]  # a turn with its number, and what its messages say


@dataclass(frozen=True, slots=True)
class Transcript:
    """What was said. `turn_ids` are the ids of the turns that the entries name by their numbers, from 1."""

    turn_ids: tuple[str, ...]
    entries: tuple[Entry, ...]

    def parts(self, most_bytes: int) -> list[list[Entry]]:
        """Return the entries in parts of at most so many bytes. An entry that is longer is taken apart."""
        parts: list[list[Entry]] = [[]]
        size = 0
        for entry in _pieces(self.entries, most_bytes):
            needed = _size(entry)
            if parts[-1] and size + needed > most_bytes:
                parts.append([])
                size = 0
            parts[-1].append(entry)
            size += needed
        return parts


def read_transcript(session: Session) -> Transcript:
    """Read the whole conversation of a session."""
    turn_ids: list[str] = []
    entries: list[Entry] = []
    batch: list[Told] = []
    for turn, messages in read_turns(turns_in(traces_of(session)), None):
        turn_ids.append(turn.turn_id)
        number = len(turn_ids)
        batch.append((number, turn, [entry for message in messages if (entry := _entry(number, message))]))
        if len(batch) == EXPORT_TEXT_BATCH_TRACES:
            entries += _with_tools(batch)
            batch = []
    entries += _with_tools(batch)
    return Transcript(tuple(turn_ids), tuple(entries))


def token_estimate(entries: Sequence[Entry]) -> int:
    """Return about how many tokens the entries take."""
    return sum(map(_size, entries)) // BYTES_OF_TOKEN


def _entry(number: int, message: Mapping[str, Any]) -> Entry | None:
    content = message.get("content")
    text = content if isinstance(content, str) else "" if content is None else _spoken(content)
    if calls := message.get("tool_calls"):
        text = f"{text}\n{dump(calls)}".strip()
    return {"turn": number, "role": str(message.get("role")), "text": text} if text else None


def _spoken(content: Any) -> str:
    """Return the texts of a list of parts, and what has none as JSON."""
    parts = content if isinstance(content, list) else [content]
    return "\n".join(
        part["text"] if isinstance(part, dict) and isinstance(part.get("text"), str) else dump(part) for part in parts
    )


def _with_tools(turns: Sequence[Told]) -> Iterator[Entry]:
    """Yield the entries of turns. What tools returned is put before the answer, unless the messages have it."""
    silent = [turn for _, turn, entries in turns if not any(entry["role"] == "tool" for entry in entries)]
    results = load_tool_results(silent)
    for number, turn, entries in turns:
        told = [{"turn": number, "role": "tool", **result} for result in results.get(turn.turn_id, ())]
        place = len(entries) - 1 if entries and entries[-1]["role"] == "assistant" else len(entries)
        yield from [*entries[:place], *told, *entries[place:]]


def _pieces(entries: Sequence[Entry], most_bytes: int) -> Iterator[Entry]:
    most = max(1, (most_bytes - ENTRY_BYTES) // 4)  # characters of up to four bytes
    for entry in entries:
        text = entry["text"]
        if _size(entry) <= most_bytes:
            yield entry
            continue
        starts = range(0, len(text), most)
        for place, start in enumerate(starts, start=1):
            yield entry | {"text": text[start : start + most], "piece": f"{place} of {len(starts)}"}


def _size(entry: Entry) -> int:
    return len(entry["text"].encode("utf-8", "replace")) + ENTRY_BYTES
