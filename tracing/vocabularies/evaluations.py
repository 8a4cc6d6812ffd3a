"""Scores that evaluators send as OpenTelemetry's event `gen_ai.evaluation.result`, on a span or as a log record."""

import math
from collections.abc import Iterator, Mapping
from hashlib import blake2b
from typing import Any

from tracing.records import Issue, RawSpan, Reason, ScoreRecord
from tracing.vocabularies.claims import claims_of, environment
from tracing.vocabularies.readers import flag, identifier, text
from tracing.vocabularies.vocabulary_reader import VocabularyReader

EVALUATION_PREFIX = "gen_ai.evaluation."
RESULT_EVENT = EVALUATION_PREFIX + "result"
# Names of today's conventions, then those of their drafts.
VALUE_KEYS = (EVALUATION_PREFIX + "score.value", EVALUATION_PREFIX + "score")
LABEL_KEYS = (EVALUATION_PREFIX + "score.label", EVALUATION_PREFIX + "label")
COMMENT_KEYS = (EVALUATION_PREFIX + "explanation", EVALUATION_PREFIX + "reasoning", EVALUATION_PREFIX + "reason")
ENVIRONMENT_KEYS = ("deployment.environment.name", "deployment.environment")
SOURCE = "eval"


def is_evaluation(event_name: str) -> bool:
    """Return whether an event has the result of an evaluation. Drafts had its name in the name of the event."""
    return event_name.startswith(EVALUATION_PREFIX)


def scores_in(span: RawSpan, reader: VocabularyReader) -> Iterator[ScoreRecord | Issue]:
    """Yield the scores in a span's events, and an issue for each event that has none.

    They belong to the span, else to its trace, else to the session that the attributes name. A score that comes again
    has the same id."""
    for place, event in enumerate(span.events):
        if not is_evaluation(event["name"]):
            continue
        score = _score(span, event, place)
        if score is not None and not score.trace_id:
            score.session_id = claims_of(reader.find(span)).session_id
        if score is None or not (score.trace_id or score.session_id):
            yield Issue(Reason.INVALID_SCORE, f"{event['name']}: {text(event['attributes'])}"[:200], span.span_id)
        else:
            yield score


def _score(span: RawSpan, event: Mapping[str, Any], place: int) -> ScoreRecord | None:
    said = event["attributes"]
    name = identifier(said.get(EVALUATION_PREFIX + "name"))
    if name is None and event["name"] != RESULT_EVENT:
        name = event["name"].removeprefix(EVALUATION_PREFIX)
    label, value = _first(said, LABEL_KEYS), next((said[key] for key in VALUE_KEYS if said.get(key) is not None), None)
    data_type, number, words = _value(value, label)
    if name is None or data_type is None:
        return None
    told = {"label": label} if label is not None and words != label else {}
    return ScoreRecord(
        _id(span, event, place, name),
        name,
        data_type,
        number,
        words,
        trace_id=span.trace_id or None,
        span_id=(span.trace_id and span.span_id) or None,
        comment=_first(said, COMMENT_KEYS),
        metadata=told or None,
        environment=next((env for key in ENVIRONMENT_KEYS if (env := environment(span.resource.get(key)))), None),
        source=SOURCE,
        scored_at=event["time"],
    )


def _value(value: Any, label: str | None) -> tuple[str | None, float | None, str | None]:
    """Return data type, number and words of a score, or nothing if it has neither a value nor a label."""
    if isinstance(value, bool):
        return "BOOLEAN", float(value), str(value)
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if math.isfinite(number):
        return "NUMERIC", number, None
    if (truth := flag(value)) is not None:
        return "BOOLEAN", float(truth), str(truth)
    words = identifier(value) or label
    return ("CATEGORICAL", None, words) if words else (None, None, None)


def _id(span: RawSpan, event: Mapping[str, Any], place: int, name: str) -> str:
    at = event["time"].isoformat() if event["time"] else place
    told = "\0".join(map(str, (span.trace_id, span.span_id, at, name, text(event["attributes"]))))
    return blake2b(told.encode("utf-8", "replace"), digest_size=16).hexdigest()


def _first(said: Mapping[str, Any], keys: tuple[str, ...]) -> str | None:
    return next((found for key in keys if (found := text(said.get(key)))), None)
