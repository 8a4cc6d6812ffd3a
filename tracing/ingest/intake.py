"""The common part of HTTP and gRPC: key to project, body to committed rows, errors to IngestRefused."""

import logging
from collections.abc import Mapping, Sequence

from django.db import InterfaceError, InternalError, OperationalError
from django.utils import timezone

from projects.auth import KeyRefused, key_for
from projects.metrics.table import INGEST_SECONDS, REFUSED_REQUESTS
from projects.models import ApiKey, Project, Scope
from projects.refusals import OF_VALUES, refusal_of
from projects.request_context import current_context
from tracing.ingest import quota
from tracing.ingest.agent_turns import placed
from tracing.ingest.faults import faults, is_refusal
from tracing.ingest.files_in_texts import FilesInTexts
from tracing.ingest.pipeline import ingest
from tracing.ingest.slots import IngestSlot, IngestSlots
from tracing.limits.fitting import Record
from tracing.records import Issue, RawSpan, Reason, ScoreRecord, Sdk, SpanRecord
from tracing.store import issues as ledger
from tracing.store.media import keep
from tracing.vocabularies import evaluated, translate
from tracing.vocabularies.coding_agents import tools_with_failures
from tracing.vocabularies.unread import repairs, unread_costs
from tracing.wire.envelopes import METRICS
from tracing.wire.logs import read_logs
from tracing.wire.otlp import check_signal, decode_traces
from tracing.wire.refusals import BadKey, Forbidden, IngestRefused, IngestUnavailable, LateRefusal
from tracing.wire.responses import Outcome, count_rejected, describe
from tracing.wire.sdks import sdk_of

log = logging.getLogger(__name__)

# More requests at a time in one process would only wait for each other. One project uses at most half of the threads of
# a process: three that work and three that wait.
_slots = IngestSlots(4, most_present=6)
_file_slots = IngestSlots(2, most_present=2)


def slot(project: Project) -> IngestSlot:
    """Return a slot to decode and store in."""
    return IngestSlot(_slots, project.pk)


def keep_files(project: Project, files: FilesInTexts, held: IngestSlot) -> None:
    """Store files from the texts of a request, before the rows that refer to them.

    This does not use the slot `held` for decoding, because writing files takes longer."""
    if found := files.files:
        with held.left(), IngestSlot(_file_slots, project.pk):
            quota.count(project, keep(project.pk, found))


def take_reports(project: Project, records: Sequence[Record], *, sdk: Sdk, issues: Sequence[Issue] = ()) -> list[Issue]:
    """Store a few records while holding one of the project's slots. Raise IngestUnavailable.

    Return what `ingest` returns."""
    with slot(project):
        return ingest(project.pk, records, sdk=sdk, issues=issues)


def take_traces(project: Project, body: bytes, content_type: str, headers: Mapping[str, str]) -> Outcome:
    """Decode, translate and commit an OTLP trace request. Raises IngestRefused, or what the database raises."""
    found: list[Issue] = []
    with slot(project) as held:
        with INGEST_SECONDS.timed(phase="decode"):
            spans = decode_traces(body, content_type, found)
            tools_with_failures(spans)
            records: list[Record] = [*translated(spans, found), *scored(spans, found)]
        outcome = _stored(project, records, found, sdk=sdk_of(headers, spans), held=held)
    quota.count(project, len(spans) - outcome.rejected)
    return outcome


def take_logs(project: Project, body: bytes, content_type: str, headers: Mapping[str, str]) -> Outcome:
    """Store what an OTLP log request tells: messages and scores, which find their spans in any order, and sessions.

    Raises IngestRefused, or what the database raises."""
    found: list[Issue] = []
    with slot(project) as held:
        decoded = read_logs(body, content_type, found)
        events = placed(project.pk, decoded.told)
        spans = [*decoded.spans, *events]
        messages = [messages_of(record) for record in translated(decoded.spans, found)]
        told = map(_partly, translated(events, found))
        records: list[Record] = [*filter(_says_something, messages), *told, *scored(spans, found)]
        outcome = _stored(project, records, found, sdk=sdk_of(headers, spans), held=held)
    quota.count(project, len(events))
    return outcome


