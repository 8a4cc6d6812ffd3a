"""Writes the search index: workers alone do, some seconds after a trace has changed, never a request.

A row is what was asked last and what was answered in one trace; one that did not change is not written again. What a
deleted trace leaves goes with it (`forget`) and again when its mark is taken, should a worker have been at it."""

import math
import time
from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import psycopg
from django.db import connection, transaction
from django.utils import timezone
from psycopg.adapt import Dumper
from psycopg.pq import Format
from psycopg.types import TypeInfo
from xxhash import xxh3_64_digest

from projects import sqlguard
from projects.cluster.nodes import is_cluster
from projects.jobs.time_limits import UPKEEP_SECONDS, allow
from sessions.models import TraceText
from sessions.models.alerts import mark_watched
from sessions.search.tokens import as_vector, folded, lexemes
from tracing.models import DirtyMark, Trace
from tracing.models.fields import compress
from tracing.reading.exchanges import turns_in
from tracing.reading.sides import ROLES, SIDE_COLUMNS, load_side
from tracing.store import dirty
from tracing.store.previews import spoken_text

QUIET = timedelta(seconds=15)  # a trace that still grows is not indexed with every span
INDEX_LEASE = timedelta(seconds=120)  # longer than a batch takes, with the pending list's flush
INDEX_BATCH_TRACES = 200
MAX_INDEXED_BYTES = 4096  # bytes of a row's text: more would be mostly lexemes that nobody looks for
MOST_ASKED = 1280  # bytes of them for the question, more when the answer is short
CUT_MARK = "\n…\n"  # between the beginning and the end of what was cut

FLUSH_SQL = "SELECT gin_clean_pending_list('trace_text_tokens'::regclass)"
# On a cluster, each part of the table has a part of the index; its name ends in the number of its shard.
FLUSH_SHARDS_SQL = """
SELECT sum(result::bigint) FROM run_command_on_shards('trace_text', $$
    SELECT gin_clean_pending_list(i.indexrelid) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
    WHERE i.indrelid = '%s'::regclass AND c.relname LIKE 'trace_text_tokens%%'$$)
"""

TSVECTOR = TypeInfo("tsvector", oid=3614, array_oid=3643)  # of every PostgreSQL

# Joined with the traces themselves, so that none is written that was deleted in the meantime.
WRITE_INDEX_SQL = """
INSERT INTO trace_text AS t
    (project_id, trace_id, session_id, started_at, text, folded, tokens, text_hash, is_cut)
SELECT %(project_id)s, u.trace_id, u.session_id, u.started_at, u.text, u.folded, u.tokens, u.text_hash,
    u.is_cut
FROM unnest(%(trace_id)b::text[], %(session_id)b::text[], %(started_at)b::timestamptz[], %(text)b::bytea[],
    %(folded)b::text[], %(tokens)b::tsvector[], %(text_hash)b::int8[], %(is_cut)b::boolean[])
    AS u(trace_id, session_id, started_at, text, folded, tokens, text_hash, is_cut)
JOIN trace ON trace.project_id = %(project_id)s AND trace.trace_id = u.trace_id
ORDER BY u.trace_id
ON CONFLICT (project_id, trace_id) DO UPDATE SET session_id = EXCLUDED.session_id, started_at = EXCLUDED.started_at,
    text = EXCLUDED.text, folded = EXCLUDED.folded, tokens = EXCLUDED.tokens, text_hash = EXCLUDED.text_hash,
    is_cut = EXCLUDED.is_cut
WHERE (t.text_hash, t.session_id, t.started_at)
    IS DISTINCT FROM (EXCLUDED.text_hash, EXCLUDED.session_id, EXCLUDED.started_at)
"""


class Vector(bytes):
    """A `tsvector` in binary format, which PostgreSQL reads faster than its text."""


class VectorDumper(Dumper):
    """Hands vectors to psycopg as they are."""

    format = Format.BINARY
    oid = TSVECTOR.oid

    def dump(self, obj: Vector) -> bytes:
        return bytes(obj)


class IndexRow(NamedTuple):
    """One row of the index, in the order of its columns."""

    trace_id: str
    session_id: str | None
    started_at: datetime
    text: bytes
    folded: str
    tokens: bytes
    text_hash: int
    is_cut: bool


def waiting_projects() -> list[int]:
    """Ids of the projects in which a trace has waited long enough to be indexed."""
    due = DirtyMark.objects.filter(target=DirtyMark.Target.TEXT, marked_at__lte=timezone.now() - QUIET)
    found: list[int] = due.project_ids()
    return found


def index_waiting(project_id: int, *, waited: timedelta = QUIET, until: float = math.inf) -> int:
    """Index texts that have waited that long, in batches, until none are left or the time is up; at least one batch.

    Return the number of traces that were looked at."""
    taken = 0
    while count := index_batch(project_id, waited=waited):
        taken += count
        if time.monotonic() >= until:
            break
    return taken


