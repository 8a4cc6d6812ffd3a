"""Every limit of a record at its border: what is as long as allowed stays whole, and one more is cut and reported."""

import math
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import orjson
import pytest

from tracing.json_text import dump
from tracing.limits import fitting
from tracing.limits.cutting import cut_text
from tracing.limits.fitting import clean, clean_json, fit, valid_id
from tracing.limits.ids import session_id_problem
from tracing.records import Claims, Origin, Reason, ScoreRecord, SpanRecord, TraceRecord
from tracing.token_usage import Usage

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
INSTANT = timedelta(microseconds=1)
ID, NAME = 200, 1_000  # characters, as docs/limits.md has them


def fitted(record: Any) -> tuple[bool, list[Reason]]:
    issues: list[Any] = []
    taken = fit(record, issues, NOW)
    assert all(issue.record is record and len(issue.sample) <= 200 for issue in issues)
    return taken, [issue.reason for issue in issues]


def span(**fields: Any) -> SpanRecord:
    return SpanRecord("t", "a", **fields)


def score(**fields: Any) -> ScoreRecord:
    usual: dict[str, Any] = {"id": "i", "name": "n", "data_type": "NUMERIC", "value": 1.0, "trace_id": "t"}
    return ScoreRecord(**usual | fields)


@pytest.mark.parametrize(
    ("value", "is_valid"),
    [
        ("x", True), ("x" * ID, True), ("é", True), ("", False), ("x" * (ID + 1), False), ("a\x00", False),
        ("\ud800", False),
    ],
)  # fmt: skip
def test_an_id_is_short_and_storable(value: str, *, is_valid: bool) -> None:
    assert valid_id(value) == is_valid
    reasons = [] if is_valid else [Reason.INVALID_ID]
    assert fitted(SpanRecord(value, "a")) == fitted(SpanRecord("t", value)) == (is_valid, reasons)
    assert fitted(TraceRecord(value, Claims())) == (is_valid, reasons)
    child = span(parent_id=value)
    assert fitted(child) == (True, [] if is_valid else [Reason.INVALID_PARENT])
    assert child.parent_id == (value if is_valid else None)


@pytest.mark.parametrize("field", ["name", "status_message", "provider", "model"])
def test_a_text_of_a_span_is_cut_behind_its_limit(field: str) -> None:
    whole, longer = span(**{field: "x" * NAME}), span(**{field: "x" * (NAME + 1)})
    assert fitted(whole) == (True, [])
    assert fitted(longer) == (True, [Reason.TEXT_CUT])
    assert getattr(whole, field) == getattr(longer, field) == "x" * NAME


@pytest.mark.parametrize(
    ("field", "most"),
    [("user_id", ID), ("environment", 40), ("name", NAME), ("release", NAME), ("version", NAME)],
)
def test_a_claim_is_cut_behind_its_limit(field: str, most: int) -> None:
    whole, longer = Claims(), Claims()
    setattr(whole, field, "x" * most)
    setattr(longer, field, "x" * (most + 1))
    assert fitted(TraceRecord("t", whole)) == (True, [])
    assert fitted(TraceRecord("t", longer)) == (True, [Reason.TEXT_CUT])
    assert getattr(whole, field) == getattr(longer, field) == "x" * most


