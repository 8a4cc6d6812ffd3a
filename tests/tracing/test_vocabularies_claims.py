"""Whose session, user and release a span names, in the spelling of every SDK."""

from typing import Any

import pytest

from tests.tracing.spans import claimed, event, translated
from tracing.records import Origin

UUID = "01a1fc30-2814-77a0-ae03-be946efc3a1d"
SCRUBBED = "[Scrubbed due to 'session']"


@pytest.mark.parametrize(
    "attributes",
    [
        {"session.id": "s"},
        {"langfuse.session.id": "s"},
        {"langfuse.trace.metadata.langfuse_session_id": "s"},
        {"langfuse.observation.metadata.langfuse_session_id": '"s"'},
        {"lmnr.association.properties.session_id": "s"},
        {"gen_ai.conversation.id": "s"},
        {"traceloop.association.properties.session_id": "s"},
        {"ai.telemetry.metadata.sessionId": "s"},
        {"ai.telemetry.metadata.session_id": "s"},
        {"ai.settings.context.sessionId": "s"},
        {"ai.settings.runtimeContext.sessionId": "s"},
        {"gcp.vertex.agent.session_id": "s"},
        {"session_id": "s"},
        {"thread_id": "s"},
        {"conversation_id": "s"},
        {"metadata": '{"session_id": "s", "plan": "pro"}'},
        {"metadata": '{"thread_id": "s"}'},
        {"langfuse.trace.metadata.session_id": "s"},
        {"session.id": '"s"'},  # MLflow encodes every value once more
        {"session.id": " ", "session_id": "s"},
        {"session.id": "", "gen_ai.conversation.id": "s"},
        {"session.id": SCRUBBED, "session_id": "s"},
        {"session_id": SCRUBBED, "metadata": '{"session_id": "s"}'},
        {"session.id": ["x"], "session_id": "s"},
    ],
    ids=str,
)
def test_every_spelling_of_a_session_id_is_the_applications(attributes: dict[str, Any]) -> None:
    claims = claimed(attributes)

    assert (claims.session_id, claims.session_origin) == ("s", Origin.APPLICATION)


@pytest.mark.parametrize(
    ("attributes", "wins"),
    [
        ({"gen_ai.conversation.id": "b", "session.id": "a"}, "a"),
        ({"lmnr.association.properties.session_id": "b", "gen_ai.conversation.id": "a"}, "a"),
        ({"traceloop.association.properties.session_id": "b", "lmnr.association.properties.session_id": "a"}, "a"),
        ({"thread_id": "b", "session_id": "a"}, "a"),
        ({"metadata": '{"session_id": "b"}', "session_id": "a"}, "a"),
    ],
    ids=str,
)
def test_of_two_keys_the_documented_order_decides(attributes: dict[str, Any], wins: str) -> None:
    assert claimed(attributes).session_id == wins


def test_a_number_as_session_id_becomes_text() -> None:
    assert claimed({"session.id": 42}).session_id == "42"


def test_a_long_or_scrubbed_id_is_passed_on_for_ingestion_to_report() -> None:
    assert claimed({"session.id": SCRUBBED}).session_id == SCRUBBED
    assert claimed({"session.id": "x" * 300}).session_id == "x" * 300


def test_the_resource_names_the_session_only_when_nobody_else_does() -> None:
    assert claimed({}, resource={"session.id": "r"}).session_id == "r"
    assert claimed({"thread_id": "s"}, resource={"session.id": "r"}).session_id == "s"
    assert claimed({"metadata": '{"session_id": "s"}'}, resource={"session.id": "r"}).session_id == "s"


def test_an_id_that_pydantic_ai_made_up_loses_to_the_applications() -> None:
    automatic = claimed({"gen_ai.conversation.id": UUID}, scope_name="pydantic-ai")
    given = claimed({"gen_ai.conversation.id": "ticket-1"}, scope_name="pydantic-ai")
    beside = claimed({"gen_ai.conversation.id": UUID, "metadata": '{"session_id": "s"}'}, scope_name="pydantic-ai")
    elsewhere = claimed({"gen_ai.conversation.id": UUID})

    assert (automatic.session_id, automatic.session_origin) == (UUID, Origin.LIBRARY)
    assert (given.session_id, given.session_origin) == ("ticket-1", Origin.APPLICATION)
    assert (beside.session_id, beside.session_origin) == ("s", Origin.APPLICATION)
    assert elsewhere.session_origin == Origin.APPLICATION


def test_laminars_events_may_name_the_session() -> None:
    feedback = event("feedback", lmnr__event__session_id="s", lmnr__event__user_id="u")

    claims = claimed({}, events=[event("other"), feedback])

    assert (claims.session_id, claims.user_id) == ("s", "u")


