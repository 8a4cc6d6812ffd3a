"""Everything that runs over strangers' texts takes linear time, whatever the text."""

import json
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest

from projects.masking import masked
from sessions.api.mcp.fitting import fit
from sessions.conversations.conversation import messages_in
from sessions.conversations.outlines import outline_of
from sessions.export.formats import cell
from sessions.export.markdown import as_markdown
from sessions.listing.completing import scope_of
from sessions.models import Session
from sessions.query.grammar import QueryError
from sessions.query.parsing import parse
from sessions.query.rewrite import with_value, without_value
from sessions.query.values import NoValue, length, moment, number
from sessions.query.writing import quoted, write
from sessions.replay.hits import excerpt
from sessions.search.matching import Term
from sessions.search.scan import plain, says_all
from sessions.search.snippets import around, pattern_of
from sessions.search.tokens import folded, lexemes
from sessions.translation.identify import language_of_line
from sessions.translation.masking import mask, spans_of, unmasked
from sessions.translation.payload import document_of
from sessions.translation.segments import pieces
from tests.linear.growth import UNITS, grown, steepness
from tracing.ingest.files_in_texts import FilesInTexts
from tracing.limits.cutting import cut_text
from tracing.limits.environments import environment_name
from tracing.limits.fitting import clean, clean_json
from tracing.limits.ids import in_one_form, session_id_problem
from tracing.reading.formulas import Formulas, has_formula, mathml_of
from tracing.records import Kind, RawSpan, SpanRecord
from tracing.store.previews import preview, spoken_text
from tracing.store.utterances import utterances_of
from tracing.vocabularies import translate
from tracing.vocabularies.asides import note_asides
from tracing.vocabularies.identity import endings
from tracing.vocabularies.messages import called_tools, normalised
from tracing.vocabularies.printed import unprinted
from tracing.vocabularies.readers import decimal, integer, iso_time, json_value, literal, loose_json, tags
from tracing.vocabularies.speech import mended, says_nothing, sentence
from tracing.vocabularies.unread import repairs
from tracing.vocabularies.voice import voice_kind
from tracing.wire.agent_events import LogRecord, told_by
from tracing.wire.fields import moment as time_of
from tracing.wire.fields import snake_case
from tracing.wire.langfuse_usage import costs_of, usage_of
from tracing.wire.otlp import JSON, PROTOBUF, decode_traces
from tracing.wire.refusals import IngestRefused

SIZES = (128, 512, 2_048, 8_192)
DEAR = {"pieces", "masking", "language"}  # by character: a quarter of the length shows their growth as well
# What texts stand in when they arrive: an attribute of each vocabulary that reads texts, and nothing around them.
ATTRIBUTES = (
    *("langfuse.observation.input", "langfuse.observation.usage_details", "langfuse.trace.tags", "lmnr.span.input"),
    *("gen_ai.input.messages", "gen_ai.prompt", "llm.input_messages.0.message.content", "ai.prompt.messages"),
    *("input.value", "traceloop.entity.input", "metadata", "mlflow.spanInputs", "logfire.json_schema", "tag.tags"),
    *("session.id", "user.id", "llm.token_count.prompt", "events", "pydantic_ai.all_messages", "lk.chat_ctx"),
)
TERMS = [Term("delivery"), Term("late delivery", is_phrase=True), Term("aaa", is_prefix=True), Term("日本")]


def translated(text: str) -> None:
    for name in ATTRIBUTES:
        span = RawSpan(
            trace_id="1" * 32,
            span_id="1" * 16,
            parent_id=None,
            name=text,
            started_at=None,
            ended_at=None,
            attributes={name: text},
            events=[],
            status_code=2,
            status_message=text,
            resource={},
            scope_name=text,
            scope_version=text,
        )
        translate(span)