def take_metrics(project: Project, body: bytes, content_type: str, headers: Mapping[str, str]) -> Outcome:
    """Accept metrics without storing them, because some SDKs cannot stop sending them.

    What came to their address by mistake is named."""
    try:
        check_signal(body, content_type, METRICS)
        sample = f"a request of {len(body):,} bytes"
    except IngestRefused as refused:
        sample = str(refused)
    take_reports(project, [], sdk=sdk_of(headers, ()), issues=[Issue(Reason.METRICS_IGNORED, sample)])
    return Outcome(0, "")


def _stored(project: Project, records: list[Record], found: list[Issue], *, sdk: Sdk, held: IngestSlot) -> Outcome:
    rejected = count_rejected(found)
    files = FilesInTexts(found)
    for record in records:
        files.take_out(record)
    keep_files(project, files, held)
    found = ingest(project.pk, records, sdk=sdk, issues=found)
    faults.note_stored()
    return Outcome(rejected + sum(issue.reason is Reason.ERASED for issue in found), describe(found))


def _partly(record: SpanRecord) -> SpanRecord:
    """Return the record, or only its messages if it does not name its span."""
    return record if record.name else messages_of(record)


def _says_something(record: SpanRecord) -> bool:
    return record.input is not None or record.output is not None


def scored(spans: Sequence[RawSpan], found: list[Issue]) -> list[ScoreRecord]:
    """Return the scores in the events of spans. Add those without a value to `found`."""
    scores = []
    for span in spans:
        for score in evaluated(span) if span.events else ():
            if isinstance(score, Issue):
                found.append(score)
            else:
                scores.append(score)
    return scores


def messages_of(record: SpanRecord) -> SpanRecord:
    """Return the messages of a log. The rest of the partial span would pass for reported values."""
    return SpanRecord(record.trace_id, record.span_id, input=record.input, output=record.output)


def translated(spans: Sequence[RawSpan], found: list[Issue]) -> list[SpanRecord]:
    """Return the records of `spans`. A span that fails in a vocabulary is reported, and the others are kept."""
    records = []
    for span in spans:
        try:
            record = translate(span)
        except Exception:
            log.exception("a span could not be translated")
            found.append(Issue(Reason.INVALID_SPAN, f"{span.scope_name}: {span.name}"[:200], span.span_id))
            continue
        if record is not None:
            records.append(record)
            found += (Issue(Reason.UNREAD_COST, sample[:200], span.span_id) for sample in unread_costs(span, record))
            found += (Issue(Reason.TEXT_REPAIRED, sample[:200], span.span_id) for sample in repairs(record))
    return records


def authenticated(authorization: str) -> ApiKey:
    """Return the key of a machine's request, with its project.

    Raises BadKey, or Forbidden if the key lacks the scope."""
    try:
        return key_for(authorization, Scope.INGEST)
    except KeyRefused as error:
        raise (Forbidden if error.status == 403 else BadKey)(str(error)) from None


def refused_by(error: Exception) -> IngestRefused:
    """Return the refusal for a failed request. For a fault of ours it asks the client to try again."""
    if isinstance(error, IngestRefused):
        return error
    if is_refusal(error):
        log.warning("the database does not respond or is busy: %s", " ".join(str(error).split()))
        return IngestUnavailable(faults.note(error))
    if found := refusal_of(error, OF_VALUES):
        return LateRefusal(found.reason, status=found.status)
    log.error("a request failed", exc_info=error)
    return IngestUnavailable("Something broke on our side; nothing was stored. Send it again.")


def count_refusal(refused: IngestRefused) -> None:
    """Count a refused request by its reason, or by its kind if it has none."""
    REFUSED_REQUESTS.add(wire=current_context().wire, reason=refused.reason or type(refused).__name__)


def note(project: Project, refused: IngestRefused, headers: Mapping[str, str]) -> None:
    """Record a refused request on the project's Ingestion issues page, if the database is there."""
    if refused.reason is None:
        return
    try:
        ledger.record(project.pk, [Issue(refused.reason, str(refused)[:200])], sdk_of(headers, ()), timezone.now())
    except (OperationalError, InterfaceError, InternalError):
        log.warning("could not note a refusal: %s", refused)
