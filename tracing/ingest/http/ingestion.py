"""Langfuse's batch endpoint: one answer for each event, always 207 when the batch itself could be read."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from projects.models import Project
from tracing.ingest import quota
from tracing.ingest.files_in_texts import FilesInTexts
from tracing.ingest.http.bodies import read_json
from tracing.ingest.http.endpoints import machine
from tracing.ingest.intake import keep_files, place
from tracing.ingest.pipeline import ingest
from tracing.ingest.score_configs import configs_of
from tracing.limits.fitting import fit
from tracing.limits.table import FAULTS, SPAN_LIMIT
from tracing.records import Issue, Reason, SpanRecord
from tracing.vocabularies.messages import normalised
from tracing.wire.langfuse import SCORE_EVENT_TYPE, BatchEvent, decode_event
from tracing.wire.refusals import BodyTooLarge, Unreadable
from tracing.wire.responses import json_response
from tracing.wire.sdks import sdk_of


@machine("POST")
def ingestion(request: HttpRequest, project: Project) -> HttpResponse:
    quota.admit(project)
    batch = read_batch(request)
    issues: list[Issue] = []
    files = FilesInTexts(issues)
    with place(project) as held:
        taken = batch[: SPAN_LIMIT.value]
        scores = (item.get("body") for item in taken if isinstance(item, dict) and item.get("type") == SCORE_EVENT_TYPE)
        configs = configs_of(project.pk, scores)
        events = [checked(decode_event(item, configs), issues, files) for item in taken]
        events += [over_the_limit(item, issues) for item in batch[SPAN_LIMIT.value :]]
        records = [event.record for event in events if event.record is not None]
        keep_files(project, files, held)
        found = ingest(project.pk, records, sdk=sdk_of(request.headers, ()), issues=issues)
    refused = {id(issue.record): issue for issue in found if issue.reason is Reason.ERASED}
    events = [refused_by_store(event, refused.get(id(event.record))) for event in events]
    records = [event.record for event in events if event.record is not None]
    spans = {(record.trace_id, record.span_id) for record in records if isinstance(record, SpanRecord)}
    quota.count(project, len(spans))
    return json_response(answer(events), status=207)


def read_batch(request: HttpRequest) -> list[Any]:
    batch = read_json(request)
    batch = batch.get("batch") if isinstance(batch, dict) else None
    if not isinstance(batch, list):
        raise Unreadable('The body must be {"batch": [...]}.')
    if len(batch) > SPAN_LIMIT.value + FAULTS.value:
        raise BodyTooLarge(
            f"The batch has {len(batch):,} events, the limit is {SPAN_LIMIT.value:,}: send smaller ones."
        )
    return batch


def checked(event: BatchEvent, issues: list[Issue], files: FilesInTexts) -> BatchEvent:
    """The event as it can be stored; one that cannot be is turned into its refusal."""
    if event.reason is not None:
        issues.append(Issue(event.reason, event.message[:200]))
        return event
    if isinstance(event.record, SpanRecord):
        event.record.input = normalised(event.record.input, "user")
        event.record.output = normalised(event.record.output, "assistant")
    if event.record is not None:
        files.take_out(event.record)  # before texts are cut
    if event.record is None or fit(event.record, issues, timezone.now()):
        return event
    issue = issues[-1]
    return BatchEvent(event.id, reason=issue.reason, message=issue.sample)


def refused_by_store(event: BatchEvent, issue: Issue | None) -> BatchEvent:
    """The event as it is answered."""
    return BatchEvent(event.id, reason=issue.reason, message=issue.sample) if issue else event


def over_the_limit(item: Any, issues: list[Issue]) -> BatchEvent:
    message = f"more than {SPAN_LIMIT.value:,} events in one batch"
    issues.append(Issue(Reason.TOO_MANY_SPANS, message))
    return BatchEvent(
        str(item.get("id")) if isinstance(item, dict) else "", reason=Reason.TOO_MANY_SPANS, message=message
    )


def answer(events: list[BatchEvent]) -> dict[str, Any]:
    return {
        "successes": [{"id": event.id, "status": 201} for event in events if event.reason is None],
        "errors": [
            {"id": event.id, "status": 400, "message": event.message, "error": event.reason}
            for event in events
            if event.reason is not None
        ],
    }
