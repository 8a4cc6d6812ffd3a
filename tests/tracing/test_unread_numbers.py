"""Numbers that were sent and cannot be read: each is named on the page of ingestion issues, whatever dialect it has."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from math import inf, nan
from typing import Any

import pytest
from django.test import Client

from projects.models import Project
from tests.conftest import Key
from tests.tracing import otlp
from tracing.limits.fitting import fit
from tracing.models import IngestionIssue, Span
from tracing.records import Issue, RawSpan, Reason
from tracing.vocabularies import VOCABULARIES, translate
from tracing.vocabularies.tables import NUMBER_TARGETS, TEXTS, Vocabulary

NOON = datetime(2026, 11, 29, 12, tzinfo=UTC)
# Keys that stand among those of numbers to say what these mean, and hold something else themselves.
NO_NUMBERS = {"span.type", "lmnr.span.path", "genkit:metadata:subtype"}
WRONG = [-5, -0.5, nan, inf, "-3", "many", "NaN", True, '{"input_tokens": -5}', '{"total_cost": "much"}']
RIGHT = [0, 5, 0.5, "7", "1,200", "", None, '{"input_tokens": 5, "total_cost": 0.5, "unit": "TOKENS"}', {}]


def number_keys(vocabulary: Vocabulary) -> list[str]:
    """Every key from which a dialect reads tokens, a cost or the time of a first token, and no text."""
    rows = vocabulary.table.items()
    keys = {key for field, row in rows if field in NUMBER_TARGETS for key in row}
    return sorted(keys - NO_NUMBERS - {key for field, row in rows if field in TEXTS for key in row})


def issues_of(key: str, value: Any, scope: str) -> list[Issue]:
    end = NOON + timedelta(seconds=2)
    span = RawSpan(
        trace_id="1" * 32, span_id="2" * 16, parent_id=None, name="chat", started_at=NOON, ended_at=end,
        attributes={"gen_ai.request.model": "gpt-4o", key: value}, events=[], status_code=0, status_message="",
        resource={}, scope_name=scope, scope_version="",
    )  # fmt: skip
    record, issues = translate(span), list[Issue]()
    assert record is not None
    fit(record, issues, end)
    return issues


def scopes_of(vocabulary: Vocabulary) -> Iterator[str]:
    return iter(sorted(vocabulary.scopes)[:1] or ["shop"])


TOLD = [vocabulary for vocabulary in VOCABULARIES if number_keys(vocabulary)]


def test_almost_every_dialect_tells_numbers() -> None:
    silent = {vocabulary.title for vocabulary in VOCABULARIES} - {vocabulary.title for vocabulary in TOLD}
    assert silent == {"Google ADK, Genkit", "Logfire", "pydantic-ai"}, "these read the keys of GenAI"


@pytest.mark.parametrize("vocabulary", TOLD, ids=lambda vocabulary: vocabulary.title)
def test_a_number_that_cannot_be_read_is_named(vocabulary: Vocabulary) -> None:
    (scope,) = scopes_of(vocabulary)
    silent = [
        (key, value)
        for key in number_keys(vocabulary)
        for value in WRONG
        if not any(i.reason == Reason.UNREAD_NUMBER and i.sample.startswith(key) for i in issues_of(key, value, scope))
    ]
    assert silent == []


@pytest.mark.parametrize("vocabulary", TOLD, ids=lambda vocabulary: vocabulary.title)
def test_a_number_that_can_be_read_or_was_not_sent_is_no_issue(vocabulary: Vocabulary) -> None:
    (scope,) = scopes_of(vocabulary)
    named = [
        (key, value, issue.sample)
        for key in number_keys(vocabulary)
        for value in RIGHT
        for issue in issues_of(key, value, scope)
        if issue.reason == Reason.UNREAD_NUMBER
    ]
    assert named == []


@pytest.mark.parametrize("key", ["acme.response", "acme.usage", "llm", "shop.tokens", "my.metrics"])
def test_a_text_whose_key_only_looks_like_that_of_a_usage_is_no_number(key: str) -> None:
    assert issues_of(key, "It arrives tomorrow.", "shop") == []
    (issue,) = issues_of(key, '{"prompt_tokens": -5}', "shop")
    assert issue.reason == Reason.UNREAD_NUMBER


def test_a_service_tier_is_no_number() -> None:
    assert issues_of("openai.response.service_tier", "default", "shop") == []


WRONG_KEYS = {
    "gen_ai.usage.input_tokens": -7,
    "gen_ai.usage.output_tokens": "lots",
    "gen_ai.usage.cost": -0.5,
    "acme.usage.prompt_tokens": -1,  # of no dialect
    "gen_ai.response.time_to_first_chunk": -3,
    "langfuse.observation.usage_details": '{"input": 12, "input_cached_tokens": -4}',
}


def test_what_is_sent_over_http_is_named_and_the_rest_is_kept(client: Client, project: Project, key: Key) -> None:
    said = {name.replace(".", "__"): value for name, value in WRONG_KEYS.items()}
    client.post("/v1/traces", otlp.body(otlp.span(**said)), otlp.PROTOBUF, headers={"Authorization": key.bearer})

    issue = IngestionIssue.objects.for_project(project).get()
    assert (issue.reason, issue.count) == (Reason.UNREAD_NUMBER, len(WRONG_KEYS))
    assert Span.objects.for_project(project).get().input_tokens == 12


BATCH = {
    "usage": {"input": -5, "output": 4, "unit": "TOKENS"},
    "costDetails": {"total": "free"},
    "level": "FATAL",
    "startTime": "yesterday",
    "endTime": 1_764_400_000,
}


def test_what_a_batch_says_in_vain_is_named(client: Client, project: Project, key: Key) -> None:
    body = {"id": "s", "traceId": "t", "name": "chat", "model": "gpt-4o", **BATCH}
    event = {"id": "e", "type": "generation-create", "timestamp": NOON.isoformat(), "body": body}
    client.post(
        "/api/public/ingestion",
        json.dumps({"batch": [event]}),
        "application/json",
        headers={"Authorization": key.basic},
    )

    issue = IngestionIssue.objects.for_project(project).get()
    assert (issue.reason, issue.count) == (Reason.UNREAD_NUMBER, len(BATCH))
    assert Span.objects.for_project(project).get().output_tokens == 4
