"""The path of a report after decoding: fit and store."""

from collections import Counter
from collections.abc import Sequence

from django.utils import timezone

from projects.metrics.table import INGEST_SECONDS, STORED_RECORDS
from projects.request_context import current_context
from tracing.limits.fitting import Record, fit
from tracing.records import Issue, ScoreRecord, Sdk, SpanRecord, TraceRecord
from tracing.store.writing import store

UNKNOWN_SDK = Sdk()
RECORD_KINDS = {SpanRecord: "span", TraceRecord: "trace", ScoreRecord: "score"}


def ingest(
    project_id: int, records: Sequence[Record], *, sdk: Sdk = UNKNOWN_SDK, issues: Sequence[Issue] = ()
) -> list[Issue]:
    """Store what fits of `records` in one transaction. Return what was rejected, cut or dropped.

    The result includes the `issues` that the caller found before. When this returns, everything it took is committed.
    Raises OperationalError or InterfaceError if the database is away; then nothing was stored."""
    now = timezone.now()
    found = list(issues)
    fitting = [record for record in records if fit(record, found, now)]
    if fitting or found:
        with INGEST_SECONDS.timed(phase="store"):
            store(project_id, fitting, sdk=sdk, found=found, now=now)
        _count(fitting)
    return found


def _count(records: Sequence[Record]) -> None:
    wire = current_context().wire
    for kind, number in Counter(map(type, records)).items():
        STORED_RECORDS.add(number, wire=wire, kind=RECORD_KINDS[kind])