def index_batch(project_id: int, *, waited: timedelta = QUIET) -> int:
    """Index one batch of a project's texts. Return the number of its traces."""
    text = DirtyMark.Target.TEXT
    claimed = dirty.claim(project_id, text, limit=INDEX_BATCH_TRACES, waited=waited, lease=INDEX_LEASE)
    if claimed:
        index(project_id, [item.key for item in claimed])
        dirty.release(project_id, text, claimed)
    return len(claimed)


def flush() -> int:
    """Move pending entries into the index before a writer has to. Return the number of their pages."""
    with connection.cursor() as cursor:
        cursor.execute(FLUSH_SHARDS_SQL if is_cluster() else FLUSH_SQL)
        return int(cursor.fetchone()[0])


def index(project_id: int, trace_ids: Sequence[str]) -> None:
    """Make the rows of these traces equal to their texts. May run twice, and beside a deletion."""
    rows = rows_of(project_id, trace_ids)
    if rows:
        write(project_id, rows)
        mark_watched(project_id, {row.session_id for row in rows if row.session_id}, timezone.now())
    forget(project_id, set(trace_ids) - {row.trace_id for row in rows})


def forget(project_id: int, trace_ids: Collection[str], **_: Any) -> None:
    """Delete the rows of traces that are gone or have no words any more."""
    if trace_ids:
        TraceText.objects.for_project(project_id).filter(trace_id__in=sorted(trace_ids)).delete()


def rows_of(project_id: int, trace_ids: Sequence[str]) -> list[IndexRow]:
    """Return the rows of these traces; a trace without words has none."""
    traces = list(
        Trace.objects.for_project(project_id).filter(trace_id__in=trace_ids).order_by("trace_id").only(*SIDE_COLUMNS)
    )
    texts = {side: _said(project_id, traces, side) for side in ROLES}
    rows = (
        row_of(
            trace.trace_id, trace.session_id, trace.started_at, *(texts[side].get(trace.trace_id, "") for side in ROLES)
        )
        for trace in traces
    )
    return [row for row in rows if row is not None]


def write(project_id: int, rows: Sequence[IndexRow]) -> None:
    """In key order, so that two workers do not wait for each other crosswise."""
    columns: dict[str, Any] = {name: [getattr(row, name) for row in rows] for name in IndexRow._fields}
    columns["tokens"] = list(map(Vector, columns["tokens"]))
    sqlguard.check_if_guarded(WRITE_INDEX_SQL)
    connection.ensure_connection()
    assert connection.connection is not None
    with transaction.atomic(), psycopg.Cursor(connection.connection) as cursor:
        cursor.adapters.types.add(TSVECTOR)
        cursor.adapters.register_dumper(Vector, VectorDumper)
        allow(UPKEEP_SECONDS)  # a writer may have to move what waits beside the index into it
        cursor.execute(WRITE_INDEX_SQL, {"project_id": project_id, **columns})


def _said(project_id: int, traces: Sequence[Trace], side: str) -> dict[str, str]:
    """Return the words of one side by trace id, of all turns of a trace."""
    turns = list(turns_in(traces))
    stored = load_side(project_id, turns, side)
    said: dict[str, list[str]] = defaultdict(list)
    for turn in turns:
        if text := stored.get(turn.turn_id):
            said[turn.trace_id].append(spoken_text(text, role=ROLES[side]))
    return {trace_id: "\n\n".join(words) for trace_id, words in said.items()}


def row_of(trace_id: str, session_id: str | None, started_at: datetime, asked: str, answered: str) -> IndexRow | None:
    """Return the row of a trace's texts; None when there is no word in them."""
    question, answer = _bytes(asked), _bytes(answered)
    most_asked = max(MOST_ASKED, MAX_INDEXED_BYTES - len(answer))
    kept = cut(question, most_asked)
    text = "\n\n".join(part for part in (kept, cut(answer, MAX_INDEXED_BYTES - min(len(question), most_asked))) if part)
    words = folded(text)
    found = lexemes(words)
    if not found:
        return None
    text_hash = int.from_bytes(xxh3_64_digest(text.encode()), "big", signed=True)
    is_cut = len(question) + len(answer) > MAX_INDEXED_BYTES
    return IndexRow(trace_id, session_id, started_at, compress(text), words, as_vector(found), text_hash, is_cut)


def _bytes(text: str) -> bytes:
    return text.replace("\x00", "").strip().encode("utf-8", "replace")


def cut(text: bytes, most: int) -> str:
    """Return the first two thirds and the last third of what fits, in whole characters."""
    if len(text) <= most:
        return text.decode()
    room = most - len(CUT_MARK.encode())
    tail = room // 3
    return text[: room - tail].decode(errors="ignore") + CUT_MARK + text[len(text) - tail :].decode(errors="ignore")
