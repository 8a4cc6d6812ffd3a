"""Applies tombstones to reports: which ones are refused, and which traces are deleted as a whole.

A deleted trace or session accepts nothing. A trace that names an erased person, or is in the past of a session that was
theirs alone, is deleted if it began before the erasure: a person who comes back later is a new customer. Session, user
and start of a trace are known only from all its reports together, so a report that gives a trace away also deletes what
was stored of it before."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime

from django.db.models import Min

from tracing.limits.fitting import Record
from tracing.models import Tombstone, Trace
from tracing.records import Issue, Reason, ScoreRecord
from tracing.store.stored import StoredTrace
from tracing.store.tombstones import StandingTombstones, standing
from tracing.store.trace_totals import Totals
from tracing.wire.refusals import Erased

TombstoneKind = Tombstone.Kind
GIVING_AWAY = {TombstoneKind.SESSION, TombstoneKind.PERSON, TombstoneKind.PAST}
ERASED_ISSUE_SAMPLE = "It belongs to what was deleted, or to the past of an erased person."  # no id: issues are kept


LONG_AGO = datetime.fromtimestamp(0, UTC)


class Condemned(Exception):
    """What was about to be written shows that these traces must be deleted."""

    def __init__(self, trace_ids: Collection[str]) -> None:
        super().__init__(f"{len(trace_ids)} traces")
        self.trace_ids = sorted(trace_ids)


def admitted(graves: StandingTombstones, records: Sequence[Record], found: list[Issue]) -> list[Record]:
    """Return those of `records` that may be stored. The others are added to `found`."""
    if not graves.kinds:
        return list(records)
    traces = graves.find(TombstoneKind.TRACE, {record.trace_id for record in records})
    scores = [record for record in records if isinstance(record, ScoreRecord) and record.session_id]
    times = {record.session_id: record.scored_at for record in scores if record.session_id}
    sessions = _closed(graves, times)
    taken: list[Record] = []
    for record in records:
        session_id = record.session_id if isinstance(record, ScoreRecord) else None
        if record.trace_id in traces or session_id in sessions:
            found.append(Issue(Reason.ERASED, ERASED_ISSUE_SAMPLE, getattr(record, "span_id", None) or "", record))
        else:
            taken.append(record)
    if len(taken) < len(records):
        _forget_samples(found, taken)
    return taken


def _forget_samples(found: list[Issue], taken: Sequence[Record]) -> None:
    """Remove samples of issues that may quote refused records, because issues are kept."""
    stored = {id(record) for record in taken}
    for place, issue in enumerate(found):
        if issue.reason is not Reason.ERASED and id(issue.record) not in stored:
            found[place] = issue._replace(sample="")


def gone(
    project_id: int,
    *,
    trace_ids: Collection[str] = (),
    session_ids: Collection[str] = (),
    span_ids: Collection[str] = (),
) -> set[str]:
    """Return those of the ids that nothing may be written about.

    Pass ids of one kind only. Call this first in the transaction that writes."""
    graves = standing(project_id)
    sessions = _closed(graves, dict.fromkeys(session_ids))
    return {*graves.find(TombstoneKind.TRACE, trace_ids), *graves.find(TombstoneKind.SPAN, span_ids), *sessions}


def check_trace(project_id: int, trace_id: str) -> None:
    """Raise Erased if nothing may be written about the trace.

    Call this first in the transaction that writes."""
    if gone(project_id, trace_ids=[trace_id]):
        raise Erased(ERASED_ISSUE_SAMPLE)


def check_traces(graves: StandingTombstones, traces: Iterable[StoredTrace], totals: Mapping[str, Totals]) -> None:
    """Raise Condemned if changed traces must be deleted.

    `totals` has the sums, by id, of the traces that were summed up."""
    if not graves.kinds & GIVING_AWAY:
        return
    named = {trace.trace_id: _named(trace) for trace in traces}
    persons = graves.find(TombstoneKind.PERSON, set().union(*named.values()))
    session_ids = {summed.session_id for summed in totals.values()}
    sessions, pasts = graves.find(TombstoneKind.SESSION, session_ids), graves.find(TombstoneKind.PAST, session_ids)
    condemned = set()
    for trace in traces:
        session_id = totals[trace.trace_id].session_id if trace.trace_id in totals else None
        ends = [persons[name] for name in named[trace.trace_id] & persons.keys()]
        ends += [pasts[session_id]] if session_id in pasts else []
        if session_id in sessions or (ends and _began(trace) < max(ends)):
            condemned.add(trace.trace_id)
    if condemned:
        raise Condemned(condemned)


def _closed(graves: StandingTombstones, times: Mapping[str, datetime | None]) -> set[str]:
    """Return the sessions that accept nothing with these times.

    These are deleted sessions, and those of an erased person unless they have begun again."""
    closed = set(graves.find(TombstoneKind.SESSION, times.keys()))
    for session_id, erased_at in graves.find(TombstoneKind.PAST, times.keys()).items():
        at = times[session_id]
        traces = Trace.objects.for_project(graves.project_id).filter(session_id=session_id)
        began = traces.aggregate(at=Min("started_at"))["at"]
        if began is None or began < erased_at or (at is not None and at < erased_at):
            closed.add(session_id)
    return closed


def _named(trace: StoredTrace) -> set[str]:
    claims = [trace.claims, *(span.claims for span in trace.spans.values() if span.claims)]
    return {claim["user_id"] for claim in claims if claim.get("user_id") is not None}


def _began(trace: StoredTrace) -> datetime:
    """Return the earliest known start of a trace.

    Without one, it is the earliest client time of its reports; without any time, or with a wrong clock, it is the
    epoch."""
    if trace.has_wrong_clock:
        return LONG_AGO
    starts = [span.started_at for span in trace.spans.values() if span.started_at]
    if claimed := trace.claims.get("started_at"):
        starts.append(datetime.fromisoformat(claimed))
    if trace.is_large and trace.span_count:
        starts.append(trace.started_at)
    if starts:
        return min(starts)
    said = [at for says in (trace.claims, *trace.spans.values()) for at in _times_of(says)]
    return datetime.fromtimestamp(min(said, default=0) / 1e6, UTC)


def _times_of(says: object) -> Iterable[int]:
    said = says.get("said") if isinstance(says, dict) else getattr(says, "said", None)
    return (said or {}).values()
