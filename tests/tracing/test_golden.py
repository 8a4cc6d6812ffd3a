"""Captured requests of real SDKs against the records they must become, and against the truth of what happened."""

import json
from pathlib import Path
from typing import Any

import pytest

from projects.models import Project
from sessions.rollup.recomputing import drain
from tests.wire.scenarios import SCENARIOS, name_of, readable, records_of, spans_of
from tracing.ingest.pipeline import ingest
from tracing.models import Trace
from tracing.records import RawSpan, SpanRecord
from tracing.store.previews import preview
from tracing.vocabularies import VOCABULARIES
from tracing.vocabularies.tables import Vocabulary
from tracing.vocabularies.vocabulary_reader import VocabularyReader

GOLDEN = [scenario for scenario in SCENARIOS if (scenario / "golden.json").exists()]
TRUE = [scenario for scenario in SCENARIOS if (scenario / "truth.json").exists()]
ARRIVAL = {"project_id", "received_at", "updated_at", "repeat_count", "content_hash"}
# Dialects whose SDKs nobody has captured yet; tests/tracing/test_vocabularies_*.py have them by the SDKs' sources.
WITHOUT_CAPTURE = {"Google ADK, Genkit", "LiveKit Agents"}
NOT_SENT = ("not on the wire", "n/a")


@pytest.mark.parametrize("scenario", GOLDEN, ids=name_of)
def test_a_captured_request_becomes_its_golden_records(scenario: Path) -> None:
    assert readable(records_of(scenario)) == json.loads((scenario / "golden.json").read_text())


def test_every_scenario_with_traces_has_a_golden_file() -> None:
    assert [name_of(s) for s in SCENARIOS if s not in GOLDEN and records_of(s)] == []
    assert len(GOLDEN) > 80


def test_every_vocabulary_has_a_captured_request_that_needs_it() -> None:
    spans = [span for scenario in GOLDEN for span in spans_of(scenario)]

    def is_needed(vocabulary: Vocabulary) -> bool:
        spoken = [span for span in spans if not vocabulary.scopes or span.scope_name in vocabulary.scopes]
        readers: dict[str, tuple[VocabularyReader, VocabularyReader]] = {}
        for span in spoken:
            if span.scope_name not in readers:
                known = [v for v in VOCABULARIES if not v.scopes or span.scope_name in v.scopes]
                others = [v for v in known if v is not vocabulary]
                readers[span.scope_name] = VocabularyReader(known), VocabularyReader(others)
            every, without = readers[span.scope_name]
            if every.find(span) != without.find(span):
                return True
        return False

    missing = {vocabulary.title for vocabulary in VOCABULARIES if not is_needed(vocabulary)}
    assert missing == WITHOUT_CAPTURE, "capture a request of the SDK, as tests/wire/README.md says"


def said(records: list[SpanRecord], side: str, role: str) -> list[str]:
    return [preview(text, role=role) for record in records if (text := getattr(record, side))]


def columns_of(project: Project) -> list[dict[str, Any]]:
    names = [f.attname for f in Trace._meta.concrete_fields if f.attname not in ARRIVAL]
    return list(Trace.objects.for_project(project).order_by("trace_id").values(*names))


def known_models(truth: dict[str, Any], sent: list[RawSpan]) -> set[str]:
    """Those that answered; some libraries name only the one that was asked."""
    served = {model for model in truth["models_served"] if model in repr([span.attributes for span in sent])}
    return served or {*truth["models_requested"]}


def part(traces: list[Trace], name: str) -> int:
    return sum(usage[name] for trace in traces for usage in trace.usage_by_model.values())


@pytest.mark.parametrize("scenario", TRUE, ids=name_of)
def test_a_frameworks_conversation_comes_out_as_it_was(project: Project, scenario: Path) -> None:
    truth: dict[str, Any] = json.loads((scenario / "truth.json").read_text())
    ingest(project.pk, records_of(scenario))
    drain(project.pk)
    traces = list(Trace.objects.for_project(project))
    tokens, recoverable = truth["tokens"], truth["tokens_recoverable"]

    assert {trace.session_id for trace in traces} == {truth["session_id"]}
    assert {trace.user_id for trace in traces} - {None} == set(truth["user_ids"])
    assert {tag for trace in traces for tag in trace.tags} == set(truth["tags"])
    assert {trace.environment for trace in traces} == {truth["environment"] or "default"}
    assert sum(trace.input_tokens for trace in traces) == tokens["input"]
    assert sum(trace.output_tokens for trace in traces) == tokens["output"]
    assert sum(trace.call_count for trace in traces) == truth["llm_calls_ok"] + truth["embedding_calls"]
    assert sum(trace.error_count for trace in traces) == truth["errors"]["failed_calls"]
    spans = spans_of(scenario)
    for trace in traces:
        known = known_models(truth, [span for span in spans if span.trace_id == trace.trace_id])
        assert {model.removeprefix("openai/") for model in trace.usage_by_model} <= known
    assert {tool for trace in traces for tool in trace.tool_names} == set(truth["tool_names"])
    if not recoverable.get("cached", "n/a").startswith(NOT_SENT):
        assert part(traces, "cached_tokens") == tokens["cached_part_of_input"]
    if not recoverable.get("reasoning", "n/a").startswith(NOT_SENT):
        assert part(traces, "reasoning_tokens") == tokens["reasoning_part_of_output"]


@pytest.mark.parametrize("scenario", TRUE, ids=name_of)
def test_the_order_of_reports_does_not_matter(project: Project, other_project: Project, scenario: Path) -> None:
    ingest(project.pk, records_of(scenario))
    for record in reversed(records_of(scenario)):
        ingest(other_project.pk, [record])

    assert columns_of(project) == columns_of(other_project)


@pytest.mark.parametrize("scenario", TRUE, ids=name_of)
def test_a_frameworks_words_can_be_read(scenario: Path) -> None:
    truth: dict[str, Any] = json.loads((scenario / "truth.json").read_text())
    records = records_of(scenario)
    if truth["first_user_message"]:
        assert truth["first_user_message"] in said(records, "input", "user")
    if truth["last_assistant_message"]:
        assert truth["last_assistant_message"] in said(records, "output", "assistant")