@pytest.mark.parametrize(
    "attributes",
    [
        {"user.id": "u"},
        {"langfuse.user.id": "u"},
        {"langfuse.observation.metadata.langfuse_user_id": "u"},
        {"lmnr.association.properties.user_id": "u"},
        {"traceloop.association.properties.user_id": "u"},
        {"ai.telemetry.metadata.userId": "u"},
        {"ai.settings.context.userId": "u"},
        {"enduser.id": "u"},
        {"llm.user": "u"},
        {"user_id": "u"},
        {"user.id": '"u"'},
        {"metadata": '{"user_id": "u"}'},
    ],
    ids=str,
)
def test_every_spelling_of_a_user_id(attributes: dict[str, Any]) -> None:
    assert claimed(attributes).user_id == "u"


@pytest.mark.parametrize(
    "attributes",
    [
        {"langfuse.trace.tags": ["a", "b"]},
        {"langfuse.trace.tags": '["a", "b"]'},
        {"langfuse.trace.tags": "a, b"},
        {"langfuse.trace.metadata.langfuse_tags": '["a", "b"]'},
        {"lmnr.association.properties.tags": ["a"], "lmnr.association.properties.labels": ["b"]},
        {"tag.tags": ["a", "b", "", "a"]},
        {"ai.telemetry.metadata.tags": ["a", "b"]},
        {"traceloop.association.properties.tags": ["a", "b"]},
        {"tags": ["a", "b"]},
        {"logfire.tags": ["LLM", "a", "b"]},
        {"metadata": '{"tags": ["a", "b"]}'},
    ],
    ids=str,
)
def test_every_spelling_of_tags(attributes: dict[str, Any]) -> None:
    assert claimed(attributes).tags == ["a", "b"]


def test_tags_that_are_none() -> None:
    assert claimed({"logfire.tags": ["LLM"]}).tags is None  # an instrumentation's mark
    assert claimed({"tags": '["a"]'}).tags is None  # a name that anybody may use for anything
    assert claimed({"tag.tags": [{}, None, 1]}).tags == ["1"]


def test_mlflows_tags_have_values() -> None:
    assert claimed({"mlflow.traceTag.channel": "web"}).tags == ["channel:web"]


def test_metadata_is_gathered_and_decoded() -> None:
    claims = claimed(
        {
            "langfuse.trace.metadata": '{"plan": "free", "seats": 3}',
            "langfuse.trace.metadata.plan": '"pro"',
            "langfuse.trace.metadata.limits": '{"a": [1]}',
            "langfuse.trace.metadata.version": "1.5",
            "ai.telemetry.metadata.turn": 2,
            "lmnr.association.properties.metadata.flag": True,
            "traceloop.association.properties.channel": "web",
            "metadata": '{"tenant": "t"}',
        }
    )

    assert claims.metadata == {
        "plan": "free",
        "seats": 3,
        "limits": {"a": [1]},
        "version": "1.5",
        "turn": 2,
        "flag": True,
        "channel": "web",
        "tenant": "t",
    }


def test_a_prompt_link_and_an_observations_metadata_stay_with_the_span() -> None:
    record = translated(
        {
            "langfuse.observation.metadata.k": 1,
            "langfuse.observation.prompt.name": "greet",
            "langfuse.observation.prompt.version": 3,
        }
    )

    assert record.raw is not None
    assert record.raw["metadata"] == {"k": 1, "prompt": {"name": "greet", "version": 3}}
    assert record.claims.metadata is None


@pytest.mark.parametrize(
    ("attributes", "resource", "environment"),
    [
        ({"langfuse.environment": "staging"}, {"langfuse.environment": "dev"}, "staging"),
        ({}, {"langfuse.environment": "Prod"}, "prod"),
        ({}, {"deployment.environment.name": "staging"}, "staging"),
        ({}, {"deployment.environment": "staging"}, "staging"),
        ({"deployment.environment.name": "eu"}, {"deployment.environment.name": "us"}, "eu"),
        ({"langfuse.environment": "langfuse-eval"}, {}, "eval"),
        ({"langfuse.environment": "no blanks"}, {"deployment.environment": "eu"}, "no-blanks"),
        ({"langfuse.environment": "x" * 50}, {}, "x" * 50),  # which ingestion cuts and reports
        ({"langfuse.experiment.id": "e", "langfuse.environment": "eu"}, {}, "sdk-experiment"),
        ({"langfuse.environment": "ÜNÏ"}, {}, "ünï"),
        ({}, {}, None),
    ],
    ids=str,
)
def test_the_environment_follows_langfuses_rules(
    attributes: dict[str, Any], resource: dict[str, Any], environment: str | None
) -> None:
    assert claimed(attributes, resource=resource).environment == environment


def test_release_version_name_and_publicity() -> None:
    claims = claimed(
        {"langfuse.version": "v7", "langfuse.trace.name": "turn", "langfuse.trace.public": "true"},
        resource={"langfuse.release": "r1", "service.version": "9"},
    )

    assert (claims.release, claims.version, claims.name, claims.public) == ("r1", "v7", "turn", True)
    assert claimed({}, resource={"service.version": "9"}).version == "9"


def test_laminars_version_of_its_sdk_is_not_the_applications() -> None:
    resource = {"service.name": "laminar-tracer-resource", "service.version": "0.8.44"}

    assert claimed({"lmnr.span.sdk_version": "0.8.44"}, resource=resource).version is None
