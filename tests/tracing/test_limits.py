"""The limits: documented from the code, and the rate of a key counted in Redis."""

import ast
from collections.abc import Iterator
from unittest.mock import ANY

import pytest
import redis
from django.conf import settings
from django.test import Client
from pytest_django.fixtures import Settings

from projects import rate_limits
from projects.jobs.redis_client import redis_client
from projects.models import Project
from tests.conftest import Key
from tests.tracing import otlp
from tests.tracing.reports import span
from tracing.ingest.pipeline import ingest
from tracing.limits.fitting import MAX_TAGS
from tracing.limits.reference import document
from tracing.limits.table import INGESTION_LIMITS
from tracing.models import IngestionIssue, Trace
from tracing.records import Claims, Reason

PATH = "/v1/traces"


@pytest.fixture
def counting(settings: Settings) -> Iterator[None]:
    """Two requests a window, from zero."""
    settings.REQUESTS_PER_SECOND = 1
    client = redis.Redis.from_url(settings.CACHES["default"]["LOCATION"])
    for name in client.scan_iter("confab:rate:*"):
        client.delete(name)
    yield
    redis_client.cache_clear()
    rate_limits._rest_until = 0.0


def test_the_document_says_what_the_code_does() -> None:
    assert (settings.BASE_DIR / "docs" / "limits.md").read_text() == document(), "run manage.py limits_doc"


def test_every_limit_says_why_it_is_there() -> None:
    assert all(limit.why and limit.beyond and limit.value for limit in INGESTION_LIMITS)


def test_limits_are_declared_in_their_table_alone_where_none_can_be_left_out() -> None:
    others = [
        path
        for app in ("config", "projects", "tracing", "sessions")
        for path in (settings.BASE_DIR / app).rglob("*.py")
        if any(
            isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Limit"
            for node in ast.walk(ast.parse(path.read_text()))
        )
    ]
    assert [path.name for path in others] == ["table.py"]
    assert len(INGESTION_LIMITS) > 20


def post(client: Client, key: Key):  # type: ignore[no-untyped-def]
    body = otlp.body(otlp.span())
    return client.post(PATH, body, content_type=otlp.PROTOBUF, headers={"Authorization": key.bearer})


def test_a_key_that_comes_too_often_is_told_when_to_come_again(
    client: Client, project: Project, key: Key, counting: None
) -> None:
    statuses = [post(client, key).status_code for _ in range(4)]

    refused = post(client, key)

    assert statuses == [200, 200, 429, 429]
    assert refused["Retry-After"] in {"1", "2"}
    assert (refused["RateLimit-Limit"], refused["RateLimit-Remaining"]) == ("2", "0")
    assert refused["RateLimit-Reset"] == refused["Retry-After"]
    issue = IngestionIssue.objects.for_project(project).get()
    assert (issue.reason, issue.count) == (Reason.RATE_LIMITED, 3)


@pytest.mark.parametrize("path", ["/api/v1/sessions", "/api/public/projects"])
def test_the_apis_count_alike_and_tell_where_a_key_stands(client: Client, key: Key, counting: None, path: str) -> None:
    answers = [client.get(path, headers={"Authorization": key.bearer}) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert [answer["RateLimit-Remaining"] for answer in answers] == ["1", "0", "0"]
    assert answers[2]["Retry-After"] in {"1", "2"}
    assert "requests a second" in (answers[2].json().get("detail") or answers[2].json()["message"])


def test_without_redis_everything_is_let_in_with_a_line_in_the_log(
    client: Client, key: Key, counting: None, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.CACHES = {"default": {"LOCATION": "redis://127.0.0.1:1/0"}}
    redis_client.cache_clear()

    assert [post(client, key).status_code for _ in range(5)] == [200] * 5
    assert [record.message for record in caplog.records if record.name == "projects.rate_limits"] == [ANY]


def test_no_limit_lets_a_key_come_as_often_as_it_likes(
    client: Client, key: Key, counting: None, settings: Settings
) -> None:
    settings.REQUESTS_PER_SECOND = 0

    assert [post(client, key).status_code for _ in range(5)] == [200] * 5


@pytest.mark.parametrize(
    ("count", "kept", "reported"), [(3, 3, 0), (MAX_TAGS, MAX_TAGS, 0), (MAX_TAGS + 1, MAX_TAGS, 1)]
)
def test_only_surplus_tags_are_reported(project: Project, count: int, kept: int, reported: int) -> None:
    ingest(project.pk, [span("t", "a", claims=Claims(tags=[f"tag-{number:04}" for number in range(count)]))])

    assert len(Trace.objects.for_project(project).get().tags) == kept
    assert IngestionIssue.objects.for_project(project).filter(reason=Reason.ATTRIBUTES_CUT).count() == reported