def keyed(text: str) -> None:
    """The text as the name of an attribute."""
    translate(
        RawSpan(
            trace_id="1" * 32,
            span_id="1" * 16,
            parent_id=None,
            name="n",
            started_at=None,
            ended_at=None,
            attributes={f"gen_ai.prompt.0.{text}": "x"},
            events=[],
            status_code=0,
            status_message="",
            resource={},
            scope_name="",
            scope_version="",
        )
    )


def without_files(text: str) -> None:
    FilesInTexts([]).take_out(SpanRecord("1" * 32, "1" * 16, input=text, output=f'[{{"data": "{text}"}}]'))


def masked_and_back(text: str) -> None:
    away = mask(text, spans_of(text))
    unmasked(away, away.text)
    unmasked(away, text)


def damaged(text: str) -> None:
    for content_type in (PROTOBUF, JSON):
        for body in (text.encode("utf-8", "replace"), b"\x0a\xff\x7f" + text.encode("utf-8", "replace")):
            refused(decode_traces, IngestRefused)(body, content_type, [])  # type: ignore[arg-type]


def logged(text: str) -> None:
    told = told_by(
        LogRecord("", "", "tool_result", None, {"session.id": "s", "tool_input": text, text: text}, text, {}, "", "")
    )
    assert told is not None
    assert list(told.spans(told.own_trace_id()))


def refused(work: Callable[..., object], *kinds: type[Exception]) -> Callable[[str], object]:
    def working(*given: Any) -> None:
        with suppress(*kinds):
            work(*given)

    return working


def exported(text: str) -> None:
    message = {"role": "assistant", "content": text, "tool_calls": [{"name": text, "arguments": text}]}
    at = datetime(2026, 1, 1, tzinfo=UTC)
    list(as_markdown(Session(session_id="s", created_at=at, updated_at=at), iter([message])))


def searched(text: str) -> None:
    says_all(TERMS)(plain(text))
    if pattern := pattern_of(TERMS):
        around(text, pattern)


def asked_for(text: str) -> None:
    """The text as what people look for."""
    if pattern := pattern_of([Term(text[:2_000], is_phrase=True)]):
        around("late " * 100, pattern)


