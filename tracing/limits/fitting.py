"""Rules that a record must meet to be stored. What does not fit is cut or removed, and reported as an Issue."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from operator import attrgetter
from typing import Any

from tracing.json_text import dump
from tracing.limits.clocks import Report, fit_time, fit_times
from tracing.limits.cutting import cut_text
from tracing.limits.environments import environment_name
from tracing.limits.ids import MAX_ID_CHARACTERS, in_one_form, session_id_problem
from tracing.limits.placeholders import is_placeholder
from tracing.records import Claims, Issue, Reason, ScoreRecord, SpanRecord, TraceRecord
from tracing.token_usage import Usage

MAX_NAME_CHARACTERS = 1_000  # names, models, messages
MAX_ENVIRONMENT_CHARACTERS = 40
MAX_TEXT_CHARACTERS = 10_000_000  # input or output of one span, in characters
MAX_SCORE_CHARACTERS = 20_000  # comment, text and metadata of a score: pages of answers hold hundreds of them
MAX_TAGS = 100
MAX_TOKENS = 10**15
MAX_COST = Decimal(10**7)  # USD: what numeric(20, 12) can add up without overflow
MAX_NESTING_LEVELS = 32  # of a JSON value
NUMBERS_OF_USAGE: Callable[[Usage], tuple[int | None, ...]] = attrgetter(*Usage.__slots__)

Record = SpanRecord | TraceRecord | ScoreRecord


def fit(record: Record, issues: list[Issue], now: datetime) -> bool:
    """Change `record` in place so that it can be stored, and append each loss to `issues`.

    Return False if nothing of it can be stored."""

    def report(reason: Reason, sample: str) -> None:
        issues.append(Issue(reason, sample[:200], getattr(record, "span_id", None) or "", record))

    if isinstance(record, ScoreRecord):
        return _fit_score(record, report)
    if not valid_id(record.trace_id) or (isinstance(record, SpanRecord) and not valid_id(record.span_id)):
        report(Reason.INVALID_ID, f"{record.trace_id[:90]}/{getattr(record, 'span_id', '')[:90]}")
        return False
    _fit_claims(record.claims, report, any_script=getattr(record, "allows_any_script", False))
    if isinstance(record, SpanRecord):
        fit_times(record, report, now)
        _fit_span(record, report)
    else:
        record.started_at = fit_time(record.started_at, report, now)
    return True


def clean(text: str) -> str:
    """Return the text without NUL and lone surrogates, which PostgreSQL does not accept."""
    if not text.isascii():
        text = text.encode("utf-8", "replace").decode()
    return text.replace("\x00", "\ufffd") if "\x00" in text else text


def clean_json(value: Any, depth: int = 0) -> Any:
    """Return a JSON value with each key and text cleaned, and with deeper levels than are allowed as text."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, dict | list) and depth > MAX_NESTING_LEVELS:
        return clean(str(value)[:MAX_NAME_CHARACTERS])
    if isinstance(value, dict):
        return {clean(str(key)): clean_json(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [clean_json(item, depth + 1) for item in value]
    if isinstance(value, float) and value - value != 0:  # jsonb knows neither NaN nor infinity
        return str(value)
    return value


def valid_id(value: str) -> bool:
    if not 0 < len(value) <= MAX_ID_CHARACTERS or "\x00" in value:
        return False
    return value.isascii() or clean(value) == value


def _fit_span(record: SpanRecord, report: Report) -> None:
    if record.parent_id is not None and not valid_id(record.parent_id):
        report(Reason.INVALID_PARENT, f"parent id {record.parent_id!r}")
        record.parent_id = None
    if record.response_id is not None and not valid_id(record.response_id):
        report(Reason.INVALID_ID, f"response id {record.response_id!r}")
        record.response_id = None
    for sample in record.unread or ():
        report(Reason.UNREAD_NUMBER, sample)
    record.unread = None
    for field in ("name", "status_message", "provider", "model", "scope", "service_tier"):
        if (text := getattr(record, field)) is not None:
            setattr(record, field, _cut(text, MAX_NAME_CHARACTERS, report))
    for side in ("input", "output"):
        whole = getattr(record, side)
        if whole is not None and len(whole) > MAX_TEXT_CHARACTERS:
            report(Reason.TEXT_CUT, f"{side} of {len(whole):,} characters: {whole}")
            setattr(record, side, cut_text(whole, MAX_TEXT_CHARACTERS))
            setattr(record, f"{side}_size", len(whole))
    if record.usage is not None:
        _fit_usage(record.usage, report)
    for field in ("input_cost", "output_cost", "total_cost"):
        cost = getattr(record, field)
        if cost is not None and not (cost.is_finite() and 0 <= cost <= MAX_COST):
            report(Reason.INVALID_SPAN, f"{field}={cost}")
            setattr(record, field, None)


def _fit_claims(claims: Claims, report: Report, *, any_script: bool) -> None:
    if claims.session_id is not None:
        claims.session_id = in_one_form(claims.session_id) or None
    if claims.session_id is not None and (problem := session_id_problem(claims.session_id, any_script=any_script)):
        report(problem, claims.session_id)
        claims.session_id = claims.session_origin = None
    if claims.user_id is not None:
        claims.user_id = _fit_user(claims.user_id, report)
    if claims.environment is not None:
        claims.environment = _fit_environment(claims.environment, report)
    for field in ("name", "release", "version"):
        if (text := getattr(claims, field)) is not None:
            setattr(claims, field, _cut(text, MAX_NAME_CHARACTERS, report))
    if claims.tags is not None or claims.tool_names is not None:
        _fit_names(claims, report)
    if claims.metadata is not None:
        claims.metadata = clean_json(claims.metadata)


def _fit_user(sent: str, report: Report) -> str | None:
    if is_placeholder(sent):
        report(Reason.USER_ID_PLACEHOLDER, sent)
        return None
    return _cut(in_one_form(sent), MAX_ID_CHARACTERS, report) or None


def _fit_environment(sent: str, report: Report) -> str | None:
    name = environment_name(sent)
    if not name and sent.strip():
        report(Reason.INVALID_ENVIRONMENT, sent)
    return _cut(name, MAX_ENVIRONMENT_CHARACTERS, report) or None


def _fit_names(claims: Claims, report: Report) -> None:
    """Sort tags and names of tools, without repetitions, and report those that are too many or too long."""
    surplus = []
    for field, noun in (("tags", "tags"), ("tool_names", "names of tools")):
        sent: list[str] | None = getattr(claims, field)
        if sent is None:
            continue
        if sent and max(map(len, sent)) > MAX_ID_CHARACTERS:
            report(Reason.TEXT_CUT, max(sent, key=len))
        names = sorted({clean(name)[:MAX_ID_CHARACTERS] for name in sent if name})
        setattr(claims, field, names[:MAX_TAGS])
        if len(names) > MAX_TAGS:
            surplus.append(f"{len(names)} {noun}, {MAX_TAGS} kept")
    if surplus:
        report(Reason.ATTRIBUTES_CUT, "; ".join(surplus))


def _fit_usage(usage: Usage, report: Report) -> None:
    numbers = NUMBERS_OF_USAGE(usage)
    said = [tokens for tokens in numbers if tokens]
    if not said or (min(said) > 0 and max(said) <= MAX_TOKENS):
        return
    for field, tokens in zip(Usage.__slots__, numbers, strict=True):
        if tokens is not None and not 0 <= tokens <= MAX_TOKENS:
            report(Reason.INVALID_SPAN, f"{field}={tokens}"[:MAX_ID_CHARACTERS])
            setattr(usage, field, None)


def _fit_score(record: ScoreRecord, report: Report) -> bool:
    others = [record.trace_id, record.span_id, record.config_id, record.queue_id]
    if not valid_id(record.id) or not record.name or any(key is not None and not valid_id(key) for key in others):
        report(Reason.INVALID_SCORE, f"{record.name}={record.value} on {record.trace_id or record.session_id}")
        return False
    if record.session_id is not None:
        record.session_id = in_one_form(record.session_id)
        if problem := session_id_problem(record.session_id, any_script=True):
            report(problem, record.session_id)
            return False
    record.name = clean(record.name)[:MAX_NAME_CHARACTERS]
    record.string_value = _cut(
        record.string_value, MAX_SCORE_CHARACTERS if record.data_type == "TEXT" else MAX_NAME_CHARACTERS, report
    )
    record.comment = _cut(record.comment, MAX_SCORE_CHARACTERS, report)
    record.metadata = clean_json(record.metadata)
    if record.metadata is not None and len(written := dump(record.metadata)) > MAX_SCORE_CHARACTERS:
        record.metadata = {"metadata": _cut(written, MAX_SCORE_CHARACTERS, report)}
    record.environment = (environment_name(clean(record.environment or "")) or "default")[:MAX_ENVIRONMENT_CHARACTERS]
    return True


def _cut(text: str | None, length: int, report: Report) -> str | None:
    if text is None:
        return None
    if len(text) > length:
        report(Reason.TEXT_CUT, text)
        text = text[:length]
    return clean(text)
