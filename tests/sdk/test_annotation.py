"""Scores, score configs, comments and queues by the generated clients of the SDKs, against a running Confab."""

import json
import time
import urllib.error
import urllib.request
from typing import Any

import pytest

from tests.live import Up

pytestmark = pytest.mark.sdk

SECONDS = 20
FIRST_PERSON = 1  # the owner, in a fresh database


@pytest.fixture(scope="module")
def interactiveai(confab: Up) -> Any:
    from interactiveai import Interactive

    client = Interactive(public_key=confab.public_key, secret_key=confab.secret_key, host=confab.url)
    yield client
    client.shutdown()


@pytest.fixture(scope="module")
def langfuse(confab: Up) -> Any:
    from langfuse import Langfuse

    client = Langfuse(public_key=confab.public_key, secret_key=confab.secret_key, base_url=confab.url)
    yield client
    client.shutdown()


def session(confab: Up, session_id: str) -> dict[str, Any]:
    request = urllib.request.Request(f"{confab.url}/api/v1/sessions/{session_id}")
    request.add_header("Authorization", f"Bearer {confab.secret_key}")
    with urllib.request.urlopen(request, timeout=5) as answer:
        found: dict[str, Any] = json.load(answer)
    return found


def test_interactiveai_writes_lists_and_deletes_scores(interactiveai: Any, confab: Up) -> None:
    with interactiveai.start_as_current_span(name="turn") as span:
        span.update_trace(session_id="scored-ia", input="Where is it?", output="On its way.")
        trace_id = span.trace_id
    interactiveai.create_score(name="quality", value=4, session_id="scored-ia", score_id="ia-1", comment="kind")
    interactiveai.create_score(name="solved", value=1, trace_id=trace_id, data_type="BOOLEAN", score_id="ia-2")
    interactiveai.create_score(name="topic", value="refund", trace_id=trace_id, score_id="ia-3")
    interactiveai.flush()

    api = interactiveai.api
    summed = _eventually(lambda: session(confab, "scored-ia")["scores"], lambda scores: len(scores) == 3)
    assert summed["quality"] == {"count": 1, "mean": 4, "shares": {}}
    assert summed["topic"]["shares"] == {"refund": 1}
    on_session = api.score_v_2.get(session_id="scored-ia")
    assert [(s.id, s.value, s.source, s.comment) for s in on_session.data] == [("ia-1", 4.0, "API", "kind")]
    on_trace = api.score_v_2.get(trace_id=trace_id, name="solved")
    assert (on_trace.data[0].value, on_trace.data[0].string_value, on_trace.meta.total_items) == (1.0, "True", 1)
    assert api.score_v_2.get_by_id("ia-3").string_value == "refund"
    api.score.delete("ia-2")
    assert api.score_v_2.get(trace_id=trace_id).meta.total_items == 1
    _eventually(lambda: session(confab, "scored-ia")["scores"], lambda scores: "solved" not in scores)


def test_interactiveai_reads_sessions_traces_and_observations(interactiveai: Any, confab: Up) -> None:
    with interactiveai.start_as_current_generation(name="answer", model="gpt-4o", input=[{"role": "user"}]) as span:
        span.update(output="On its way.", usage_details={"input": 3, "output": 2})
        span.update_trace(session_id="read/ia 1", user_id="ana", tags=["x"], input="Where?", output="On its way.")
        trace_id = span.trace_id
    interactiveai.flush()
    _eventually(lambda: session(confab, "read/ia%201"), lambda found: found["trace_count"] == 1)

    api = interactiveai.api
    assert "read/ia 1" in {found.id for found in api.sessions.list(limit=100).data}
    assert [trace.input for trace in api.sessions.get("read/ia 1").traces] == ["Where?"]
    (listed,) = api.trace.list(session_id="read/ia 1", user_id="ana", order_by="timestamp.asc").data
    assert (listed.id, listed.tags, listed.output, len(listed.observations)) == (trace_id, ["x"], "On its way.", 1)
    (observed,) = api.trace.get(trace_id).observations
    assert (observed.type, observed.model, observed.usage.total) == ("GENERATION", "gpt-4o", 5)
    assert api.observations.get_many(trace_id=trace_id).data[0].id == observed.id
    assert api.observations.get(observed.id).input == [{"role": "user"}]


def test_interactiveai_keeps_score_configs(interactiveai: Any) -> None:
    from interactiveai.api import ConfigCategory, CreateScoreConfigRequest, UpdateScoreConfigRequest

    api = interactiveai.api.score_configs
    categories = [ConfigCategory(label="low", value=0), ConfigCategory(label="high", value=1)]
    made = api.create(request=CreateScoreConfigRequest(name="effort", dataType="CATEGORICAL", categories=categories))
    changed = api.update(made.id, request=UpdateScoreConfigRequest(isArchived=True, description="Of the customer"))

    assert [(c.label, c.value) for c in made.categories] == [("low", 0.0), ("high", 1.0)]
    assert (changed.is_archived, changed.description, changed.name) == (True, "Of the customer", "effort")
    assert api.get_by_id(made.id) == changed
    assert made.id in {config.id for config in api.get(limit=100).data}