@pytest.mark.parametrize("side", ["input", "output"])
def test_a_text_beyond_ten_million_characters_is_cut_and_its_length_kept(
    side: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert fitting.MAX_TEXT_CHARACTERS == 10_000_000
    monkeypatch.setattr(fitting, "MAX_TEXT_CHARACTERS", 10)
    whole, longer = span(**{side: "x" * 10}), span(**{side: "y" * 11})

    assert (fitted(whole), fitted(longer)) == ((True, []), (True, [Reason.TEXT_CUT]))
    assert (getattr(whole, side), getattr(whole, f"{side}_size")) == ("x" * 10, None)
    assert (getattr(longer, side), getattr(longer, f"{side}_size")) == ("y" * 10, 11)


SYSTEM, ASKED = {"role": "system", "content": "Be kind. " * 9_000}, {"role": "user", "content": "Where is it?"}
LONG_TEXTS = {
    "many messages": dump([SYSTEM, *[{"role": "user", "content": "x" * 90}] * 3_000, ASKED]),
    "no instructions": dump([*[{"role": "user", "content": "规" * 90}] * 4_000, ASKED]),
    "one message": dump([{"role": "user", "content": "Where is it? " + 'a"b\\\n' * 90_000}]),
    "a last message": dump([SYSTEM, {"role": "user", "content": "Where is it? 📦" * 30_000}]),
    "escapes": '[{"role":"user","content":"Where is it? ' + "\\ud83d\\udce6" * 30_000 + '"}]',
}  # fmt: skip


@pytest.mark.parametrize("text", LONG_TEXTS.values(), ids=LONG_TEXTS)
@pytest.mark.parametrize("most", [199_999, 200_000, 200_001, 200_002, 200_003, 200_004, 200_007, 200_011])
def test_a_conversation_that_is_cut_keeps_its_instructions_and_its_last_messages(text: str, most: int) -> None:
    kept = cut_text(text, most)

    assert most - 500 < len(kept) <= most
    messages = orjson.loads(kept)
    assert messages[-1]["content"].startswith("Where is it?")
    assert sum("characters were left out here" in message["content"] for message in messages) == 1
    if '"system"' in text:
        assert messages[0]["content"].startswith("Be kind.")


@pytest.mark.parametrize("text", ["x" * 3_000, '{"question": "' + "x" * 3_000, "[" * 3_000])
def test_any_other_text_that_is_cut_keeps_its_beginning(text: str) -> None:
    assert cut_text(text, 2_000) == text[:2_000]


@pytest.mark.parametrize("field", Usage.__slots__)
@pytest.mark.parametrize(("tokens", "stays"), [(0, True), (10**15, True), (-1, False), (10**15 + 1, False)])
def test_tokens_beyond_reason_are_not_known(field: str, tokens: int, *, stays: bool) -> None:
    usage = Usage(**dict.fromkeys(Usage.__slots__, 5) | {field: tokens})
    assert fitted(span(usage=usage)) == (True, [] if stays else [Reason.INVALID_SPAN])
    assert getattr(usage, field) == (tokens if stays else None)
    assert [getattr(usage, name) for name in Usage.__slots__ if name != field] == [5] * (len(Usage.__slots__) - 1)


@pytest.mark.parametrize("field", ["input_cost", "output_cost", "total_cost"])
@pytest.mark.parametrize(
    ("cost", "stays"),
    [
        ("0", True), ("10000000", True), ("10000000.000001", False), ("-0.000001", False), ("NaN", False),
        ("Infinity", False),
    ],
)  # fmt: skip
def test_a_cost_beyond_reason_is_not_known_and_reported(field: str, cost: str, *, stays: bool) -> None:
    record = span(**{field: Decimal(cost)})
    assert fitted(record) == (True, [] if stays else [Reason.INVALID_SPAN])
    assert getattr(record, field) == (Decimal(cost) if stays else None)


@pytest.mark.parametrize(
    ("at", "stays"),
    [
        (NOW + timedelta(days=1), True), (NOW + timedelta(days=1) + INSTANT, False),
        (NOW - timedelta(days=3650), True), (NOW - timedelta(days=3650) - INSTANT, False),
    ],
)  # fmt: skip
def test_a_time_is_within_ten_years_before_and_a_day_after(at: datetime, *, stays: bool) -> None:
    expected = (at, []) if stays else (None, [Reason.CLOCK_SKEW])
    for field in ("started_at", "ended_at", "completion_started_at"):
        record = span(**{field: at})
        assert (fitted(record)[1], getattr(record, field)) == expected[::-1]
    trace = TraceRecord("t", Claims(), started_at=at)
    assert (fitted(trace)[1], trace.started_at) == expected[::-1]


@pytest.mark.parametrize(("length", "stays"), [(timedelta(days=30), True), (timedelta(days=30) + INSTANT, False)])
def test_a_longer_span_than_a_month_keeps_the_end_that_is_nearer_to_now(length: timedelta, *, stays: bool) -> None:
    record = span(started_at=NOW - length, ended_at=NOW)
    assert fitted(record) == (True, [] if stays else [Reason.CLOCK_SKEW])
    assert (record.started_at, record.ended_at) == (NOW - length if stays else None, NOW)


def test_a_wrong_clock_still_tells_how_long_a_span_took() -> None:
    far = NOW + timedelta(days=500)
    start = NOW - timedelta(seconds=30)
    for first, kept in ((0, start), (10, start + timedelta(seconds=10)), (30, NOW), (31, None), (-1, None)):
        record = span(
            started_at=far, ended_at=far + timedelta(seconds=30), completion_started_at=far + timedelta(seconds=first)
        )
        assert fitted(record) == (True, [Reason.CLOCK_SKEW])
        assert (record.started_at, record.ended_at) == (start, NOW)
        assert (record.completion_started_at, record.has_wrong_clock) == (kept, True)


@pytest.mark.parametrize(
    ("length", "is_kept"), [(timedelta(0), True), (timedelta(days=30), True), (timedelta(days=30) + INSTANT, False)]
)
def test_a_wrong_clock_is_believed_as_long_as_a_span_may_last(length: timedelta, *, is_kept: bool) -> None:
    record = span(started_at=NOW + timedelta(days=500), ended_at=NOW + timedelta(days=500) + length)
    assert fitted(record) == (True, [Reason.CLOCK_SKEW] * (1 if is_kept else 2))
    assert (record.started_at, record.ended_at) == ((NOW - length, NOW) if is_kept else (None, None))


def test_a_wrong_clock_that_runs_backwards_tells_nothing() -> None:
    record = span(started_at=NOW + timedelta(days=500), ended_at=NOW + timedelta(days=499))
    assert fitted(record) == (True, [Reason.CLOCK_SKEW] * 2)
    assert (record.started_at, record.ended_at, record.has_wrong_clock) == (None, None, None)


def test_a_hundred_tags_are_kept_in_order() -> None:
    names = [f"{n:03}" for n in range(101)]
    whole, more = Claims(tags=[*names[:100], "", "000"]), Claims(tags=names[::-1], tool_names=names[::-1])
    assert fitted(TraceRecord("t", whole)) == (True, [])
    assert fitted(TraceRecord("t", more)) == (True, [Reason.ATTRIBUTES_CUT])
    assert whole.tags == more.tags == more.tool_names == names[:100]
    long = Claims(tags=["x" * (ID + 1)], tool_names=["y" * (ID + 1)])
    assert fitted(TraceRecord("t", long)) == (True, [Reason.TEXT_CUT] * 2)
    assert (long.tags, long.tool_names) == (["x" * ID], ["y" * ID])


@pytest.mark.parametrize(
    ("session_id", "reason"),
    [
        ("s", None), ("x" * ID, None), ("x" * (ID + 1), Reason.SESSION_ID_TOO_LONG), ("é", Reason.SESSION_ID_NOT_ASCII),
        ("a\tb", Reason.SESSION_ID_NOT_ASCII), ("undefined", Reason.SESSION_ID_PLACEHOLDER), ("default", None),
    ],
)  # fmt: skip
def test_a_session_id_that_cannot_be_used_is_dropped_with_its_reason(session_id: str, reason: Reason | None) -> None:
    assert session_id_problem(session_id) == reason
    claims = Claims(session_id=f" {session_id} ", session_origin=Origin.LIBRARY)
    assert fitted(TraceRecord("t", claims)) == (True, [reason] if reason else [])
    assert (claims.session_id, claims.session_origin) == ((None, None) if reason else (session_id, Origin.LIBRARY))
    for_score = None if session_id.isalpha() and not session_id.isascii() else reason  # scores may name any script
    assert fitted(score(session_id=session_id)) == ((False, [for_score]) if for_score else (True, []))


COMPOSED, DECOMPOSED = "conversaci\u00f3n", "conversacio\u0301n"


@pytest.mark.parametrize(
    ("sent", "kept", "reason"),
    [
        ("客服-2026-001", "客服-2026-001", None), (COMPOSED, COMPOSED, None), (DECOMPOSED, COMPOSED, None),
        ("می\u200cخواهم", "می\u200cخواهم", None), ("👩\u200d👧", "👩\u200d👧", None), ("日" * ID, "日" * ID, None),
        ("o\u0301" * ID, "ó" * ID, None), ("日" * (ID + 1), None, Reason.SESSION_ID_TOO_LONG),
        ("日\n", "日", None), ("日\n本", None, Reason.SESSION_ID_NOT_ASCII),
        ("日\u202e本", None, Reason.SESSION_ID_NOT_ASCII),
        ("日\ud800", None, Reason.SESSION_ID_NOT_ASCII), ("resp_日", "resp_日", None),
        ("resp_0a1b", None, Reason.SESSION_ID_OF_RESPONSE), ("chatcmpl-42", None, Reason.SESSION_ID_OF_RESPONSE),
    ],
)  # fmt: skip
def test_an_id_in_another_script_is_kept_in_one_form(sent: str, kept: str | None, reason: Reason | None) -> None:
    claims = Claims(session_id=sent, session_origin=Origin.APPLICATION)
    assert fitted(span(claims=claims, allows_any_script=True)) == (True, [reason] if reason else [])
    assert claims.session_id == kept
    assert fitted(scored := score(session_id=sent)) == ((False, [reason]) if reason else (True, []))
    assert reason or scored.session_id == kept


@pytest.mark.parametrize(
    ("sent", "kept", "reasons"),
    [
        ("ana", "ana", []), (" ana ", "ana", []), (DECOMPOSED, COMPOSED, []), (" ", None, []),
        ("default", "default", []),
        ("None", None, [Reason.USER_ID_PLACEHOLDER]), ("${user}", None, [Reason.USER_ID_PLACEHOLDER]),
        ("u" * (ID + 1), "u" * ID, [Reason.TEXT_CUT]),
    ],
)  # fmt: skip
def test_a_user_id_is_kept_in_one_form(sent: str, kept: str | None, reasons: list[Reason]) -> None:
    claims = Claims(user_id=sent)
    assert fitted(TraceRecord("t", claims)) == (True, reasons)
    assert claims.user_id == kept


@pytest.mark.parametrize(
    ("sent", "kept", "reasons"),
    [
        ("prod", "prod", []), ("Production EU", "production-eu", []), ("STAGING", "staging", []), ("生产", "生产", []),
        ("langfuse-dev", "dev", []), ("QA (old)", "qa-old", []), ("", None, []), ("de\u0301v", "d\u00e9v", []),
        ("undefined", None, [Reason.INVALID_ENVIRONMENT]), ("${ENV}", None, [Reason.INVALID_ENVIRONMENT]),
        ("langfuse", None, [Reason.INVALID_ENVIRONMENT]), ("!!!", None, [Reason.INVALID_ENVIRONMENT]),
        ("x" * 41, "x" * 40, [Reason.TEXT_CUT]),
    ],
)  # fmt: skip
def test_an_environment_is_never_lost_in_silence(sent: str, kept: str | None, reasons: list[Reason]) -> None:
    claims = Claims(environment=sent)
    assert fitted(TraceRecord("t", claims)) == (True, reasons)
    assert claims.environment == kept


@pytest.mark.parametrize("field", ["id", "trace_id", "span_id", "config_id", "queue_id"])
def test_a_score_with_an_unusable_id_is_refused(field: str) -> None:
    assert fitted(score(**{field: "x" * ID})) == (True, [])
    assert fitted(score(**{field: "x" * (ID + 1)})) == (False, [Reason.INVALID_SCORE])
    assert fitted(score(name="")) == (False, [Reason.INVALID_SCORE])


@pytest.mark.parametrize(("data_type", "most"), [("TEXT", 20_000), ("CATEGORICAL", 1_000)])
def test_the_texts_of_a_score_are_cut_behind_their_limits(data_type: str, most: int) -> None:
    whole = score(data_type=data_type, string_value="x" * most, comment="y" * 20_000, environment="e" * 40)
    assert fitted(whole) == (True, [])
    longer = score(data_type=data_type, string_value="x" * (most + 1), comment="y" * 20_001, environment="e" * 41)
    assert fitted(longer) == (True, [Reason.TEXT_CUT] * 2)
    assert (longer.string_value, longer.comment, longer.environment) == ("x" * most, "y" * 20_000, "e" * 40)
    assert whole == longer
    assert (fitted(nameless := score(environment=None)), nameless.environment) == ((True, []), "default")


def test_the_metadata_of_a_score_becomes_text_behind_its_limit() -> None:
    whole, longer = score(metadata={"k": "x" * 19_992}), score(metadata={"k": "x" * 19_993})  # {"k":"..."} adds 8
    assert (fitted(whole), fitted(longer)) == ((True, []), (True, [Reason.TEXT_CUT]))
    assert whole.metadata == {"k": "x" * 19_992}
    assert longer.metadata == {"metadata": '{"k":"' + "x" * 19_993 + '"'}


def test_what_postgresql_refuses_is_replaced_at_every_depth() -> None:
    assert clean("a\x00é\ud800") == "a\ufffdé?"
    held = {"a\x00": ["\x00", (1, math.inf), {"b": math.nan}]}
    assert clean_json(held) == {"a\ufffd": ["\ufffd", [1, "inf"], {"b": "nan"}]}
    deep: Any = "x"
    for _ in range(33):
        deep = [deep]
    assert clean_json(deep) == deep
    assert clean_json([deep]) != [deep]