WORK: dict[str, Callable[[str], object]] = {
    "translate": translated,
    "attribute names": keyed,
    "previews": lambda text: (
        preview(text, role="user"),
        preview(json.dumps([{"role": "user", "content": text}]), role=""),
    ),
    "messages": lambda text: (normalised(text, "user"), normalised(json.dumps([{"content": text}]), "user")),
    "transcripts": lambda text: normalised(json.dumps([{"sender": "user", text: text}]), "user"),
    "streams": lambda text: normalised(f"data: {text}\n\ndata: {text}", "assistant"),
    "printed values": lambda text: (unprinted(text), unprinted(f"['{text}"), unprinted(f"f(a={text}")),
    "sentences": lambda text: (
        *(sentence({"a": text, "b": [text]}), sentence([text] * 3), says_nothing(text)),
        *(sentence({text: "Where is it?", f"{text}b": "It is here."}), sentence({"body": "{" + text})),
    ),
    "cut conversations": lambda text: spoken_text(f'[{{"role":"user","content":"{text}', role="user"),
    "escapes": lambda text: (
        mended(text + r"\u4f60\u597d"),
        json_value(f'"{text}\\ud83d"'),
        repairs(SpanRecord("t", "s", input=text, output=f"[{text}")),
    ),
    "cutting": lambda text: cut_text(f'[{{"role":"system","content":"{text}"}}]', max(1_000, len(text) // 2)),
    "utterances": lambda text: (utterances_of(None, text, text, text), utterances_of(None, "turn", f"[{text}", text)),
    "voices": lambda text: voice_kind(text, text),
    "asides": lambda text: note_asides(SpanRecord("t", "s", kind=Kind.GENERATION, input=text, output=text)),
    "literals": lambda text: (literal(text), loose_json(text), tags(text)),
    "numbers": lambda text: (integer(text), decimal(text), iso_time(text), time_of(text)),
    "usage": lambda text: (usage_of({text: 1, "input": text}, text), costs_of({text: text}, {"total": text})),
    "keys": lambda text: snake_case({text: 1}),
    "cleaning": lambda text: (clean(text), clean_json({text: [text]}), session_id_problem(in_one_form(text))),
    "logs of agents": logged,
    "environments": environment_name,
    "endings of keys": endings,
    "files": without_files,
    "damaged bodies": damaged,
    "log lines": masked,
    "search words": lambda text: (folded(text), lexemes(text)),
    "search in texts": searched,
    "searched phrases": asked_for,
    "hits in a session": lambda text: (excerpt(text, "late"), excerpt("late " * 100, folded(text[:200]))),
    "queries": refused(lambda text: write(parse(text)), QueryError),
    "edits of queries": lambda text: (quoted(text), with_value(text, "tag", text), without_value(text, "tag", text)),
    "values of queries": refused(lambda text: (number(text), length(text), moment(text)), NoValue),
    "lengths": refused(length, NoValue),
    "moments": refused(moment, NoValue),
    "scopes": scope_of,
    "pieces": lambda text: pieces(text),
    "masking": masked_and_back,
    "formulas": lambda text: (
        Formulas().taken_out(text),
        has_formula(text),
        mathml_of(f"$${text}$$"),
    ),
    "payloads": lambda text: (document_of(text), document_of(json.dumps([{"role": "user", "content": text}]))),
    "language": lambda text: language_of_line(text, "", "en"),
    "answers for agents": lambda text: (
        outline_of([{"role": text, "content": text, "tool_calls": [{"name": text}]}]),
        fit({"data": [{"input": text, text: text}] * 3}, 500),
    ),
    "exports": lambda text: (exported(text), messages_in(text, "user"), cell(text)),
}


def test_the_test_finds_work_that_is_not_linear() -> None:
    def work(text: str) -> None:
        for end in range(0, len(text), 16):
            sum(1 for _ in text[:end])

    assert steepness(work, lambda size: grown(size, "", "ab"), SIZES)


@pytest.mark.parametrize("name", WORK)
def test_work_on_strangers_texts_is_linear(name: str) -> None:
    work = WORK[name]
    work("warm up")  # models and tables are loaded once

    sizes = SIZES[:-1] if name in DEAR else SIZES
    steep = {
        unit: cost
        for unit in UNITS
        if (cost := steepness(work, lambda size, unit=unit: grown(size, "", unit), sizes))  # type: ignore[misc]
    }

    assert steep == {}


# Messages of many parts: texts of one unit never become any.
MANY: dict[str, Callable[[int], Any]] = {
    "texts": lambda count: {"role": "user", "content": ["a" * 40] * count},
    "thoughts": lambda count: {"role": "assistant", "content": [{"type": "thinking", "thinking": "a" * 40}] * count},
    "calls": lambda count: {"role": "assistant", "tool_calls": [{"name": "f", "arguments": [n]} for n in range(count)]},
    "answers": lambda count: {"role": "user", "content": [{"type": "tool_result", "content": "x"}] * count},
    "files": lambda count: {"role": "user", "content": [{"type": "image", "url": str(n)} for n in range(count)]},
    "messages": lambda count: [{"role": "user", "content": "x", "name": "y"}] * count,
    "keys": lambda count: {"role": "user", "content": "x", **{f"k{n}": "v" for n in range(count)}},
}


@pytest.mark.parametrize("kind", MANY)
def test_work_on_messages_is_linear_in_their_parts(kind: str) -> None:
    def work(text: str) -> None:
        shaped = normalised(text, "user") or ""
        preview(shaped, role="user")
        called_tools(shaped)
        utterances_of(Kind.GENERATION, "turn", shaped, shaped)

    assert not steepness(work, lambda size: json.dumps(MANY[kind](size)), (1_000, 4_000, 16_000))
