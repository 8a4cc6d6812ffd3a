"""Langfuse's batch endpoint: one answer for each event, always 207 when the batch itself could be read."""

from typing import Any

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from projects.models import Project
from tracing.ingest import quota
from tracing.ingest.files_in_texts import FilesInTexts
from tracing.ingest.intake import keep_files, slot
from tracing.ingest.pipeline import ingest
from tracing.ingest.rest.throttles import KeyThrottle, QuotaThrottle
from tracing.ingest.rest.views import SdkView
from tracing.ingest.rest.wires import JsonParser, WireResponse
from tracing.ingest.score_configs import configs_of
from tracing.limits.fitting import fit
from tracing.limits.table import FAULTS, SPAN_LIMIT
from tracing.records import Issue, Reason, Sdk, SpanRecord
from tracing.vocabularies.messages import normalised
from tracing.wire.langfuse import SCORE_EVENT_TYPE, BatchEvent, decode_event
from tracing.wire.refusals import BodyTooLarge, Unreadable
from tracing.wire.sdks import sdk_of


class LangfuseBatch(SdkView):
    """Stores a batch of events, each of which is answered by itself."""

    parser_classes = [JsonParser]
    throttle_classes = [KeyThrottle, QuotaThrottle]

    def post(self, request: Request) -> Response:
        """Answer with 207 when the batch itself could be read."""
        events = _stored(self.project, batch_in(self.body), sdk_of(request.headers, ()))
        records = [event.record for event in events if event.record is not None]
        spans = {(record.trace_id, record.span_id) for record in records if isinstance(record, SpanRecord)}
        quota.count(self.project, len(spans))
        return WireResponse(answer(events), status=207)


def batch_in(body: Any) -> list[Any]:
    """Return the events of a body. Raise Unreadable when it has none, BodyTooLarge when it has too many."""
    batch = body.get("batch") if isinstance(body, dict) else None
    if not isinstance(batch, list):
        raise Unreadable('The body must be {"batch": [...]}.')
    if len(batch) > SPAN_LIMIT.value + FAULTS.value:
        raise BodyTooLarge(
            f"The batch has {len(batch):,} events, the limit is {SPAN_LIMIT.value:,}: send smaller ones."
        )
    return batch


def _stored(project: Project, batch: list[Any], sdk: Sdk) -> list[BatchEvent]:
    """Store what can be stored and return all events as they are answered."""
    issues: list[Issue] = []
    files = FilesInTexts(issues)
    with slot(project) as held:
        taken = batch[: SPAN_LIMIT.value]
        scores = (item.get("body") for item in taken if isinstance(item, dict) and item.get("type") == SCORE_EVENT_TYPE)
        configs = configs_of(project.pk, scores)
        events = [checked(decode_event(item, configs), issues, files) for item in taken]
        events += [over_the_limit(item, issues) for item in batch[SPAN_LIMIT.value :]]
        records = [event.record for event in events if event.record is not None]
        keep_files(project, files, held)
        found = ingest(project.pk, records, sdk=sdk, issues=issues)
    refused = {id(issue.record): issue for issue in found if issue.reason is Reason.ERASED}
    return [refused_by_store(event, refused.get(id(event.record))) for event in events]


def checked(event: BatchEvent, issues: list[Issue], files: FilesInTexts) -> BatchEvent:
    """Return the event as it can be stored, or its refusal, which is added to `issues`."""
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
    """Return the event as it is answered."""
    return BatchEvent(event.id, reason=issue.reason, message=issue.sample) if issue else event


def over_the_limit(item: Any, issues: list[Issue]) -> BatchEvent:
    """Return the refusal of an event that is one too many, and add it to `issues`."""
    message = f"more than {SPAN_LIMIT.value:,} events in one batch"
    issues.append(Issue(Reason.TOO_MANY_SPANS, message))
    return BatchEvent(
        str(item.get("id")) if isinstance(item, dict) else "", reason=Reason.TOO_MANY_SPANS, message=message
    )


def answer(events: list[BatchEvent]) -> dict[str, Any]:
    """Return what Langfuse's SDKs read out of the answer to a batch."""
    return {
        "successes": [{"id": event.id, "status": 201} for event in events if event.reason is None],
        "errors": [
            {"id": event.id, "status": 400, "message": event.message, "error": event.reason}
            for event in events
            if event.reason is not None
        ],
    }
