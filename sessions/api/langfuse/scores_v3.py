"""Scores in version 3 of the shape: values of their own type, page by cursor, several values of a filter by comma."""

from collections.abc import Mapping
from typing import Any

from django.db.models import DateTimeField, QuerySet
from django.http import HttpRequest

from projects.models import Project
from projects.values import whole_number
from sessions.api.langfuse.faces import LIMIT, MAX_LANGFUSE_LIMIT, Done, stamp
from sessions.api.langfuse.scores import readable, within_time
from tracing.lists.keyset import BadCursor, Order
from tracing.models import Score
from tracing.wire.fields import number
from tracing.wire.refusals import Invalid

NEWEST_SCORES_FIRST = Order("scores", "scored_at", "id", DateTimeField(), is_descending=True)
ONE_OF = {
    "id": "id", "name": "name", "environment": "environment", "configId": "config_id", "queueId": "queue_id",
    "traceId": "trace_id", "sessionId": "session_id", "observationId": "span_id",
}  # fmt: skip
GROUPS = {"details", "subject", "annotation"}


def listed(request: HttpRequest, project: Project) -> Done:
    given = request.GET
    groups = set(filter(None, given.get("fields", "").split(",")))
    if groups - GROUPS:
        raise Invalid(f"fields: of {', '.join(sorted(GROUPS))}")
    limit = whole_number(given.get("limit", str(LIMIT)), 1, MAX_LANGFUSE_LIMIT)
    if limit is None:
        raise Invalid(f"limit: a whole number from 1 to {MAX_LANGFUSE_LIMIT}")
    try:
        page = NEWEST_SCORES_FIRST.page(_filtered(request, project), cursor=given.get("cursor", ""), limit=limit)
    except BadCursor as error:
        raise Invalid(f"cursor: {error}") from None
    meta: dict[str, Any] = {"limit": limit} | ({"cursor": page.next} if page.next else {})
    return Done({"data": [_shape(score, groups) for score in page.rows], "meta": meta})


def _filtered(request: HttpRequest, project: Project) -> QuerySet[Score]:
    given, rows = request.GET, within_time(request, readable(project))
    for name, column in ONE_OF.items():
        if texts := given.get(name):
            rows = rows.filter(**{f"{column}__in": texts.split(",")})
    if sources := given.get("source"):
        rows = rows.filter(source__in=sources.lower().split(","))
    if types := given.get("dataType"):
        rows = rows.filter(data_type__in=types.upper().replace("CORRECTION", "TEXT").split(","))
    if authors := given.get("authorUserId"):
        ids = [number for text in authors.split(",") if (number := whole_number(text)) is not None]
        rows = rows.filter(author_id__in=ids)
    if given.get("experimentId"):
        return rows.none()
    return _by_value(given, rows)


def _by_value(given: Mapping[str, str], rows: QuerySet[Score]) -> QuerySet[Score]:
    if texts := given.get("value"):
        asked, kind = texts.split(","), given.get("dataType", "").upper()
        if kind == "CATEGORICAL":
            rows = rows.filter(string_value__in=asked)
        elif kind in ("BOOLEAN", "NUMERIC"):
            words = {"true": 1.0, "false": 0.0}
            rows = rows.filter(value__in=[words[t] if t in words else _number("value", t) for t in asked])
        else:
            raise Invalid("value: needs dataType=NUMERIC, BOOLEAN or CATEGORICAL")
    for name, lookup in (("valueMin", "gte"), ("valueMax", "lte")):
        if text := given.get(name):
            rows = rows.filter(**{f"value__{lookup}": _number(name, text)}, data_type="NUMERIC")
    return rows


def _number(name: str, text: str) -> float:
    try:
        found = number(float(text))
    except ValueError:
        found = None
    if found is None:
        raise Invalid(f"{name}: a number")
    return found


def _shape(score: Score, groups: set[str]) -> dict[str, Any]:
    value: Any = score.value
    if score.data_type == "BOOLEAN":
        value = bool(score.value)
    elif score.data_type != "NUMERIC":
        value = score.string_value or ""
    shaped = {
        "id": score.id,
        "projectId": str(score.project_id),
        "name": score.name,
        "value": value,
        "dataType": score.data_type,
        "source": score.source.upper(),
        "environment": score.environment,
        "timestamp": stamp(score.scored_at),
        "createdAt": stamp(score.created_at),
        "updatedAt": stamp(score.updated_at),
    }
    if "details" in groups:
        shaped |= {"comment": score.comment, "configId": score.config_id, "metadata": score.metadata}
    if "annotation" in groups:
        author = None if score.author_id is None else str(score.author_id)
        shaped |= {"authorUserId": author, "queueId": score.queue_id}
    return shaped | {"subject": _subject(score)} if "subject" in groups else shaped


def _subject(score: Score) -> dict[str, Any]:
    if score.session_id is not None:
        return {"kind": "session", "id": score.session_id}
    if score.span_id is None:
        return {"kind": "trace", "id": score.trace_id}
    return {"kind": "observation", "id": score.span_id, "traceId": score.trace_id}
