"""Session, user, tags and environment under the keys of every dialect, as docs/dialects.md lists them."""

import json
from itertools import pairwise
from typing import Any

import pytest

from tests.tracing.spans import claimed
from tracing.limits.ids import session_id_problem
from tracing.records import Origin, Reason
from tracing.vocabularies.identity import SESSION_NAMES

SESSION_KEYS = {
    "Langfuse": (
        *("langfuse.session.id", "session.id", "langfuse.trace.metadata.langfuse_session_id"),
        "langfuse.observation.metadata.langfuse_session_id",
    ),
    "Vercel": tuple(
        f"ai.{context}.{name}"
        for context in ("telemetry.metadata", "settings.context", "settings.runtimeContext")
        for name in ("sessionId", "session_id", "eve.session.id", *SESSION_NAMES[2:])
    ),
    "MLflow": ("mlflow.trace.session",),
    "GenAI": ("gen_ai.conversation.id",),
    "Laminar": ("lmnr.association.properties.session_id",),
    "Traceloop": tuple(
        f"traceloop.association.properties.{name}"
        for name in (
            *("session_id", "session.id", "thread_id", "conversation_id", "sessionId", "conversationId"),
            *("conversation.id", "threadId", "thread.id", "chat_id", "chatId", "chat.id"),
        )
    ),
    "LiteLLM": ("metadata.session_id", "metadata.litellm_session_id"),
    "Google": ("gcp.vertex.agent.session_id",),
    "LangSmith": tuple(f"langsmith.metadata.{name}" for name in ("session_id", "conversation_id", "thread_id")),
    "Mastra": tuple(f"mastra.metadata.{name}" for name in ("sessionId", "conversationId", "threadId")),
    "LangWatch": ("langwatch.thread.id", "langwatch.thread_id", "langwatch.session.id"),
    "Azure": ("gen_ai.session.id", "gen_ai.thread.id", "gen_ai.chat.id"),
    "others": (
        *("eve.session.id", "lk.session_id", "spring.ai.chat.client.conversation.id", "litellm.session_id"),
        *("opik.thread_id", "genkit:sessionId", "litellm.trace_id", "metadata.litellm_trace_id"),
    ),
    "by hand": (
        *("conversation.id", "session_id", "sessionId", "conversation_id", "conversationId"),
        *("thread_id", "threadId", "thread.id", "chat_id", "chatId", "chat.id"),
    ),
}
USER_KEYS = {
    "Langfuse": (
        *("langfuse.user.id", "user.id", "langfuse.trace.metadata.langfuse_user_id"),
        "langfuse.observation.metadata.langfuse_user_id",
    ),
    "Vercel": tuple(
        f"ai.{context}.{name}"
        for context in ("telemetry.metadata", "settings.context", "settings.runtimeContext")
        for name in ("userId", "user_id", "user.id")
    ),
    "MLflow": ("mlflow.trace.user",),
    "GenAI": ("enduser.id",),
    "Laminar": ("lmnr.association.properties.user_id",),
    "Traceloop": ("traceloop.association.properties.user_id", "traceloop.association.properties.user.id"),
    "LiteLLM": (
        *("llm.user", "metadata.user_id", "metadata.user_api_key_end_user_id"),
        *("llm.openai.user", "llm.anthropic.user", "llm.bedrock.user", "llm.openrouter.user"),
    ),
    "LangSmith": ("langsmith.metadata.user_id", "langsmith.metadata.userId"),
    "others": ("mastra.metadata.userId", "langwatch.user.id", "langwatch.user_id", "gen_ai.user.id", "gen_ai.user_id"),
    "OpenAI": ("gen_ai.request.user", "gen_ai.openai.request.user"),
    "by hand": ("user_id", "userId"),
}
TAG_KEYS = (
    *("langfuse.trace.tags", "langfuse.tags", "langfuse.trace.metadata.langfuse_tags"),
    *("langfuse.observation.metadata.langfuse_tags", "ai.telemetry.metadata.tags", "ai.settings.context.tags"),
    *("ai.settings.runtimeContext.tags", "lmnr.association.properties.tags", "lmnr.association.properties.labels"),
    *("tag.tags", "traceloop.association.properties.tags", "logfire.tags", "langsmith.span.tags", "langwatch.labels"),
    *("langwatch.tags", "mastra.tags", "opik.tags", "braintrust.tags", "mastra.metadata.tags"),
)
ENVIRONMENT_KEYS = (
    *("langfuse.environment", "traceloop.association.properties.environment"),
    *("deployment.environment.name", "deployment.environment", "environment", "env", "langsmith.metadata.environment"),
    *("mastra.metadata.environment", "langwatch.environment", "ai.telemetry.metadata.environment", "eve.environment"),
)
NOTHING = ("", " ", None, [], {}, True)


