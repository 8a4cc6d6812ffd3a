"""Any value under any key: a vocabulary says nothing rather than fail, and what it could not read stays raw."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.tracing.reports import at
from tests.tracing.spans import event, raw_span, translated
from tracing.json_text import dump
from tracing.vocabularies import VOCABULARIES, evaluated, translate
from tracing.vocabularies.evaluations import COMMENT_KEYS, LABEL_KEYS, VALUE_KEYS
from tracing.vocabularies.messages import normalised
from tracing.vocabularies.vocabulary_reader import MAX_PLAN_CHARACTERS, MAX_PLANS, VocabularyReader
from tracing.wire.agent_events import (
    AGENT_EVENTS,
    CALL_KEYS,
    ERROR_KEYS,
    PARENT_AGENT_KEYS,
    TOOL_CALL_KEYS,
    TURN_KEYS,
    LogRecord,
    told_by,
)
from tracing.wire.agent_events import AGENT_KEYS as AGENT_KEYS_OF_EVENTS

KEYS = sorted({key for v in VOCABULARIES for table in (v.table, v.resource) for rows in table.values() for key in rows})
RESOURCE_KEYS = sorted({key for v in VOCABULARIES for rows in v.resource.values() for key in rows})
LEAVES = ("k", "0", "0.message.role", "1.content", "0.message.tool_calls.0.tool_call", "9" * 9, "0." + "a." * 40)
WORDS = st.sampled_from(
    [
        *("role", "content", "parts", "type", "message", "messages", "kwargs", "data", "id", "tool_calls", "function"),
        *("name", "arguments", "user", "assistant", "tool", "human", "text", "image", "image_url", "url", "reasoning"),
        *("choices", "output", "input", "model", "event.name", "prompt_tokens", "input_tokens", "total", "cache_read"),
        *("tool_result", "tool_use", "tool_call", "function_call", "session_id", "tags", "langfuse_session_id"),
    ]
)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | WORDS
TREES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS | st.text(max_size=4), inner, max_size=5),
    max_leaves=8,
)
MESSAGES = st.lists(
    st.fixed_dictionaries({"role": WORDS, "content": TREES}, optional={"tool_calls": TREES, "type": WORDS})
)
VALUES = TREES | MESSAGES
ENCODED = VALUES.map(dump) | VALUES.map(repr)
ATTRIBUTE_KEYS = st.sampled_from(KEYS).flatmap(
    lambda key: st.sampled_from([f"{key[:-1]}{leaf}" for leaf in LEAVES]) if key.endswith(".*") else st.just(key)
)
EVENT_NAMES = (
    *("exception", "gen_ai.user.message", "gen_ai.choice", "gen_ai.content.prompt", "gen_ai.content.completion"),
    *("gen_ai.client.inference.operation.details", "gen_ai.content.completion.chunk", "First Token Stream Event"),
)
EVENT_KEYS = WORDS | ATTRIBUTE_KEYS | st.sampled_from(["exception.message", "gen_ai.prompt", "gen_ai.completion"])
EVENTS = st.lists(
    st.builds(
        lambda name, attributes: {"name": name, "time": at(0), "attributes": attributes},
        st.sampled_from(EVENT_NAMES),
        st.dictionaries(EVENT_KEYS, ENCODED | TREES, max_size=3),
    ),
    max_size=2,
)


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    attributes=st.dictionaries(ATTRIBUTE_KEYS, VALUES | ENCODED, max_size=6),
    resource=st.dictionaries(st.sampled_from(RESOURCE_KEYS), TREES, max_size=2),
    events=EVENTS,
    scope=st.sampled_from(["pydantic-ai", "x", ""]),
    started=st.booleans(),
)
def test_no_span_can_break_a_vocabulary(
    attributes: dict[str, Any], resource: dict[str, Any], events: list[dict[str, Any]], scope: str, started: bool
) -> None:
    span = raw_span(
        attributes, resource=resource, events=events, scope_name=scope, started_at=at(0) if started else None
    )
    record = translate(span)

    assert record is not None or attributes["lmnr.internal.tracing_level"] == "off"
    if record is None:
        return
    texts = (record.input, record.output, record.claims.input, record.claims.output)
    assert all(text is None or type(text) is str for text in (*texts, record.claims.session_id, record.name))
    if not any(texts) and attributes.get("lmnr.internal.tracing_level") != "meta_only":
        assert (record.raw or {}).get("attributes", {}).keys() == attributes.keys()


@settings(max_examples=400, deadline=None)
@given(st.one_of(MESSAGES, VALUES).map(dump))
def test_normalising_twice_is_normalising_once(text: str) -> None:
    once = normalised(text, "user")

    assert normalised(once, "user") == once


@pytest.mark.parametrize("depth", [300, 900, 5_000])
@pytest.mark.parametrize("key", ["langfuse.observation.input", "gen_ai.input.messages", "input.value", "ai.prompt"])
def test_what_nests_beyond_reading_is_kept(key: str, depth: int) -> None:
    nested = '{"role": "user", "content": ' + "[" * depth + "]" * depth + "}"
    text = f"[{nested}]"
    record = translated({key: text})

    assert record.raw is not None
    assert text in (record.input, record.raw.get("attributes", {}).get(key)) or record.input is not None
    assert dump(record.raw)


def test_a_flattened_path_of_a_thousand_steps() -> None:
    key = "llm.input_messages.0.message." + ".".join("abc"[n % 3] for n in range(1_000))
    record = translated({key: "x", "llm.input_messages.0.message.role": "user"})

    assert json.loads(record.input or "[]") is not None


def test_a_thousand_messages_and_a_huge_index() -> None:
    leaves = {f"llm.input_messages.{n}.message.role": "user" for n in range(1_000)}
    leaves |= {f"llm.input_messages.{n}.message.content": str(n) for n in range(1_000)}
    leaves["llm.input_messages.99999999999999.message.content"] = "far"
    leaves["llm.input_messages.².message.content"] = "a digit that is no number"

    record = translated(leaves)

    assert [m["content"] for m in json.loads(record.input or "")] == [str(n) for n in range(1_000)]


def test_a_long_printed_object_is_not_evaluated() -> None:
    record = translated(
        {"metadata.usage_object": "{" + "'a': 1," * 100_000 + "}", "llm.openai.usage": "__import__('os')"}
    )

    assert record.usage is None


def test_events_without_the_attributes_one_expects() -> None:
    events = [event("gen_ai.user.message"), event("gen_ai.choice"), event("exception")]
    record = translated({}, events=events)

    assert record.status_message is None


@pytest.mark.parametrize("opening", ["[", '{"message_content":', '{"text":'])
def test_messages_that_nest_without_end_stay_as_they_were_sent(opening: str) -> None:
    text = f'{{"role": "user", "content": {opening * 1_000}"x"{("]" if opening == "[" else "}") * 1_000}}}'

    assert normalised(text, "user") == text
    assert normalised(dump({"role": "user", "tool_calls": [{"name": "f", "arguments": text}]}), "user")


EVALUATED_KEYS = ("gen_ai.evaluation.name", *VALUE_KEYS, *LABEL_KEYS, *COMMENT_KEYS)
AGENT_KEYS = sorted({*TURN_KEYS, *AGENT_KEYS_OF_EVENTS, *PARENT_AGENT_KEYS, *CALL_KEYS, *TOOL_CALL_KEYS, *ERROR_KEYS})
LOGGED_KEYS = st.sampled_from(
    [*AGENT_KEYS, "session.id", "event.kind", "duration_ms", "body", "span.type", "success", "prompt", "cost_usd"]
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    name=st.sampled_from([*AGENT_EVENTS, "gen_ai.evaluation.result", "gen_ai.evaluation."]),
    attributes=st.dictionaries(LOGGED_KEYS | st.sampled_from(EVALUATED_KEYS), VALUES, max_size=8),
    body=TREES,
    has_ids=st.booleans(),
    has_time=st.booleans(),
)
def test_no_log_record_can_break_the_reading_of_agents(
    name: str, attributes: dict[str, Any], body: Any, *, has_ids: bool, has_time: bool
) -> None:
    ids = ("1" * 32, "2" * 16) if has_ids else ("", "")
    time = at(0) if has_time else None
    record = LogRecord(*ids, name, time, {"session.id": "s"} | attributes, body, {}, "shop", "1")

    told = told_by(record)
    spans = list(told.spans(told.own_trace_id())) if told else []
    scores = list(evaluated(raw_span(attributes, events=[event(name) | {"attributes": attributes}])))

    assert all(translate(span) is not None and len(span.span_id) == 16 for span in spans)
    assert len(scores) == name.startswith("gen_ai.evaluation.")


def test_what_is_remembered_of_keys_is_bounded() -> None:
    reader = VocabularyReader(VOCABULARIES)
    for n in range(MAX_PLANS + 100):
        assert reader.find(raw_span({f"key {n}": n, "gen_ai.usage.input_tokens": n})).usage == {"input_tokens": n}
    assert 0 < len(reader.plans) <= MAX_PLANS
    known = len(reader.plans)
    reader.find(raw_span({"k" * (MAX_PLAN_CHARACTERS + 1): 1}))
    assert len(reader.plans) == known


def test_a_plan_reads_the_values_of_each_span_and_each_resource() -> None:
    reader = VocabularyReader(VOCABULARIES)
    for name in ("one", "two", "one"):
        resource = {"deployment.environment": name, "service.version": f"v-{name}"}
        found = reader.find(raw_span({"session.id": name}, resource=resource))
        assert found.gathered["claims.session_id"] == [name]
        assert (found.said["claims.environment"], found.said["claims.version"]) == (name, f"v-{name}")
