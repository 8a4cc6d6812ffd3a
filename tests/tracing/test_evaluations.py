"""OpenTelemetry's results of evaluations, on spans and in log records, as scores."""

from typing import Any

import pytest
from django.test import Client

from projects.models import Project
from tests.conftest import Key
from tests.tracing import otlp
from tests.tracing.reports import at
from tests.tracing.spans import event, raw_span
from tests.tracing.test_coding_agents import body_of, log
from tracing.models import IngestionIssue, Score, Span
from tracing.records import Issue, RawSpan, Reason, ScoreRecord
from tracing.vocabularies import evaluated

RESULT = "gen_ai.evaluation.result"
NAMED = {"gen_ai.evaluation.name": "Relevance"}
VALUE, LABEL = "gen_ai.evaluation.score.value", "gen_ai.evaluation.score.label"


def result(attributes: dict[str, Any], name: str = RESULT) -> dict[str, Any]:
    return event(name) | {"attributes": attributes}


def score_of(span: RawSpan) -> ScoreRecord:
    (score,) = evaluated(span)
    assert isinstance(score, ScoreRecord)
    return score


@pytest.mark.parametrize(
    ("attributes", "data_type", "value", "words", "metadata"),
    [
        ({VALUE: 0.85, LABEL: "relevant"}, "NUMERIC", 0.85, None, {"label": "relevant"}),
        ({VALUE: -2}, "NUMERIC", -2.0, None, None),
        ({VALUE: 0}, "NUMERIC", 0.0, None, None),
        ({VALUE: "0.5"}, "NUMERIC", 0.5, None, None),
        ({VALUE: True}, "BOOLEAN", 1.0, "True", None),
        ({VALUE: "false"}, "BOOLEAN", 0.0, "False", None),
        ({LABEL: "relevant"}, "CATEGORICAL", None, "relevant", None),
        ({VALUE: "good"}, "CATEGORICAL", None, "good", None),
        ({VALUE: float("nan"), LABEL: "relevant"}, "CATEGORICAL", None, "nan", {"label": "relevant"}),
        ({"gen_ai.evaluation.score": 3, "gen_ai.evaluation.label": "fair"}, "NUMERIC", 3.0, None, {"label": "fair"}),
    ],
    ids=str,
)
def test_a_result_is_a_score_of_its_type(
    attributes: dict[str, Any], data_type: str, value: float | None, words: str | None, metadata: dict[str, Any] | None
) -> None:
    score = score_of(raw_span(events=[result(NAMED | attributes)], resource={"deployment.environment": "Prod"}))

    assert (score.name, score.data_type, score.value, score.metadata) == ("Relevance", data_type, value, metadata)
    assert score.string_value == words or words == "nan"
    assert (score.trace_id, score.span_id, score.session_id) == ("t", "a", None)
    assert (score.source, score.environment, score.scored_at) == ("eval", "prod", at(0.5))


def test_a_result_explains_itself() -> None:
    said = NAMED | {VALUE: 1, "gen_ai.evaluation.explanation": "on topic"}

    assert score_of(raw_span(events=[result(said)])).comment == "on topic"


def test_drafts_had_the_name_in_the_name_of_the_event() -> None:
    assert score_of(raw_span(events=[result({VALUE: 1}, "gen_ai.evaluation.relevance")])).name == "relevance"


@pytest.mark.parametrize("attributes", [NAMED, {VALUE: 1}, {"error.type": "timeout"} | NAMED], ids=str)
def test_a_result_without_a_name_or_a_value_is_reported(attributes: dict[str, Any]) -> None:
    (issue,) = evaluated(raw_span(events=[result(attributes)]))

    assert isinstance(issue, Issue)
    assert (issue.reason, issue.span_id) == (Reason.INVALID_SCORE, "a")


def test_results_of_two_evaluators_are_two_scores_and_the_same_result_is_one() -> None:
    events = [result(NAMED | {VALUE: 1}), result(NAMED | {VALUE: 2}), event("gen_ai.choice")]
    ids = [score.id for score in evaluated(raw_span(events=events)) if isinstance(score, ScoreRecord)]

    assert len(set(ids)) == 2
    assert ids == [score.id for score in evaluated(raw_span(events=events)) if isinstance(score, ScoreRecord)]


@pytest.mark.django_db
def test_events_of_spans_become_scores_of_them(client: Client, project: Project, key: Key) -> None:
    span = otlp.span("chat", trace=3, session__id="s")
    added = span.events.add(name=RESULT, time_unix_nano=otlp.START)
    added.attributes.extend(otlp.pairs(NAMED | {VALUE: 0.5}))
    answer = client.post("/v1/traces", otlp.body(span), otlp.PROTOBUF, headers={"Authorization": key.bearer})

    score = Score.objects.for_project(project).get()
    assert (answer.status_code, score.value, score.span_id) == (200, 0.5, span.span_id.hex())
    assert Span.objects.for_project(project).count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("ids", "attributes", "place"),
    [
        ((3, 7), {}, (f"{3:032x}", f"{7:016x}", None)),
        ((3, 0), {}, (f"{3:032x}", None, None)),
        ((0, 0), {"session.id": "会话"}, (None, None, "会话")),
        ((0, 0), {"gen_ai.conversation.id": "c"}, (None, None, "c")),
    ],
    ids=str,
)
def test_a_result_in_a_log_belongs_to_what_it_names(
    client: Client, project: Project, key: Key, ids: tuple[int, int], attributes: dict[str, Any], place: Any
) -> None:
    said: dict[str, Any] = NAMED | {VALUE: 0.5} | attributes
    record = log(RESULT, ids=ids, **said)
    client.post("/v1/logs", body_of(record), otlp.PROTOBUF, headers={"Authorization": key.bearer})

    score = Score.objects.for_project(project).get()
    assert (score.trace_id, score.span_id, score.session_id) == place
    assert not Span.objects.for_project(project).exists()


@pytest.mark.django_db
def test_a_result_of_nothing_is_reported(client: Client, project: Project, key: Key) -> None:
    said: dict[str, Any] = NAMED | {VALUE: 0.5}
    record = log(RESULT, **said)
    client.post("/v1/logs", body_of(record), otlp.PROTOBUF, headers={"Authorization": key.bearer})

    assert IngestionIssue.objects.for_project(project).get().reason == Reason.INVALID_SCORE
    assert not Score.objects.for_project(project).exists()