def test_a_score_that_names_a_config_alone_has_its_type(interactiveai: Any, langfuse: Any, confab: Up) -> None:
    from interactiveai.api import ConfigCategory, CreateScoreConfigRequest

    api = interactiveai.api.score_configs
    categories = [ConfigCategory(label="bad", value=0), ConfigCategory(label="good", value=1)]
    yes = api.create(request=CreateScoreConfigRequest(name="settled", dataType="BOOLEAN"))
    level = api.create(request=CreateScoreConfigRequest(name="grade", dataType="CATEGORICAL", categories=categories))
    for sdk, client in (("ia", interactiveai), ("lf", langfuse)):
        scored = {"session_id": "by-config", "name": "settled", "config_id": yes.id}
        client.create_score(**scored, value=1, score_id=f"{sdk}-yes")
        client.create_score(**scored, value=4, score_id=f"{sdk}-refused")
        client.create_score(
            session_id="by-config", name="grade", value="good", config_id=level.id, score_id=f"{sdk}-good"
        )
        client.flush()

    def listed() -> dict[str, tuple[str, float, str]]:
        found = interactiveai.api.score_v_2.get(session_id="by-config").data
        return {score.id: (score.data_type, score.value, score.string_value) for score in found}

    boolean, category = ("BOOLEAN", 1.0, "True"), ("CATEGORICAL", 1.0, "good")
    expected = {"ia-yes": boolean, "ia-good": category, "lf-yes": boolean, "lf-good": category}
    assert _eventually(listed, lambda found: len(found) == 4) == expected


def test_interactiveai_comments(interactiveai: Any, confab: Up) -> None:
    from interactiveai.api import CreateCommentRequest

    api = interactiveai.api.comments
    made = api.create(
        request=CreateCommentRequest(
            projectId=str(confab.project_id), objectType="SESSION", objectId="talked-about", content="Look at **this**"
        )
    )

    found = api.get(object_type="SESSION", object_id="talked-about")
    assert [(c.id, c.content) for c in found.data] == [(made.id, "Look at **this**")]
    assert api.get_by_id(made.id).object_id == "talked-about"


def test_interactiveai_works_a_queue(interactiveai: Any, confab: Up) -> None:
    from interactiveai.api import (
        AnnotationQueueAssignmentRequest,
        CreateAnnotationQueueItemRequest,
        CreateAnnotationQueueRequest,
        UpdateAnnotationQueueItemRequest,
    )

    api = interactiveai.api.annotation_queues
    queue = api.create_queue(request=CreateAnnotationQueueRequest(name="Weekly", scoreConfigIds=[]))
    item = api.create_queue_item(
        queue.id, request=CreateAnnotationQueueItemRequest(objectId="scored-ia", objectType="SESSION")
    )
    done = api.update_queue_item(queue.id, item.id, request=UpdateAnnotationQueueItemRequest(status="COMPLETED"))

    assert (item.status, done.status, done.completed_at is not None) == ("PENDING", "COMPLETED", True)
    assert api.get_queue(queue.id).name == "Weekly"
    assert queue.id in {found.id for found in api.list_queues().data}
    assert [found.id for found in api.list_queue_items(queue.id, status="COMPLETED").data] == [item.id]
    assert api.get_queue_item(queue.id, item.id) == done
    assert api.delete_queue_item(queue.id, item.id).success
    assert api.list_queue_items(queue.id).meta.total_items == 0
    member = AnnotationQueueAssignmentRequest(userId=str(FIRST_PERSON))
    assert api.create_queue_assignment(queue.id, request=member).queue_id == queue.id
    assert api.delete_queue_assignment(queue.id, request=member).success


def test_langfuse_writes_lists_and_deletes(langfuse: Any, confab: Up) -> None:
    from langfuse import propagate_attributes

    with propagate_attributes(session_id="scored-lf"), langfuse.start_as_current_observation(name="turn"):
        pass
    langfuse.create_score(name="tone", value="warm", session_id="scored-lf", score_id="lf-1", data_type="CATEGORICAL")
    langfuse.create_score(name="tone", value=0.5, session_id="scored-lf", score_id="lf-2")
    langfuse.flush()

    api = langfuse.api

    def listed() -> Any:
        return api.scores.get_many(session_id="scored-lf", fields="subject").data

    scores = _eventually(listed, lambda found: len(found) == 2)
    assert {score.id: score.value for score in scores} == {"lf-1": "warm", "lf-2": 0.5}
    assert {score.subject.id for score in scores} == {"scored-lf"}
    api.scores.delete("lf-1")
    assert [score.id for score in api.scores.get_many(session_id="scored-lf").data] == ["lf-2"]
    config = api.score_configs.create(name="tone", data_type="NUMERIC", min_value=0, max_value=1)
    assert api.score_configs.get_by_id(config.id).max_value == 1
    comment = api.comments.create(
        project_id=str(confab.project_id), object_type="TRACE", object_id="0" * 32, content="Why?"
    )
    assert api.comments.get_by_id(comment.id).content == "Why?"
    queue = api.annotation_queues.create_queue(name="Tones", score_config_ids=[config.id])
    item = api.annotation_queues.create_queue_item(queue.id, object_id="scored-lf", object_type="SESSION")
    assert [found.id for found in api.annotation_queues.list_queue_items(queue.id).data] == [item.id]


def _eventually(ask: Any, is_right: Any) -> Any:
    """What a worker or an exporter has yet to bring."""
    deadline = time.monotonic() + SECONDS
    while True:
        try:
            found = ask()
        except urllib.error.HTTPError:
            found = None
        if found is not None and is_right(found):
            return found
        assert time.monotonic() < deadline, f"still {found}"
        time.sleep(0.1)