def ranked(keys: dict[str, tuple[str, ...]]) -> list[str]:
    """Return the keys of all dialects in the order of the documentation."""
    return [key for dialect in keys.values() for key in dialect]


@pytest.mark.parametrize(("value", "session_id"), [("s-1", "s-1"), ('"s-1"', "s-1"), (42, "42"), ("会话-1", "会话-1")])
@pytest.mark.parametrize("key", ranked(SESSION_KEYS))
def test_every_key_of_a_session(key: str, value: Any, session_id: str) -> None:
    claims = claimed({key: value})

    if (key, value) == ("thread.id", 42):  # a thread of the operating system, as OpenTelemetry has it
        assert claims.session_id is None
    else:
        assert (claims.session_id, claims.session_origin) == (session_id, Origin.APPLICATION)


@pytest.mark.parametrize("name", [*SESSION_NAMES, "SessionId", "SESSION_ID", "Thread-ID", "ThreadID"])
@pytest.mark.parametrize("start", ["acme.", "acme:chat.", "ai.settings.", "some.metadata.", "unheard/of."])
def test_a_key_that_nobody_knows_names_a_session_by_its_end(start: str, name: str) -> None:
    claims = claimed({start + name: "s"})

    assert (claims.session_id, claims.session_origin) == ("s", Origin.LIBRARY)
    assert claimed({start + name: "s", "metadata": '{"thread_id": "m"}'}).session_id == "m"
    assert claimed({start + name: "s", "chat.id": "known"}).session_id == "known"


@pytest.mark.parametrize(
    "key",
    [
        *("mcp.session.id", "http.session.id", "process.thread.id", "messaging.conversation_id", "acme.sessions.id"),
        *("acme.parent.session_id", "langsmith.trace.session_id", "acme.my_parent_session_id", "user.session_hash"),
    ],
)
def test_an_id_of_something_else_is_no_session(key: str) -> None:
    assert claimed({key: "s"}).session_id is None


@pytest.mark.parametrize(
    "name",
    [
        *("langfuse_session_id", "session_id", "sessionId", "session.id", "SessionID", "litellm_session_id"),
        *("conversation_id", "conversationId", "conversation-id", "thread_id", "threadId", "chat_id", "chatId"),
    ],
)
@pytest.mark.parametrize("container", ["metadata", "langfuse.trace.metadata", "lmnr.association.properties.metadata"])
def test_every_name_of_a_session_in_metadata(container: str, name: str) -> None:
    claims = claimed({container: json.dumps({"plan": "pro", name: "s"})})

    assert (claims.session_id, claims.session_origin) == ("s", Origin.APPLICATION)


@pytest.mark.parametrize(
    "attributes",
    [
        {"gen_ai.conversation.id": "resp_0a1b2c"},
        {"gen_ai.conversation.id": "chatcmpl-42", "gen_ai.response.id": "chatcmpl-43"},
        {"gen_ai.conversation.id": "msg_01", "gen_ai.response.id": "msg_01"},
        {"session.id": "answer-7", "llm.response.id": "answer-7"},
    ],
    ids=str,
)
def test_the_id_of_a_response_hides_no_session(attributes: dict[str, Any]) -> None:
    assert claimed(attributes | {"thread_id": "s"}).session_id == "s"
    assert claimed(attributes | {"metadata": '{"session_id": "s"}'}).session_id == "s"
    alone = claimed(attributes).session_id
    assert alone is None or session_id_problem(alone) == Reason.SESSION_ID_OF_RESPONSE


@pytest.mark.parametrize("nothing", NOTHING, ids=repr)
@pytest.mark.parametrize("key", ranked(SESSION_KEYS))
def test_a_key_without_an_id_names_no_session_and_hides_no_other(key: str, nothing: Any) -> None:
    other = "session_id" if key != "session_id" else "thread_id"

    assert claimed({key: nothing}).session_id is None
    assert claimed({key: nothing, other: "s"}).session_id == "s"


