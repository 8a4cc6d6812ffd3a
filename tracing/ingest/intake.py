"""What HTTP and gRPC share: a body becomes committed rows, a fault becomes an IngestRefused.

The views of HTTP have checked the key, its rate and the quota (tracing/ingest/rest); gRPC does it by itself."""

import logging
from collections.abc import Mapping, Sequence

from django.db import InterfaceError, InternalError, OperationalError
from django.utils import timezone

from projects.auth import KeyRefused, key_for
from projects.models import ApiKey, Project, Scope
from projects.refusals import OF_VALUES, refusal_of
from tracing.ingest import quota
from tracing.ingest.faults import faults, is_refusal
from tracing.ingest.files_in_texts import FilesInTexts
from tracing.ingest.pipeline import ingest
from tracing.ingest.slots import IngestSlot, IngestSlots
from tracing.limits.fitting import Record
from tracing.records import Issue, RawSpan, Reason, Sdk, SpanRecord
from tracing.store import issues as ledger
from tracing.store.media import keep
from tracing.vocabularies import translate
from tracing.wire.logs import decode_logs
from tracing.wire.otlp import decode_traces
from tracing.wire.refusals import BadKey, Forbidden, IngestRefused, IngestUnavailable, LateRefusal
from tracing.wire.responses import Outcome, count_rejected, describe
from tracing.wire.sdks import sdk_of

log = logging.getLogger(__name__)

# More requests at once in one process would only wait for each other. Of the threads of a process, one project takes
# half at most: three that work and three that wait.
_places = IngestSlots(4, most_present=6)
_filing_places = IngestSlots(2, most_present=2)


def place(project: Project) -> IngestSlot:
    """A place to decode and store in."""
    return IngestSlot(_places, project.pk)


def keep_files(project: Project, files: FilesInTexts, held: IngestSlot) -> None:
    """Store what was taken out of the texts of a request, before the rows that refer to it and outside of the place
    that was `held` for them: writing files takes longer than decoding."""
    if found := files.files:
        with held.left(), IngestSlot(_filing_places, project.pk):
            quota.count(project, keep(project.pk, found))


def take_reports(project: Project, records: Sequence[Record], *, sdk: Sdk, issues: Sequence[Issue] = ()) -> list[Issue]:
    """Store a few records in a place of the project, and return what `ingest` returns. Raise IngestUnavailable."""
    with place(project):
        return ingest(project.pk, records, sdk=sdk, issues=issues)


def take_traces(project: Project, body: bytes, content_type: str, headers: Mapping[str, str]) -> Outcome:
    """Decode, translate and commit one OTLP trace request. Raise IngestRefused or what the database raises.

    Whether the quota has room for it is asked before."""
    found: list[Issue] = []
    with place(project) as held:
        spans = decode_traces(body, content_type, found)
        outcome = _stored(project, translated(spans, found), found, sdk=sdk_of(headers, spans), held=held)
    quota.count(project, len(spans) - outcome.rejected)
    return outcome


def take_logs(project: Project, body: bytes, content_type: str, headers: Mapping[str, str]) -> Outcome:
    """Keep the messages of model calls; they merge with their spans, whichever comes first."""
    found: list[Issue] = []
    with place(project) as held:
        spans = decode_logs(body, content_type, found)
        records = [messages_of(record) for record in translated(spans, found)]
        return _stored(project, records, found, sdk=sdk_of(headers, spans), held=held)


def take_metrics(project: Project, body: bytes, content_type: str, headers: Mapping[str, str]) -> Outcome:
    """Count the request and keep nothing of it: some SDKs cannot be told to keep their metrics to themselves."""
    sample = f"a request of {len(body):,} bytes"
    take_reports(project, [], sdk=sdk_of(headers, ()), issues=[Issue(Reason.METRICS_IGNORED, sample)])
    return Outcome(0, "")


def _stored(project: Project, records: list[SpanRecord], found: list[Issue], *, sdk: Sdk, held: IngestSlot) -> Outcome:
    rejected = count_rejected(found)
    files = FilesInTexts(found)
    for record in records:
        files.take_out(record)
    keep_files(project, files, held)
    found = ingest(project.pk, records, sdk=sdk, issues=found)
    faults.note_stored()
    return Outcome(rejected + sum(issue.reason is Reason.ERASED for issue in found), describe(found))


def messages_of(record: SpanRecord) -> SpanRecord:
    """Only what a log knows better than its span; the rest of a partial span would pass for said."""
    return SpanRecord(record.trace_id, record.span_id, input=record.input, output=record.output)


def translated(spans: Sequence[RawSpan], found: list[Issue]) -> list[SpanRecord]:
    """The records of `spans`; one that no vocabulary survives is reported and does not take its neighbours with it."""
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
    return records


def authenticated(authorization: str) -> ApiKey:
    """Return the key of a call, with its project. Raise BadKey, or Forbidden when the key may not report."""
    try:
        return key_for(authorization, Scope.INGEST)
    except KeyRefused as error:
        raise (Forbidden if error.status == 403 else BadKey)(str(error)) from None


def refused_by(error: Exception) -> IngestRefused:
    """How a failed request is answered. A fault of ours asks the client to come again: nothing was stored."""
    if isinstance(error, IngestRefused):
        return error
    if is_refusal(error):
        log.warning("the database is away or busy: %s", error)
        return IngestUnavailable(faults.note(error))
    if found := refusal_of(error, OF_VALUES):
        return LateRefusal(found.reason, status=found.status)
    log.error("a request failed", exc_info=error)
    return IngestUnavailable("Something broke on our side; nothing was stored. Send it again.")


def note(project: Project, refused: IngestRefused, headers: Mapping[str, str]) -> None:
    """Keeps a refused request on the project's Ingestion issues page, as long as there is a database to keep it in."""
    if refused.reason is None:
        return
    try:
        ledger.record(project.pk, [Issue(refused.reason, str(refused)[:200])], sdk_of(headers, ()), timezone.now())
    except (OperationalError, InterfaceError, InternalError):
        log.warning("could not note a refusal: %s", refused)