@pytest.mark.parametrize("placeholder", ["undefined", "None", "${sessionId}", "{{ session_id }}", "chat-undefined"])
@pytest.mark.parametrize("key", ranked(SESSION_KEYS))
def test_a_placeholder_hides_no_id_under_another_key(key: str, placeholder: str) -> None:
    other = "threadId" if key != "threadId" else "session_id"

    assert claimed({key: placeholder, other: "s"}).session_id == "s"
    assert claimed({key: placeholder, "metadata": '{"session_id": "s"}'}).session_id == "s"
    assert claimed({key: placeholder}).session_id == placeholder, "which ingestion reports"


@pytest.mark.parametrize(("first", "second"), list(pairwise(ranked(SESSION_KEYS))), ids=str)
def test_of_two_sessions_the_one_that_is_listed_first_wins(first: str, second: str) -> None:
    assert claimed({second: "b", first: "a"}).session_id == "a"


@pytest.mark.parametrize(("value", "user_id"), [("u-1", "u-1"), ('"u-1"', "u-1"), (7, "7"), ("kunde-é", "kunde-é")])
@pytest.mark.parametrize("key", ranked(USER_KEYS))
def test_every_key_of_a_user(key: str, value: Any, user_id: str) -> None:
    assert claimed({key: value}).user_id == user_id


@pytest.mark.parametrize("nothing", NOTHING, ids=repr)
@pytest.mark.parametrize("key", ranked(USER_KEYS))
def test_a_key_without_a_user_hides_no_other(key: str, nothing: Any) -> None:
    other = "user_id" if key != "user_id" else "userId"

    assert claimed({key: nothing}).user_id is None
    assert claimed({key: nothing, other: "u"}).user_id == "u"


@pytest.mark.parametrize(("first", "second"), list(pairwise(ranked(USER_KEYS))), ids=str)
def test_of_two_users_the_one_that_is_listed_first_wins(first: str, second: str) -> None:
    assert claimed({second: "b", first: "a"}).user_id == "a"


@pytest.mark.parametrize(
    ("value", "tags"),
    [
        (["a", "b"], ["a", "b"]),
        ('["a", "b"]', ["a", "b"]),
        ("a", ["a"]),
        ("a, b", ["a", "b"]),
        (["b", "a", "b"], ["b", "a"]),
        ([" a ", "", None], ["a"]),
        ([1, 2], ["1", "2"]),
        ("", None),
        ([], None),
        (None, None),
    ],
    ids=str,
)
@pytest.mark.parametrize("key", TAG_KEYS)
def test_every_key_of_tags_in_every_form(key: str, value: Any, tags: list[str] | None) -> None:
    assert claimed({key: value}).tags == tags


def test_tags_of_several_dialects_are_all_kept_once() -> None:
    attributes = {key: ["shared", key] for key in TAG_KEYS}

    tags = claimed(attributes).tags

    assert tags is not None
    assert sorted(tags) == sorted(["shared", *TAG_KEYS])


@pytest.mark.parametrize(
    ("value", "environment"),
    [
        ("staging", "staging"),
        ("Production", "production"),
        ("EU_west-1", "eu_west-1"),
        (" dev ", "dev"),
        ("langfuse-dev", "dev"),
        ("x" * 41, "x" * 41),  # which ingestion cuts and reports
        ("two words", "two-words"),
        ("Prod/EU", "prod-eu"),
        ("Entwicklung Süd", "entwicklung-süd"),
        ("生产", "生产"),
        ("${ENVIRONMENT}", "${ENVIRONMENT}"),  # which ingestion reports
        ("", None),
        (None, None),
    ],
)
@pytest.mark.parametrize("key", ENVIRONMENT_KEYS)
def test_every_key_of_an_environment(key: str, value: Any, environment: str | None) -> None:
    assert claimed({key: value}).environment == environment


@pytest.mark.parametrize("key", ["langfuse.environment", "deployment.environment.name", "deployment.environment"])
def test_an_environment_of_the_resource_counts_unless_the_span_has_one(key: str) -> None:
    assert claimed({}, resource={key: "Prod"}).environment == "prod"
    assert claimed({key: "eu"}, resource={key: "prod"}).environment == "eu"
